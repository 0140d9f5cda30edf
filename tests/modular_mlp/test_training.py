"""Question 5.4, public: train_network with your own pieces, on a small problem whose last batches are short."""

import pytest

from harness import expect
from harness.expect import Cause
from tests.modular_mlp.judging import (
    BATCHES,
    EARLY,
    ON_THE_FLY,
    PIECES,
    SETTINGS,
    TEST_ACCURACY,
    TEST_LABELS,
    TEST_LOSS,
    TRAIN_ACCURACY,
    TRAIN_LABELS,
    TRAIN_LOSS,
    accuracy,
    average_loss,
    expected,
    labels,
    series,
    small_dataset,
    small_parameters,
    taken_early,
)

pytestmark = pytest.mark.question("5.4-train")
FOLLOWS = (*PIECES, BATCHES)
N, M, EPOCHS = 30, 12, SETTINGS["num_epoch"]


def trained(submission):
    """What train_network returns, by series."""
    result, _ = submission.parts(2, "train_own", small_dataset(), small_parameters(), "Sigmoid", SETTINGS)
    return result


def early(submission, folder):
    """Whether the figures are those before the last update of each epoch; the test of train_loss charges that."""
    right = [expected(folder, name) for name in ("train_loss", "train_loss_of_rows")]
    return taken_early(trained(submission), right, [expected(folder, "train_loss_early")])


def as_early(submission, folder, name):
    """Whether a series was taken before the last update of each epoch, as train_loss was."""
    want = expected(folder, f"{name}_early")
    return early(submission, folder) and expect.agree(
        series(trained(submission), name, len(want)), want, 0, 1e-6
    )


def loss(submission, run, folder, name):
    if name == "test_loss" and as_early(submission, folder, name):
        return
    readings = {
        "the mean of the batches' losses": expected(folder, name),
        "the mean over all rows": expected(folder, f"{name}_of_rows"),
    }
    causes = [Cause(EARLY, expected(folder, f"{name}_early"))]
    if name == "train_loss":
        causes.append(Cause(ON_THE_FLY, expected(folder, "train_loss_on_the_fly")))
    average_loss(run, series(trained(submission), name, EPOCHS), readings, name, causes)


@pytest.mark.points(1.25, follows=FOLLOWS, provided=(TRAIN_LOSS,))
def test_train_loss_of_a_small_problem(submission, run, fixtures_folder):
    """train_loss after each of five epochs."""
    loss(submission, run, fixtures_folder, "train_loss")


@pytest.mark.points(
    1.25,
    follows=(*FOLLOWS, "test_train_loss_of_a_small_problem"),
    provided=(TEST_LOSS, TRAIN_LABELS, TEST_LABELS),
)
def test_test_loss_of_a_small_problem(submission, run, fixtures_folder):
    """test_loss after each of five epochs."""
    loss(submission, run, fixtures_folder, "test_loss")


def share(submission, folder, name, n):
    if as_early(submission, folder, name):
        return
    want = expected(folder, name)
    causes = [Cause(EARLY, expected(folder, f"{name}_early"))]
    accuracy(series(trained(submission), name, EPOCHS), want, n, name, causes)


@pytest.mark.points(0.75, follows=FOLLOWS, provided=(TRAIN_ACCURACY,))
def test_train_accuracy_of_a_small_problem(submission, fixtures_folder):
    """train_accuracy after each of five epochs."""
    share(submission, fixtures_folder, "train_accuracy", N)


@pytest.mark.points(
    0.75,
    follows=(*FOLLOWS, "test_train_accuracy_of_a_small_problem"),
    provided=(TEST_ACCURACY, TRAIN_LABELS, TEST_LABELS),
)
def test_test_accuracy_of_a_small_problem(submission, fixtures_folder):
    """test_accuracy after each of five epochs."""
    share(submission, fixtures_folder, "test_accuracy", M)


def check_labels(submission, folder, name, n):
    got = series(trained(submission), name, n)
    if not as_early(submission, folder, name):
        labels(got, expected(folder, name), name)


@pytest.mark.points(0.5, follows=FOLLOWS, provided=(TRAIN_LABELS,))
def test_training_labels_of_a_small_problem(submission, fixtures_folder):
    """yhat_train holds the predicted label of each training row."""
    check_labels(submission, fixtures_folder, "yhat_train", N)


@pytest.mark.points(
    0.5, follows=(*FOLLOWS, "test_training_labels_of_a_small_problem"), provided=(TEST_LABELS, TRAIN_LOSS)
)
def test_test_labels_of_a_small_problem(submission, fixtures_folder):
    """yhat_test holds the predicted label of each test row."""
    check_labels(submission, fixtures_folder, "yhat_test", M)
