"""The tiny assignment, solved."""

import numpy as np


def double(x):
    """2x, of the same shape."""
    return 2 * np.asarray(x)


def total(x):
    """The sum of all entries."""
    return np.sum(x)


def apply(f, x):
    """f(x)."""
    return f(x)


def centre(x):
    """x minus the mean of each column."""
    return x - np.mean(x, axis=0)
