"""Question 1.2(b), hidden: fresh inputs, other dtypes and shapes."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.binary_mlp.judging import without_overflow

pytestmark = pytest.mark.question("1.2b")
PARTS = ("out", "grad")


def sigmoid(submission, s):
    return expect.unpack(submission.hw2.sigmoid_activation(s), PARTS, "sigmoid_activation(s)")


@pytest.mark.points(0.5)
def test_sigmoid_of_random_arrays(submission, reference, rng):
    """sigmoid_activation keeps the shape and is right for arrays of any shape."""
    for shape in ((5, 4), (7,), (), (2, 3, 2)):
        s = rng.normal(size=shape) * 2 + 0.01
        out, grad = sigmoid(submission, s)
        want, slope = reference.hw2.sigmoid_activation(s)
        expect.close(out, want, "out", atol=1e-12)
        twice = reference.hw2.sigmoid_activation(want)[0]
        expect.close(
            grad,
            slope,
            "grad",
            atol=1e-12,
            causes=[
                Cause(
                    "The derivative takes the sigmoid of the sigmoid: use out * (1 - out).",
                    twice * (1 - twice),
                )
            ],
        )


@pytest.mark.points(0.5)
def test_sigmoid_at_zero(submission, rng):
    """sigmoid_activation is 1/2 at 0 and at -0.0, every time."""
    for _ in range(3):  # memory that was never written may hold the right value once
        s = rng.normal(size=12)
        s[[2, 7]], s[9] = 0.0, -0.0
        out, grad = sigmoid(submission, s)
        hint = "s = 0 belongs to neither of your two cases: make one of them >= or <=."
        at_0 = expect.array(out, "out", shape=(12,), finite=False)[[2, 7, 9]]
        expect.true(expect.agree(at_0, np.full(3, 0.5), 0, 1e-12), hint, "0.5", expect.short(at_0))
        at_0 = expect.array(grad, "grad", shape=(12,), finite=False)[[2, 7, 9]]
        # A wrong formula is charged elsewhere: here the derivative at 0 only has to be one and the same number.
        expect.true(np.ptp(at_0) < 1e-12 and (at_0 > 0).all(), hint, "one slope at 0", expect.short(at_0))


@pytest.mark.points(0.5)
def test_sigmoid_of_integers(submission, reference):
    """sigmoid_activation gives floats for an array of integers."""
    s = np.array([-3, -1, 4, 1, 2, 5])  # no 0, which has a test of its own
    out, grad = sigmoid(submission, s)
    want, slope = reference.hw2.sigmoid_activation(s)
    hint = "The result was stored in an array of integers, like s: make it a float array."
    expect.close(out, want, "out", atol=1e-12, causes=[Cause(hint, np.trunc(want))])
    truncated = expect.agree(expect.array(grad, "grad", shape=s.shape), np.trunc(slope), 0, 1e-12)
    expect.true(not truncated, hint, expect.short(slope), expect.short(grad))


@pytest.mark.points(0.5)
def test_sigmoid_of_large_inputs(submission, reference):
    """sigmoid_activation takes no exponential that overflows, from -1000 to 1000."""
    s = np.array([[-1000.0, -709.0, -40.0], [40.0, 709.0, 1000.0]])
    out, grad = without_overflow(submission, s)
    want, _ = reference.hw2.sigmoid_activation(s)
    expect.close(out, want, "out", atol=1e-11)
    expect.array(grad, "grad", shape=s.shape)  # its values are judged at moderate inputs


@pytest.mark.points(0.5)
def test_sigmoid_never_reaches_0_or_1(submission):
    """sigmoid_activation is clipped, so that the loss stays finite."""
    out, _ = sigmoid(submission, np.array([-800.0, -60.0, 0.5, 60.0, 800.0]))
    out = expect.array(out, "out", shape=(5,))
    expect.true(
        (out > 0).all() and (out < 1).all(),
        "The output reaches 0 or 1, whose logarithm is infinite: clip it, and use what np.clip returns.",
        "all outputs inside (0, 1)",
        f"{expect.number(out[0])} and {expect.number(out[-1])} at -800 and 800",
    )


@pytest.mark.points(0.5)
def test_logistic_loss_with_mixed_labels(submission, reference, rng):
    """logistic_loss and its derivative are right for fresh outputs and mixed labels, of int and float."""
    g, y = rng.uniform(0.02, 0.98, size=(9, 1)), (np.arange(9) % 2).reshape(-1, 1)
    for labels, outputs in ((y, g), (y.astype(float), g), (y.ravel(), g.ravel())):
        loss, dL_dg = expect.unpack(
            submission.hw2.logistic_loss(outputs, labels), ("loss", "dL_dg"), "logistic_loss(g, y)"
        )
        want, slope = reference.hw2.logistic_loss(outputs, labels)
        flipped = -(labels * np.log(outputs) - (1 - labels) * np.log(1 - outputs))
        expect.close(
            loss, want, "loss", rtol=1e-10, causes=[Cause("The sign of the (1 - y) term is wrong.", flipped)]
        )
        expect.close(
            dL_dg,
            slope,
            "dL_dg",
            rtol=1e-10,
            causes=[
                Cause(
                    "This is the derivative with respect to s, sigmoid included: here only that with respect to g.",
                    outputs - labels,
                ),
                Cause(
                    "The sign of the (1 - y) term is wrong.", -labels / outputs - (1 - labels) / (1 - outputs)
                ),
            ],
        )


@pytest.mark.points(0.5)
def test_relu_of_random_arrays(submission, reference, rng):
    """relu_activation is right for fresh inputs, and leaves them alone."""
    s = rng.normal(size=(6, 5))
    out, grad = expect.unpack(submission.hw2.relu_activation(s), PARTS, "relu_activation(s)")
    want, slope = reference.hw2.relu_activation(s)
    expect.close(out, want, "out", atol=1e-12)
    expect.close(grad, slope, "grad", atol=1e-12)


@pytest.mark.points(0.5)
def test_layer_forward_of_random_layers(submission, reference, rng):
    """layer_forward is right for fresh layers of several sizes."""
    for n, p, q in ((5, 3, 4), (1, 6, 2), (4, 4, 1)):
        x, W, b = rng.normal(size=(n, p)), rng.normal(size=(p, q)), rng.normal(size=(1, q))
        out, _ = submission.parts(2, "layer", x, W, b, "tanh")
        expect.close(
            out,
            np.tanh(x @ W + b),
            "out",
            rtol=1e-9,
            atol=1e-12,
            causes=[
                Cause("The bias b is not added.", np.tanh(x @ W)),
                Cause("The activation is not applied.", x @ W + b),
            ],
        )
