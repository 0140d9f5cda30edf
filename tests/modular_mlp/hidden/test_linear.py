"""Question 5.4, hidden: a Linear layer of fresh numbers."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.modular_mlp.judging import (
    LINEAR_FORWARD,
    LINEAR_INPUT,
    LINEAR_PARAMETERS,
    bias_gradient,
    close,
    unchanged,
)

pytestmark = pytest.mark.question("5.4-linear")
N, N_IN, N_OUT = 7, 5, 4
SUM = "The gradients are sums over the batch: this layer takes means, so divide by the number of rows."
TWICE = "Divided by N twice."


def draw(rng, n=N):
    """X, W, b, g."""
    return tuple(rng.normal(size=shape) for shape in ((n, N_IN), (N_IN, N_OUT), (1, N_OUT), (n, N_OUT)))


def weight_causes(X, g):
    whole = X.T @ g
    return [Cause(SUM, whole), Cause(TWICE, whole / len(g) ** 2)]


def bias_causes(g):
    n = len(g)
    out = [Cause(SUM, g.sum(axis=0)), Cause(TWICE, g.sum(axis=0) / n**2)]
    if g.shape[0] == g.shape[1]:
        out.append(Cause("d_biases is the mean over the features: take it over the rows.", g.mean(axis=1)))
    return out


@pytest.mark.points(0.5)
def test_linear_forward_of_fresh_numbers(submission, rng):
    """Linear.forward is right for a fresh batch, and leaves it alone."""
    X, W, b, _ = draw(rng)
    out, same = submission.parts(2, "linear_forward", X, W, b)
    causes = [Cause("The biases are not added.", X @ W), Cause("The biases are subtracted.", X @ W - b)]
    close(out, X @ W + b, "out", causes=causes)
    unchanged(same, "Linear.forward changes its argument")


@pytest.mark.points(0.5)
def test_linear_weight_gradient_of_fresh_numbers(submission, rng):
    """d_weights is right for a fresh batch."""
    X, W, b, g = draw(rng)
    _, d_weights, _, same = submission.parts(4, "linear_backward", X, W, b, g)
    close(d_weights, X.T @ g / N, "d_weights", causes=weight_causes(X, g))
    unchanged(same, "Linear.backward changes g, its input or its parameters")


@pytest.mark.points(
    0.5, follows=("test_linear_weight_gradient_of_fresh_numbers",), provided=("test_linear_forward",)
)
def test_linear_bias_gradient_of_fresh_numbers(submission, run, rng):
    """d_biases is right for a fresh batch."""
    X, W, b, g = draw(rng)
    _, _, d_biases, _ = submission.parts(4, "linear_backward", X, W, b, g)
    bias_gradient(run, d_biases, g.mean(axis=0, keepdims=True), bias_causes(g))
    square = draw(rng, N_OUT)
    _, _, d_biases, _ = submission.parts(4, "linear_backward", *square)
    bias_gradient(run, d_biases, square[3].mean(axis=0, keepdims=True), bias_causes(square[3]))


@pytest.mark.points(0.5)
def test_linear_input_gradient_of_fresh_numbers(submission, rng):
    """What Linear.backward returns is right for a fresh batch."""
    X, W, b, g = draw(rng)
    d_x, *_ = submission.parts(4, "linear_backward", X, W, b, g)
    divided = "What backward returns is divided by N: only the gradients of the parameters are means."
    close(d_x, g @ W.T, "what backward returns", causes=[Cause(divided, g @ W.T / N)])


@pytest.mark.points(
    0.5,
    follows=(*LINEAR_FORWARD, *LINEAR_PARAMETERS, *LINEAR_INPUT),
    provided=("test_linear_keeps_copies", "test_linear_forward"),
)
def test_linear_second_batch(submission, run, rng):
    """A second batch of another size through the same layer: nothing of the first one is left."""
    X, W, b, g = draw(rng)
    X_other, *_, g_other = draw(rng, 3)
    d_x, d_weights, d_biases, kept = submission.parts(4, "linear_twice", X, g, X_other, g_other, W, b)
    want = X_other.T @ g_other / 3
    added = "The gradient of the batch before is still in there: set d_weights, do not add to it."
    close(d_weights, want, "d_weights", causes=[Cause(added, want + X.T @ g / N)])
    bias_gradient(
        run,
        d_biases,
        g_other.mean(axis=0, keepdims=True),
        [Cause(added, g_other.mean(axis=0) + g.mean(axis=0))],
    )
    close(d_x, g_other @ W.T, "what backward returns")
    close(kept, X_other, "in_x after forward", hint="forward keeps its input in in_x.")


@pytest.mark.points(0.5, follows=("test_linear_second_batch",), provided=("test_linear_forward",))
def test_linear_keeps_copies(submission, rng):
    """The caller's arrays stay as they are when the layer's own parameters change."""
    _, W, b, g = draw(rng)
    # A layer of which nothing is written keeps copies, too: that alone is no work.
    d_x, *_ = submission.parts(4, "linear_backward", np.ones((N, N_IN)), W, b, g)
    expect.array(d_x, "what backward returns", finite=False)
    expect.true(
        submission.probe("linear_copies", W, b) is True,
        "The constructor keeps the caller's own arrays: copy them, or training changes them, too.",
        "copies",
        "the arrays themselves",
    )
