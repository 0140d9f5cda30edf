"""Two Gaussian clouds: a training problem that takes a moment."""

import numpy as np

DIMS = (20, 16, 1)
SETTINGS = {"layer_dims": DIMS, "batch_size": 50, "lr": 0.1, "epochs": 20, "seed": 7}


def clouds(rng, n=400, features=20):
    """Training and test sets: n and n / 2 rows around +3 and -3 along a random unit direction, labels 0 and 1.

    Returns:
        X_train (n, features), y_train (n,), X_test, y_test.
    """
    direction = rng.normal(size=features)
    direction /= np.linalg.norm(direction)
    y = rng.integers(0, 2, size=n + n // 2)
    X = rng.normal(size=(len(y), features)) + 3 * (2 * y[:, None] - 1) * direction
    return X[:n], y[:n], X[n:], y[n:]
