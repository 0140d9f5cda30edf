"""Sigmoid and L2, which are optional and carry no points."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.convnet.judging import close

pytestmark = pytest.mark.question("opt")


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


@pytest.mark.points(0)
def test_sigmoid(submission, rng):
    """Sigmoid (optional): values and gradient."""
    Z, dY = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    Y, _ = submission.parts(2, "activation_forward", "Sigmoid", Z)
    close(
        Y, sigmoid(Z), "Y", causes=[Cause("The sign of z is wrong: this is the sigmoid of -z.", sigmoid(-Z))]
    )
    dZ, _ = submission.parts(2, "activation_backward", "Sigmoid", Z, dY)
    close(dZ, dY * sigmoid(Z) * (1 - sigmoid(Z)), "dZ")


@pytest.mark.points(0)
def test_sigmoid_of_extreme_inputs(submission):
    """Sigmoid (optional) of -1000 and 1000 is 0 and 1."""
    Y, _ = submission.parts(2, "activation_forward", "Sigmoid", np.array([[-1000.0, 0.0, 1000.0]]))
    expect.close(Y, [[0, 0.5, 1]], "Y", atol=1e-12)


@pytest.mark.points(0)
def test_l2(submission):
    """L2 (optional): value and gradient of a column of three."""
    Y, Y_hat = np.array([[1.0], [2.0], [4.0]]), np.array([[1.5], [1.0], [4.0]])
    J, _ = submission.parts(2, "loss_forward", "L2", Y, Y_hat)
    causes = [Cause("Half of the mean squared difference is asked for: divide by 2.", 1.25 / 3)]
    close(J, 1.25 / 6, "the loss", causes=causes)
    got, _ = submission.parts(2, "loss_backward", "L2", Y, Y_hat)
    close(got, [[1 / 6], [-1 / 3], [0]], "the gradient")
