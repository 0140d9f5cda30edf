"""Many images as one."""

from math import ceil, sqrt

import numpy as np


def visualize_grid(Xs, ubound=255.0, padding=1):
    """Images in a square grid, each stretched to [0, ubound].

    Args:
        Xs: float, (N, H, W, C).
        ubound: The largest value of each image in the grid, float.
        padding: Pixels of 0 between the images, int.

    Returns:
        float, (R, S, C): ceil(sqrt(N)) cells a side, of H by W pixels, with the padding between them.
    """
    N, H, W, C = Xs.shape
    cells = ceil(sqrt(N))
    grid = np.zeros((cells * (H + padding) - padding, cells * (W + padding) - padding, C))
    for i, image in enumerate(Xs):
        top, left = (i // cells) * (H + padding), (i % cells) * (W + padding)
        grid[top : top + H, left : left + W] = ubound * _stretched(image)
    return grid


def vis_grid(Xs):
    """Images in a square grid, stretched together to [0, 1], with a frame of one pixel below and right of each.

    Args:
        Xs: float, (N, H, W, C).

    Returns:
        float, (R, S, C), in [0, 1].
    """
    cells = ceil(sqrt(len(Xs)))
    return vis_nn([Xs[i : i + cells] for i in range(0, len(Xs), cells)], (cells, cells))


def vis_nn(rows, cells=None):
    """Rows of images, stretched together to [0, 1], with a frame of one pixel below and right of each.

    Args:
        rows: list of lists of images, float, (H, W, C).
        cells: (rows, columns) of the grid; by default as many as there are.

    Returns:
        float, (R, S, C), in [0, 1].
    """
    high, wide = cells or (len(rows), max(len(row) for row in rows))
    H, W, C = rows[0][0].shape
    grid = np.full((high * (H + 1), wide * (W + 1), C), min(np.min(image) for row in rows for image in row))
    for r, row in enumerate(rows):
        for c, image in enumerate(row):
            grid[r * (H + 1) : r * (H + 1) + H, c * (W + 1) : c * (W + 1) + W] = image
    return _stretched(grid)


def _stretched(image):
    """Moved and scaled to [0, 1]; zeros where all values are the same."""
    low, high = np.min(image), np.max(image)
    return (image - low) / (high - low) if high > low else np.zeros_like(image, dtype=float)
