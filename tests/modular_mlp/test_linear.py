"""Question 5.4, public: the Linear layer."""

import numpy as np
import pytest

from tests.modular_mlp.judging import bias_gradient, close, expected, linear_inputs

pytestmark = pytest.mark.question("5.4-linear")

X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
W = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]])
B = np.array([[0.5, -0.5, 0.0]])
G = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0], [2.0, 2.0, 0.0]])


@pytest.mark.points(1)
def test_linear_forward(submission, fixtures_folder):
    """Linear.forward for three rows that can be worked out by hand, and for the handout's test."""
    out, _ = submission.parts(2, "linear_forward", X, W, B)
    close(
        out, [[5.5, 1.5, -1], [11.5, 3.5, -3], [17.5, 5.5, -5]], "out", hint="The output is x times W plus b."
    )
    x, _, weights, biases = linear_inputs()
    out, _ = submission.parts(2, "linear_forward", x, weights, biases)
    close(out, expected(fixtures_folder, "linear_forward"), "out")


@pytest.mark.points(0.5)
def test_linear_parameter_gradients(submission, run, fixtures_folder):
    """Linear.backward sets d_weights and d_biases to means over the batch."""
    _, d_weights, d_biases, _ = submission.parts(4, "linear_backward", X, W, B, G)
    close(d_weights, np.array([[11, 13, -1], [14, 16, 0]]) / 3, "d_weights")
    bias_gradient(run, d_biases, np.array([[1, 1, 1 / 3]]))
    x, g, weights, biases = linear_inputs()
    _, d_weights, d_biases, _ = submission.parts(4, "linear_backward", x, weights, biases, g)
    close(d_weights, expected(fixtures_folder, "linear_d_weights"), "d_weights")
    bias_gradient(run, d_biases, expected(fixtures_folder, "linear_d_biases"))


@pytest.mark.points(0.5)
def test_linear_input_gradient(submission, fixtures_folder):
    """Linear.backward returns the gradient of its input, not divided by N."""
    d_x, *_ = submission.parts(4, "linear_backward", X, W, B, G)
    hint = "The gradient of the input is g times W transposed, not divided by N."
    close(d_x, [[-1, 2], [1, 1], [2, 6]], "what backward returns", hint=hint)
    x, g, weights, biases = linear_inputs()
    d_x, *_ = submission.parts(4, "linear_backward", x, weights, biases, g)
    close(d_x, expected(fixtures_folder, "linear_backward"), "what backward returns")
