"""Question 4, public: the loss and the gradients of the toy net, of the sum or of the mean."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.regression_net.judging import (
    CACHE,
    DEEP_GRADIENTS,
    ONE_LAYER,
    PARAMS,
    PREDICTION,
    SAME_FACTOR,
    SLOPE,
    SUM_NOTE,
    TOY_LAST,
    X,
    Y,
    close,
    either,
    known_factor,
    note,
    number,
    pair,
    parallel,
    ratio,
    squared_error,
    table,
    wrong_factor,
)

pytestmark = pytest.mark.question("4")
CALL = "backprop_and_loss(params, prediction, cache, Y)"
LAST = np.array([[-3.893621520845], [-3.964377164097]])  # gradients of the sum; of the mean, a third
FIRST = np.array([[-0.207805253699, 0.259488281018], [-0.986438244262, 1.190572931411]])
N = 3


def toy(submission):
    return submission.probe("backprop", PARAMS, X, Y, PREDICTION, CACHE)


def of_sum_or_mean(got, want, name, causes):
    """Fail unless a gradient is that of the sum or of the mean."""
    parallel(got, want, name, causes)
    k = ratio(expect.array(got, name), want)
    expect.true(
        known_factor(k, N), f"{name}: {wrong_factor(k, N)}", expect.short(want / N), expect.short(got)
    )


@pytest.mark.points(1)
def test_sigma_backward(submission):
    """sigma_backward gives the slope of sigma from its output: 0.1875 at 0.75, 0.25 at 0.5."""
    A = np.array([[0.75, 0.5, 0.25, 0.9]])
    want = [[0.1875, 0.25, 0.1875, 0.09]]
    causes = [
        Cause(
            "Sigma is applied to A again: A already is what sigma gave.",
            [[0.217894993762, 0.235003712202, 0.246134082738, 0.205500307342]],
        )
    ]
    close(submission.probe("sigma_slope", A), want, "sigma_backward(A)", causes=causes, rtol=1e-8)


@pytest.mark.points(1.5)
def test_loss_of_the_toy_net(submission, run):
    """The loss is the sum of the squared errors, or their mean: one number."""

    def check(result):
        _, loss = pair(result, ("gradient", "loss"), CALL)
        number(loss, "the loss")
        if squared_error(loss, (PREDICTION - Y) ** 2) == "sum":
            note(run, SUM_NOTE)

    either(toy(submission), check)


@pytest.mark.points(2)
def test_gradient_of_one_layer(submission):
    """The gradient of a linear network is that of the sum, or of the mean, of the squared errors."""
    W, guess = np.array([[0.1], [-0.2]]), np.array([[-0.3], [-0.2], [-0.2]])
    want = np.array([[-2.2], [-9.8]])

    def check(result):
        gradient, _ = pair(result, ("gradient", "loss"), CALL)
        got = table(gradient, {"W0": W}, "the gradient")["W0"]
        slope = guess * (1 - guess)
        outward = X.T.dot(2 * slope * (guess - Y))
        causes = [Cause("Sigma's slope is applied to the output, which has no sigma.", outward)]
        of_sum_or_mean(got, want, "the gradient of W0", causes)

    either(submission.probe("backprop", {"W0": W}, X, Y, guess, {"A0": X, "IN0": X}), check)


@pytest.mark.points(1.5, follows=(ONE_LAYER, SAME_FACTOR), provided=(DEEP_GRADIENTS,))
def test_last_gradient_of_the_toy_net(submission):
    """The gradient of W1, the last weight of a net of two."""
    causes = [
        Cause("It is made of IN1: the weight's input is A1.", [-2.728111049091, -3.003924065571]),
        Cause(
            "Sigma's slope is applied to the output, which has no sigma.", [0.274720770887, 0.281825524330]
        ),
        Cause(
            "It is made of the input X: take the input of this weight, A1.",
            [-1.900671999652, -8.460146163753],
        ),
    ]

    def check(result):
        gradient, _ = pair(result, ("gradient", "loss"), CALL)
        got = table(gradient, PARAMS, "the gradient")["W1"]
        of_sum_or_mean(got, LAST, "the gradient of W1", causes)

    either(toy(submission), check)


@pytest.mark.points(2, follows=(ONE_LAYER, SAME_FACTOR, SLOPE), provided=(DEEP_GRADIENTS, TOY_LAST))
def test_first_gradient_of_the_toy_net(submission):
    """The gradient of W0, through W1 and sigma."""
    causes = [
        Cause(
            "Sigma's slope is missing on the hidden layer.",
            [[-0.950335999826, 1.140403199791], [-4.230073081877, 5.076087698253]],
        ),
        Cause(
            "Sigma's slope is taken at IN1: sigma_backward takes the output, A1.",
            [[-0.216302193360, 0.273696767950], [-0.879949530496, 1.218261047581]],
        ),
        Cause(
            "Sigma is applied to A1 again before its slope is taken.",
            [[-0.211867329447, 0.256939415017], [-0.961549737967, 1.153639421270]],
        ),
    ]

    def check(result):
        gradient, _ = pair(result, ("gradient", "loss"), CALL)
        got = table(gradient, PARAMS, "the gradient")["W0"]
        of_sum_or_mean(got, FIRST, "the gradient of W0", causes)

    either(toy(submission), check)
