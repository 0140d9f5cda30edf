"""Question 4.3, hidden: softmax of fresh and of extreme scores."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.convnet.judging import close, unchanged

pytestmark = pytest.mark.question("4.3")
BY_ROW = "test_softmax_forward"


def softmax(Z):
    e = np.exp(Z - Z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.points(1)
def test_softmax_of_fresh_scores(submission, rng):
    """SoftMax.forward is right for a fresh batch, and leaves its argument alone."""
    Z = rng.normal(scale=3, size=(6, 5))
    e = np.exp(Z)
    causes = [
        Cause("The columns add up to 1 here: normalise each row (axis=1, keepdims=True).", e / e.sum(axis=0)),
        Cause("All entries together add up to 1 here: normalise each row on its own.", e / e.sum()),
    ]
    Y, same = submission.parts(2, "activation_forward", "SoftMax", Z)
    close(Y, softmax(Z), "Y", causes=causes)
    unchanged(same, "SoftMax.forward")


@pytest.mark.points(1, follows=(BY_ROW,), provided=("test_softmax_derivation",))
def test_softmax_of_extreme_scores(submission):
    """Scores of 1000 and -1000 give probabilities, without overflow, and rows do not disturb each other."""
    Z = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -1000.0], [1000.0, 1000.0, 999.0]])
    Y, _ = submission.parts(2, "activation_forward", "SoftMax", Z)
    a = expect.array(Y, "Y", shape=Z.shape, finite=False)
    expect.true(
        bool(np.isfinite(a).all()),
        "e^1000 overflows: subtract the largest score of each row first, which changes no probability.",
        "finite probabilities",
        expect.short(a),
    )
    close(
        a,
        softmax(Z),
        "Y",
        causes=[
            Cause("The columns add up to 1 here: normalise each row (axis=1, keepdims=True).", softmax(Z.T).T)
        ],
        hint="Subtract the largest score of each row, not of the whole batch: a row of small scores would underflow.",
    )


@pytest.mark.points(1.5, follows=(BY_ROW,), provided=("test_softmax_derivation",))
def test_softmax_backward_of_fresh_scores(submission, rng):
    """SoftMax.backward is right for a fresh batch, and leaves its arguments alone."""
    Z, dY = rng.normal(size=(6, 5)), rng.normal(size=(6, 5))
    p = softmax(Z)
    causes = [
        Cause(
            "Only the diagonal of the Jacobian is used: each output depends on every input of its row.",
            p * (1 - p) * dY,
        ),
        Cause(
            "The sum runs over the whole batch: each row has a Jacobian of its own.",
            p * (dY - (p * dY).sum()),
        ),
    ]
    dZ, same = submission.parts(2, "activation_backward", "SoftMax", Z, dY)
    close(dZ, p * (dY - (p * dY).sum(axis=1, keepdims=True)), "dZ", causes=causes)
    unchanged(same, "SoftMax.backward")


@pytest.mark.points(1.5)
def test_softmax_derivation_of_fresh_scores(submission, rng):
    """derivations.softmax_jacobian is right for fresh scores."""
    s = rng.normal(size=4)
    p = softmax(s[None])[0]
    causes = [Cause("Only the diagonal is right: off it, the derivative is -p_i p_j.", np.diag(p * (1 - p)))]
    close(
        submission.derivations.softmax_jacobian(s), np.diag(p) - np.outer(p, p), "the Jacobian", causes=causes
    )
