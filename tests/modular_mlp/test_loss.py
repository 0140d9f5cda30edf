"""Question 5.4, public: CrossEntropyLoss."""

import pytest

from tests.modular_mlp.judging import close, expected, loss_inputs

pytestmark = pytest.mark.question("5.4-loss")


@pytest.mark.points(2)
def test_loss_forward(submission, fixtures_folder):
    """CrossEntropyLoss.forward gives the mean cross-entropy of the softmax, on the handout's test."""
    loss, *_ = submission.parts(4, "loss_forward", *loss_inputs())
    close(loss, expected(fixtures_folder, "loss_forward"), "the loss", shape=False)


@pytest.mark.points(2, follows=("test_loss_forward",), provided=("test_loss_gradient_of_fresh_scores",))
def test_loss_backward(submission, fixtures_folder):
    """CrossEntropyLoss.backward gives the softmax minus the one-hot labels, on the handout's test."""
    _, d_score = submission.parts(2, "loss_backward", *loss_inputs())
    want = expected(fixtures_folder, "loss_backward")
    hint = "Each row sums to 0 and is negative only at its label: softmax minus one-hot, not divided by N."
    close(
        d_score,
        want,
        "what backward returns",
        hint=hint if getattr(d_score, "shape", None) == want.shape else "",
    )
