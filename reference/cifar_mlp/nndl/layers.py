"""Question 5: layers as pairs of functions. `*_forward` gives its output and a cache, `*_backward` takes the cache.

Weights are (in, out) here, the transpose of what `neural_net.py` keeps. The mean over the batch is taken in
`softmax_loss`, and nowhere else.

Source: ECE C147/C247, Winter 2025, homework 3, question 5 (notebook `FC_nets`).
"""

import numpy as np


def affine_forward(x, w, b):
    """A fully connected layer: each example, made one row, times w, plus b.

    Args:
        x: Inputs, float, (N, d_1, ..., d_k) for any k >= 1.
        w: Weights, float, (D, M) with D = d_1 * ... * d_k.
        b: Biases, float, (M,).

    Returns:
        out, float, (N, M), and cache = (x, w, b), x in the shape that it came in.
    """
    # BEGIN SOLUTION 5
    out = x.reshape(x.shape[0], -1) @ w + b  # (N, d_1, ..., d_k) -> (N, D) -> (N, M)
    # END SOLUTION
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    """The gradients of a fully connected layer.

    Args:
        dout: Gradient of the loss with respect to the layer's output, float, (N, M).
        cache: What `affine_forward` gave: x (N, d_1, ..., d_k), w (D, M), b (M,).

    Returns:
        dx (N, d_1, ..., d_k), dw (D, M), db (M,), float. dw and db are sums over the batch.
    """
    x, w, _ = cache
    # BEGIN SOLUTION 5
    dx = (dout @ w.T).reshape(x.shape)  # (N, M) -> (N, D) -> (N, d_1, ..., d_k)
    dw = x.reshape(x.shape[0], -1).T @ dout
    db = dout.sum(axis=0)
    # END SOLUTION
    return dx, dw, db


def relu_forward(x):
    """max(0, x), elementwise.

    Args:
        x: float, of any shape.

    Returns:
        out, of the shape of x, and cache = x.
    """
    # BEGIN SOLUTION 5
    out = np.maximum(x, 0)
    # END SOLUTION
    cache = x
    return out, cache


def relu_backward(dout, cache):
    """The gradient of max(0, x).

    Args:
        dout: Gradient of the loss with respect to the output, float, of any shape.
        cache: What `relu_forward` gave: x, of the shape of dout.

    Returns:
        dx, of the shape of dout.
    """
    x = cache
    # BEGIN SOLUTION 5
    dx = dout * (x > 0)
    # END SOLUTION
    return dx


def softmax_loss(x, y):
    """Mean over the batch of -ln(softmax(x)[label]), and its gradient.

    Args:
        x: Scores, float, (N, C).
        y: Labels, int in [0, C), (N,).

    Returns:
        loss (float) and dx, float, (N, C), already divided by N.
    """
    N = x.shape[0]
    rows = np.arange(N)
    x = x - x.max(axis=1, keepdims=True)  # the largest of each row is 0: exp cannot overflow
    log_probabilities = x - np.log(np.sum(np.exp(x), axis=1, keepdims=True))
    loss = -np.mean(log_probabilities[rows, y])
    dx = np.exp(log_probabilities)
    dx[rows, y] -= 1
    return loss, dx / N
