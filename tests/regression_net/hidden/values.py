"""Right networks and fresh data, on the trusted side."""

import numpy as np

N_FEATURES = 6


def stand_in(rng, n):
    """Rows of the scale of the course's data: X (n, 6) and y (n,).

    A constant predicts y with a mean squared error of about 1500, the best linear map without a constant with 2600, a
    small network with 200; 144 of it is noise.
    """
    X = rng.standard_normal((n, N_FEATURES))
    smooth = 40 * np.tanh(X[:, 0] + X[:, 1]) + 25 * np.tanh(2 * X[:, 2] - X[:, 3])
    return X, 50 + smooth + 10 * X[:, 4] + 12 * rng.standard_normal(n)


def fresh_net(rng, widths, n):
    """Params of these widths, and n rows of data for them, with labels (n, 1)."""
    params = {f"W{i}": rng.normal(size=widths[i : i + 2]) for i in range(len(widths) - 1)}
    return params, rng.normal(size=(n, widths[0])), rng.normal(size=(n, widths[-1]))


def widths_of(rng, n_weights):
    """Unequal neighbouring widths for so many weights, ending in 1."""
    widths = [int(rng.integers(2, 6))]
    while len(widths) < n_weights:
        widths.append(int(rng.choice([w for w in range(2, 6) if w != widths[-1]])))
    return [*widths, 1]


def fits(A, W):
    """Whether a weight takes an input as it is (0), with one more column (1), or not at all (None)."""
    missing = W.shape[0] - A.shape[1]
    return missing if missing in (0, 1) else None


def net(params, X, activation="sigmoid", first=False):
    """The prediction of a plain network, or of one whose weights have a row for a constant term.

    Args:
        params: Values of W0, W1, …, in order. Where a weight has one row more than its input has columns, the input
            gets a column of ones.
        X: float, shape (n, d).
        first: Whether the ones come first.

    Returns:
        float, shape (n, q), or None where the shapes do not fit.
    """
    A, weights = X, list(params.values())
    for i, W in enumerate(weights):
        more = fits(A, W)
        if more is None:
            return None
        if more:
            ones = np.ones((len(A), 1))
            A = np.hstack([ones, A] if first else [A, ones])
        A = A @ W
        if i < len(weights) - 1:
            with np.errstate(over="ignore"):
                A = np.maximum(A, 0) if activation == "relu" else 1 / (1 + np.exp(-A))
    return A
