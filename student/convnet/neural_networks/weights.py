"""Weight initializers: callables that make the first weights of a given shape. Given.

All of them draw from NumPy's global generator, so `np.random.seed` makes a run repeatable.

Source: handout, question 5; Glorot and Bengio 2010 (Xavier); He et al. 2015; Martens 2010 (sparse).
"""

from abc import ABC, abstractmethod

import numpy as np


def initialize_weights(name, activation=None, mode="fan_in"):
    """An initializer by its name.

    Args:
        name: "zeros", "ones", "identity", "uniform", "normal", "constant", "sparse", "he_uniform",
            "he_normal", "xavier_uniform" or "xavier_normal".
        activation: Name of the layer's activation, for the gain of the He and Xavier initializers.
        mode: Which fan the He initializers divide by: "fan_in" or "fan_out".

    Returns:
        The `WeightInitializer`.

    Raises:
        NotImplementedError: For any other name.
    """
    if name in _PLAIN:
        return _PLAIN[name]()
    if name in _XAVIER:
        return _XAVIER[name](activation=activation)
    if name in _HE:
        return _HE[name](activation=activation, mode=mode)
    known = ", ".join([*_PLAIN, *_XAVIER, *_HE])
    raise NotImplementedError(f"weight_init must be one of {known}; got {name!r}")


class WeightInitializer(ABC):
    """What all initializers share: `initializer(shape)` is an array of that shape."""

    @abstractmethod
    def __call__(self, shape):
        """Weights, float64, of the given shape."""


class Zeros(WeightInitializer):
    """All weights 0."""

    def __call__(self, shape):
        return np.zeros(shape)


class Ones(WeightInitializer):
    """All weights 1."""

    def __call__(self, shape):
        return np.ones(shape)


class Identity(WeightInitializer):
    """The identity matrix.

    Raises:
        ValueError: When called, unless the shape is that of a square matrix.
    """

    def __call__(self, shape):
        if len(shape) != 2 or shape[0] != shape[1]:
            raise ValueError(f"identity weights must be a square matrix, got shape {tuple(shape)}")
        return np.eye(shape[0])


class Uniform(WeightInitializer):
    """Weights uniform in [low, high)."""

    def __init__(self, low=-1.0, high=1.0):
        self.low = low
        self.high = high

    def __call__(self, shape):
        return np.random.uniform(self.low, self.high, size=shape)


class Normal(WeightInitializer):
    """Normal weights with the given mean and standard deviation."""

    def __init__(self, mean=0, std=1.0):
        self.mean = mean
        self.std = std

    def __call__(self, shape):
        return np.random.normal(self.mean, self.std, size=shape)


class Constant(WeightInitializer):
    """All weights `val`."""

    def __init__(self, val=0.5):
        self.val = val

    def __call__(self, shape):
        return np.full(shape, self.val, dtype=np.float64)


class Preset(WeightInitializer):
    """Ready-made weights: call it with the array itself, and it comes back."""

    def __call__(self, shape):
        return shape


class Sparse(WeightInitializer):
    """Normal weights of which a share in each column is 0.

    Args:
        sparsity: The share of zeros, float in [0, 1], rounded up to whole weights.
        std: Standard deviation of the others.
    """

    def __init__(self, sparsity=0.1, std=0.01):
        self.sparsity = sparsity
        self.std = std

    def __call__(self, shape):
        W = np.random.normal(0, self.std, size=shape)
        n_zeros = int(np.ceil(shape[0] * self.sparsity))
        for column in W.reshape(shape[0], -1).T:  # a view: W itself is written to
            column[np.random.permutation(shape[0])[:n_zeros]] = 0
        return W


class XavierUniform(WeightInitializer):
    """Uniform weights of mean 0 and standard deviation gain * sqrt(2 / (fan_in + fan_out))."""

    def __init__(self, activation=None):
        self.activation = activation

    def __call__(self, shape):
        return _uniform_of_std(_xavier_std(shape, self.activation), shape)


class XavierNormal(WeightInitializer):
    """Normal weights of mean 0 and standard deviation gain * sqrt(2 / (fan_in + fan_out))."""

    def __init__(self, activation=None):
        self.activation = activation

    def __call__(self, shape):
        return np.random.normal(0, _xavier_std(shape, self.activation), size=shape)


class HeUniform(WeightInitializer):
    """Uniform weights of mean 0 and standard deviation gain / sqrt(fan)."""

    def __init__(self, activation=None, mode="fan_in"):
        self.activation = activation
        self.mode = mode

    def __call__(self, shape):
        return _uniform_of_std(_he_std(shape, self.activation, self.mode), shape)


class HeNormal(WeightInitializer):
    """Normal weights of mean 0 and standard deviation gain / sqrt(fan)."""

    def __init__(self, activation=None, mode="fan_in"):
        self.activation = activation
        self.mode = mode

    def __call__(self, shape):
        return np.random.normal(0, _he_std(shape, self.activation, self.mode), size=shape)


_PLAIN = {
    "zeros": Zeros,
    "ones": Ones,
    "identity": Identity,
    "uniform": Uniform,
    "normal": Normal,
    "constant": Constant,
    "sparse": Sparse,
}
_XAVIER = {"xavier_uniform": XavierUniform, "xavier_normal": XavierNormal}
_HE = {"he_uniform": HeUniform, "he_normal": HeNormal}


def _calculate_gain(activation, param=None):
    """By how much an activation wants the weights scaled, float.

    Args:
        activation: Its name; what is not known (or None) gets 1.
        param: For activations with a parameter of their own. None of this package has one.
    """
    return {"tanh": 5 / 3, "relu": np.sqrt(2)}.get(activation, 1.0)


def _get_fan(shape, mode="sum"):
    """The fans of a weight array: its first length counts as fan_in, its last as fan_out.

    Args:
        shape: Shape of the weights, at least one length.
        mode: "fan_in", "fan_out", "sum" of both, or "separate".

    Returns:
        An int; for "separate" the tuple (fan_in, fan_out).

    Raises:
        ValueError: For any other mode.
    """
    fan_in, fan_out = shape[0], shape[-1]
    fans = {"fan_in": fan_in, "fan_out": fan_out, "sum": fan_in + fan_out, "separate": (fan_in, fan_out)}
    if mode not in fans:
        raise ValueError(f"mode must be one of {', '.join(fans)}; got {mode!r}")
    return fans[mode]


def _xavier_std(shape, activation):
    return _calculate_gain(activation) * np.sqrt(2.0 / _get_fan(shape, "sum"))


def _he_std(shape, activation, mode):
    return _calculate_gain(activation) / np.sqrt(_get_fan(shape, mode))


def _uniform_of_std(std, shape):
    # A uniform distribution on [-a, a) has the standard deviation a / sqrt(3).
    bound = np.sqrt(3.0) * std
    return np.random.uniform(-bound, bound, size=shape)
