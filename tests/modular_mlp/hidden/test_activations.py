"""Question 5.4, hidden: Sigmoid and ReLU of fresh numbers."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.modular_mlp.judging import close, unchanged

SHAPE, OTHER = (6, 5), (3, 5)
sigmoid_question = pytest.mark.question("5.4-sigmoid")
relu_question = pytest.mark.question("5.4-relu")


def right(x):
    """The sigmoid of numbers that are not large."""
    return 1 / (1 + np.exp(-x))


def away_from_zero(rng, size):
    x = rng.normal(size=size)
    return x + np.copysign(0.05, x)


@sigmoid_question
@pytest.mark.points(0.75)
def test_sigmoid_of_any_shape(submission, rng):
    """sigmoid gives an array of the shape of x, of one, two or three axes, and leaves x alone."""
    for shape in ((9,), SHAPE, (2, 3, 4)):
        x = rng.normal(size=shape) * 4
        out, same = submission.parts(2, "sigmoid", x)
        close(out, right(x), "sigmoid(x)", causes=[Cause("The sign of x is missing: e^-x.", right(-x))])
        unchanged(same, "sigmoid changes its argument")


@sigmoid_question
@pytest.mark.points(
    0.5,
    follows=("test_sigmoid_forward", "test_sigmoid_of_any_shape"),
    provided=("test_sigmoid_backward_of_fresh_numbers",),
)
def test_sigmoid_forward_of_fresh_numbers(submission, rng):
    """Sigmoid.forward is right for a fresh batch, numbers from -40 to 40 among them."""
    x = rng.normal(size=SHAPE) * 3
    x[0, :2] = -40, 40
    out, *_ = submission.parts(3, "activation_forward", "Sigmoid", x)
    close(out, right(x), "out")


@sigmoid_question
@pytest.mark.points(
    0.5, follows=("test_sigmoid_of_any_shape",), provided=("test_sigmoid_backward_of_fresh_numbers",)
)
def test_sigmoid_keeps_its_output(submission, rng):
    """After Sigmoid.forward, state is the output."""
    x = rng.normal(size=SHAPE)
    out, state, _ = submission.parts(3, "activation_forward", "Sigmoid", x)
    expect.true(
        state is not None, "forward keeps nothing in state: keep the output there.", "an array", "no array"
    )
    causes = [Cause("state holds the input: keep the output there, as the docstring says.", x)]
    close(state, out, "state", causes=causes, hint="state must hold the output of the last forward pass.")
    expect.true(np.ptp(out) > 0, "The output does not depend on the input.", "different numbers", "all alike")


@sigmoid_question
@pytest.mark.points(0.75)
def test_sigmoid_backward_of_fresh_numbers(submission, rng):
    """Sigmoid.backward is right for a fresh batch, judged by the output of your own forward pass."""
    x, g = rng.normal(size=SHAPE), rng.normal(size=SHAPE)
    out, d_x, same = submission.parts(3, "activation_backward", "Sigmoid", x, g)
    out = expect.array(out, "out", shape=SHAPE)
    s = right(x)
    want = out if np.ptp(out) > 0.1 and (out > 0).all() and (out < 1).all() else s
    causes = [
        Cause("The derivative is taken at the input: it is s (1 - s) with the output s.", g * x * (1 - x)),
        Cause("The sigmoid is applied twice: state is the output already.", g * right(s) * (1 - right(s))),
        Cause("The gradient g that comes in is missing: multiply by it.", s * (1 - s)),
        Cause("Only the output is multiplied in: the derivative is s (1 - s).", g * s),
        Cause("g is passed on as it is: multiply it by s (1 - s).", g),
    ]
    close(d_x, g * want * (1 - want), "what backward returns", causes=causes)
    unchanged(same, "Sigmoid.backward changes its argument")


@sigmoid_question
@pytest.mark.points(
    0.25,
    follows=("test_sigmoid_forward", "test_sigmoid_backward_of_fresh_numbers", "test_sigmoid_of_any_shape"),
    provided=(
        "test_sigmoid_forward",
        "test_sigmoid_backward_of_fresh_numbers",
        "test_sigmoid_keeps_its_output",
    ),
)
def test_sigmoid_works_twice(submission, rng):
    """A second backward pass gives the same, and a second batch its own."""
    twice(submission, rng, "Sigmoid", lambda x: right(x) * (1 - right(x)))


@sigmoid_question
@pytest.mark.points(0.25, follows=("test_sigmoid_of_any_shape",), provided=("test_sigmoid_forward",))
def test_sigmoid_leaves_its_input_alone(submission, rng):
    """Sigmoid.forward does not change its argument."""
    _, _, same = submission.parts(3, "activation_forward", "Sigmoid", rng.normal(size=SHAPE))
    unchanged(same, "Sigmoid.forward changes its argument")


def twice(submission, rng, name, derivative):
    """Fail unless both backward passes after one forward pass agree, and a second batch is right."""
    x, g, x_other, g_other = (away_from_zero(rng, s) for s in (SHAPE, SHAPE, OTHER, OTHER))
    again, other = submission.parts(2, "activation_twice", name, x, g, x_other, g_other)
    hint = "A second backward pass after the same forward pass gives something else: backward must not change state."
    close(again, g * derivative(x), "what a second backward pass returns", hint=hint)
    close(other, g_other * derivative(x_other), "what backward returns for a second batch")


@relu_question
@pytest.mark.points(0.5)
def test_relu_forward_of_fresh_numbers(submission, rng):
    """ReLU.forward is right for a fresh batch."""
    x = away_from_zero(rng, SHAPE)
    out, *_ = submission.parts(3, "activation_forward", "ReLU", np.array(x))
    causes = [
        Cause("The sign is turned round.", np.maximum(-x, 0)),
        Cause("This is the absolute value.", abs(x)),
        Cause("This is the derivative of ReLU, not its value.", x > 0),
    ]
    close(out, np.maximum(x, 0), "out", causes=causes)


@relu_question
@pytest.mark.points(1)
def test_relu_leaves_its_input_alone(submission, rng):
    """ReLU.forward does not write zeros into its argument, nor ReLU.backward into g."""
    x, g = away_from_zero(rng, SHAPE), away_from_zero(rng, SHAPE)
    _, _, same = submission.parts(3, "activation_forward", "ReLU", np.array(x))
    unchanged(same, "ReLU.forward writes into its argument")
    _, _, same = submission.parts(3, "activation_backward", "ReLU", np.array(x), g)
    unchanged(same, "ReLU.backward writes into its argument")


@relu_question
@pytest.mark.points(0.5)
def test_relu_backward_of_fresh_numbers(submission, rng):
    """ReLU.backward is right for a fresh batch without zeros."""
    x, g = away_from_zero(rng, SHAPE), rng.normal(size=SHAPE)
    _, d_x, _ = submission.parts(3, "activation_backward", "ReLU", x, g)
    causes = [
        Cause("g itself is rectified: what matters is where x is positive.", np.maximum(g, 0)),
        Cause(
            "g is multiplied by the output: multiply by 1 where x is positive, by 0 elsewhere.",
            g * np.maximum(x, 0),
        ),
        Cause("The gradient g that comes in is missing: multiply by it.", x > 0),
        Cause("g is passed on as it is: multiply it by 1 where x is positive, by 0 elsewhere.", g),
    ]
    close(d_x, g * (x > 0), "what backward returns", causes=causes)


@relu_question
@pytest.mark.points(
    0.5, follows=("test_relu_backward_of_fresh_numbers",), provided=("test_relu_forward_of_fresh_numbers",)
)
def test_relu_derivative_at_zero(submission, rng):
    """Where x is exactly 0, ReLU.backward passes nothing on."""
    x, g = away_from_zero(rng, SHAPE), away_from_zero(rng, SHAPE)
    zeros = rng.permutation(x.size)[:8]
    x.ravel()[zeros] = 0.0
    _, d_x, _ = submission.parts(3, "activation_backward", "ReLU", x, g)
    causes = [
        Cause(
            "The derivative at 0 is taken as 1: the handout takes 0, so ask for x > 0, not x >= 0.",
            g * (x >= 0),
        ),
        Cause(
            "The derivative at 0 is taken as one half: the handout takes 0.", g * ((x > 0) + 0.5 * (x == 0))
        ),
    ]
    close(d_x, g * (x > 0), "what backward returns", causes=causes)


@relu_question
@pytest.mark.points(
    0.5,
    follows=("test_relu_backward_of_fresh_numbers", "test_relu_leaves_its_input_alone"),
    provided=("test_relu_forward", "test_relu_backward_of_fresh_numbers"),
)
def test_relu_works_twice(submission, rng):
    """A second backward pass gives the same, and a second batch its own."""
    twice(submission, rng, "ReLU", lambda x: x > 0)
