"""Question 4, hidden: gradients of fresh networks, given the right forward pass, or by the submission's own."""

import numpy as np
import pytest

from harness import expect
from harness.errors import StudentError
from harness.expect import Cause, Mismatch
from tests.regression_net.hidden.values import fresh_net, widths_of
from tests.regression_net.judging import (
    BROADCAST,
    DEEP_GRADIENTS,
    ONE_LAYER,
    ONE_MATRIX,
    SIGMA,
    SLOPE,
    TOY_CACHE,
    TOY_FIRST,
    TOY_LAST,
    TOY_LOSS,
    TOY_PREDICTION,
    either,
    number,
    pair,
    parallel,
    ratio,
    squared_error,
    table,
)

pytestmark = pytest.mark.question("4")
CALL = "backprop_and_loss(params, prediction, cache, Y)"
SINGLE = 0.02  # how well slopes of a forward pass in float32 can be measured
SLIP = "Every other weight may be right: look at what the error is multiplied by on its way down to this one."


class Fresh:
    """A fresh network, what its forward pass gives, and the gradients of the summed squared error."""

    def __init__(self, reference, rng, widths, n):
        self.params, self.X, self.Y = fresh_net(rng, widths, n)
        hw5 = reference.my_hw5
        self.prediction, self.cache = hw5.forward(self.params, self.X)
        gradient, _ = hw5.backprop_and_loss(self.params, self.prediction, self.cache, self.Y)
        self.want = {key: n * g for key, g in gradient.items()}

    def results(self, submission):
        return submission.probe("backprop", self.params, self.X, self.Y, self.prediction, self.cache)

    def chain(self, delta, slope=lambda A, IN: A * (1 - A)):
        """The gradients for an error `delta` at the output, and a slope: a function of (A, IN)."""
        found = {}
        for i in reversed(range(len(self.params))):
            A = self.cache[f"A{i}"]
            found[f"W{i}"] = A.T @ delta
            delta = (delta @ self.params[f"W{i}"].T) * slope(A, self.cache[f"IN{i}"])
        return found

    def readings(self, submission):
        """The right gradients; and those that follow from the submission's own error at the output.

        What that error is, is judged where there is one layer.
        """
        try:
            delta = submission.probe("own_delta", self.prediction, self.Y)
        except StudentError:
            return [self.want]
        if not isinstance(delta, np.ndarray) or delta.dtype.kind != "f" or delta.shape != self.Y.shape:
            return [self.want]
        if not np.isfinite(delta).all():
            return [self.want]
        return [self.want, self.chain(delta.astype(float))]

    def causes(self, sigma):
        known = (
            ("Sigma's slope is missing on the hidden layers.", lambda A, IN: 1.0),
            (
                "Sigma's slope is taken at IN: sigma_backward takes the output, A.",
                lambda A, IN: IN * (1 - IN),
            ),
            (
                "Sigma is applied to A again before its slope is taken.",
                lambda A, IN: sigma(A) * (1 - sigma(A)),
            ),
        )
        error = 2 * (self.prediction - self.Y)
        tables = [(hint, self.chain(error, slope)) for hint, slope in known]
        return {key: [Cause(hint, t[key]) for hint, t in tables] for key in self.params}


@pytest.mark.points(4, follows=(TOY_FIRST, SLOPE), provided=(TOY_LAST,))
def test_gradients_of_deep_nets(submission, reference, rng):
    """Gradients of fresh nets with 1, 2, 3 and 5 weight matrices of unequal widths, up to one factor a weight."""
    for n_weights in (1, 2, 3, 5):
        net = Fresh(reference, rng, widths_of(rng, n_weights), 7)
        causes = net.causes(reference.my_hw5.sigma_forward)

        readings = net.readings(submission)

        def check(result, net=net, causes=causes, readings=readings, n_weights=n_weights):
            gradient, _ = pair(result, ("gradient", "loss"), CALL)
            got = table(gradient, net.params, "the gradient")

            def follows(want):
                for key in reversed(net.params):
                    name = f"the gradient of {key}, of {n_weights} weights"
                    parallel(got[key], want[key], name, causes[key], SLIP)

            either(readings, follows)

        either(net.results(submission), check)


