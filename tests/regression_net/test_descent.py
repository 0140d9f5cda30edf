"""Question 5, public: three steps of gradient descent on the toy net."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.regression_net.judging import (
    FALLS,
    LENGTH,
    PARAMS,
    TOY_PARAMS,
    X,
    Y,
    close,
    loss_list,
    moved_alike,
    pair,
    right_losses,
    table,
)

pytestmark = pytest.mark.question("5")
CALL = "gradient_descent(X, Y, initial_params, lr, num_iterations)"
LR, STEPS = 0.1, 3
LOSSES = {  # before each step and after the last, as means
    "mean": [1.804396780664, 1.462693243560, 1.217989730837, 1.040653348347],
    "sum": [1.804396780664, 0.952942211712, 0.694814148527, 0.612313219917],
}
FINAL = {  # the params after it, for gradients of the mean and of the sum
    "mean": {
        "W0": np.array([[0.124577572089, -0.220246796059], [0.402390152038, 0.315717415202]]),
        "W1": np.array([[0.838213032222], [-0.268247644129]]),
    },
    "sum": {
        "W0": np.array([[0.192135388757, -0.234350820708], [0.559674357141, 0.256784715677]]),
        "W1": np.array([[1.239425362876], [0.091180010212]]),
    },
}
EARLY = {  # the params one step before the end
    "mean": {
        "W0": np.array([[0.115221709088, -0.215288108618], [0.367770765622, 0.333478921024]]),
        "W1": np.array([[0.741647289401], [-0.358772506614]]),
    },
    "sum": {
        "W0": np.array([[0.153486047359, -0.234095861614], [0.493806983196, 0.257256688088]]),
        "W1": np.array([[1.112423544179], [-0.007109649382]]),
    },
}


def descended(submission, steps=STEPS):
    result = submission.probe("descent", X, Y, PARAMS, LR, steps)
    return pair(result, ("losses", "params"), CALL)


def by_own_pieces(submission):
    """Losses and params by the student's own forward and backprop, or None where those are wrong altogether."""
    losses, final = submission.parts(2, "own_descent", X, Y, PARAMS, LR, STEPS)
    final = table(final, PARAMS, "the params after three steps of your own gradients")
    losses = expect.array(losses, "the losses by your own functions", shape=(STEPS + 1,), finite=False)
    return (losses, final) if moved_alike(final, FINAL["mean"], PARAMS) else None


@pytest.mark.points(1)
def test_one_loss_an_iteration(submission):
    """losses is a list of numbers, one an iteration; the final loss may follow."""
    losses, _ = descended(submission)
    a = loss_list(losses)
    expect.true(
        len(a) in (STEPS, STEPS + 1),
        "losses must have one entry an iteration: append inside the loop.",
        f"{STEPS} entries",
        f"{len(a)}",
    )


@pytest.mark.points(1, follows=(LENGTH, TOY_PARAMS), provided=(FALLS,))
def test_losses_of_three_steps(submission, run):
    """The losses of three steps of 0.1 on the toy net."""
    losses, _ = descended(submission)
    want = [factor * np.array(row) for row in LOSSES.values() for factor in (1, len(Y))]
    own = by_own_pieces(submission)
    if own is not None:
        want.append(own[0])
    right_losses(run, losses, np.array(want))


@pytest.mark.points(1.5)
def test_params_after_three_steps(submission):
    """The params after three steps of 0.1 on the toy net."""
    _, params = descended(submission)
    got = table(params, PARAMS, "the final params")
    own = by_own_pieces(submission)
    rights = [*FINAL.values(), *([own[1]] if own else [])]
    if any(all(expect.agree(got[k], right[k], 1e-6, 1e-9) for k in PARAMS) for right in rights):
        return
    for key in PARAMS:
        causes = [
            Cause("These are the params before the last update: return them after it.", early[key])
            for early in EARLY.values()
        ]
        causes.append(
            Cause("The params are still the initial ones: W - lr * gradient must be kept.", PARAMS[key])
        )
        close(got[key], rights[-1][key], f"params[{key!r}]", causes=causes, rtol=1e-6)


@pytest.mark.points(0.5)
def test_no_iteration_changes_nothing(submission):
    """With 0 iterations the params stay as they were, and losses is empty or holds the initial loss."""
    losses, params = descended(submission, steps=0)
    for key, W in table(params, PARAMS, "the params").items():
        close(W, PARAMS[key], f"params[{key!r}]")
    expect.true(len(loss_list(losses)) <= 1, "No iteration, no loss.", "an empty list", expect.short(losses))
