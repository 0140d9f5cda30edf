"""A neural network as a list of layers, with its training loop.

Source: CS 189/289A, Spring 2023, homework 6, question 5.
"""

import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pandas as pd

from neural_networks.layers import initialize_layer
from neural_networks.losses import initialize_loss
from neural_networks.optimizers import initialize_optimizer


def initialize_model(name, loss, layer_args, optimizer_args, logger=None, seed=None):
    """A NeuralNetwork; `name` has no meaning yet."""
    return NeuralNetwork(
        loss=loss, layer_args=layer_args, optimizer_args=optimizer_args, logger=logger, seed=seed
    )


class NeuralNetwork:
    """Layers in a row, a loss and an optimizer.

    The last entry of `layer_args` is the output layer, which `train` builds once it knows the number of outputs.
    """

    def __init__(
        self, loss: str, layer_args: list, optimizer_args: dict, logger: Any = None, seed: int | None = None
    ) -> None:
        """Args:
        loss: "cross_entropy" or "l2".
        layer_args: Arguments of initialize_layer, one dict a layer, the output layer last.
        optimizer_args: Arguments of initialize_optimizer.
        logger: A Logger, or None.
        seed: Not used: seed NumPy before the weights are drawn.
        """
        self.n_layers = len(layer_args)
        self.layer_args = layer_args
        self.logger = logger
        self.epoch_log: dict = {"loss": {}, "error": {}}
        self.loss = initialize_loss(loss)
        self.optimizer = initialize_optimizer(**optimizer_args)
        self._initialize_layers(layer_args)

    def _initialize_layers(self, layer_args: list) -> None:
        """Build every layer but the last."""
        self.layers = [initialize_layer(**arguments) for arguments in layer_args[:-1]]

    def _log(self, loss: float, error: float, validation: bool = False) -> None:
        """Note an epoch's loss and error; with the validation's the epoch is complete and goes to the logger."""
        part = "validate" if validation else "train"
        self.epoch_log["loss"][part] = round(loss, 4)
        self.epoch_log["error"][part] = round(error, 4)
        if validation:
            if self.logger is not None:
                self.logger.push(self.epoch_log)
            self.epoch_log = {"loss": {}, "error": {}}

    def save_parameters(self, epoch: int) -> None:
        """Pickle {layer: parameters} to the logger's folder.

        Raises:
            ValueError: If there is no logger.
        """
        if self.logger is None:
            raise ValueError("parameters are saved in the logger's folder: give the network a logger")
        parameters = {i: layer.parameters for i, layer in enumerate(self.layers)}
        with open(f"{self.logger.save_dir}parameters_epoch{epoch}", "wb") as file:
            pickle.dump(parameters, file)

    def forward(self, X: np.ndarray) -> np.ndarray:
        """One pass through all layers.

        Args:
            X: A batch, as the first layer takes it.

        Returns:
            The output of the last layer.
        """
        raise NotImplementedError("5.1: NeuralNetwork.forward is not written yet")

    def backward(self, target: np.ndarray, out: np.ndarray) -> float:
        """One pass back: every layer's gradients are set.

        Args:
            target: What the output should be, (m, k).
            out: The output of forward, (m, k).

        Returns:
            The loss.
        """
        raise NotImplementedError("5.1: NeuralNetwork.backward is not written yet")

    def update(self, epoch: int) -> None:
        """Move every parameter by one step of the optimizer, in place, and clear the gradients."""
        extremes: dict = {}
        for i, layer in enumerate(self.layers):
            for name, parameter in layer.parameters.items():
                if name == "null":
                    continue
                key = name + str(i)
                parameter -= self.optimizer.update(key, parameter, layer.gradients[name], epoch)
                if self.logger is not None:
                    extremes[key] = {"max": np.max(parameter), "min": np.min(parameter)}
            layer.clear_gradients()
        if self.logger is not None:
            self.epoch_log["params"] = extremes

    def predict(self, X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, float]:
        """Output and loss of a batch. No parameter changes.

        Args:
            X: A batch, as the first layer takes it.
            Y: What the output should be, (m, k).

        Returns:
            Y_hat, (m, k), and the loss.
        """
        raise NotImplementedError("5.1: NeuralNetwork.predict is not written yet")

    def error(self, target: np.ndarray, out: np.ndarray) -> float:
        """The share of wrong classes (cross_entropy), or the mean squared difference (l2).

        Raises:
            NotImplementedError: For any other loss.
        """
        if self.loss.name == "cross_entropy":
            return np.mean(np.argmax(target, axis=-1) != np.argmax(out, axis=-1))
        if self.loss.name == "l2":
            return np.mean(np.square(target - out))
        raise NotImplementedError(f"there is no error for the loss {self.loss.name!r}")

    def train(self, dataset: Any, epochs: int) -> None:
        """Train on a Dataset; the output layer gets as many units as the labels have columns.

        Args:
            dataset: A Dataset; its validation set is looked at after every epoch, if it has one.
            epochs: How many times to go through the training set.
        """
        self.layer_args[-1]["n_out"] = dataset.out_dim
        self.layers.append(initialize_layer(**self.layer_args[-1]))
        for epoch in range(epochs):
            losses, errors = [], []
            for _ in range(dataset.train.samples_per_epoch):
                X, Y = dataset.train.sample()
                Y_hat = self.forward(X)
                losses.append(self.backward(Y, Y_hat))
                errors.append(self.error(Y, Y_hat))
                self.update(epoch)
            loss, error = float(np.mean(losses)), float(np.mean(errors))
            self._log(loss, error)
            line = f"epoch {epoch}: training loss {loss:.4f}, error {error:.4f}"
            if dataset.n_validation:
                loss, error, example = self._validate(dataset.validate)
                self._log(loss, error, validation=True)
                print(f"example: target {example[0]}, output {np.round(example[1], 3)}")
                line += f"; validation loss {loss:.4f}, error {error:.4f}"
            print(line)

    def _validate(self, data: Any) -> tuple[float, float, tuple]:
        losses, errors = [], []
        for _ in range(data.samples_per_epoch):
            X, Y = data.sample()
            Y_hat, loss = self.predict(X, Y)
            losses.append(loss)
            errors.append(self.error(Y, Y_hat))
        return float(np.mean(losses)), float(np.mean(errors)), (Y[0], Y_hat[0])

    def test(self, dataset: Any, save_predictions: bool = False) -> dict:
        """Look at the test set.

        Args:
            dataset: A Dataset with a test set.
            save_predictions: Keep the outputs, too.

        Returns:
            `loss` and `error`, one number a batch, and with save_predictions `prediction`, one array a batch. What is
            printed is their plain mean, though the last batch may be smaller.
        """
        log: dict = {"loss": [], "error": []}
        if save_predictions:
            log["prediction"] = []
        for _ in range(dataset.test.samples_per_epoch):
            X, Y = dataset.test.sample()
            Y_hat, loss = self.predict(X, Y)
            log["loss"].append(loss)
            log["error"].append(self.error(Y, Y_hat))
            if save_predictions:
                log["prediction"].append(Y_hat)
        print(f"test loss {np.mean(log['loss']):.4f}, error {np.mean(log['error']):.4f}")
        return log

    def test_kaggle(self, dataset: Any) -> pd.DataFrame:
        """Predicted classes of the test set, row by row, in the competition's format.

        Args:
            dataset: A Dataset with a test set; its labels are not looked at.

        Returns:
            A table with the columns Id and Category (int); with a logger it is written to its folder as CSV, too.
        """
        data = dataset.test
        outputs = [
            self.forward(data.data_[start : start + data.batch_size])
            for start in range(0, data.n_samples, data.batch_size)
        ]
        classes = np.argmax(np.concatenate(outputs), axis=-1)
        table = pd.DataFrame(OrderedDict(Id=np.arange(len(classes)), Category=classes.astype(int)))
        if self.logger is not None:
            table.to_csv(f"{self.logger.save_dir}kaggle_predictions.csv", index=False)
        return table
