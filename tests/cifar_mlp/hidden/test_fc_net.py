"""Question 5, hidden: the modular networks around layers that are given, so that only the networks are judged."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause, Mismatch
from tests.cifar_mlp.hidden.values import given_layers, modular
from tests.cifar_mlp.judging import (
    DEEP_GRADIENTS,
    DEEP_LOSS,
    DEEP_SCORES,
    TWO_LAYER_GRADIENTS,
    TWO_LAYER_LOSS,
    TWO_LAYER_SCORES,
    close,
    entry,
    gradients,
    loss_and_grads,
    one_number,
    weights,
)
from tests.cifar_mlp.test_fc_net import check_loss, check_start, gradient_causes, penalty_causes

pytestmark = [pytest.mark.question("5"), pytest.mark.limits(time_s=20)]
TWO_LAYERS = ((4, 6, 3), (12, 5, 4))  # inputs, hidden units, classes
DEPTHS = ((5, 7, 3), (6, 5, 4, 3), (4, 6, 7, 5, 6, 3))  # one, two and four hidden layers


def shape_of(widths):
    """Inputs of 12 numbers come as (2, 3, 2)."""
    return (2, 3, 2) if widths[0] == 12 else None


def spread(params, name, scale):
    """Fail unless a large matrix is normal with mean 0 and this standard deviation."""
    W = expect.array(expect.entry(params, name, "params"), f"params[{name!r}]")
    n, std, mean = W.size, float(W.std()), float(W.mean())
    expect.true(
        abs(mean) <= 6 * std / np.sqrt(n),
        "weight_scale is added to the weights: multiply randn by it.",
        f"a mean of 0 in params[{name!r}]",
        f"{mean:.4g}",
    )
    for hint, other in (
        (
            "weight_scale is the standard deviation, not the variance: multiply by it, not by its root.",
            scale**0.5,
        ),
        ("weight_scale is not used: multiply randn by it.", 1.0),
        ("weight_scale is not used: the standard deviation must be what is asked for.", 1e-3),
        ("weight_scale is not used: the standard deviation must be what is asked for.", 1e-2),
    ):
        expect.true(
            abs(std - scale) <= 0.1 * scale or abs(std - other) > 0.1 * other,
            hint,
            f"a standard deviation of {scale:g} in params[{name!r}]",
            f"{std:.4g}",
        )
    expect.true(
        abs(std - scale) <= 0.1 * scale,
        "The weights must be normal with standard deviation weight_scale.",
        f"a standard deviation of {scale:g} in params[{name!r}]",
        f"{std:.4g}",
    )


@pytest.mark.points(0.5)
def test_two_layer_weight_scale(submission, rng):
    """A new fc_net.TwoLayerNet draws its weights with standard deviation weight_scale."""
    for scale in (0.3, 0.04):  # the larger first: there a scale that is added shows in the mean
        seed = int(rng.integers(2**31))
        arguments = {"input_dim": 90, "hidden_dims": 70, "num_classes": 60, "weight_scale": scale}
        params, _ = submission.parts(2, "fc_initial", "two-layer", arguments, seed)
        for name in ("W1", "W2"):
            spread(params, name, scale)


@pytest.mark.points(0.5)
def test_deep_parameters_of_any_depth(submission):
    """A new FullyConnectedNet has the parameters of one, three and five hidden layers."""
    for widths in ((7, 5, 4), (8, 6, 5, 4, 3), (5, 6, 7, 8, 9, 4, 3)):
        arguments = {"hidden_dims": list(widths[1:-1]), "input_dim": widths[0], "num_classes": widths[-1]}
        params, _ = submission.parts(2, "fc_initial", "deep", arguments, 1)
        check_start(params, widths)


@pytest.mark.points(0.5)
def test_deep_weight_scale(submission, rng):
    """A new FullyConnectedNet draws the weights of each layer with standard deviation weight_scale."""
    for scale in (0.3, 0.05):
        seed = int(rng.integers(2**31))
        arguments = {"hidden_dims": [70, 80], "input_dim": 90, "num_classes": 60, "weight_scale": scale}
        params, _ = submission.parts(2, "fc_initial", "deep", {**arguments, "dtype": "float64"}, seed)
        for name in ("W1", "W2", "W3"):
            spread(params, name, scale)


@pytest.mark.points(0.25)
def test_deep_dtype(submission):
    """Parameters and scores of a FullyConnectedNet are of the dtype that was asked for."""
    for dtype in ("float32", "float64"):
        arguments = {"hidden_dims": [5, 4], "input_dim": 6, "num_classes": 3, "dtype": dtype}
        params, _ = submission.parts(2, "fc_initial", "deep", arguments, 1)
        for name in ("W1", "b1", "W2", "b2", "W3", "b3"):
            value = expect.entry(params, name, "params")
            expect.true(
                isinstance(value, np.ndarray) and value.dtype == dtype,
                "A layer was added after the given cast to dtype, or the cast is gone.",
                f"params[{name!r}] of dtype {dtype}",
                expect.kind(value),
            )


def scores_causes(case):
    """What known mistakes make of the scores."""
    *inner, last = range(1, len(case.params) // 2 + 1)
    h = case.X.reshape(len(case.X), -1)
    linear = h
    for i in inner:
        h = np.maximum(h @ case.params[f"W{i}"] + case.params[f"b{i}"], 0)
        linear = linear @ case.params[f"W{i}"] + case.params[f"b{i}"]
    W, b = case.params[f"W{last}"], case.params[f"b{last}"]
    return [
        Cause(
            "There is a ReLU after the last layer: the scores may be negative.", np.maximum(case.scores, 0)
        ),
        Cause("The ReLU between the layers is missing.", linear @ W + b),
        Cause("The last layer's bias is not added.", h @ W),
    ]


def any_depth(submission, probe, kind, params, *arguments):
    """What a probe gives; a parameter that is asked for and not there is told by the network's depth."""
    try:
        return submission.probe(probe, kind, params, *arguments)
    except KeyError as e:
        raise Mismatch(
            f"This network has the parameters {', '.join(params)}, and your code asks for another: loop over "
            "self.num_layers layers, so that it works for any depth.",
            "one of its parameters",
            str(e),
        ) from None


