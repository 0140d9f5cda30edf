"""Layers: dense, convolution, pooling and flattening. The batch is always the first axis.

Every gradient of a layer is a sum over the batch: the mean is taken in the loss alone.

Source: CS 189/289A, Spring 2023, homework 6, questions 4.2, 6.2 and 6.3.
"""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

import numpy as np

from neural_networks.activations import initialize_activation
from neural_networks.weights import initialize_weights


class Layer(ABC):
    """A layer: parameters, their gradients of the same keys, and a cache that forward fills for backward."""

    def __init__(self) -> None:
        self.activation = None
        self.n_in = None
        self.n_out = None
        self.parameters: dict = {}
        self.cache: dict = {}
        self.gradients: dict = {}

    @abstractmethod
    def forward(self, X: np.ndarray) -> np.ndarray:
        """The layer's output for a batch."""

    def clear_gradients(self) -> None:
        """Empty the cache and set every gradient to zeros of its shape."""
        self.cache = OrderedDict((name, []) for name in self.cache)
        self.gradients = OrderedDict((name, np.zeros_like(g)) for name, g in self.gradients.items())

    def forward_with_param(self, param_name: str, X: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        """A function of one parameter: it stores a value for it (for good) and returns forward(X)."""

        def forward_with(value: np.ndarray) -> np.ndarray:
            self.parameters[param_name] = value
            return self.forward(X)

        return forward_with

    def _get_parameters(self) -> list[np.ndarray]:
        return list(self.parameters.values())

    def _get_cache(self) -> list:
        return list(self.cache.values())

    def _get_gradients(self) -> list[np.ndarray]:
        return list(self.gradients.values())


def initialize_layer(
    name: str,
    activation: str | None = None,
    weight_init: str | None = None,
    n_out: int | None = None,
    kernel_shape: tuple[int, int] | None = None,
    stride: int | None = None,
    pad: int | Literal["same", "valid"] | None = None,
    mode: str | None = None,
    keep_dim: str = "first",
) -> Layer:
    """The layer of that name, with every argument handed on as it is: spell out what the layer needs.

    Args:
        name: "fully_connected" (activation, weight_init, n_out), "conv2d" (these and kernel_shape, stride, pad),
            "pool2d" (kernel_shape, mode, stride, pad) or "flatten" (keep_dim).

    Raises:
        NotImplementedError: For any other name.
    """
    if name == "fully_connected":
        return FullyConnected(n_out=n_out, activation=activation, weight_init=weight_init)
    if name == "conv2d":
        return Conv2D(
            n_out=n_out,
            kernel_shape=kernel_shape,
            activation=activation,
            stride=stride,
            pad=pad,
            weight_init=weight_init,
        )
    if name == "pool2d":
        return Pool2D(kernel_shape=kernel_shape, mode=mode, stride=stride, pad=pad)
    if name == "flatten":
        return Flatten(keep_dim=keep_dim)
    raise NotImplementedError(
        f"there is no layer {name!r}; there is fully_connected, conv2d, pool2d and flatten"
    )


class FullyConnected(Layer):
    """A dense layer: out = activation(X W + b)."""

    def __init__(self, n_out: int, activation: str, weight_init: str = "xavier_uniform") -> None:
        """Args:
        n_out: How many units.
        activation: The name of its activation.
        weight_init: The name of what W is drawn from.
        """
        super().__init__()
        self.n_in = None
        self.n_out = n_out
        self.activation = initialize_activation(activation)
        self.init_weights = initialize_weights(weight_init, activation=activation)

    def _init_parameters(self, X_shape: tuple[int, int]) -> None:
        """Make parameters, gradients and cache, once the width of the input is known.

        Sets `parameters` W (n_in, n_out), from `self.init_weights`, and b (1, n_out); `gradients` of the same keys,
        zeros of the same shapes; `cache` with what backward will need. All are OrderedDicts.

        Args:
            X_shape: The shape of the input, (m, n_in); m may be -1.
        """
        self.n_in = X_shape[1]
        # BEGIN SOLUTION 4.2
        W = self.init_weights((self.n_in, self.n_out))
        b = np.zeros((1, self.n_out))
        self.parameters = OrderedDict(W=W, b=b)
        self.gradients = OrderedDict(W=np.zeros_like(W), b=np.zeros_like(b))
        self.cache = OrderedDict(X=[], Z=[])
        # END SOLUTION

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Multiply by W, add b, apply the activation; keep what backward needs in `cache`.

        Args:
            X: (m, n_in).

        Returns:
            (m, n_out).
        """
        if self.n_in is None:
            self._init_parameters(X.shape)
        # BEGIN SOLUTION 4.2
        Z = X @ self.parameters["W"] + self.parameters["b"]
        self.cache["X"], self.cache["Z"] = X, Z
        return self.activation(Z)
        # END SOLUTION

    def backward(self, dLdY: np.ndarray) -> np.ndarray:
        """Gradients with respect to W and b (into `gradients`) and to the input (returned).

        Args:
            dLdY: Gradient with respect to forward's output, (m, n_out).

        Returns:
            Gradient with respect to X, (m, n_in).
        """
        # BEGIN SOLUTION 4.2
        X, Z = self.cache["X"], self.cache["Z"]
        dZ = self.activation.backward(Z, dLdY)
        self.gradients["W"] = X.T @ dZ
        self.gradients["b"] = dZ.sum(axis=0, keepdims=True)
        return dZ @ self.parameters["W"].T
        # END SOLUTION


class Conv2D(Layer):
    """A convolution layer (cross-correlation, as everywhere in machine learning) with an activation."""

    def __init__(
        self,
        n_out: int,
        kernel_shape: tuple[int, int],
        activation: str,
        stride: int = 1,
        pad: int | Literal["same", "valid"] = "same",
        weight_init: str = "xavier_uniform",
    ) -> None:
        """Args:
        n_out: How many filters.
        kernel_shape: Rows and columns of a filter.
        activation: The name of its activation.
        stride: Step between windows, in rows and in columns.
        pad: Rows and columns of zeros on each side; "same" for half a kernel, "valid" for none.
        weight_init: The name of what W is drawn from.
        """
        super().__init__()
        self.n_in = None
        self.n_out = n_out
        self.kernel_shape = kernel_shape
        self.stride = stride
        self.pad = pad
        self.activation = initialize_activation(activation)
        self.init_weights = initialize_weights(weight_init, activation=activation)

    def _init_parameters(self, X_shape: tuple[int, int, int, int]) -> None:
        """Make parameters, gradients and cache; `self.pad` becomes (rows, columns).

        Args:
            X_shape: (m, H, W, n_in).

        Raises:
            ValueError: If the padding is neither "same" nor "valid" nor an int.
        """
        self.n_in = X_shape[3]
        kernel_rows, kernel_columns = self.kernel_shape
        W = self.init_weights((kernel_rows, kernel_columns, self.n_in, self.n_out))
        b = np.zeros((1, self.n_out))
        self.parameters = OrderedDict(W=W, b=b)
        self.cache = OrderedDict(Z=[], X=[])
        self.gradients = OrderedDict(W=np.zeros_like(W), b=np.zeros_like(b))
        self.pad = _pad_pair(self.pad, self.kernel_shape)

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Slide every filter over the zero-padded images, add b, apply the activation.

        Z[n, r, q, f] = b[f] + sum over u, v, c of W[u, v, c, f] * X_padded[n, r * stride + u, q * stride + v, c].
        There are (H + 2 * pad - kernel) // stride + 1 output rows, and columns likewise.

        Args:
            X: Images, (m, H, W, n_in).

        Returns:
            (m, R, Q, n_out).
        """
        if self.n_in is None:
            self._init_parameters(X.shape)
        # BEGIN SOLUTION 6.2
        W, b = self.parameters["W"], self.parameters["b"]
        (pad_r, pad_c), s, filters = self.pad, self.stride, W.shape[-1]
        m, rows, columns, channels = X.shape
        # Every window becomes a row of one matrix, so that BLAS does the sum in one product. With few channels their
        # runs are too short to copy well: then whole planes are copied, one for each channel and kernel offset.
        by_plane = channels < 16
        sliding_window_view = np.lib.stride_tricks.sliding_window_view
        if by_plane:
            padded = np.zeros((channels, m, rows + 2 * pad_r, columns + 2 * pad_c), dtype=X.dtype)
            padded[:, :, pad_r : pad_r + rows, pad_c : pad_c + columns] = X.transpose(3, 0, 1, 2)
            windows = sliding_window_view(padded, W.shape[:2], axis=(2, 3))[:, :, ::s, ::s]
            R, Q = windows.shape[2:4]
            # (c, m, R, Q, kh, kw) -> (kh kw c, m R Q) -> (m R Q, kh kw c)
            matrix = windows.transpose(4, 5, 0, 1, 2, 3).reshape(-1, m * R * Q).T
        else:
            padded = np.zeros((m, rows + 2 * pad_r, columns + 2 * pad_c, channels), dtype=X.dtype)
            padded[:, pad_r : pad_r + rows, pad_c : pad_c + columns] = X
            windows = sliding_window_view(padded, W.shape[:2], axis=(1, 2))[:, ::s, ::s]
            R, Q = windows.shape[1:3]
            # (m, R, Q, c, kh, kw) -> (m R Q, kh kw c)
            matrix = windows.transpose(0, 1, 2, 4, 5, 3).reshape(m * R * Q, -1)
        Z = (matrix @ W.reshape(-1, filters)).reshape(m, R, Q, filters)
        Z += np.reshape(b, -1)
        self.cache["X"], self.cache["Z"], self.cache["matrix"] = X, Z, matrix
        return self.activation(Z)
        # END SOLUTION

    def backward(self, dLdY: np.ndarray) -> np.ndarray:
        """Gradients with respect to W and b (into `gradients`) and to the input (returned).

        Args:
            dLdY: Gradient with respect to forward's output, (m, R, Q, n_out).

        Returns:
            Gradient with respect to X, (m, H, W, n_in), the padding cut off; rows and columns that the stride never
            reaches get 0.
        """
        # BEGIN SOLUTION 6.2
        X, Z, matrix = self.cache["X"], self.cache["Z"], self.cache["matrix"]
        W, (pad_r, pad_c), s = self.parameters["W"], self.pad, self.stride
        kernel_rows, kernel_columns, channels, filters = W.shape
        m, R, Q = Z.shape[:3]
        rows, columns = X.shape[1] + 2 * pad_r, X.shape[2] + 2 * pad_c
        dZ = np.ascontiguousarray(self.activation.backward(Z, dLdY)).reshape(m * R * Q, filters)
        self.gradients["W"] = (dZ.T @ matrix).T.reshape(W.shape)
        self.gradients["b"] = dZ.sum(axis=0, keepdims=True)

        # An input entry lies in many windows: for each kernel offset, all windows hand their share back at once.
        by_plane = channels < 16
        d_padded = np.zeros(
            (channels, m, rows, columns) if by_plane else (m, rows, columns, channels), dZ.dtype
        )
        if by_plane:
            shares = (W.reshape(-1, filters) @ dZ.T).reshape(kernel_rows, kernel_columns, channels, m, R, Q)
        else:
            W_transposed = np.ascontiguousarray(W.transpose(0, 1, 3, 2))
            share = np.empty((m * R * Q, channels), dtype=dZ.dtype)
        for u in range(kernel_rows):
            for v in range(kernel_columns):
                window_rows, window_columns = slice(u, u + s * R, s), slice(v, v + s * Q, s)
                if by_plane:
                    d_padded[:, :, window_rows, window_columns] += shares[u, v]
                else:
                    np.matmul(dZ, W_transposed[u, v], out=share)
                    d_padded[:, window_rows, window_columns] += share.reshape(m, R, Q, channels)
        dX = d_padded.transpose(1, 2, 3, 0) if by_plane else d_padded
        return dX[:, pad_r : rows - pad_r, pad_c : columns - pad_c]
        # END SOLUTION


class Pool2D(Layer):
    """A pooling layer: the maximum or the average of each window, channel by channel."""

    def __init__(
        self,
        kernel_shape: tuple[int, int] | int,
        mode: str = "max",
        stride: int = 1,
        pad: int | Literal["same", "valid"] = 0,
    ) -> None:
        """Args:
        kernel_shape: Rows and columns of a window; an int for a square one.
        mode: "max" or "average".
        stride: Step between windows, in rows and in columns.
        pad: Rows and columns of zeros on each side; "same" for half a kernel, "valid" for none.

        Raises:
            ValueError: If the padding is neither "same" nor "valid" nor an int.
        """
        if isinstance(kernel_shape, int):
            kernel_shape = (kernel_shape, kernel_shape)
        self.kernel_shape = kernel_shape
        self.stride = stride
        self.pad = _pad_pair(pad, kernel_shape)
        self.mode = mode
        if mode == "max":
            self.pool_fn = np.max
            self.arg_pool_fn = np.argmax
        elif mode == "average":
            self.pool_fn = np.mean
        self.cache = OrderedDict(out_rows=[], out_cols=[], X_pad=[], p=[], pool_shape=[])
        self.parameters = OrderedDict()
        self.gradients = OrderedDict()

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Pool every window of the zero-padded images: zeros of the padding count like any other entry.

        Args:
            X: Images, (m, H, W, channels).

        Returns:
            (m, R, Q, channels), with (H + 2 * pad - kernel) // stride + 1 rows R, and columns Q likewise.
        """
        # BEGIN SOLUTION 6.3
        (kernel_rows, kernel_columns), (pad_r, pad_c), s = self.kernel_shape, self.pad, self.stride
        X_pad = np.pad(X, ((0, 0), (pad_r, pad_r), (pad_c, pad_c), (0, 0))) if pad_r or pad_c else X
        R = (X_pad.shape[1] - kernel_rows) // s + 1
        Q = (X_pad.shape[2] - kernel_columns) // s + 1
        combine = np.maximum if self.mode == "max" else np.add
        out = X_pad[:, : s * R : s, : s * Q : s].copy()
        for u in range(kernel_rows):
            for v in range(kernel_columns):
                if (u, v) != (0, 0):
                    combine(out, X_pad[:, u : u + s * R : s, v : v + s * Q : s], out=out)
        if self.mode == "average":
            out /= kernel_rows * kernel_columns
        self.cache = OrderedDict(
            out_rows=R, out_cols=Q, X_pad=X_pad, p=self.pad, pool_shape=self.kernel_shape, out=out
        )
        return out
        # END SOLUTION

    def backward(self, dLdY: np.ndarray) -> np.ndarray:
        """Gradient with respect to the input: to the largest entry of each window, or evenly to all of it.

        Args:
            dLdY: Gradient with respect to forward's output, (m, R, Q, channels).

        Returns:
            Gradient with respect to X, (m, H, W, channels), the padding cut off; windows that overlap add up.
        """
        # BEGIN SOLUTION 6.3
        (kernel_rows, kernel_columns), (pad_r, pad_c), s = self.kernel_shape, self.pad, self.stride
        X_pad, out = self.cache["X_pad"], self.cache["out"]
        R, Q = self.cache["out_rows"], self.cache["out_cols"]
        d_padded = np.zeros(X_pad.shape, dtype=dLdY.dtype)
        share = dLdY / (kernel_rows * kernel_columns)
        free = np.ones(out.shape, dtype=bool)  # windows whose largest entry has not been met yet
        for u in range(kernel_rows):
            for v in range(kernel_columns):
                window_rows, window_columns = slice(u, u + s * R, s), slice(v, v + s * Q, s)
                if self.mode == "max":
                    largest = (X_pad[:, window_rows, window_columns] == out) & free
                    free ^= largest
                    share = dLdY * largest
                d_padded[:, window_rows, window_columns] += share
        rows, columns = d_padded.shape[1] - pad_r, d_padded.shape[2] - pad_c
        return d_padded[:, pad_r:rows, pad_c:columns]
        # END SOLUTION


class Flatten(Layer):
    """Flattens the input: each example to a row, unless told otherwise."""

    def __init__(self, keep_dim: str | int = "first") -> None:
        """Args:
        keep_dim: "first" gives (m, rest); -1 gives (1, all); anything else gives (rest, channels).
        """
        super().__init__()
        self.keep_dim = keep_dim
        self._init_params()

    def _init_params(self) -> None:
        self.X: list = []
        self.gradients = OrderedDict()
        self.parameters = OrderedDict()
        self.cache = OrderedDict(in_dims=[])

    def forward(self, X: np.ndarray, retain_derived: bool = True) -> np.ndarray:
        """X in its flat shape; with `retain_derived` its own shape is kept for backward."""
        if retain_derived:
            self.cache["in_dims"] = X.shape
        if self.keep_dim == -1:
            return X.reshape(1, -1)
        shape = (X.shape[0], -1) if self.keep_dim == "first" else (-1, X.shape[-1])
        return X.reshape(shape)

    def backward(self, dLdY: np.ndarray) -> np.ndarray:
        """dLdY in the shape of forward's input."""
        return dLdY.reshape(self.cache["in_dims"])


def _pad_pair(pad: int | str, kernel_shape: tuple[int, int]) -> tuple[int, int]:
    """Padding as (rows, columns)."""
    if pad == "same":
        return (kernel_shape[0] - 1) // 2, (kernel_shape[1] - 1) // 2
    if pad == "valid":
        return 0, 0
    if isinstance(pad, int):
        return pad, pad
    raise ValueError(f'pad must be "same", "valid" or an int, got {pad!r}')
