"""Questions 1 to 3, public: derivations as code, on numbers that can be worked out by hand."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.cifar_mlp.judging import (
    SWISH,
    SWISH_FORWARD,
    SWISH_SLOPE,
    SWISH_W2,
    bias,
    close,
    entry,
    stored,
    up_to_a_factor,
    weights,
)

W = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
x = np.array([1.0, 2.0, 3.0])
THROUGH_CODE = np.array([[42.0, -21.0, 84.0], [-6.0, 3.0, -12.0]])
THROUGH_TRANSPOSE = np.array([[30.0, 60.0, 90.0], [-15.0, -30.0, -45.0]])


@pytest.mark.question("1")
@pytest.mark.points(3)
def test_autoencoder_gradient_by_hand(submission):
    """autoencoder_grad gives dL/dW for a 2 x 3 matrix that can be worked out by hand."""
    right = THROUGH_CODE + THROUGH_TRANSPOSE
    one = "Only one of the two paths is there: W enters twice, and the gradients of both paths add up."
    causes = [
        Cause(one, THROUGH_CODE),
        Cause(one, THROUGH_TRANSPOSE),
        Cause("One of the two paths is counted twice, the other is missing: they differ.", 2 * THROUGH_CODE),
        Cause(
            "One of the two paths is counted twice, the other is missing: they differ.", 2 * THROUGH_TRANSPOSE
        ),
        Cause("Twice too large: the factor 1/2 of the loss cancels the 2 of the square.", 2 * right),
        Cause("One of the two paths has the wrong sign.", THROUGH_CODE - THROUGH_TRANSPOSE),
        Cause("One of the two paths has the wrong sign.", THROUGH_TRANSPOSE - THROUGH_CODE),
    ]
    got = submission.derivations.autoencoder_grad(W, x)
    weights(
        got, right, "dL/dW", causes=causes, hint="With e = W^T W x - x, dL/dW is a sum of two outer products."
    )


# K = [[0.5, 0.5], [0.5, 1.25]], and K^-1 X = (2/3, 4/3)
X = np.array([[1.0], [2.0]])
Y = np.array([[1.0, 0.0, 2.0], [0.0, -1.0, 1.0]])
ALPHA, BETA = 0.25, 4.0
DL1, DL2 = np.array([[-0.5], [-1.0]]), np.array([[11 / 3], [-2 / 3]])


def gplvm_grads(submission):
    return expect.unpack(
        submission.derivations.gplvm_grads(X, Y, ALPHA, BETA), ("dL1", "dL2", "dL"), "gplvm_grads(...)"
    )


@pytest.mark.question("2")
@pytest.mark.points(3)
def test_gplvm_first_gradient_by_hand(submission):
    """gplvm_grads gives dL1/dX for two points that can be worked out by hand."""
    causes = [
        Cause("The sign is wrong: L1 is -D/2 times the logarithm.", -DL1),
        Cause("Half of it: X enters K twice, and both paths add up.", DL1 / 2),
        Cause("Twice too large: the 1/2 in front cancels the 2 of the two paths.", 2 * DL1),
        Cause("The factor alpha is missing.", DL1 / ALPHA),
        Cause("The factor D is missing.", DL1 / 3),
        Cause("D is the number of columns of Y, not of its rows.", DL1 * 2 / 3),
    ]
    up_to_a_factor(gplvm_grads(submission)[0], DL1, "dL1/dX", causes)


@pytest.mark.question("2")
@pytest.mark.points(3)
def test_gplvm_second_gradient_by_hand(submission):
    """gplvm_grads gives dL2/dX for two points that can be worked out by hand."""
    causes = [
        Cause(
            "The sign is wrong: dL2/dK^-1 is -1/2 Y Y^T, and the derivative of the inverse turns it round.",
            -DL2,
        ),
        Cause("Half of it: X enters K twice, and both paths add up.", DL2 / 2),
        Cause("Twice too large: the 1/2 in front cancels the 2 of the two paths.", 2 * DL2),
        Cause("The factor alpha is missing.", DL2 / ALPHA),
        Cause("One K^-1 is missing: the derivative of the inverse has one on either side.", [[1.5], [1.0]]),
    ]
    up_to_a_factor(gplvm_grads(submission)[1], DL2, "dL2/dX", causes)


@pytest.mark.question("2")
@pytest.mark.points(1)
def test_gplvm_gradients_add_up(submission):
    """gplvm_grads gives dL/dX as the sum of the two."""
    add_up(gplvm_grads(submission), DL1 + DL2)


def add_up(grads, right):
    """Fail unless the third is the sum: of the right gradients, or of the submission's own."""
    dL1, dL2 = (
        expect.array(g, name, shape=right.shape) for g, name in zip(grads, ("dL1/dX", "dL2/dX"), strict=False)
    )
    total = expect.array(grads[2], "dL/dX", shape=right.shape)
    own = dL1 + dL2
    if not (own.any() and expect.agree(total, own, 1e-6, 1e-9)):
        causes = [Cause("L is the sum of both terms, so that their gradients add up.", dL1 - dL2)]
        close(total, right, "dL/dX", causes=causes)


