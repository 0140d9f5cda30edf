"""Question 7.2, public: the gradient of a network without sigma, as code."""

import numpy as np
import pytest

from harness import expect
from tests.regression_net.judging import known_factor, parallel, ratio, wrong_factor

pytestmark = pytest.mark.question("7.2")
N = 2


@pytest.mark.points(1)
def test_linear_gradient_of_three_layers(submission):
    """linear_gradient gives the gradients of three weights that can be worked out by hand."""
    weights = [
        np.array([[1.0, 0.0, 2.0], [-1.0, 1.0, 0.0]]),
        np.array([[1.0, 2.0], [0.0, -1.0], [1.0, 1.0]]),
        np.array([[1.0], [-2.0]]),
    ]
    want = [
        np.array([[-24.0, 16.0, -8.0], [-60.0, 40.0, -20.0]]),
        np.array([[-12.0, 24.0], [20.0, -40.0], [16.0, -32.0]]),
        np.array([[4.0], [-28.0]]),
    ]
    got = submission.probe("linear", weights, np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[1.0], [3.0]]))
    got = expect.arrays(got, [w.shape for w in want], "linear_gradient(weights, X, Y)")
    for i, (g, w) in enumerate(zip(got, want, strict=True)):
        name = f"the gradient of W{i}"
        hint = f"{name} is X times the weights before it, transposed, times the error, times the weights after it, transposed."
        parallel(g, w, name, hint=hint)
        k = ratio(g, w)
        expect.true(known_factor(k, N), f"{name}: {wrong_factor(k, N)}", expect.short(w / N), expect.short(g))
