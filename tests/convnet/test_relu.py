"""Question 4.1, public: ReLU."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.convnet.judging import FEW, MANY, Cases, close, no_loop, to_four_decimals

pytestmark = pytest.mark.question("4.1")


@pytest.mark.points(0.75)
def test_relu_forward(submission, run):
    """ReLU.forward gives max(0, z)."""
    cases = Cases(run, "TestReLU")
    for case in range(len(cases)):
        Z, Y = cases(case, "input", "output")
        got, _ = submission.parts(2, "activation_forward", "ReLU", Z)
        to_four_decimals(
            got,
            Y,
            "Y",
            f"Z of shape {Z.shape}",
            causes=[Cause("This is Z itself: negative entries give 0.", Z)],
        )


@pytest.mark.points(0.75)
def test_relu_backward(submission, run):
    """ReLU.backward lets dY through where Z is positive, and nothing elsewhere."""
    cases = Cases(run, "TestReLU")
    for case in range(len(cases)):
        Z, dY, dZ = cases(case, "input", "upstream_grad", "backward")
        got, _ = submission.parts(2, "activation_backward", "ReLU", Z, dY)
        causes = [
            Cause("This is only the slope of ReLU: multiply it by dY, the gradient from above.", Z > 0),
            Cause("This is dY everywhere: where Z is negative the slope is 0.", dY),
            Cause("This is dY times ReLU(Z), not dY times its slope.", dY * np.maximum(Z, 0)),
            Cause("The sign of dY decides here: the sign of Z must.", np.maximum(dY, 0)),
        ]
        to_four_decimals(got, dZ, "dZ", f"Z of shape {Z.shape}", causes=causes)


@pytest.mark.points(0.25)
def test_relu_takes_the_batch_at_once(submission):
    """ReLU works on the whole batch, without a loop over its examples."""
    Z = np.linspace(-1, 1, 5 * MANY).reshape(MANY, 5)
    expect.array(submission.parts(2, "activation_forward", "ReLU", Z)[0], "Y", shape=Z.shape)
    no_loop(submission, "run_relu", [Z[:FEW]], [Z], "ReLU")


@pytest.mark.points(0.25)
def test_relu_derivation(submission):
    """derivations.relu_grad gives dL/dZ from dL/dY."""
    Z, dY = np.array([[1.0, -2.0, 0.5], [-0.1, 3.0, -4.0]]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    close(submission.derivations.relu_grad(Z, dY), [[1, 0, 3], [0, 5, 0]], "dL/dZ")
