"""Question 5.4, public: Sigmoid and ReLU, on the handout's own tests."""

import numpy as np
import pytest

from tests.modular_mlp.judging import activation_inputs, close, expected


@pytest.mark.question("5.4-sigmoid")
@pytest.mark.points(1)
def test_sigmoid_forward(submission, fixtures_folder):
    """Sigmoid.forward gives 1 / (1 + e^-x)."""
    out, *_ = submission.parts(3, "activation_forward", "Sigmoid", activation_inputs(False)[0])
    close(out, expected(fixtures_folder, "sigmoid_forward"), "out")


@pytest.mark.question("5.4-sigmoid")
@pytest.mark.points(
    1, follows=("test_sigmoid_forward",), provided=("test_sigmoid_backward_of_fresh_numbers",)
)
def test_sigmoid_backward(submission, fixtures_folder):
    """Sigmoid.backward multiplies g by the derivative."""
    _, d_x, _ = submission.parts(3, "activation_backward", "Sigmoid", *activation_inputs(False))
    close(d_x, expected(fixtures_folder, "sigmoid_backward"), "what backward returns")


@pytest.mark.question("5.4-relu")
@pytest.mark.points(1)
def test_relu_forward(submission, fixtures_folder):
    """ReLU.forward gives max(0, x)."""
    out, *_ = submission.parts(3, "activation_forward", "ReLU", activation_inputs(True)[0])
    close(out, expected(fixtures_folder, "relu_forward"), "out")


@pytest.mark.question("5.4-relu")
@pytest.mark.points(1)
def test_relu_backward(submission, fixtures_folder):
    """ReLU.backward passes g on where x is positive, and nothing where it is negative or 0."""
    _, d_x, _ = submission.parts(3, "activation_backward", "ReLU", *activation_inputs(True))
    hint = (
        "Where x is exactly 0, the derivative is taken as 0."
        if _only_at_the_zero(d_x, fixtures_folder)
        else ""
    )
    close(d_x, expected(fixtures_folder, "relu_backward"), "what backward returns", hint=hint)


def _only_at_the_zero(d_x, folder):
    """Whether the planted zero, the first entry, is the only one that is wrong."""
    want = expected(folder, "relu_backward")
    numbers = isinstance(d_x, np.ndarray) and d_x.dtype.kind in "biuf" and d_x.shape == want.shape
    return numbers and bool((abs(d_x - want).ravel()[1:] < 1e-8).all())
