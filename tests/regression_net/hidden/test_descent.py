"""Question 5, hidden: gradient descent on fresh networks of any depth, judged by the submission's own gradients."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.regression_net.hidden.values import fresh_net, net, stand_in, widths_of
from tests.regression_net.judging import (
    DEEP_GRADIENTS,
    FALLS,
    LENGTH,
    ONE_LAYER,
    ONE_MATRIX,
    PIECES,
    SAME_FACTOR,
    SIGMA,
    SLOPE,
    TOY_CACHE,
    TOY_FIRST,
    TOY_LAST,
    TOY_LOSSES,
    TOY_PARAMS,
    TOY_PREDICTION,
    close,
    moved_alike,
    pair,
    right_losses,
    table,
)

pytestmark = pytest.mark.question("5")
CALL = "gradient_descent(X, Y, initial_params, lr, num_iterations)"
STEPS, LR, ROWS = 5, 0.01, 6


def rights(submission, reference, params, X, Y):
    """Losses and final params that count as right: of both conventions, and of the submission's own pieces."""
    hw5, found = reference.my_hw5, []
    for factor in (1, ROWS):
        p, losses = params, []
        for step in range(STEPS + 1):
            gradient, loss = hw5.backprop_and_loss(p, *hw5.forward(p, X), Y)
            losses.append(loss)
            if step < STEPS:
                p = {key: W - LR * factor * gradient[key] for key, W in p.items()}
        found += [(np.array(losses), p), (ROWS * np.array(losses), p)]
    losses, final = submission.parts(2, "own_descent", X, Y, params, LR, STEPS)
    final = table(final, params, "the params after steps of your own gradients")
    losses = expect.array(losses, "the losses by your own functions", shape=(STEPS + 1,), finite=False)
    if moved_alike(final, found[0][1], params):
        found.append((losses, final))
    return found


def cases(submission, reference, rng):
    for n_weights in (1, 3, 5):
        params, X, Y = fresh_net(rng, widths_of(rng, n_weights), ROWS)
        result = pair(submission.probe("descent", X, Y, params, LR, STEPS), ("losses", "params"), CALL)
        yield params, result, rights(submission, reference, params, X, Y)


@pytest.mark.points(2.5, follows=(*PIECES, TOY_PARAMS), provided=(FALLS, TOY_PARAMS))
def test_params_of_deep_nets(submission, reference, rng):
    """Five steps move every weight of nets with 1, 3 and 5 weight matrices as their gradients say."""
    for params, (_, final), right in cases(submission, reference, rng):
        got = table(final, params, "the final params")
        if any(all(expect.agree(got[k], p[k], 1e-6, 1e-9) for k in params) for _, p in right):
            continue
        for key in params:
            causes = [Cause("This weight never moves: update every key of params.", params[key])]
            hint = "Every step takes all gradients at the same params first, and then moves every weight by lr times its own."
            close(got[key], right[-1][1][key], f"params[{key!r}]", causes=causes, hint=hint, rtol=1e-6)


@pytest.mark.points(1.5, follows=(*PIECES, LENGTH, TOY_LOSSES, TOY_PARAMS), provided=(FALLS, TOY_PARAMS))
def test_losses_of_deep_nets(submission, reference, run, rng):
    """The losses of five steps of nets with 1, 3 and 5 weight matrices."""
    for _, (losses, _), right in cases(submission, reference, rng):
        right_losses(run, losses, np.array([row for row, _ in right]))


@pytest.mark.points(
    2,
    follows=(
        *SIGMA,
        ONE_MATRIX,
        TOY_PREDICTION,
        TOY_CACHE,
        SLOPE,
        ONE_LAYER,
        TOY_FIRST,
        TOY_LAST,
        SAME_FACTOR,
    ),
    provided=(TOY_PARAMS, DEEP_GRADIENTS),
)
@pytest.mark.limits(time_s=30)
def test_loss_falls_on_fresh_data(submission, rng):
    """Fifty steps at a small enough rate make the loss of 200 fresh rows fall."""
    X, y = stand_in(rng, 200)
    params = {"W0": 0.1 * rng.normal(size=(6, 5)), "W1": 0.1 * rng.normal(size=(5, 1))}
    final = submission.probe("falling_descent", X, y, params, 50)
    got = table(final, params, "the final params")
    before, after = (float(np.mean((net(p, X).ravel() - y) ** 2)) for p in (params, got))
    expect.true(
        after < before,
        "The loss does not fall at any rate from 1 down to 1e-12: is the sign of the step right?",
        f"below {before:.1f}",
        f"{after:.1f}",
    )
