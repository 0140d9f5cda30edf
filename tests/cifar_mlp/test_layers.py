"""Question 5, public: the layers."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause, Partly
from tests.cifar_mlp.judging import AFFINE_FORWARD, AFFINE_PARAMETERS, bias, close, stored, untouched, weights

pytestmark = pytest.mark.question("5")

# Two examples of shape (2, 1), three outputs: whole numbers throughout.
x = np.array([[[1.0], [2.0]], [[-3.0], [4.0]]])
w = np.array([[1.0, 0.0, 2.0], [-1.0, 3.0, 1.0]])
b = np.array([0.5, -0.5, 0.0])
DOUT = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
DX = np.array([[[7.0], [8.0]], [[16.0], [17.0]]])
DW = np.array([[-11.0, -13.0, -15.0], [18.0, 24.0, 30.0]])
DB = np.array([5.0, 7.0, 9.0])


def forward(submission, run, *arguments):
    """out of affine_forward, and its cache."""
    result, same = submission.parts(2, "affine_forward", *arguments)
    untouched(run, same, "affine_forward")
    return expect.unpack(result, ("out", "cache"), "affine_forward(x, w, b)")


def check_forward(submission, run, x, w, b, right):
    """Fail unless out is right and the cache holds x as it came in; with a flat x, a third is earned."""
    out, cache = forward(submission, run, x, w, b)
    causes = [
        Cause("The bias b is not added.", right - b),
        Cause("The output is divided by the number of examples.", right / len(x)),
    ]
    close(out, right, f"out for x of shape {x.shape}", causes=causes)
    kept = cache[0] if isinstance(cache, (tuple, list)) and cache else None
    if isinstance(kept, np.ndarray) and kept.shape != x.shape:
        raise Partly(
            1 / 3,
            "The cache must hold x in the shape that it came in: affine_backward needs it for dx.",
            f"shape {x.shape}",
            f"shape {kept.shape}",
        )


def check_input_gradient(submission, run, x, w, b, dout, right):
    """Fail unless dx is right; flat, it earns half."""
    result, same = submission.parts(2, "affine_backward", x, w, b, dout)
    untouched(run, same, "affine_backward")
    dx, _, _ = expect.unpack(result, ("dx", "dw", "db"), "affine_backward(dout, cache)")
    a = expect.array(dx, "dx", finite=False)
    flat = right.reshape(len(right), -1)
    if a.shape == flat.shape != right.shape and expect.agree(a, flat, 1e-6, 1e-9):
        raise Partly(
            0.5,
            "dx must have the shape of x, and this is flat: reshape it.",
            f"shape {right.shape}",
            f"shape {a.shape}",
        )
    causes = [
        Cause("The layer takes a mean over the batch: softmax_loss has done that already.", right / len(x))
    ]
    close(dx, right, "dx", causes=causes)


def check_parameter_gradients(submission, run, x, w, b, dout, dw, db):
    """Fail unless dw and db are right."""
    result, _ = submission.parts(2, "affine_backward", x, w, b, dout)
    _, got_w, got_b = expect.unpack(result, ("dx", "dw", "db"), "affine_backward(dout, cache)")
    mean = "The layer takes a mean over the batch: softmax_loss has done that already, here gradients add up."
    weights(got_w, dw, "dw", causes=[Cause(mean, dw / len(x))])
    bias(run, got_b, db, "db", causes=[Cause(mean, db / len(x))])


@pytest.mark.points(0.75)
def test_affine_forward_of_four_dimensions(submission, run, fixtures_folder):
    """affine_forward gives the notebook's output for x of shape (2, 4, 5, 6)."""
    case = stored(fixtures_folder, "affine.npz")
    check_forward(submission, run, case["x"], case["w"], case["b"], case["out"])


@pytest.mark.points(0.5, follows=AFFINE_FORWARD, provided=AFFINE_PARAMETERS)
def test_affine_input_gradient_by_hand(submission, run):
    """affine_backward gives dx, in the shape of x, for whole numbers."""
    check_input_gradient(submission, run, x, w, b, DOUT, DX)


@pytest.mark.points(0.75)
def test_affine_parameter_gradients_by_hand(submission, run):
    """affine_backward gives dw and db, sums over the batch, for whole numbers."""
    check_parameter_gradients(submission, run, x, w, b, DOUT, DW, DB)


@pytest.mark.points(0.25)
def test_relu_forward(submission, run):
    """relu_forward gives max(0, x) for the notebook's twelve numbers."""
    numbers = np.linspace(-0.5, 0.5, 12).reshape(3, 4)
    check_relu_forward(submission, run, numbers, np.where(numbers < 0, 0, numbers))


@pytest.mark.points(0.5)
def test_relu_backward(submission, run):
    """relu_backward lets dout through where x is positive, and nothing elsewhere."""
    numbers = np.array([[1.0, -2.0, 0.5], [-0.25, 3.0, -4.0]])
    dout = np.array([[1.0, 2.0, -3.0], [-4.0, 5.0, 6.0]])
    check_relu_backward(submission, run, numbers, dout, np.array([[1.0, 0, -3], [0, 5, 0]]))


def check_relu_forward(submission, run, numbers, right):
    result, same = submission.parts(2, "relu_forward", numbers)
    untouched(run, same, "relu_forward")
    out, _ = expect.unpack(result, ("out", "cache"), "relu_forward(x)")
    causes = [
        Cause("This is x itself: negative entries give 0.", numbers),
        Cause("This is the absolute value: negative entries give 0.", np.abs(numbers)),
    ]
    close(out, right, "out", causes=causes)


def check_relu_backward(submission, run, numbers, dout, right):
    result, same = submission.parts(2, "relu_backward", numbers, dout)
    untouched(run, same, "relu_backward")
    causes = [
        Cause("This is only the slope of ReLU: multiply it by dout.", (numbers > 0).astype(float)),
        Cause("This is dout everywhere: where x is negative the slope is 0.", dout),
        Cause("The sign of dout decides here: the sign of x must.", np.maximum(dout, 0)),
        Cause("This is dout times ReLU(x), not dout times its slope.", dout * np.maximum(numbers, 0)),
    ]
    close(result, right, "dx", causes=causes)
