"""The students' data, and the checks that the reference must stand: the numbers of the toy nets."""

import io

import numpy as np

REFERENCE_MODULE = "my_hw5"
SEEDS_AND_ROWS = ((1, 800), (2, 200))  # the training part and the test part


def build(my_hw5):
    """data/regression.csv of the reference, by its path."""
    check(my_hw5)
    rows = np.vstack([part(seed, n) for seed, n in SEEDS_AND_ROWS])
    text = io.StringIO()
    np.savetxt(text, rows, fmt="%.6f", delimiter=",")
    return {"reference/regression_net/data/regression.csv": text.getvalue().encode()}


def part(seed, n):
    """n rows of six features and the label."""
    r = np.random.default_rng(seed)
    X = r.standard_normal((n, 6))
    y = 50 + 40 * np.tanh(X[:, 0] + X[:, 1]) + 25 * np.tanh(2 * X[:, 2] - X[:, 3]) + 10 * X[:, 4]
    return np.column_stack([X, y + 12 * r.standard_normal(n)])


def check(my_hw5):
    """The toy nets' known values."""
    my_hw5.tqdm = iter  # a progress bar would tell nobody anything here
    params = {"W0": np.array([[0.1, -0.2], [0.3, 0.4]]), "W1": np.array([[0.5], [-0.6]])}
    X, Y = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, 1.0]]), np.array([1.0, 0.0, 2.0])
    prediction, cache = my_hw5.forward(params, X)
    np.testing.assert_allclose(prediction.ravel(), [-0.0532999, -0.1029639, -0.07199134], atol=1e-7)
    gradient, loss = my_hw5.backprop_and_loss(params, prediction, cache, Y)
    np.testing.assert_allclose(loss, 1.804396780664236, rtol=1e-12)
    np.testing.assert_allclose(gradient["W1"].ravel(), [-1.2978738403, -1.3214590547], rtol=1e-9)
    np.testing.assert_allclose(
        gradient["W0"], [[-0.0692684179, 0.0864960937], [-0.3288127481, 0.3968576438]], rtol=1e-8
    )
    losses, _ = my_hw5.gradient_descent(X, Y, params, 0.1, 4)
    np.testing.assert_allclose(
        losses, [1.804396780664, 1.462693243560, 1.217989730837, 1.040653348347], rtol=1e-11
    )
    relu = {"W0": np.array([[1.0, -1.0], [2.0, 0.5]]), "W1": np.array([[1.5], [-2.0]])}
    X, Y = np.array([[1.0, 1.0], [-1.0, 1.0], [2.0, -1.0], [0.0, 0.0]]), np.arange(1.0, 5.0)
    prediction, cache = my_hw5.forward(relu, X, activation="relu")
    gradient, loss = my_hw5.backprop_and_loss(relu, prediction, cache, Y, activation="relu")
    np.testing.assert_allclose(loss, 12.375, rtol=1e-12)
    np.testing.assert_allclose(gradient["W0"], [[5.25, -3.5], [0, 3.5]], atol=1e-12)
