"""Question 5.1, public: the network's three methods, with given layers and a given loss."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.convnet.judging import close
from tests.convnet.seen_again import NETWORK_FORWARD, NETWORK_LOSS

pytestmark = pytest.mark.question("5.1")

X = np.array([[0.5, -1.0], [0.25, 0.75], [-0.5, 0.1]])
Y = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
SCALES = [np.array([0.5, -1.0]), np.array([2.0, 0.5]), np.array([-1.0, 1.5])]
SHIFTS = [np.array([0.1, 0.0]), np.array([-0.2, 0.3]), np.array([0.0, 0.4])]


def outputs(inputs):
    """The output of each given layer: Y = tanh(scale * X + shift)."""
    out = [inputs]
    for scale, shift in zip(SCALES, SHIFTS, strict=True):
        out.append(np.tanh(scale * out[-1] + shift))
    return out[1:]


def loss_of(target, out):
    return np.mean(target * out + out**2)


@pytest.mark.points(1.5)
def test_forward_runs_every_layer(submission):
    """NeuralNetwork.forward passes the batch through all layers, in order."""
    got = submission.probe("network_forward", X, SCALES, SHIFTS)
    every = outputs(X)
    causes = [
        Cause("The last layer is left out.", every[1]),
        Cause(
            "Only the last layer is used: each layer gets the output of the one before it.",
            np.tanh(SCALES[2] * X + SHIFTS[2]),
        ),
        Cause("Only the first layer is used.", every[0]),
    ]
    close(got, every[2], "the output", causes=causes)


@pytest.mark.points(1)
def test_backward_returns_the_loss(submission):
    """NeuralNetwork.backward returns the loss of (target, out)."""
    out = outputs(X)[-1]
    loss, _ = submission.parts(2, "network_backward", X, Y, out, SCALES, SHIFTS)
    expect.true(
        not isinstance(loss, np.ndarray) or loss.size == 1,
        "backward must return the loss, one number; the gradient stays in the layers.",
        "a float",
        expect.kind(loss),
    )
    causes = [Cause("The loss's arguments are swapped: the target comes first.", loss_of(out, Y))]
    close(loss, loss_of(Y, out), "the loss", causes=causes, shape=False)


@pytest.mark.points(1.5, follows=(NETWORK_LOSS,), provided=(NETWORK_FORWARD,))
def test_predict_returns_output_and_loss(submission):
    """NeuralNetwork.predict returns the output and the loss, and changes no parameter."""
    result, same = submission.parts(2, "network_predict", X, Y, SCALES, SHIFTS)
    Y_hat, loss = expect.unpack(result, ("Y_hat", "loss"), "predict(X, Y)")
    out = outputs(X)[-1]
    close(Y_hat, out, "Y_hat")
    causes = [Cause("The loss's arguments are swapped: the target comes first.", loss_of(out, Y))]
    close(loss, loss_of(Y, out), "the loss", causes=causes, shape=False)
    expect.true(
        same is True,
        "predict changes the parameters: it must not call update.",
        "the same parameters",
        "changed ones",
    )
