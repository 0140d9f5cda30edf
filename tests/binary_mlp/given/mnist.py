"""A tiny stand-in for MNIST, made of noise: no files, no network, the same numbers every time.

Inside the sandbox this module is found before any other `mnist`, so that a submission that loads its data on
import neither fails nor spends its time limit. All ten digits occur; 3 and 9 more often than the others, and
not equally often, so that swapped classes show.
"""

import numpy as np


def _draw(threes, nines, others, rng, patterns):
    """Images uint8 (n, 28, 28) and labels uint8 (n,) in mixed order: a dim pattern per digit under noise."""
    counts = [others] * 10
    counts[3], counts[9] = threes, nines
    labels = rng.permutation(np.repeat(np.arange(10, dtype=np.uint8), counts))
    noise = rng.integers(0, 96, size=(len(labels), 28, 28), dtype=np.uint8)
    return patterns[labels] + noise, labels


_RNG = np.random.default_rng(39)
_PATTERNS = _RNG.integers(0, 160, size=(10, 28, 28), dtype=np.uint8)
_TRAIN = _draw(64, 56, 10, _RNG, _PATTERNS)
_TEST = _draw(19, 17, 3, _RNG, _PATTERNS)


def train_images():
    """Training images, uint8, shape (200, 28, 28)."""
    return _TRAIN[0].copy()


def train_labels():
    """Training labels, uint8 in 0..9, shape (200,)."""
    return _TRAIN[1].copy()


def test_images():
    """Test images, uint8, shape (60, 28, 28)."""
    return _TEST[0].copy()


def test_labels():
    """Test labels, uint8 in 0..9, shape (60,)."""
    return _TEST[1].copy()
