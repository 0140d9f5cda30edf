"""Central differences, for probes: how fast a number changes with each entry of some arrays.

Probes import this module by its full name, which is the same in the sandbox, in `make test` and in a release:
`from harness.isolation.untrusted.slopes import slopes_of`. What comes out is the submission's own word;
`harness/gradients.py` judges it on the trusted side.
"""

from collections.abc import Callable, Sequence

import numpy as np

STEP = 1e-5  # good for float64: the error is about e^2 of the third derivative, and 1e-16 / e of rounding


def slope_at(total: Callable[[], float], array: np.ndarray, at: tuple[int, ...], e: float = STEP) -> float:
    """The slope of total() by one entry of an array that it reads.

    Args:
        total: Computes a number from the array as it then is.
        array: Float, any shape. The entry is moved by e both ways, and put back whatever total() does.
        at: The entry's index, one number an axis.
        e: Half the step.

    Returns:
        (total at +e - total at -e) / 2e.

    Raises:
        TypeError: If the array is not of floats: a small step would change nothing.
    """
    if array.dtype.kind != "f":
        raise TypeError(f"slopes need an array of floats, got {array.dtype}")
    kept = array[at]
    try:
        array[at] = kept + e
        above = total()
        array[at] = kept - e
        return (above - total()) / (2 * e)
    finally:
        array[at] = kept


def slopes_of(
    total: Callable[[], float], arrays: Sequence[np.ndarray], e: float = STEP
) -> tuple[np.ndarray, ...]:
    """The slopes of total() by every entry of these arrays: float64, one array a given one, each of its shape."""
    found = []
    for array in arrays:
        slopes = np.zeros(array.shape)
        for at in np.ndindex(array.shape):
            slopes[at] = slope_at(total, array, at, e)
        found.append(slopes)
    return tuple(found)