@pytest.mark.points(2)
def test_every_gradient_has_the_same_factor(submission, reference, rng):
    """The gradients of all weights are of the sum, or all of the mean."""
    net = Fresh(reference, rng, [4, 3, 1], 6)
    readings = net.readings(submission)

    def check(result):
        gradient, _ = pair(result, ("gradient", "loss"), CALL)
        got = table(gradient, net.params, "the gradient")
        factors = max(
            ({key: ratio(got[key], w) for key, w in want.items()} for want in readings),
            key=lambda found: sum(k is not None for k in found.values()),
        )
        known = {
            key: k for key, k in factors.items() if k is not None
        }  # what is no multiple is told elsewhere
        if not known:
            raise Mismatch("None of the gradients is right.", "multiples of the right gradients", "none")
        last = known.get("W1", next(iter(known.values())))
        for key, k in known.items():
            hint = f"The gradient of {key} has another factor than that of the last weight"
            if abs(k + last) < 1e-5 * abs(last):
                hint += ": its sign is wrong."
            elif any(abs(k / last - f) < 1e-4 * f for f in (6, 1 / 6)):
                hint += ": divide by n once, at the error, so that it reaches every weight."
            else:
                hint += ": a 2 or a 1/n belongs to the error, once, and not to single weights."
            expect.true(
                abs(k - last) < 1e-5 * abs(last), hint, f"{last:.6g} times the sum's", f"{k:.6g} times"
            )

    either(net.results(submission), check)


@pytest.mark.points(
    2,
    follows=(
        ONE_LAYER,
        TOY_FIRST,
        TOY_LAST,
        SLOPE,
        DEEP_GRADIENTS,
        *SIGMA,
        ONE_MATRIX,
        TOY_CACHE,
        TOY_PREDICTION,
    ),
    provided=(ONE_LAYER, TOY_FIRST, DEEP_GRADIENTS),
)
def test_gradients_are_the_slopes_of_your_own_forward(submission, rng):
    """Gradients agree with central differences of your own forward pass, for 1, 2 and 3 weight matrices."""
    for n_weights in (1, 2, 3):
        params, X, Y = fresh_net(rng, widths_of(rng, n_weights), 5)
        told, _ = pair(submission.probe("gradients", params, X, Y), ("gradient", "loss"), CALL)
        got = table(told, params, "the gradient")
        slopes, single = submission.parts(2, "own_slopes", params, X, Y)
        slopes = table(slopes, params, "the slopes")
        for key, want in slopes.items():
            expect.true(
                bool((want != 0).all()),
                "Your forward pass does not depend on every weight: mend it first.",
                "a prediction that changes",
                f"no change with an entry of {key}",
            )
            hint = f"{key}: this is not the slope of your own forward pass."
            rtol = SINGLE if single is True else 1e-5
            parallel(got[key], want, f"the gradient of {key}", hint=hint, rtol=rtol)


@pytest.mark.points(1, follows=(TOY_FIRST, SLOPE, DEEP_GRADIENTS), provided=(TOY_FIRST, TOY_LAST))
def test_gradients_of_twelve_weights(submission, reference, rng):
    """A net of twelve weight matrices: each gets its own gradient."""
    net = Fresh(reference, rng, [3] * 12 + [1], 5)
    readings = net.readings(submission)

    def check(result):
        gradient, _ = pair(result, ("gradient", "loss"), CALL)
        got = table(gradient, net.params, "the gradient")

        def follows(want):
            for key in reversed(net.params):
                others = [
                    Cause(f"This is the gradient of {k}: do keys sort as text?", w) for k, w in want.items()
                ]
                parallel(got[key], want[key], f"the gradient of {key}", others)

        either(readings, follows)

    either(net.results(submission), check)


@pytest.mark.points(1.5, follows=(TOY_LOSS,), provided=(DEEP_GRADIENTS,))
def test_loss_of_fresh_numbers(submission, reference, rng):
    """The loss of a fresh net is the sum of the squared errors, or their mean."""
    net = Fresh(reference, rng, [3, 4, 1], 7)

    def check(result):
        _, loss = pair(result, ("gradient", "loss"), CALL)
        squared_error(loss, (net.prediction - net.Y) ** 2)

    either(net.results(submission), check)


@pytest.mark.points(1.5)
def test_labels_of_shape_n_are_not_broadcast(submission, rng):
    """Labels of shape (n,) and of shape (n, 1) give the same loss and gradients: no difference becomes (n, n)."""
    params, X, Y = fresh_net(rng, [3, 4, 1], 7)
    told, loss = pair(submission.probe("gradients", params, X, Y), ("gradient", "loss"), CALL)
    right, want = table(told, params, "the gradient"), number(loss, "the loss")
    expect.true(want > 0, "The loss of wrong predictions is above 0.", "above 0", expect.number(want))
    for labels in (Y.ravel(), Y):
        try:
            result = submission.probe("loss_of_labels", params, X, labels)
        except ValueError as e:
            raise Mismatch(BROADCAST, f"a loss for labels of shape {labels.shape}", str(e)) from None
        told, loss = pair(result, ("gradient", "loss"), CALL)
        what = f"labels of shape {labels.shape}"
        expect.close(
            number(loss, f"the loss with {what}"), want, f"the loss with {what}", rtol=1e-6, hint=BROADCAST
        )
        got = table(told, params, "the gradient")
        for key, g in right.items():
            expect.close(
                got[key], g, f"the gradient of {key} with {what}", rtol=1e-6, atol=1e-9, hint=BROADCAST
            )
