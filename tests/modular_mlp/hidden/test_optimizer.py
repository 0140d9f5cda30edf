"""Question 5.4, hidden: GradientDescentOptimizer with given gradients."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.modular_mlp.judging import STEP, close, unchanged

pytestmark = pytest.mark.question("5.4-optimizer")
SHAPES = ((5, 4), (4, 3))
RATE = 0.3


def draw(rng):
    """Parameters and gradients of two layers, as pairs."""
    return [[(rng.normal(size=s), rng.normal(size=(1, s[1]))) for s in SHAPES] for _ in range(2)]


def check(got, before, gradients, part, name, steps=1):
    expect.true(isinstance(got, list) and len(got) == len(SHAPES), "A layer is missing.")
    for i, (values, old, slope) in enumerate(zip(got, before, gradients, strict=True)):
        p, d = old[part], slope[part]
        causes = [
            Cause("The step goes uphill: subtract the gradient.", p + steps * RATE * d),
            Cause("The learning rate is missing.", p - steps * d),
            Cause(f"The {name} stay as they were.", p),
            Cause(f"The {name} become the step itself: subtract it from what they were.", -RATE * d),
        ]
        if steps > 1:
            causes.append(Cause(f"The {name} move only once.", p - RATE * d))
        close(values, p - steps * RATE * d, f"{name} of layer {i}", causes=causes, shape=False)


@pytest.mark.points(1)
def test_step_moves_the_weights(submission, rng):
    """step subtracts the learning rate times d_weights from the weights of each Linear layer."""
    parameters, gradients = draw(rng)
    weights, _, same, _ = submission.parts(4, "step", parameters, gradients, RATE)
    check(weights, parameters, gradients, 0, "weights")
    unchanged(same, "step changes the gradients")


@pytest.mark.points(0.75)
def test_step_moves_the_biases(submission, rng):
    """step subtracts the learning rate times d_biases from the biases of each Linear layer."""
    parameters, gradients = draw(rng)
    _, biases, *_ = submission.parts(4, "step", parameters, gradients, RATE)
    check(biases, parameters, gradients, 1, "biases")


@pytest.mark.points(0.5)
def test_step_leaves_other_layers_alone(submission, rng):
    """step changes nothing in a layer that is no Linear, and works where there is one."""
    parameters, gradients = draw(rng)
    weights, biases, _, alone = submission.parts(4, "step", parameters, gradients, RATE)
    moved = any(
        not np.array_equal(values, old[part])
        for part, got in enumerate((weights, biases))
        for values, old in zip(got, parameters)
    )
    expect.true(moved, "Nothing moves: step computes nothing yet.", "other parameters", "the same ones")
    hint = "Only layers of which the type is Linear have parameters to move: keep the given `if`."
    expect.true(alone is True, hint, "an unchanged layer", "a changed one")


@pytest.mark.points(
    0.75, follows=(STEP,), provided=("test_step_moves_the_biases", "test_step_leaves_other_layers_alone")
)
def test_two_steps(submission, rng):
    """Two steps with the same gradients move the weights twice as far."""
    parameters, gradients = draw(rng)
    weights, *_ = submission.parts(4, "step", parameters, gradients, RATE, 2)
    check(weights, parameters, gradients, 0, "weights", 2)
