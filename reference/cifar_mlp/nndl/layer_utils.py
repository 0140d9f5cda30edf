"""Layers that are often used together, as one."""

# ruff: noqa: F403, F405
from .layers import *


def affine_relu_forward(x, w, b):
    """A fully connected layer, then ReLU.

    Args:
        x: Inputs, float, (N, d_1, ..., d_k).
        w: Weights, float, (D, M) with D = d_1 * ... * d_k.
        b: Biases, float, (M,).

    Returns:
        out, float, (N, M), and cache = (the affine layer's cache, the ReLU's cache).
    """
    a, fc_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    return out, (fc_cache, relu_cache)


def affine_relu_backward(dout, cache):
    """The gradients of a fully connected layer with a ReLU after it.

    Args:
        dout: Gradient of the loss with respect to the output, float, (N, M).
        cache: What `affine_relu_forward` gave.

    Returns:
        dx (N, d_1, ..., d_k), dw (D, M), db (M,), float.
    """
    fc_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), fc_cache)
