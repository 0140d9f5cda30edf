"""Question 5.4, public: GradientDescentOptimizer, on the handout's own test."""

import pytest

from harness.expect import Cause
from tests.modular_mlp.judging import LINEAR, STEP, close, expected, linear_inputs

pytestmark = pytest.mark.question("5.4-optimizer")
LEARNING_RATE = 11


def one_step(submission):
    x, g, weights, biases = linear_inputs()
    return submission.parts(2, "one_step_of_a_layer", x, weights, biases, g, LEARNING_RATE)


def check(got, before, want, name):
    causes = [
        Cause("The step goes uphill: subtract the gradient.", 2 * before - want),
        Cause(f"The {name} stay as they were.", before),
    ]
    close(got, want, f"the array of {name} after one step", causes=causes, shape=False)


@pytest.mark.points(1, follows=LINEAR, provided=(STEP,))
def test_one_step_of_the_weights(submission, fixtures_folder):
    """One forward pass, backward pass and step of one layer give the right weights."""
    weights, _ = one_step(submission)
    check(weights, linear_inputs()[2], expected(fixtures_folder, "step_weights"), "weights")


@pytest.mark.points(1, follows=LINEAR, provided=("test_step_moves_the_biases",))
def test_one_step_of_the_biases(submission, fixtures_folder):
    """One forward pass, backward pass and step of one layer give the right biases."""
    _, biases = one_step(submission)
    check(biases, linear_inputs()[3], expected(fixtures_folder, "step_biases"), "biases")
