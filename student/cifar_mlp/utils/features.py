"""Features of images other than their pixels, of which this homework makes no use."""

import numpy as np

CELL = 8  # pixels, the side of a cell of `hog_feature`
ORIENTATIONS = 9


def extract_features(imgs, feature_fns, verbose=False):
    """The features of each image, one after the other in a row.

    Args:
        imgs: (N, H, W, C) or (N, H, W).
        feature_fns: list of functions of one image, (H, W, C) or (H, W), with a float array (F_i,) as value.
        verbose: Whether to print how far it is.

    Returns:
        float, (N, F_1 + ... + F_k); of no images an empty array.
    """
    rows = []
    for i, image in enumerate(imgs):
        rows.append(np.concatenate([feature_fn(np.squeeze(image)) for feature_fn in feature_fns]))
        if verbose and i % 1000 == 0:
            print(f"Done extracting features for {i} / {len(imgs)} images")
    return np.array(rows, dtype=float)


def rgb2gray(rgb):
    """Luminance: (..., 3) -> (...)."""
    return np.dot(rgb[..., :3], [0.299, 0.587, 0.114])


def hog_feature(im):
    """A histogram of oriented gradients: how strong they are on average in each cell, for nine directions.

    Args:
        im: (H, W, 3) or (H, W). Rows and columns that fill no whole cell of 8 by 8 pixels are left out.

    Returns:
        float, (columns of cells * rows of cells * 9,).
    """
    image = rgb2gray(im) if im.ndim == 3 else np.atleast_2d(im).astype(float)
    across, down = np.zeros(image.shape), np.zeros(image.shape)
    across[:, :-1] = np.diff(image, axis=1)
    down[:-1, :] = np.diff(image, axis=0)
    strength = np.sqrt(across**2 + down**2)
    angle = np.degrees(np.arctan2(down, across + 1e-15)) + 90
    high, wide = image.shape[0] // CELL, image.shape[1] // CELL

    histogram = np.zeros((wide, high, ORIENTATIONS))
    width = 180 / ORIENTATIONS
    for i in range(ORIENTATIONS):
        here = np.where((angle >= width * i) & (angle < width * (i + 1)) & (angle > 0), strength, 0.0)
        cells = here[: high * CELL, : wide * CELL].reshape(high, CELL, wide, CELL)
        histogram[:, :, i] = cells.mean(axis=(1, 3)).T
    return histogram.ravel()


def color_histogram_hsv(im, nbin=10, xmin=0, xmax=255, normalized=True):
    """How often each hue occurs.

    Args:
        im: (H, W, 3), values xmin to xmax.
        nbin: Number of bins, int.
        xmin: The lowest value.
        xmax: The highest value.
        normalized: Whether shares are wanted, which sum to 1; else counts times the width of a bin.

    Returns:
        float, (nbin,).
    """
    from matplotlib.colors import rgb_to_hsv  # only where it is needed

    edges = np.linspace(xmin, xmax, nbin + 1)
    hue = rgb_to_hsv(im / xmax)[..., 0] * xmax
    counts, edges = np.histogram(hue, bins=edges, density=normalized)
    return counts * np.diff(edges)
