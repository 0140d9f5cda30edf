"""Question 4.4, public: cross-entropy."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.convnet.judging import FEW, MANY, Cases, close, no_loop, to_four_decimals

pytestmark = pytest.mark.question("4.4")

Y = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
Y_HAT = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
J = 0.601986402163
GRADIENT = np.array([[0, 0, -1.0], [-5 / 6, 0, 0]])


@pytest.mark.points(1)
def test_cross_entropy_forward(submission, run):
    """CrossEntropy.forward gives the mean over the batch of -ln of the true class's probability."""
    got, _ = submission.parts(2, "loss_forward", "CrossEntropy", Y, Y_HAT)
    causes = [
        Cause("The sum over the batch is not divided by the number of examples.", 2 * J),
        Cause("The mean is over all entries: divide by the number of examples only.", J / 3),
        Cause("The sign is wrong: the loss is minus the mean.", -J),
        Cause("This takes the logarithm to base 2: use the natural one.", J / np.log(2)),
    ]
    close(got, J, "the loss", causes=causes)
    cases = Cases(run, "TestCrossEntropy")
    for case in range(len(cases)):
        target, out, want = cases(case, "input", "input1", "output")
        got, _ = submission.parts(2, "loss_forward", "CrossEntropy", target, out)
        to_four_decimals(got, want, "the loss", f"Y of shape {target.shape}")


@pytest.mark.points(1, follows=("test_cross_entropy_forward",), provided=("test_cross_entropy_derivation",))
def test_cross_entropy_backward(submission, run):
    """CrossEntropy.backward gives the gradient with respect to the predictions."""
    got, _ = submission.parts(2, "loss_backward", "CrossEntropy", Y, Y_HAT)
    causes = [
        Cause("Divide by the number of examples: the loss is a mean over them.", 2 * GRADIENT),
        Cause("Divided by all entries: divide by the number of examples only.", GRADIENT / 3),
        Cause(
            "This is the gradient with respect to the scores before softmax. SoftMax.backward does that part: "
            "give the gradient with respect to Y_hat.",
            (Y_HAT - Y) / 2,
        ),
        Cause(
            "This is the gradient with respect to the scores before softmax, and not yet a mean. SoftMax.backward does "
            "that part: give the gradient with respect to Y_hat.",
            Y_HAT - Y,
        ),
    ]
    close(got, GRADIENT, "the gradient", causes=causes)
    cases = Cases(run, "TestCrossEntropy")
    for case in range(len(cases)):
        target, out, above = cases(case, "input", "input1", "backward")
        got, _ = submission.parts(2, "loss_backward", "CrossEntropy", target, out)
        to_four_decimals(got, above, "the gradient", f"Y of shape {target.shape}")


@pytest.mark.points(0.5)
def test_cross_entropy_takes_the_batch_at_once(submission):
    """CrossEntropy works on the whole batch, without a loop over its examples."""
    target, out = np.tile(Y, (MANY // 2, 1)), np.tile(Y_HAT, (MANY // 2, 1))
    expect.array(submission.parts(2, "loss_forward", "CrossEntropy", target, out)[0], "the loss", shape=())
    no_loop(submission, "run_cross_entropy", [target[:FEW], out[:FEW]], [target, out], "CrossEntropy")


@pytest.mark.points(0.5)
def test_cross_entropy_derivation(submission):
    """derivations.cross_entropy_grad gives the gradient with respect to the predictions."""
    close(submission.derivations.cross_entropy_grad(Y, Y_HAT), GRADIENT, "the gradient")
