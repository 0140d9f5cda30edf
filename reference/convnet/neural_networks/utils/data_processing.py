"""Scaling of features. Given."""

import numpy as np


def center(X, axis=0):
    """X minus its mean, as a new array.

    Args:
        X: Float or integer, any shape.
        axis: Along which the mean is taken; 0 for each feature's own.
    """
    return X - np.mean(X, axis=axis, keepdims=True)


def normalize(X, axis=0, max_val=None):
    """Shift X so that its smallest value becomes 0, then scale it so that its largest becomes 1, in place.

    Args:
        X: Float, any shape. It is changed.
        axis: Along which smallest and largest are taken; 0 for each feature's own.
        max_val: What the shifted values are divided by; None for the largest of them.

    Returns:
        X itself.
    """
    X -= np.min(X, axis=axis, keepdims=True)
    X /= np.max(X, axis=axis, keepdims=True) if max_val is None else max_val
    return X


def standardize(X, axis=0):
    """Shift and scale X to the mean 0 and the standard deviation 1, in place.

    Args:
        X: Float, any shape. It is changed.
        axis: Along which both are taken; 0 for each feature's own.

    Returns:
        X itself. What was constant is 0.
    """
    mean = np.mean(X, axis=axis, keepdims=True)
    std = np.std(X, axis=axis, keepdims=True)
    X -= mean
    X /= std + 1e-10
    return X
