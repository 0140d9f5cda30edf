"""Questions 1 to 3 as code: what was derived on paper, written down so that it can be run.

`autoencoder_loss`, `gplvm_terms` and `_sigmoid` are given: with the first two you can check your gradients numerically, for example by
`utils.gradient_check.eval_numerical_gradient(lambda W: autoencoder_loss(W, x), W, verbose=False)`.

Source: ECE C147/C247, Winter 2025, homework 3, questions 1 to 3.
"""

import numpy as np


def autoencoder_loss(W, x):
    """Question 1: L = 0.5 * |W^T W x - x|^2.

    Args:
        W: float, (m, n).
        x: float, (n,).

    Returns:
        float.
    """
    error = W.T @ (W @ x) - x
    return 0.5 * float(error @ error)


def autoencoder_grad(W, x):
    """Question 1(d): the gradient of L with respect to W, along both paths.

    Args:
        W: float, (m, n).
        x: float, (n,).

    Returns:
        float, (m, n).
    """
    raise NotImplementedError("1: autoencoder_grad is not written yet")


def gplvm_terms(X, Y, alpha, beta):
    """Question 2: the two terms of the log-likelihood that depend on X, with K = alpha * X X^T + I / beta.

    Args:
        X: Latent positions, float, (N, Q).
        Y: Data, float, (N, D).
        alpha: float above 0.
        beta: float above 0.

    Returns:
        L1 = -D/2 * ln |K| and L2 = -1/2 * tr(K^-1 Y Y^T), floats.
    """
    K = alpha * X @ X.T + np.eye(len(X)) / beta
    L1 = -0.5 * Y.shape[1] * np.linalg.slogdet(K)[1]
    L2 = -0.5 * np.trace(np.linalg.solve(K, Y @ Y.T))
    return float(L1), float(L2)


def gplvm_grads(X, Y, alpha, beta):
    """Question 2(b), (d) and (e): the gradients of L1, of L2, and of L with respect to X.

    Args:
        X: Latent positions, float, (N, Q).
        Y: Data, float, (N, D).
        alpha: float above 0.
        beta: float above 0.

    Returns:
        dL1, dL2, dL, float, (N, Q) each.
    """
    raise NotImplementedError("2: gplvm_grads is not written yet")


def swish(k):
    """Question 3: k * sigmoid(k), elementwise.

    Args:
        k: float, of any shape.

    Returns:
        float, of the shape of k.
    """
    raise NotImplementedError("3: swish is not written yet")


def swish_grad(k):
    """Question 3: the derivative of swish, elementwise.

    Args:
        k: float, of any shape.

    Returns:
        float, of the shape of k.
    """
    raise NotImplementedError("3: swish_grad is not written yet")


def swish_net_forward(W1, b1, W2, b2, x):
    """Question 3(a): z1 = W1 x + b1, h1 = swish(z1), z2 = W2 h1 + b2.

    Args:
        W1: float, (H, D).
        b1: float, (H,).
        W2: float, (C, H).
        b2: float, (C,).
        x: One input, float, (D,).

    Returns:
        z1 (H,), h1 (H,), z2 (C,), float.
    """
    raise NotImplementedError("3: swish_net_forward is not written yet")


def swish_net_grads(W1, b1, W2, b2, x, dz2):
    """Question 3(b) and (c): the gradients, from dL/dz2 down.

    Args:
        W1: float, (H, D).
        b1: float, (H,).
        W2: float, (C, H).
        b2: float, (C,).
        x: One input, float, (D,).
        dz2: dL/dz2, float, (C,).

    Returns:
        dict of float arrays: W1, b1, W2, b2 and x, each of the shape of what it belongs to.
    """
    raise NotImplementedError("3: swish_net_grads is not written yet")


def _sigmoid(k):
    """1 / (1 + exp(-k)), without an overflow at either end. Given."""
    small = np.exp(-np.abs(k))
    return np.where(np.asarray(k) >= 0, 1.0, small) / (1.0 + small)
