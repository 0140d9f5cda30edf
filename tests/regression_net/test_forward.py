"""Question 3, public: sigma, the prediction, and the cache."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.regression_net.judging import (
    CACHE,
    DEEP_CACHE,
    DEEP_PREDICTION,
    ONE_MATRIX,
    PARAMS,
    PREDICTION,
    SIGMA,
    TOY_PREDICTION,
    X,
    close,
    pair,
)

pytestmark = pytest.mark.question("3")
CALL = "forward(params, X)"


@pytest.mark.points(1)
def test_sigma_of_some_numbers(submission):
    """sigma of -2, -0.5, 0, 1 and 3 is right."""
    IN = np.array([[-2.0, -0.5, 0.0, 1.0, 3.0]])
    want = np.array([[0.119202922022, 0.377540668798, 0.5, 0.73105857863, 0.952574126822]])
    causes = [Cause("The sign of the exponent is wrong: this is sigma of -IN.", 1 - want)]
    close(submission.probe("sigma", IN), want, "sigma(IN)", causes=causes)


@pytest.mark.points(1)
def test_forward_of_one_matrix(submission):
    """A network of one weight matrix is linear: its prediction is X W0."""
    W = np.array([[0.1], [-0.2]])
    result, _ = submission.parts(2, "forward", {"W0": W}, X)
    got, _ = pair(result, ("prediction", "cache"), CALL)
    causes = [
        Cause(
            "Sigma is applied to the output: the prediction stays as it is.",
            [0.425557483188, 0.450166002688, 0.450166002688],
        ),
        Cause(
            "Sigma is applied to the input: X goes in as it is.",
            [-0.103053557733, -0.097597724103, -0.096211715726],
        ),
    ]
    close(got, [[-0.3], [-0.2], [-0.2]], "the prediction", causes=causes)


@pytest.mark.points(0.75, follows=(*SIGMA, ONE_MATRIX), provided=(DEEP_CACHE, ONE_MATRIX))
def test_prediction_of_the_toy_net(submission):
    """The prediction of a net of two weight matrices that can be worked out by hand."""
    result, _ = submission.parts(2, "forward", PARAMS, X)
    got, _ = pair(result, ("prediction", "cache"), CALL)
    causes = [
        Cause(
            "Sigma is applied to the output: the prediction stays as it is.",
            [0.486678179245, 0.474281742676, 0.482009934752],
        ),
        Cause("Sigma is missing on the hidden layer.", [-0.01, -0.215, -0.09]),
        Cause(
            "Sigma is applied to the input: X goes in as it is.",
            [-0.039034365337, -0.052583812182, -0.045312101699],
        ),
    ]
    close(got, PREDICTION, "the prediction", causes=causes)


@pytest.mark.points(1.25, follows=SIGMA, provided=(TOY_PREDICTION, DEEP_PREDICTION, ONE_MATRIX))
def test_cache_of_the_toy_net(submission):
    """The cache holds A0 and IN0 (both X), IN1 and A1: the input of each weight, and the sum it was made of."""
    result, _ = submission.parts(2, "forward", PARAMS, X)
    _, cache = pair(result, ("prediction", "cache"), CALL)
    expect.true(isinstance(cache, dict), "The cache must be a dict.", "a dict", expect.kind(cache))
    for key, want in CACHE.items():
        found = ", ".join(repr(k) for k in cache) or "none"
        expect.true(
            key in cache,
            f"The cache lacks {key}. Its keys are strings, A and IN with the number of the weight that they go into.",
            ", ".join(repr(k) for k in CACHE),
            expect.short(found),
        )
        causes = [Cause(f"{key} holds what belongs below {other}.", CACHE[other]) for other in CACHE]
        if np.size(cache[key]) == PREDICTION.size:
            causes.append(Cause(f"{key} holds the prediction.", PREDICTION))
        hint = "A0 and IN0 are X itself: sigma begins after the first weight." if key in ("A0", "IN0") else ""
        close(cache[key], want, f"cache[{key!r}]", causes=causes, hint=hint)
