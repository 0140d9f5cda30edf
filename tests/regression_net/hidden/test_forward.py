"""Question 3, hidden: fresh networks of one to twelve weight matrices."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.regression_net.hidden.values import fresh_net, widths_of
from tests.regression_net.judging import (
    DEEP_CACHE,
    DEEP_PREDICTION,
    ONE_MATRIX,
    SIGMA,
    TOY_CACHE,
    TOY_PREDICTION,
    close,
    pair,
)

pytestmark = pytest.mark.question("3")
CALL = "forward(params, X)"


def run(submission, params, X):
    result, _ = submission.parts(2, "forward", params, X)
    return pair(result, ("prediction", "cache"), CALL)


def without_sigma(params, X):
    for W in params.values():
        X = X @ W
    return X


@pytest.mark.points(0.5, follows=SIGMA[:1], provided=(ONE_MATRIX,))
def test_sigma_of_fresh_numbers(submission, rng):
    """sigma is right for fresh numbers, and keeps their shape."""
    IN = 3 * rng.normal(size=(4, 5))
    close(submission.probe("sigma", IN), 1 / (1 + np.exp(-IN)), "sigma(IN)")


@pytest.mark.points(2.5, follows=(*SIGMA, ONE_MATRIX, TOY_PREDICTION), provided=(DEEP_CACHE, ONE_MATRIX))
def test_prediction_of_deep_nets(submission, reference, rng):
    """Predictions of fresh nets with 2, 3 and 5 weight matrices of unequal widths."""
    hw5 = reference.my_hw5
    for n_weights in (2, 3, 5):
        params, X, _ = fresh_net(rng, widths_of(rng, n_weights), 6)
        want, cache = hw5.forward(params, X)
        hidden = [
            Cause(
                "Only the first hidden layer gets sigma: every hidden layer needs it.",
                without_sigma(dict(list(params.items())[1:]), cache["A1"]),
            ),
            Cause("Sigma is missing on the hidden layers.", without_sigma(params, X)),
            Cause("Sigma is applied to the output: the prediction stays as it is.", hw5.sigma_forward(want)),
        ]
        got, _ = run(submission, params, X)
        close(got, want, f"the prediction of a net of {n_weights} weights", causes=hidden)


@pytest.mark.points(2, follows=(*SIGMA, TOY_CACHE), provided=(DEEP_PREDICTION, ONE_MATRIX))
def test_cache_of_deep_nets(submission, reference, rng):
    """In nets with 2, 3 and 5 weights, IN1 is A0 W0, A1 is sigma(IN1), IN2 is A1 W1, and so on."""
    hw5 = reference.my_hw5
    for n_weights in (2, 3, 5):
        params, X, _ = fresh_net(rng, widths_of(rng, n_weights), 6)
        _, cache = run(submission, params, X)
        below = expect.array(cache.get("A0", X) if isinstance(cache, dict) else X, "A0", shape=X.shape)
        for i in range(1, n_weights):
            IN = expect.entry(cache, f"IN{i}", "the cache")
            A = expect.entry(cache, f"A{i}", "the cache")
            swapped = [Cause(f"A{i} and IN{i} are swapped.", hw5.sigma_forward(below @ params[f"W{i - 1}"]))]
            close(IN, below @ params[f"W{i - 1}"], f"cache['IN{i}']", causes=swapped)
            right = hw5.sigma_forward(expect.array(IN, f"IN{i}"))
            close(A, right, f"cache['A{i}']", causes=[Cause(f"A{i} is before sigma, not after it.", IN)])
            below = expect.array(A, f"A{i}")


@pytest.mark.points(
    1,
    follows=(*SIGMA, ONE_MATRIX, TOY_PREDICTION, DEEP_PREDICTION),
    provided=(TOY_PREDICTION, ONE_MATRIX, DEEP_CACHE),
)
def test_twelve_weights_are_used_in_order(submission, reference, rng):
    """A net of twelve weight matrices: W10 comes after W9, not after W1."""
    params, X, _ = fresh_net(rng, [1] * 13, 5)
    want, _ = reference.my_hw5.forward(params, X)
    as_text, _ = reference.my_hw5.forward({f"W{i}": params[key] for i, key in enumerate(sorted(params))}, X)
    hint = "Keys sort as text: W10 comes before W2. Count with int, for i in range(len(params))."
    got, _ = run(submission, params, X)
    close(got, want, "the prediction", causes=[Cause(hint, as_text)])