AT = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
VALUES = [-0.238405844044, -0.26894142137, 0, 0.73105857863, 1.761594155956]
DERIVATIVES = [-0.090784248785, 0.072329488129, 0.5, 0.927670511871, 1.090784248785]


@pytest.mark.question("3")
@pytest.mark.points(0.5)
def test_swish_of_five_numbers(submission):
    """swish gives k * sigmoid(k) at -2, -1, 0, 1 and 2."""
    close(submission.derivations.swish(AT), VALUES, "swish(k)")


@pytest.mark.question("3")
@pytest.mark.points(1.5)
def test_swish_derivative_of_five_numbers(submission):
    """swish_grad gives the derivative of swish at -2, -1, 0, 1 and 2."""
    s = 1 / (1 + np.exp(-AT))
    causes = [
        Cause(
            "The factor k of the product rule has become a term: the derivative is s + k s (1 - s).",
            AT + s * (1 - s),
        ),
        Cause(
            "The denominator must be squared: (1 + e^-k)^2.", (1 + (1 + AT) * np.exp(-AT)) / (1 + np.exp(-AT))
        ),
        Cause("The product rule gives two terms: sigmoid(k) itself is missing.", AT * s * (1 - s)),
        Cause("The product rule gives two terms: k times the slope of the sigmoid is missing.", s),
        Cause("This is the slope of the sigmoid: swish is k times it.", s * (1 - s)),
        Cause("This is the swish itself.", AT * s),
    ]
    close(submission.derivations.swish_grad(AT), DERIVATIVES, "the derivative", causes=causes)


@pytest.mark.question("3")
@pytest.mark.points(1, follows=SWISH, provided=("test_swish_derivative_is_the_slope_of_swish",))
def test_swish_net_forward(submission, fixtures_folder):
    """swish_net_forward gives z1, h1 and z2 of a small net."""
    case = stored(fixtures_folder, "swish_net.npz")
    p = case["params"]
    got = expect.unpack(
        submission.derivations.swish_net_forward(p["W1"], p["b1"], p["W2"], p["b2"], case["x"]),
        ("z1", "h1", "z2"),
        "swish_net_forward(...)",
    )
    for name, value in zip(("z1", "h1", "z2"), got, strict=True):
        close(value, case[name], name)


def net_grads(submission, case):
    p = case["params"]
    return submission.derivations.swish_net_grads(p["W1"], p["b1"], p["W2"], p["b2"], case["x"], case["dz2"])


@pytest.mark.question("3")
@pytest.mark.points(1, follows=(*SWISH, *SWISH_FORWARD), provided=(SWISH_W2,))
def test_second_layer_weight_gradient(submission, fixtures_folder):
    """swish_net_grads gives dL/dW2 of a small net."""
    case = stored(fixtures_folder, "swish_net.npz")
    causes = [
        Cause(
            "The gradient of W2 takes the layer's input h1 = swish(z1), not z1.",
            np.outer(case["dz2"], case["z1"]),
        )
    ]
    weights(entry(net_grads(submission, case), "W2"), case["grads"]["W2"], "dL/dW2", causes=causes)


@pytest.mark.question("3")
@pytest.mark.points(0.5)
def test_second_layer_bias_gradient(submission, run, fixtures_folder):
    """swish_net_grads gives dL/db2 of a small net."""
    case = stored(fixtures_folder, "swish_net.npz")
    bias(run, entry(net_grads(submission, case), "b2"), case["grads"]["b2"], "dL/db2")


@pytest.mark.question("3")
@pytest.mark.points(1.5, follows=(*SWISH, *SWISH_SLOPE, *SWISH_FORWARD), provided=(SWISH_W2,))
def test_first_layer_weight_gradient(submission, fixtures_folder):
    """swish_net_grads gives dL/dW1 of a small net."""
    case = stored(fixtures_folder, "swish_net.npz")
    upstream = case["params"]["W2"].T @ case["dz2"]
    causes = [
        Cause("The derivative of swish is missing on the way down.", np.outer(upstream, case["x"])),
        Cause(
            "This multiplies by swish(z1): multiply by its derivative.",
            np.outer(upstream * case["h1"], case["x"]),
        ),
    ]
    weights(entry(net_grads(submission, case), "W1"), case["grads"]["W1"], "dL/dW1", causes=causes)
