"""Question 1.2(e), public: the training loop on a small problem."""

import numpy as np
import pytest

from harness import expect
from tests.binary_mlp.clouds import SETTINGS, clouds
from tests.binary_mlp.judging import (
    BIAS_GRADIENTS,
    NETWORK,
    PIECES,
    WEIGHT_GRADIENTS,
    convention_of,
    refuse_to_wait,
)

pytestmark = pytest.mark.question("1.2e")


@pytest.mark.limits(time_s=30)
@pytest.mark.points(
    2,
    follows=(*PIECES, *NETWORK, *WEIGHT_GRADIENTS, *BIAS_GRADIENTS),
    provided=("test_loop_learns_with_right_pieces",),
)
def test_training_separates_two_clouds(submission, run, rng):
    """train learns to tell two clouds of points apart."""
    X_train, y_train, X_test, y_test = clouds(rng)
    refuse_to_wait(run)
    lr = convention_of(submission, run).lr(SETTINGS["lr"], SETTINGS["batch_size"])
    *_, history, out = submission.parts(
        4, "train", X_train, y_train, X_test, y_test, X_test, **{**SETTINGS, "lr": lr}
    )
    accuracy = float(np.mean((expect.array(out, "output", shape=(200,)) > 0.5) == (y_test == 1)))
    expect.true(
        accuracy >= 0.95,
        "The net does not learn: is the step subtracted, taken with the mean gradient, and kept in the parameters?",
        "a test accuracy of 0.95 or more",
        f"{accuracy:.3f}",
    )
    losses = expect.curve(history, "train_loss", "history")
    expect.true(
        len(losses) >= 20 and losses[-1] < losses[0] / 2,
        "The loss of the last batch should be below half of the first's.",
        "a falling loss",
        f"{expect.number(losses[0])} at first, {expect.number(losses[-1])} at last"
        if len(losses)
        else "none",
    )
