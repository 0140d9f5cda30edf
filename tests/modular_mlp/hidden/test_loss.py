"""Question 5.4, hidden: CrossEntropyLoss of fresh scores."""

import numpy as np
import pytest

from harness import expect
from harness.errors import StudentError
from harness.expect import Cause, Mismatch
from tests.modular_mlp.judging import LOSS_FORWARD, close, note, unchanged

pytestmark = pytest.mark.question("5.4-loss")
N, C = 7, 10


def softmax(score, axis=1):
    powers = np.exp(score - score.max())
    return powers / powers.sum(axis=axis, keepdims=True)


def draw(rng, n=N, c=C):
    """Scores, and labels of which some repeat."""
    label = rng.integers(0, c, size=n)
    label[-1] = label[0]
    return rng.normal(size=(n, c)) * 2, label


def loss_of(P, label):
    return -np.mean(np.log(P[np.arange(len(label)), label]))


def loss_causes(score, label):
    P = softmax(score)
    n = len(label)
    return [
        Cause("The losses of the rows are added up: take their mean.", n * loss_of(P, label)),
        Cause(
            "Softmax is normalised over the rows: each row of y_hat must add up to 1, so sum over axis 1.",
            loss_of(softmax(score, 0), label),
        ),
        Cause(
            "Softmax is normalised over the whole matrix: each row must add up to 1, so sum over axis 1.",
            loss_of(softmax(score, None), label),
        ),
        Cause("The sign is wrong: the loss is minus the mean of the logs.", -loss_of(P, label)),
        Cause(
            "The mean goes over all entries of the matrix: divide by the number of rows.",
            loss_of(P, label) / C,
        ),
        Cause("The logarithm is missing.", -np.mean(P[np.arange(n), label])),
        Cause("The logarithm is to base 2: use np.log.", loss_of(P, label) / np.log(2)),
    ]


@pytest.mark.points(1.5)
def test_loss_of_fresh_scores(submission, rng):
    """CrossEntropyLoss.forward is right where there are more classes than rows, and labels repeat."""
    score, label = draw(rng)
    loss, *_, same = submission.parts(4, "loss_forward", score, label)
    close(loss, loss_of(softmax(score), label), "the loss", shape=False, causes=loss_causes(score, label))
    unchanged(same, "CrossEntropyLoss.forward changes its arguments")


@pytest.mark.points(0.5, follows=("test_loss_of_fresh_scores",), provided=("test_loss_keeps_one_hot_labels",))
def test_loss_keeps_probabilities(submission, run, rng):
    """After forward, y_hat is the softmax of the scores."""
    score, label = draw(rng)
    _, y_hat, _, _ = submission.parts(4, "loss_forward", score, label)
    expect.true(y_hat is not None, "forward keeps nothing in y_hat.", "an array", "None")
    causes = [
        Cause("y_hat is normalised over the rows: each row must add up to 1.", softmax(score, 0)),
        Cause("y_hat is normalised over the whole matrix: each row must add up to 1.", softmax(score, None)),
        Cause("y_hat holds the scores: keep their softmax.", score),
        Cause("y_hat holds logarithms: keep the probabilities.", np.log(softmax(score))),
    ]
    close(y_hat, softmax(score), "y_hat", causes=causes)
    try:
        _, shifted, _, _ = submission.parts(4, "loss_forward", score + 1000.0, label)
        stable = np.allclose(expect.array(shifted, "y_hat", shape=score.shape), softmax(score))
    except (StudentError, Mismatch):
        stable = False
    if not stable:
        note(
            run,
            "CrossEntropyLoss overflows where scores are very large (about 1000): subtract each row's largest score "
            "before the exponential. No points were taken off.",
        )


