"""Question 5.1, hidden: gradients of every layer, a step of SGD, and whole networks of the submission's own layers."""

import itertools

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.convnet.hidden.values import conv as right_conv
from tests.convnet.judging import close, is_single
from tests.convnet.seen_again import (
    CONV_BACKWARD,
    CONV_CHECK,
    CONV_FORWARD,
    NETWORK,
    NETWORK_BACKWARD,
    NETWORK_FORWARD,
    PIECES,
    POOL_BACKWARD,
    POOL_CHECK,
    POOL_FORWARD,
)

pytestmark = [pytest.mark.question("5.1"), pytest.mark.limits(time_s=20)]
CONV = (*CONV_FORWARD, *CONV_BACKWARD, CONV_CHECK, *POOL_FORWARD, *POOL_BACKWARD, POOL_CHECK)
DENSE_ARGS = {"name": "fully_connected", "weight_init": "xavier_uniform"}


def dense_net(*activations_and_widths):
    return [{**DENSE_ARGS, "activation": a, "n_out": n} for a, n in activations_and_widths]


def parameters_of(rng, widths):
    pairs = itertools.pairwise(widths)
    return [{"W": rng.normal(size=(a, b)) / np.sqrt(a), "b": rng.normal(size=(1, b))} for a, b in pairs]


def with_reference(reference, layer_args, loss, parameters, X, Y, then=lambda model, out: None):
    """A network of the reference with these parameters, after one forward and one backward pass."""
    models = reference.load("neural_networks.models")
    layers = reference.load("neural_networks.layers")
    sgd = {"name": "SGD", "lr": 0.1, "lr_scheduler": "constant", "momentum": 0.0}
    model = models.NeuralNetwork(loss, [dict(a) for a in layer_args], sgd)
    model.layers.append(layers.initialize_layer(**layer_args[-1]))
    model.forward(X)
    for layer, values in zip(model.layers, parameters, strict=True):
        for name, value in values.items():
            layer.parameters[name] = np.array(value)
    out = model.forward(X)
    loss = model.backward(Y, out)
    return model, out, loss


@pytest.mark.points(2)
def test_backward_gives_every_layer_its_gradient(submission, rng):
    """NeuralNetwork.backward runs through all layers in reverse, each with the gradient that the next one returned."""
    X, Y = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    scales, shifts = list(rng.uniform(0.5, 1.5, size=(3, 3))), list(rng.normal(size=(3, 3)))
    steps, out = [], X
    for scale, shift in zip(scales, shifts, strict=True):
        steps.append((out, out := np.tanh(scale * out + shift)))
    upstream = (Y + 2 * out) / out.size
    swapped = (out + 2 * Y) / out.size

    def gradients(above):
        found = []
        for (before, after), scale in zip(reversed(steps), reversed(scales), strict=True):
            slope = above * (1 - after**2)
            found.insert(0, ((slope * before).sum(axis=0), slope.sum(axis=0)))
            above = slope * scale
        return found

    want, wrong_order = gradients(upstream), gradients(swapped)
    _, got = submission.parts(2, "network_backward", X, Y, out, scales, shifts)
    expect.true(
        isinstance(got, list) and len(got) == 3,
        "The network has lost its layers.",
        "3 layers",
        expect.kind(got),
    )
    for i in (2, 1, 0):
        (before, after), slope = steps[i], None
        slope = upstream * (1 - after**2)
        for key, part in (("scale", 0), ("shift", 1)):
            same = (slope * before).sum(axis=0) if key == "scale" else slope.sum(axis=0)
            causes = [
                Cause(
                    "This layer is never reached: go back through all layers, the first one included.",
                    np.zeros(3),
                ),
                Cause("The loss's arguments are swapped: the target comes first.", wrong_order[i][part]),
            ]
            if i < 2:
                causes.append(
                    Cause(
                        "The same gradient goes to all layers: each gets what the layer after it returned from backward.",
                        same,
                    )
                )
            name = f"the gradient of layer {i}'s {key}"
            close(expect.entry(got[i], key, f"layers[{i}].gradients"), want[i][part], name, causes=causes)


@pytest.mark.points(1, follows=(*PIECES, *NETWORK), provided=(NETWORK_FORWARD, NETWORK_BACKWARD))
def test_every_layer_moves_in_one_step(submission, reference, rng):
    """One step of SGD moves W and b of all three layers as it should (ReLU, tanh, softmax, cross-entropy)."""
    net = dense_net(("relu", 6), ("tanh", 5), ("softmax", 3))
    parameters = parameters_of(rng, (4, 6, 5, 3))
    X, Y = rng.normal(size=(8, 4)), np.eye(3)[rng.integers(3, size=8)]
    model, _, _ = with_reference(reference, net, "cross_entropy", parameters, X, Y)
    model.update(0)
    got = submission.probe("network_step", net, "cross_entropy", parameters, X, Y)
    expect.true(
        isinstance(got, list) and len(got) == 3,
        "The network has lost its layers.",
        "3 layers",
        expect.kind(got),
    )
    for i, (layer, before) in enumerate(zip(model.layers, parameters, strict=True)):
        for key in ("W", "b"):
            causes = [Cause(f"Layer {i} has not moved: its gradient is 0.", before[key])]
            close(
                expect.entry(got[i], key, f"layers[{i}].parameters"),
                layer.parameters[key],
                f"{key} of layer {i} after one step",
                causes=causes,
            )


