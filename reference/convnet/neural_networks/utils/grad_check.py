"""A numerical check of gradients. Given."""

import numpy as np


def check_gradients(fn, grad, x, dLdf, h=1e-6):
    """How far a gradient is from what finite differences say.

    For each element of x, the numerical gradient is sum(dLdf * (fn(x + h) - fn(x - h))) / 2h, where only
    that element moves by h.

    Args:
        fn: A function of an array like x; it returns an array, or a number.
        grad: The gradient to be checked, float, shape of x.
        x: Where the gradient was taken, float32 or float64. It is changed meanwhile, and restored.
        dLdf: Gradient of the loss with respect to what fn returns, float, of that shape; 1 if fn is the
            loss itself.
        h: Half the step of the difference, float.

    Returns:
        The relative error |numerical - grad| / |numerical + grad| in L2 norms, float: about 1e-8 or less if
        grad is right, and 0.0 if both are 0 everywhere.

    Raises:
        TypeError: If x is of another type: adding h to integers would change nothing.
    """
    if x.dtype not in (np.float32, np.float64):
        raise TypeError(f"x must be float32 or float64, got {x.dtype}")
    numerical = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        old = x[index]
        try:
            x[index] = old + h
            above = np.array(fn(x))  # a copy: fn may return the same array each time
            x[index] = old - h
            below = np.array(fn(x))
        finally:
            x[index] = old
        numerical[index] = np.sum((above - below) * dLdf) / (2 * h)
    difference = np.linalg.norm(numerical - grad)
    return float(difference / np.linalg.norm(numerical + grad)) if difference else 0.0