@pytest.mark.points(0.5)
def test_loss_keeps_one_hot_labels(submission, rng):
    """After forward, y_true holds the labels as one-hot rows."""
    score, label = draw(rng)
    _, _, y_true, _ = submission.parts(4, "loss_forward", score, label)
    expect.true(y_true is not None, "forward keeps nothing in y_true.", "an array", "None")
    hint = "y_true must hold a row for each example, with a 1 at its label and 0 elsewhere."
    if np.shape(y_true) == label.shape:
        hint = "y_true holds the labels themselves: make one-hot rows of them."
        raise Mismatch(hint, f"shape {score.shape}", f"shape {np.shape(y_true)}")
    close(y_true, np.eye(C)[label], "y_true", hint=hint)


@pytest.mark.points(1.5)
def test_loss_gradient_of_fresh_scores(submission, rng):
    """CrossEntropyLoss.backward is right, judged by your own y_hat."""
    score, label = draw(rng)
    y_hat, d_score = submission.parts(2, "loss_backward", score, label)
    P, Y = softmax(score), np.eye(C)[label]
    d = expect.array(d_score, "what backward returns", shape=score.shape)
    own = probabilities_of(y_hat, score.shape)
    if own is not None and expect.agree(d, own - Y, 1e-7, 1e-8):
        return  # a softmax that is wrong is charged where it is tested
    causes = [
        Cause("It is divided by N: Linear takes the mean, so the loss does not.", (P - Y) / N),
        Cause("The sign is turned round: y_hat minus y_true.", Y - P),
        Cause("The one-hot labels are missing: y_hat minus y_true.", P),
        Cause(
            "This is the gradient with respect to y_hat: the module's input are the scores, and softmax is part of it.",
            -Y / P,
        ),
    ]
    close(d_score, P - Y, "what backward returns", causes=causes)


def probabilities_of(y_hat, shape):
    """The submission's own y_hat, if it can be meant as probabilities of a wrong normalisation, else None."""
    if y_hat is None or np.shape(y_hat) != shape:
        return None
    own = expect.array(y_hat, "y_hat", finite=False)
    sums = [own.sum(axis=axis) for axis in (0, 1, None)]
    fits = np.isfinite(own).all() and (own >= 0).all() and any(np.allclose(s, 1) for s in sums)
    return own if fits else None


@pytest.mark.points(1)
def test_loss_for_other_numbers_of_classes(submission, rng):
    """The one-hot labels have as many columns as the scores, be it 3, 4 or 12."""
    for c in (3, 4, 12):
        score, label = draw(rng, 5, c)
        _, _, y_true, _ = submission.parts(4, "loss_forward", score, label)
        a = expect.array(y_true, "y_true", finite=False)
        expect.true(
            a.shape == score.shape,
            "The number of classes is built in: it is score.shape[1].",
            f"y_true of shape {score.shape}",
            f"shape {a.shape}",
        )
        _, d_score = submission.parts(2, "loss_backward", score, label)
        expect.array(d_score, "what backward returns", shape=score.shape)


@pytest.mark.points(
    0.5,
    follows=("test_loss_of_fresh_scores", "test_loss_forward"),
    provided=("test_loss_keeps_one_hot_labels",),
)
def test_loss_of_labels_of_another_type(submission, rng):
    """Labels of type int32 that all agree are right, too."""
    score, _ = draw(rng)
    label = np.full(N, 3, dtype=np.int32)
    loss, *_ = submission.parts(4, "loss_forward", score, label)
    close(loss, loss_of(softmax(score), label), "the loss", shape=False, causes=loss_causes(score, label))


@pytest.mark.points(0.5, follows=LOSS_FORWARD, provided=("test_loss_gradient_of_fresh_scores",))
def test_loss_is_one_number(submission, rng):
    """The loss of a single row is one number, and that of a row that is certain is nearly 0."""
    score = np.full((1, C), -20.0)
    score[0, 4] = 20.0
    loss, *_ = submission.parts(4, "loss_forward", score, np.array([4]))
    value = expect.array(loss, "the loss")
    expect.true(value.size == 1, "The loss must be one number.", "a number", expect.kind(loss))
    close(loss, 0.0, "the loss of a certain row", shape=False)