def check_scores(submission, reference, rng, kind, every):
    for widths in every:
        case = modular(reference, rng, widths, input_shape=shape_of(widths))
        scores = any_depth(submission, "fc_scores", kind, case.params, case.X, given_layers(reference))
        weights(scores, case.scores, f"scores ({len(widths) - 2} hidden)", causes=scores_causes(case))


def asked(submission, reference, kind, case, reg):
    """The submission's loss and gradients, around the reference's layers."""
    layers = given_layers(reference)
    return loss_and_grads(any_depth(submission, "fc_loss", kind, case.params, case.X, case.y, reg, layers))


def right_ones(case, reg):
    case.network.reg = reg
    return case.network.loss(case.X, case.y)


def check_data_loss(submission, reference, rng, kind, every):
    for widths in every:
        case = modular(reference, rng, widths, input_shape=shape_of(widths))
        case.y[:] = 0 if widths == every[0] else case.y  # labels of zero are labels
        loss, _ = asked(submission, reference, kind, case, 0.0)
        right, n = right_ones(case, 0.0)[0], len(case.y)
        causes = [
            Cause("Divided by the number of examples again: softmax_loss gives the mean.", right / n),
            Cause("Multiplied by the number of examples: softmax_loss gives the mean.", right * n),
        ]
        check_loss(loss, right, causes)


def check_gradients(submission, run, reference, rng, kind, every):
    for widths in every:
        case = modular(reference, rng, widths, input_shape=shape_of(widths))
        _, grads = asked(submission, reference, kind, case, 0.0)
        right = right_ones(case, 0.0)[1]
        gradients(
            run, grads, dict(reversed(right.items())), gradient_causes(case.params, right, 0.0, len(case.y))
        )


