"""Loss functions: a batch's targets and predictions to one number, and its gradient. The target comes first.

Here, and nowhere else, the mean over the batch is taken: the layers add up over the batch.

Source: CS 189/289A, Spring 2023, homework 6, question 4.4.
"""

from abc import ABC, abstractmethod

import numpy as np


class Loss(ABC):
    """A loss. Calling it is its forward pass."""

    @abstractmethod
    def forward(self, Y: np.ndarray, Y_hat: np.ndarray) -> float:
        """The mean loss of a batch."""

    @abstractmethod
    def backward(self, Y: np.ndarray, Y_hat: np.ndarray) -> np.ndarray:
        """Its gradient with respect to Y_hat."""


def initialize_loss(name: str) -> Loss:
    """The loss of that name.

    Args:
        name: "cross_entropy" or "l2".

    Raises:
        NotImplementedError: For any other name.
    """
    if name == "cross_entropy":
        return CrossEntropy(name)
    if name == "l2":
        return L2(name)
    raise NotImplementedError(f"there is no loss {name!r}; there is cross_entropy and l2")


class CrossEntropy(Loss):
    """Cross-entropy of one-hot targets and predicted probabilities, in nats."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, Y: np.ndarray, Y_hat: np.ndarray) -> float:
        return self.forward(Y, Y_hat)

    def forward(self, Y: np.ndarray, Y_hat: np.ndarray) -> float:
        """J = -(1/m) sum over the batch and the classes of Y ln(Y_hat).

        Args:
            Y: One-hot targets, (m, k).
            Y_hat: Predicted probabilities, (m, k).

        Returns:
            One NumPy float.
        """
        # BEGIN SOLUTION 4.4
        # A probability that has underflowed to 0 would make 0 * log(0) = nan.
        return -np.sum(Y * np.log(np.maximum(Y_hat, 1e-12))) / Y.shape[0]
        # END SOLUTION

    def backward(self, Y: np.ndarray, Y_hat: np.ndarray) -> np.ndarray:
        """Gradient of J with respect to Y_hat, entry by entry.

        Args:
            Y: One-hot targets, (m, k).
            Y_hat: Predicted probabilities, (m, k).

        Returns:
            (m, k). The softmax that made Y_hat has a backward pass of its own.
        """
        # BEGIN SOLUTION 4.4
        return -Y / (Y.shape[0] * np.maximum(Y_hat, 1e-12))
        # END SOLUTION


class L2(Loss):
    """Half the mean squared difference. Optional."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, Y: np.ndarray, Y_hat: np.ndarray) -> float:
        return self.forward(Y, Y_hat)

    def forward(self, Y: np.ndarray, Y_hat: np.ndarray) -> float:
        """The mean over all entries of (Y - Y_hat)^2 / 2.

        Args:
            Y: Targets, (m, 1) or (m, k).
            Y_hat: Predictions, the shape of Y.

        Returns:
            One NumPy float.
        """
        # BEGIN SOLUTION opt
        return np.mean(np.square(Y - Y_hat)) / 2.0
        # END SOLUTION

    def backward(self, Y: np.ndarray, Y_hat: np.ndarray) -> np.ndarray:
        """Gradient with respect to Y_hat, the shape of Y_hat."""
        # BEGIN SOLUTION opt
        return (Y_hat - Y) / Y.size
        # END SOLUTION
