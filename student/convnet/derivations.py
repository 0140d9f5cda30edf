"""The homework's derivations as code: what was derived on paper, written down so that it can be run.

Source: CS 189/289A, Spring 2023, homework 6, questions 4.1 to 4.4, 6.1 and 6.2.
"""

import numpy as np


def relu_grad(Z: np.ndarray, dY: np.ndarray) -> np.ndarray:
    """Question 4.1: dL/dZ of Y = ReLU(Z).

    Args:
        Z: (N, M).
        dY: dL/dY, (N, M).

    Returns:
        (N, M).
    """
    raise NotImplementedError("4.1: relu_grad is not written yet")


def fully_connected_grads(
    X: np.ndarray, W: np.ndarray, dZ: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Question 4.2: the gradients of a dense layer Z = X W + b.

    Args:
        X: (m, d).
        W: (d, n).
        dZ: dL/dZ, (m, n).

    Returns:
        dL/dW (d, n), dL/db (1, n), dL/dX (m, d).
    """
    raise NotImplementedError("4.2: fully_connected_grads is not written yet")


def softmax_jacobian(s: np.ndarray) -> np.ndarray:
    """Question 4.3: the Jacobian of softmax for one example: entry (i, j) is d sigma_i / d s_j.

    Args:
        s: Scores, (k,).

    Returns:
        (k, k).
    """
    raise NotImplementedError("4.3: softmax_jacobian is not written yet")


def cross_entropy_grad(Y: np.ndarray, Y_hat: np.ndarray) -> np.ndarray:
    """Question 4.4: the gradient of the mean cross-entropy with respect to the predictions.

    Args:
        Y: One-hot targets, (m, k).
        Y_hat: Predicted probabilities, (m, k), none of them 0.

    Returns:
        (m, k).
    """
    raise NotImplementedError("4.4: cross_entropy_grad is not written yet")


def einsum_trace(A: np.ndarray) -> np.ndarray:
    """Question 6.1: the trace of A (n, n), by np.einsum."""
    raise NotImplementedError("6.1: einsum_trace is not written yet")


def einsum_matvec(A: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Question 6.1: A b for A (m, n) and b (n,), by np.einsum: (m,)."""
    raise NotImplementedError("6.1: einsum_matvec is not written yet")


def einsum_outer(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Question 6.1: the outer product of a (m,) and b (n,), by np.einsum: (m, n)."""
    raise NotImplementedError("6.1: einsum_outer is not written yet")


# Question 6.2, for one image X (H, W, c), filters W (k1, k2, c, f), stride 1, everything zero outside its bounds:
#     Z[d1, d2, f] = sum over i, k, c of W[i, k, c, f] X[d1 + i, d2 + k, c], + b[f].
# Z is not zero for d1 = -(k1 - 1) ... H - 1 and d2 = -(k2 - 1) ... W - 1, so dZ[0, 0] below belongs to
# (d1, d2) = (-(k1 - 1), -(k2 - 1)), and dZ has the shape (H + k1 - 1, W + k2 - 1, f).


def conv_bias_grad(dZ: np.ndarray) -> np.ndarray:
    """Question 6.2: dL/db of a convolution.

    Args:
        dZ: dL/dZ, (H + k1 - 1, W + k2 - 1, f), indexed as above.

    Returns:
        (f,).
    """
    raise NotImplementedError("6.2: conv_bias_grad is not written yet")


def conv_weight_grad(X: np.ndarray, dZ: np.ndarray, kernel_shape: tuple[int, int]) -> np.ndarray:
    """Question 6.2: dL/dW of a convolution.

    Args:
        X: One image, (H, W, c).
        dZ: dL/dZ, (H + k1 - 1, W + k2 - 1, f), indexed as above.
        kernel_shape: (k1, k2).

    Returns:
        (k1, k2, c, f).
    """
    raise NotImplementedError("6.2: conv_weight_grad is not written yet")


def conv_input_grad(W: np.ndarray, dZ: np.ndarray, image_shape: tuple[int, int]) -> np.ndarray:
    """Question 6.2: dL/dX of a convolution.

    Args:
        W: Filters, (k1, k2, c, f).
        dZ: dL/dZ, (H + k1 - 1, W + k2 - 1, f), indexed as above.
        image_shape: (H, W).

    Returns:
        (H, W, c).
    """
    raise NotImplementedError("6.2: conv_input_grad is not written yet")