def check_penalty(submission, reference, rng, kind, widths):
    """Fail unless a penalty adds the right terms to loss and gradients."""
    case, reg = modular(reference, rng, widths), 0.7
    data, without = asked(submission, reference, kind, case, 0.0)
    loss, grads = asked(submission, reference, kind, case, reg)
    data = one_number(data, "the loss")
    matrices = [name for name in case.params if name.startswith("W")]
    penalty = 0.5 * reg * sum(float(np.sum(case.params[name] ** 2)) for name in matrices)
    check_loss(loss, data + penalty, penalty_causes(case.params, data, reg, len(case.y)))
    for name in matrices:
        W = case.params[name]
        added = expect.array(entry(grads, name), f"grads[{name!r}]", shape=W.shape) - expect.array(
            entry(without, name), f"grads[{name!r}]", shape=W.shape
        )
        causes = [
            Cause("The loss has its penalty, its gradient has none: add self.reg * W.", np.zeros_like(W)),
            Cause("The penalty's 0.5 cancels the 2 of the square: its gradient is reg * W.", 2 * reg * W),
            Cause("The penalty's gradient is reg * W, without 0.5.", 0.5 * reg * W),
        ]
        for other in matrices:
            if other != name and case.params[other].shape == W.shape:
                causes.append(
                    Cause("This is the penalty of another layer's matrix.", reg * case.params[other])
                )
        close(added, reg * W, f"what the penalty adds to grads[{name!r}]", causes=causes)


@pytest.mark.points(0.5)
def test_two_layer_scores_with_given_layers(submission, reference, rng):
    """fc_net.TwoLayerNet.loss(X) gives the scores of fresh networks, for flat inputs and for images."""
    check_scores(submission, reference, rng, "two-layer", TWO_LAYERS)


@pytest.mark.points(0.25, follows=(TWO_LAYER_SCORES,), provided=(TWO_LAYER_GRADIENTS,))
def test_two_layer_loss_with_given_layers(submission, reference, rng):
    """fc_net.TwoLayerNet.loss(X, y) gives the loss without penalty, also where all labels are 0."""
    check_data_loss(submission, reference, rng, "two-layer", TWO_LAYERS)


@pytest.mark.points(1, follows=(TWO_LAYER_SCORES,), provided=(TWO_LAYER_LOSS,))
def test_two_layer_gradients_with_given_layers(submission, run, reference, rng):
    """fc_net.TwoLayerNet.loss(X, y) gives all four gradients of fresh networks, for flat inputs and for images."""
    check_gradients(submission, run, reference, rng, "two-layer", TWO_LAYERS)


@pytest.mark.points(0.5)
def test_two_layer_penalty_with_given_layers(submission, reference, rng):
    """self.reg, as it is when loss is called, adds the penalty to the loss of fc_net.TwoLayerNet and its gradients."""
    check_penalty(submission, reference, rng, "two-layer", (5, 5, 5))


@pytest.mark.points(0.75)
def test_deep_scores_with_given_layers(submission, reference, rng):
    """FullyConnectedNet.loss(X) gives the scores of nets with one, two and four hidden layers."""
    check_scores(submission, reference, rng, "deep", (*DEPTHS, (12, 5, 4)))


@pytest.mark.points(0.5, follows=(DEEP_SCORES,), provided=(DEEP_GRADIENTS,))
def test_deep_loss_with_given_layers(submission, reference, rng):
    """FullyConnectedNet.loss(X, y) gives the loss without penalty of nets of three depths."""
    check_data_loss(submission, reference, rng, "deep", DEPTHS)


@pytest.mark.points(1, follows=(DEEP_SCORES,), provided=(DEEP_LOSS,))
def test_deep_gradients_with_given_layers(submission, run, reference, rng):
    """FullyConnectedNet.loss(X, y) gives every gradient of nets with one, two and four hidden layers."""
    check_gradients(submission, run, reference, rng, "deep", DEPTHS)


@pytest.mark.points(0.5)
def test_deep_penalty_with_given_layers(submission, reference, rng):
    """self.reg adds the penalty of every matrix to the loss of FullyConnectedNet, and to its own gradient."""
    check_penalty(submission, reference, rng, "deep", (5, 5, 5, 5))
