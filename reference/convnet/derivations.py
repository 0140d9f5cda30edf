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
    # BEGIN SOLUTION 4.1
    return np.where(Z > 0, dY, 0.0)
    # END SOLUTION


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
    # BEGIN SOLUTION 4.2
    return X.T @ dZ, dZ.sum(axis=0, keepdims=True), dZ @ W.T
    # END SOLUTION


def softmax_jacobian(s: np.ndarray) -> np.ndarray:
    """Question 4.3: the Jacobian of softmax for one example: entry (i, j) is d sigma_i / d s_j.

    Args:
        s: Scores, (k,).

    Returns:
        (k, k).
    """
    # BEGIN SOLUTION 4.3
    exponentials = np.exp(s - s.max())
    p = exponentials / exponentials.sum()
    return np.diag(p) - np.outer(p, p)
    # END SOLUTION


def cross_entropy_grad(Y: np.ndarray, Y_hat: np.ndarray) -> np.ndarray:
    """Question 4.4: the gradient of the mean cross-entropy with respect to the predictions.

    Args:
        Y: One-hot targets, (m, k).
        Y_hat: Predicted probabilities, (m, k), none of them 0.

    Returns:
        (m, k).
    """
    # BEGIN SOLUTION 4.4
    return -Y / (len(Y) * Y_hat)
    # END SOLUTION


def einsum_trace(A: np.ndarray) -> np.ndarray:
    """Question 6.1: the trace of A (n, n), by np.einsum."""
    # BEGIN SOLUTION 6.1
    return np.einsum("ii->", A)
    # END SOLUTION


def einsum_matvec(A: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Question 6.1: A b for A (m, n) and b (n,), by np.einsum: (m,)."""
    # BEGIN SOLUTION 6.1
    return np.einsum("ij,j->i", A, b)
    # END SOLUTION


def einsum_outer(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Question 6.1: the outer product of a (m,) and b (n,), by np.einsum: (m, n)."""
    # BEGIN SOLUTION 6.1
    return np.einsum("i,j->ij", a, b)
    # END SOLUTION


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
    # BEGIN SOLUTION 6.2
    return dZ.sum(axis=(0, 1))
    # END SOLUTION


def conv_weight_grad(X: np.ndarray, dZ: np.ndarray, kernel_shape: tuple[int, int]) -> np.ndarray:
    """Question 6.2: dL/dW of a convolution.

    Args:
        X: One image, (H, W, c).
        dZ: dL/dZ, (H + k1 - 1, W + k2 - 1, f), indexed as above.
        kernel_shape: (k1, k2).

    Returns:
        (k1, k2, c, f).
    """
    # BEGIN SOLUTION 6.2
    k1, k2 = kernel_shape
    padded = np.pad(X, ((k1 - 1, k1 - 1), (k2 - 1, k2 - 1), (0, 0)))
    rows, columns = dZ.shape[:2]
    return np.array(
        [
            [np.tensordot(padded[i : i + rows, k : k + columns], dZ, ((0, 1), (0, 1))) for k in range(k2)]
            for i in range(k1)
        ]
    )
    # END SOLUTION


def conv_input_grad(W: np.ndarray, dZ: np.ndarray, image_shape: tuple[int, int]) -> np.ndarray:
    """Question 6.2: dL/dX of a convolution.

    Args:
        W: Filters, (k1, k2, c, f).
        dZ: dL/dZ, (H + k1 - 1, W + k2 - 1, f), indexed as above.
        image_shape: (H, W).

    Returns:
        (H, W, c).
    """
    # BEGIN SOLUTION 6.2
    (rows, columns), (k1, k2) = image_shape, W.shape[:2]
    dX = np.zeros((rows, columns, W.shape[2]))
    for i in range(k1):
        for k in range(k2):
            # X[x, y] enters Z[x - i, y - k], which is dZ[x - i + k1 - 1, y - k + k2 - 1] here.
            top, left = k1 - 1 - i, k2 - 1 - k
            dX += dZ[top : top + rows, left : left + columns] @ W[i, k].T
    return dX
    # END SOLUTION
