"""Data that tests read on the trusted side: arrays from a file, and splits whose labels stay here."""

from pathlib import Path

import numpy as np


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name, as they were saved.

    Raises:
        ValueError: If it holds pickled objects, which are never loaded.
        OSError: If it cannot be read.
    """
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
