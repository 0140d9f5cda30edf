"""Activation functions: each maps Z to Y = f(Z) entry by entry (SoftMax: row by row) and knows its own gradient.

Source: CS 189/289A, Spring 2023, homework 6, questions 4.1 and 4.3.
"""

from abc import ABC, abstractmethod

import numpy as np


class Activation(ABC):
    """An activation function. Calling it is its forward pass."""

    def __call__(self, Z: np.ndarray) -> np.ndarray:
        return self.forward(Z)

    @abstractmethod
    def forward(self, Z: np.ndarray) -> np.ndarray:
        """Y = f(Z)."""


def initialize_activation(name: str) -> Activation:
    """The activation of that name.

    Args:
        name: "linear", "sigmoid", "tanh", "arctan", "relu" or "softmax".

    Raises:
        NotImplementedError: For any other name.
    """
    known = {
        "linear": Linear,
        "sigmoid": Sigmoid,
        "tanh": TanH,
        "arctan": ArcTan,
        "relu": ReLU,
        "softmax": SoftMax,
    }
    if name not in known:
        raise NotImplementedError(f"there is no activation {name!r}; there is {', '.join(known)}")
    return known[name]()


class Linear(Activation):
    """f(z) = z."""

    def forward(self, Z: np.ndarray) -> np.ndarray:
        """Z itself."""
        return Z

    def backward(self, Z: np.ndarray, dY: np.ndarray) -> np.ndarray:
        """dY itself: the slope is 1 everywhere."""
        return dY


class Sigmoid(Activation):
    """f(z) = 1 / (1 + e^-z). Optional."""

    def forward(self, Z: np.ndarray) -> np.ndarray:
        """The sigmoid of each entry.

        Args:
            Z: Any shape, float.

        Returns:
            The same shape, values in [0, 1]; large inputs do not overflow.
        """
        raise NotImplementedError("opt: Sigmoid.forward is not written yet")

    def backward(self, Z: np.ndarray, dY: np.ndarray) -> np.ndarray:
        """Gradient of the loss with respect to Z.

        Args:
            Z: The input of forward.
            dY: Gradient with respect to forward's output, the shape of Z.

        Returns:
            The shape of Z.
        """
        raise NotImplementedError("opt: Sigmoid.backward is not written yet")


class TanH(Activation):
    """f(z) = tanh(z) = 2 / (1 + e^-2z) - 1."""

    def forward(self, Z: np.ndarray) -> np.ndarray:
        """The hyperbolic tangent of each entry."""
        return np.tanh(Z)

    def backward(self, Z: np.ndarray, dY: np.ndarray) -> np.ndarray:
        """dY (1 - tanh(Z)^2)."""
        return dY * (1.0 - np.square(np.tanh(Z)))


class ArcTan(Activation):
    """f(z) = arctan(z)."""

    def forward(self, Z: np.ndarray) -> np.ndarray:
        """The arc tangent of each entry."""
        return np.arctan(Z)

    def backward(self, Z: np.ndarray, dY: np.ndarray) -> np.ndarray:
        """dY / (1 + Z^2)."""
        return dY / (1.0 + np.square(Z))


class ReLU(Activation):
    """f(z) = max(0, z)."""

    def forward(self, Z: np.ndarray) -> np.ndarray:
        """max(0, z) of each entry.

        Args:
            Z: Any shape, float.

        Returns:
            The same shape; Z is left as it is.
        """
        raise NotImplementedError("4.1: ReLU.forward is not written yet")

    def backward(self, Z: np.ndarray, dY: np.ndarray) -> np.ndarray:
        """Gradient of the loss with respect to Z.

        Args:
            Z: The input of forward.
            dY: Gradient with respect to forward's output, the shape of Z.

        Returns:
            The shape of Z.
        """
        raise NotImplementedError("4.1: ReLU.backward is not written yet")


class SoftMax(Activation):
    """Turns each row of scores into probabilities: p_i = e^z_i / sum_j e^z_j."""

    def forward(self, Z: np.ndarray) -> np.ndarray:
        """Probabilities, row by row.

        Args:
            Z: Scores, (m, k), float; a row may hold large numbers of either sign.

        Returns:
            (m, k); each row adds up to 1.
        """
        raise NotImplementedError("4.3: SoftMax.forward is not written yet")

    def backward(self, Z: np.ndarray, dY: np.ndarray) -> np.ndarray:
        """Gradient of the loss with respect to Z. Here, and only here, a loop over the rows is allowed.

        Args:
            Z: The input of forward, (m, k).
            dY: Gradient with respect to forward's output, (m, k).

        Returns:
            (m, k).
        """
        raise NotImplementedError("4.3: SoftMax.backward is not written yet")
