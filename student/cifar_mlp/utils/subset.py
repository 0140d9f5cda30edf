"""The part of CIFAR-10 that comes with this homework: 6,000 training, 1,000 validation and 500 test images.

It stands in where CIFAR-10 itself was not fetched. How it was made: `fixtures/cifar_mlp/CIFAR10.md`.
"""

import contextlib
from pathlib import Path

import numpy as np

from utils import data_utils

SUBSET = Path("fixtures", "cifar_mlp", "cifar10_subset.npz")


def load_images(everything=True):
    """CIFAR-10 where it is, split as `get_CIFAR10_data` does, or else the part of it that comes with this homework.

    Args:
        everything: False for the part in any case.

    Returns:
        A sentence that says which, and three pairs for training, validation and test: images, uint8,
        (N, 32, 32, 3), and labels, int, (N,).
    """
    parts = None
    if everything:
        with contextlib.suppress(FileNotFoundError):
            parts = data_utils.first_images()
    said = "all of CIFAR-10" if parts else "a part of CIFAR-10 (`python get_data.py` fetches all of it)"
    parts = parts or load_subset()
    counts = [
        f"{len(labels):,} for {what}" for (_, labels), what in zip(parts, ("training", "validation", "test"))
    ]
    return f"Data: {said}, images: {', '.join(counts)}.", *parts


def load_subset(path=None):
    """The images and labels of the file `cifar10_subset.npz`.

    Args:
        path: Where it is; by default below the folder in which this homework was unpacked.

    Returns:
        Three pairs for training, validation and test: images, uint8, (N, 32, 32, 3), and labels, int, (N,).

    Raises:
        FileNotFoundError: If it is not there.
    """
    with np.load(path or find_subset()) as file:
        return tuple(
            (decoded(file[f"{part}_deltas"]), file[f"{part}_labels"].astype(int))
            for part in ("train", "val", "test")
        )


def find_subset():
    """The path of the file, from the first folder above here, or above `utils`, that holds it."""
    here, package = Path.cwd().resolve(), Path(__file__).resolve().parents[1]
    for folder in (here, package, *here.parents, *package.parents):
        if (folder / SUBSET).is_file():
            return folder / SUBSET
    raise FileNotFoundError(f"{SUBSET} is nowhere above {here} or {package}")


def decoded(deltas):
    """Images of what is stored: differences between neighbours, which take less space.

    Args:
        deltas: uint8, (3, N, 32, 32): of red minus green, green, and blue minus green, the differences downwards
            of the differences to the right, modulo 256.

    Returns:
        uint8, (N, 32, 32, 3).
    """
    red, green, blue = deltas.cumsum(axis=2, dtype=np.uint8).cumsum(axis=3, dtype=np.uint8)
    return np.stack([red + green, green, blue + green], axis=-1)
