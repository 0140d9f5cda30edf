"""A Solver trains a model: it draws batches, updates each parameter, and keeps the best of what it has seen."""

import copy
import pickle

import numpy as np
from nndl import optim

DEFAULTS = {
    "update_rule": "sgd",
    "optim_config": {},
    "lr_decay": 1.0,
    "batch_size": 100,
    "num_epochs": 10,
    "num_train_samples": 1000,
    "num_val_samples": None,
    "checkpoint_name": None,
    "print_every": 10,
    "verbose": True,
}


class Solver:
    """Trains a model with an update rule of `nndl.optim`.

    A model has `params`, a dict of arrays, and loss(X, y): scores (N, C) without y, else the loss and a dict of
    gradients with the keys of `params`.

    Attributes:
        epoch: Epochs that are done, int.
        best_val_acc: The best validation accuracy so far, float.
        best_params: Copies of the parameters that reached it, dict of arrays.
        loss_history: The loss of each step's batch, list of floats.
        train_acc_history: Accuracy on training examples, at the first step, each epoch's end and the last step.
        val_acc_history: Accuracy on the validation examples, at the same moments.
        optim_configs: The update rule's settings, a dict for each parameter.
    """

    def __init__(self, model, data, **kwargs):
        """Keep the settings; `train` does the work.

        Args:
            model: What is trained, see above.
            data: dict of arrays: X_train (N, d_1, ..., d_k), y_train (N,), X_val, y_val.
            update_rule: The name of a function in `nndl.optim`; default "sgd". The attribute is the function.
            optim_config: dict of settings for it, such as "learning_rate"; default {}.
            lr_decay: What each learning rate is multiplied by after an epoch; default 1.0.
            batch_size: Examples in a batch; default 100.
            num_epochs: Default 10.
            num_train_samples: How many training examples the accuracy is measured on; default 1000, None for all.
            num_val_samples: The same of the validation examples; default None.
            checkpoint_name: If given, a file is written after each epoch: {checkpoint_name}_epoch_{n}.pkl.
            print_every: The loss is printed once in so many steps; default 10.
            verbose: Whether anything is printed; default True.

        Raises:
            ValueError: For an option of another name, or an update rule that `nndl.optim` does not have.
        """
        if unknown := sorted(kwargs.keys() - DEFAULTS.keys()):
            raise ValueError(f"unknown options {', '.join(unknown)}; there are {', '.join(DEFAULTS)}")
        self.model = model
        self.X_train, self.y_train = data["X_train"], data["y_train"]
        self.X_val, self.y_val = data["X_val"], data["y_val"]
        for name, value in {**copy.deepcopy(DEFAULTS), **kwargs}.items():
            setattr(self, name, value)
        if not callable(getattr(optim, self.update_rule, None)):
            raise ValueError(f"nndl.optim has no update rule {self.update_rule!r}")
        self.update_rule = getattr(optim, self.update_rule)
        self._reset()

    def _reset(self):
        """Forget what was learned of accuracies and losses; each parameter gets a copy of the settings."""
        self.epoch = 0
        self.best_val_acc = 0
        self.best_params = {}
        self.loss_history = []
        self.train_acc_history = []
        self.val_acc_history = []
        self.optim_configs = {name: dict(self.optim_config) for name in self.model.params}

    def _step(self):
        """One update of every parameter, on a batch drawn with replacement."""
        chosen = np.random.choice(self.X_train.shape[0], self.batch_size)
        loss, grads = self.model.loss(self.X_train[chosen], self.y_train[chosen])
        self.loss_history.append(loss)
        for name, value in self.model.params.items():
            updated, self.optim_configs[name] = self.update_rule(value, grads[name], self.optim_configs[name])
            self.model.params[name] = updated

    def _save_checkpoint(self):
        """Pickle the model, the settings and the histories, if a name was given."""
        if self.checkpoint_name is None:
            return
        kept = (
            *("model", "lr_decay", "optim_config", "batch_size", "num_train_samples", "num_val_samples"),
            *("epoch", "loss_history", "train_acc_history", "val_acc_history"),
        )
        checkpoint = {name: getattr(self, name) for name in kept} | {"update_rule": self.update_rule.__name__}
        filename = f"{self.checkpoint_name}_epoch_{self.epoch}.pkl"
        if self.verbose:
            print(f"Saving checkpoint to {filename!r}")
        with open(filename, "wb") as file:
            pickle.dump(checkpoint, file)

    def check_accuracy(self, X, y, num_samples=None, batch_size=100):
        """The share of examples that the model names rightly.

        Args:
            X: Inputs, (N, d_1, ..., d_k).
            y: Labels, int, (N,).
            num_samples: If N is larger, so many examples are drawn, with replacement.
            batch_size: How many examples go through the model at a time.

        Returns:
            float in [0, 1].
        """
        if num_samples is not None and X.shape[0] > num_samples:
            chosen = np.random.choice(X.shape[0], num_samples)
            X, y = X[chosen], y[chosen]
        starts = range(0, X.shape[0], batch_size)
        predicted = [np.argmax(self.model.loss(X[i : i + batch_size]), axis=1) for i in starts]
        return float(np.mean(np.concatenate(predicted) == y))

    def train(self):
        """num_epochs epochs; then the model gets the parameters that did best on the validation examples.

        A model that never named one of them keeps its last parameters.
        """
        steps_per_epoch = max(self.X_train.shape[0] // self.batch_size, 1)
        steps = self.num_epochs * steps_per_epoch
        for t in range(steps):
            self._step()
            if self.verbose and t % self.print_every == 0:
                print(f"(Iteration {t + 1} / {steps}) loss: {self.loss_history[-1]:f}")

            epoch_ends = (t + 1) % steps_per_epoch == 0
            if epoch_ends:
                self.epoch += 1
                for config in self.optim_configs.values():
                    config["learning_rate"] *= self.lr_decay

            if t == 0 or epoch_ends or t == steps - 1:
                self._check()

        if self.best_params:
            self.model.params = self.best_params

    def _check(self):
        """Measure both accuracies; keep the parameters if they are the best so far."""
        train_acc = self.check_accuracy(self.X_train, self.y_train, num_samples=self.num_train_samples)
        val_acc = self.check_accuracy(self.X_val, self.y_val, num_samples=self.num_val_samples)
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)
        self._save_checkpoint()
        if self.verbose:
            print(f"(Epoch {self.epoch} / {self.num_epochs}) train acc: {train_acc:f}; val_acc: {val_acc:f}")
        if val_acc > self.best_val_acc:
            self.best_val_acc = val_acc
            self.best_params = {name: value.copy() for name, value in self.model.params.items()}