@pytest.mark.points(1, follows=(*PIECES, *NETWORK), provided=(NETWORK_FORWARD, NETWORK_BACKWARD))
def test_whole_network_agrees_with_finite_differences(submission, reference, rng):
    """Loss and gradients of a whole dense network are right, and are the slopes of its own loss."""
    net = dense_net(("tanh", 5), ("arctan", 4), ("softmax", 3))
    parameters = parameters_of(rng, (4, 5, 4, 3))
    X, Y = rng.normal(size=(6, 4)), np.eye(3)[rng.integers(3, size=6)]
    check_network(submission, reference, net, parameters, X, Y)


@pytest.mark.points(1, follows=(*CONV, *PIECES, *NETWORK), provided=(NETWORK_FORWARD, NETWORK_BACKWARD))
@pytest.mark.limits(time_s=30)
def test_whole_convolutional_network_agrees_with_finite_differences(submission, reference, rng):
    """The same for convolution, max pooling, flattening and two dense layers."""
    conv = {
        "name": "conv2d",
        "kernel_shape": (3, 2),
        "stride": 1,
        "pad": "valid",
        "weight_init": "xavier_uniform",
    }
    net = [
        {**conv, "activation": "tanh", "n_out": 3},
        {"name": "pool2d", "kernel_shape": (2, 2), "mode": "max", "stride": 1, "pad": 0},
        {"name": "flatten"},
        *dense_net(("tanh", 4), ("softmax", 3)),
    ]
    Y = np.eye(3)[rng.integers(3, size=3)]
    while True:
        X = rng.normal(size=(3, 6, 5, 2))
        first = {"W": 0.3 * rng.normal(size=(3, 2, 2, 3)), "b": rng.normal(size=(1, 3))}
        out = right_conv(reference, X, first["W"], first["b"], name="tanh", pad="valid").out
        windows = np.lib.stride_tricks.sliding_window_view(out, (2, 2), axis=(1, 2)).reshape(-1, 4)
        least, most = np.sort(windows, axis=1)[:, 2:].T
        if (most - least).min() > 1e-3:  # a step of the finite differences changes no window's largest entry
            break
    parameters = [first, {}, {}, *parameters_of(rng, (27, 4, 3))]
    check_network(submission, reference, net, parameters, X, Y)


def check_network(submission, reference, net, parameters, X, Y):
    """Compare output, loss and gradients with the reference, and some gradients with the submission's own slopes."""
    model, out, loss = with_reference(reference, net, "cross_entropy", parameters, X, Y)
    got_out, got_loss, got = submission.parts(3, "network_gradients", net, "cross_entropy", parameters, X, Y)
    close(got_out, out, "the network's output")
    close(got_loss, loss, "the loss", shape=False)
    expect.true(
        isinstance(got, list) and len(got) == len(net),
        "The network has lost its layers.",
        f"{len(net)}",
        expect.kind(got),
    )
    for i, layer in enumerate(model.layers):
        for key, want in layer.gradients.items():
            name = f'gradients["{key}"] of layer {i}'
            close(expect.entry(got[i], key, f"layers[{i}].gradients"), want, name, shape=False)
    places = [
        (i, key, at)
        for i, values in enumerate(parameters)
        for key, value in values.items()
        for at in range(0, value.size, max(1, value.size // 4))
    ]
    if any(is_single(g) for layer in got for g in layer.values()):
        return  # the differences of two losses in float32 say nothing
    told, slopes = submission.parts(2, "network_slopes", net, "cross_entropy", parameters, X, Y, places)
    expect.close(
        told,
        expect.array(slopes, "the slopes of the loss", shape=(len(places),)),
        "the gradients",
        rtol=1e-4,
        atol=1e-7,
        hint="The gradients are not the slopes of the network's own loss.",
    )


@pytest.mark.points(1, follows=(*PIECES, *NETWORK), provided=(NETWORK_FORWARD, NETWORK_BACKWARD))
def test_two_passes_do_not_add_up(submission, reference, rng):
    """The loss that backward returns falls when the same batch is seen again after a step."""
    net = dense_net(("tanh", 6), ("softmax", 3))
    parameters = parameters_of(rng, (4, 6, 3))
    X, Y = rng.normal(size=(10, 4)), np.eye(3)[rng.integers(3, size=10)]
    model, _, first = with_reference(reference, net, "cross_entropy", parameters, X, Y)
    want = [first]
    for _ in range(3):
        model.update(0)
        want.append(model.backward(Y, model.forward(X)))
    got = submission.probe("network_losses", net, "cross_entropy", parameters, X, Y, 3)
    close(got, want, "the loss at each step", shape=False)
