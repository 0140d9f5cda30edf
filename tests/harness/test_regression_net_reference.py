"""The reference of regression_net: errors, symmetry, data, normalisation, and what the specification decides beside."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.reference import reference_of
from tests.regression_net.judging import ratio

FOLDER = Path(__file__).resolve().parents[2] / "reference" / "regression_net"
X, Y = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, 1.0]]), np.array([1.0, 0.0, 2.0])


@pytest.fixture
def hw5():
    return reference_of(FOLDER).my_hw5


def test_descent_runs_without_tqdm():
    """The import of tqdm is guarded: the module loads, and the loop runs, where it is not installed."""
    program = (
        "import sys; sys.modules['tqdm'] = None; import numpy as np; import my_hw5; "
        "print(len(my_hw5.gradient_descent(np.ones((3, 2)), np.ones(3), {'W0': np.ones((2, 1))}, 0.01, 4)[0]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=FOLDER, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("4\n", "")


def test_shapes_that_do_not_fit_are_refused(hw5):
    """Too few layers, features of another width, and labels of another number are ValueErrors."""
    params = hw5.initialize_network([2, 3, 1], 1.0)
    prediction, cache = hw5.forward(params, X)
    with pytest.raises(ValueError, match="at least two entries, got 1"):
        hw5.initialize_network([2], 1.0)
    with pytest.raises(ValueError, match="must have 2 columns"):
        hw5.forward(params, np.ones((3, 4)))
    with pytest.raises(ValueError, match="must have 3 entries"):
        hw5.backprop_and_loss(params, prediction, cache, np.ones(4))


def test_a_start_at_zero_never_breaks_the_symmetry(hw5):
    """All hidden units stay the same: five steps on the toy net leave three equal columns."""
    start = hw5.initialize_network([2, 3, 1], 0.0)
    _, params = hw5.gradient_descent(X, Y, start, 0.1, 5)
    np.testing.assert_allclose(params["W0"], np.tile([[0.01425352], [0.03857171]], 3), atol=5e-9)


def test_the_data_are_split_after_800_rows(hw5):
    """load_data gives 800 rows for training and 200 for testing, with labels (n,)."""
    path = FOLDER / "data" / "regression.csv"
    (features, labels), (test, test_labels) = hw5.load_data(path, "train"), hw5.load_data(path, "test")
    assert (features.shape, labels.shape) == ((800, 6), (800,))
    assert (test.shape, test_labels.shape) == ((200, 6), (200,))
    assert np.mean((labels - labels.mean()) ** 2) == pytest.approx(1470, abs=1)


@pytest.mark.parametrize("n_weights", [1, 2, 6])
def test_linear_gradient_is_that_of_a_network_without_sigma(hw5, monkeypatch, n_weights):
    """The equation of question 7.2(c) agrees with backpropagation at four scales."""
    monkeypatch.setattr(hw5, "sigma_forward", np.array)
    monkeypatch.setattr(hw5, "sigma_backward", np.ones_like)
    rng = np.random.default_rng(0)
    for scale in (0.01, 0.1, 1.0, 3.0):
        np.random.seed(1)
        params = hw5.initialize_network([4] * n_weights + [1], scale)
        features, labels = rng.normal(size=(9, 4)), rng.normal(size=(9, 1))
        gradient, _ = hw5.backprop_and_loss(params, *hw5.forward(params, features), labels)
        told = hw5.linear_gradient(list(params.values()), features, labels)
        for a, b in zip(told, gradient.values(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-300)


def test_normalisation_takes_the_training_statistics(hw5):
    """Test data are scaled as the training data are, and a constant column is divided by 1."""
    train, test = np.array([[0.0, 5.0], [4.0, 5.0]]), np.array([[2.0, 6.0]])
    np.testing.assert_array_equal(hw5.normalize(test, "minmax", reference=train), [[0.5, 1.0]])
    np.testing.assert_array_equal(hw5.normalize(test, "standard", reference=train), [[0.0, 1.0]])
    np.testing.assert_array_equal(hw5.normalize(test, "none", reference=train), test)
    with pytest.raises(ValueError, match="kind must be one of"):
        hw5.normalize(test, "max")


def test_bases(hw5):
    """Polynomials side by side, and cosines of whole multiples of pi."""
    columns = np.array([[2.0, 0.5]])
    np.testing.assert_array_equal(hw5.expand_basis(columns, "polynomial", 3), [[2, 0.5, 4, 0.25, 8, 0.125]])
    np.testing.assert_allclose(hw5.expand_basis(columns, "fourier"), [[1, 0, 1, -1]], atol=1e-15)


def test_gradients_of_zeros_have_no_factor():
    """A backpropagation that is not begun returns zeros: they are no multiple of anything, and no fault of ours."""
    zeros, ones = np.zeros((3, 2)), np.ones((3, 2))
    assert ratio(zeros, zeros) is None
    assert ratio(zeros, ones) is None
    assert ratio(2 * ones, ones) == 2
