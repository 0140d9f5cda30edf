"""The logger: what happened in each epoch, in memory, on disk and as pictures. Given.

Source: handout, question 5.
"""

import os
import pickle


class Logger:
    """Collects the figures of each epoch in the folder `<save_dir>/<model_name>/`.

    A folder of the same name is written over: choose a new `model_name` for a new experiment.

    Args:
        model_name: Name of the experiment and of its folder.
        model_args, data_args: The settings of the model and of the data. Both are pickled at once, into
            the files `model_args` and `data_args`.
        save: True to pickle the figures after each epoch, into the file `log`.
        plot: True to draw them too, into one `.png` for each kind of figure; needs `save`.
        save_dir: The folder of all experiments. Only the folder itself is made, not those above it.

    Attributes:
        save_dir: The folder of this experiment, with a slash at its end.
        counter: Epochs so far, int.
        log: `{"loss": {"train": [...], "validate": [...]}, "error": {... the same}}`, one entry an epoch;
            with figures of the parameters also `"params": {name: {"max": [...], "min": [...]}}`. Empty
            before the first epoch.
    """

    def __init__(self, model_name, model_args, data_args, save=False, plot=False, save_dir="experiments/"):
        self.model_name = model_name
        self.model_args = model_args
        self.data_args = data_args
        self.save = save
        self.plot = plot
        self.save_dir = os.path.join(save_dir, model_name, "")
        for folder in (save_dir, self.save_dir):
            if not os.path.isdir(folder):
                os.mkdir(folder)
        self._pickle("model_args", model_args)
        self._pickle("data_args", data_args)
        self.reset()

    def push(self, log):
        """Append the figures of one epoch.

        Args:
            log: `{"loss": {"train": float, "validate": float}, "error": {... the same}}`, and optionally
                `"params": {name: {"max": float, "min": float}}`.
        """
        self.counter += 1
        for kind in ("loss", "error"):
            self._append(self.log.setdefault(kind, {}), log[kind], ("train", "validate"))
        for name, values in log.get("params", {}).items():
            figures = self.log.setdefault("params", {}).setdefault(name, {})
            self._append(figures, values, ("max", "min"))
        if self.save:
            self._pickle("log", self.log)
            if self.plot:
                self._plot()

    def reset(self):
        """Forget all epochs. Files stay."""
        self.counter = 0
        self.log = {}

    @staticmethod
    def _append(figures, values, keys):
        for key in keys:
            figures.setdefault(key, []).append(values[key])

    def _pickle(self, name, value):
        with open(self.save_dir + name, "wb") as file:
            pickle.dump(value, file)

    def _plot(self):
        """Draw each kind of figure over the epochs, into `<kind>.png`."""
        from matplotlib.figure import Figure

        for kind, figures in self.log.items():
            lines = {kind: figures} if kind != "params" else figures
            figure = Figure()
            axes = figure.subplots()
            for name, series in lines.items():
                for key, values in series.items():
                    axes.plot(values, label=key if name == kind else f"{name} {key}")
            axes.set_xlabel("epoch")
            axes.set_ylabel(kind)
            axes.legend()
            figure.savefig(f"{self.save_dir}{kind}.png")
