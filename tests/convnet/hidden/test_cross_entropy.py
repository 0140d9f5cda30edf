"""Question 4.4, hidden: cross-entropy of fresh predictions."""

import numpy as np
import pytest

from harness.expect import Cause
from tests.convnet.judging import close, unchanged

pytestmark = pytest.mark.question("4.4")
M, K = 7, 4


def draw(rng):
    """One-hot targets, and probabilities between 0.05 and 0.95."""
    Y_hat = 0.05 + 0.8 * rng.dirichlet(np.ones(K), size=M)
    return np.eye(K)[rng.integers(K, size=M)], Y_hat


@pytest.mark.points(1.5)
def test_cross_entropy_of_fresh_predictions(submission, rng):
    """CrossEntropy.forward is right for a fresh batch, target first, and leaves its arguments alone."""
    Y, Y_hat = draw(rng)
    J = -np.sum(Y * np.log(Y_hat)) / M
    causes = [
        Cause("The sum over the batch is not divided by the number of examples.", M * J),
        Cause("The mean is over all entries: divide by the number of examples only.", J / K),
        Cause("The sign is wrong: the loss is minus the mean.", -J),
    ]
    got, same = submission.parts(2, "loss_forward", "CrossEntropy", Y, Y_hat)
    close(
        got,
        J,
        "the loss",
        causes=causes,
        hint="Are the arguments in the right order? The target comes first.",
    )
    unchanged(same, "CrossEntropy.forward")


@pytest.mark.points(1.5)
def test_cross_entropy_gradient_of_fresh_predictions(submission, rng):
    """CrossEntropy.backward is right for a fresh batch, and leaves its arguments alone."""
    Y, Y_hat = draw(rng)
    want = -Y / (M * Y_hat)
    fused = (
        "This is the gradient with respect to the scores before softmax. SoftMax.backward does that part: give the "
        "gradient with respect to Y_hat."
    )
    causes = [
        Cause("Divide by the number of examples: the loss is a mean over them.", M * want),
        Cause("Divided by all entries: divide by the number of examples only.", want / K),
        Cause(fused, (Y_hat - Y) / M),
        Cause(fused, Y_hat - Y),
    ]
    got, same = submission.parts(2, "loss_backward", "CrossEntropy", Y, Y_hat)
    close(got, want, "the gradient", causes=causes)
    unchanged(same, "CrossEntropy.backward")


@pytest.mark.points(1)
def test_cross_entropy_derivation_of_fresh_predictions(submission, rng):
    """derivations.cross_entropy_grad is right for a fresh batch."""
    Y, Y_hat = draw(rng)
    want = -Y / (M * Y_hat)
    causes = [Cause("Divide by the number of examples: the loss is a mean over them.", M * want)]
    close(submission.derivations.cross_entropy_grad(Y, Y_hat), want, "the gradient", causes=causes)
