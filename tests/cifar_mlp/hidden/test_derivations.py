"""Questions 1 to 3, hidden: derivations as code, for fresh numbers."""

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
    up_to_a_factor,
    weights,
)
from tests.cifar_mlp.test_derivations import add_up

H, D, C = 5, 4, 3


@pytest.mark.question("1")
@pytest.mark.points(3)
def test_autoencoder_gradient_of_fresh_matrices(submission, reference, rng):
    """autoencoder_grad gives dL/dW for fresh W and x of three sizes."""
    for m, n in ((2, 5), (4, 7), (1, 3)):
        W, x = rng.normal(size=(m, n)), rng.normal(size=n)
        e = W.T @ W @ x - x
        through_code, through_transpose = np.outer(W @ x, e), np.outer(W @ e, x)
        one = "Only one of the two paths is there: W enters twice, and the gradients of both paths add up."
        causes = [
            Cause(one, through_code),
            Cause(one, through_transpose),
            Cause("One of the two paths is counted twice, the other is missing.", 2 * through_code),
            Cause("One of the two paths is counted twice, the other is missing.", 2 * through_transpose),
            Cause("One of the two paths has the wrong sign.", through_code - through_transpose),
        ]
        got = submission.derivations.autoencoder_grad(W, x)
        weights(got, reference.derivations.autoencoder_grad(W, x), "dL/dW", causes=causes)


def gplvm_case(submission, reference, rng):
    """The submission's gradients, the right ones, and what they were asked for."""
    X, Y = rng.normal(size=(6, 2)), rng.normal(size=(6, 4))
    alpha, beta = float(rng.uniform(0.5, 2)), float(rng.uniform(1.5, 4))
    got = submission.derivations.gplvm_grads(X, Y, alpha, beta)
    right = reference.derivations.gplvm_grads(X, Y, alpha, beta)
    return expect.unpack(got, ("dL1", "dL2", "dL"), "gplvm_grads(...)"), right, (X, Y, alpha, beta)


@pytest.mark.question("2")
@pytest.mark.points(3)
def test_gplvm_first_gradient_of_fresh_points(submission, reference, rng):
    """gplvm_grads gives dL1/dX for fresh points, N, Q and D all different."""
    got, right, (_, _, alpha, _) = gplvm_case(submission, reference, rng)
    causes = [
        Cause("The factor alpha is missing.", right[0] / alpha),
        Cause("Half of it: X enters K twice, and both paths add up.", right[0] / 2),
        Cause("The sign is wrong: L1 is -D/2 times the logarithm.", -right[0]),
        Cause("D is the number of columns of Y, not of its rows.", right[0] * 6 / 4),
        Cause("D is the number of columns of Y, not of X.", right[0] * 2 / 4),
        Cause("The factor D is missing.", right[0] / 4),
    ]
    up_to_a_factor(got[0], right[0], "dL1/dX", causes)


@pytest.mark.question("2")
@pytest.mark.points(3)
def test_gplvm_second_gradient_of_fresh_points(submission, reference, rng):
    """gplvm_grads gives dL2/dX for fresh points, N, Q and D all different."""
    got, right, (X, Y, alpha, beta) = gplvm_case(submission, reference, rng)
    K = alpha * X @ X.T + np.eye(len(X)) / beta
    causes = [
        Cause("The factor alpha is missing.", right[1] / alpha),
        Cause("Half of it: X enters K twice, and both paths add up.", right[1] / 2),
        Cause(
            "One K^-1 is missing: the derivative of the inverse has one on either side.",
            alpha * Y @ Y.T @ np.linalg.solve(K, X),
        ),
    ]
    up_to_a_factor(got[1], right[1], "dL2/dX", causes)


@pytest.mark.question("2")
@pytest.mark.points(1)
def test_gplvm_gradients_of_fresh_points_add_up(submission, reference, rng):
    """gplvm_grads gives dL/dX as the sum of the two, for fresh points."""
    got, right, _ = gplvm_case(submission, reference, rng)
    add_up(got, right[2])


@pytest.mark.question("3")
@pytest.mark.points(0.5)
def test_swish_of_fresh_numbers(submission, reference, rng):
    """swish is right for an array of two dimensions."""
    k = rng.normal(scale=3, size=(4, 5))
    close(submission.derivations.swish(k), reference.derivations.swish(k), "swish(k)")


@pytest.mark.question("3")
@pytest.mark.points(1)
def test_swish_derivative_is_the_slope_of_swish(submission, reference, rng):
    """swish_grad is the slope of swish, for fresh numbers in an array of two dimensions."""
    k = rng.normal(scale=2, size=(4, 5))
    s = 1 / (1 + np.exp(-k))
    causes = [
        Cause(
            "The factor k of the product rule has become a term: the derivative is s + k s (1 - s).",
            k + s * (1 - s),
        ),
        Cause(
            "The denominator must be squared: (1 + e^-k)^2.", (1 + (1 + k) * np.exp(-k)) / (1 + np.exp(-k))
        ),
        Cause("The product rule gives two terms: sigmoid(k) itself is missing.", k * s * (1 - s)),
        Cause("The product rule gives two terms: k times the slope of the sigmoid is missing.", s),
    ]
    close(
        submission.derivations.swish_grad(k),
        reference.derivations.swish_grad(k),
        "the derivative",
        causes=causes,
    )


def net(rng):
    """W1, b1, W2, b2, x and dz2, none of them square."""
    sizes = ((H, D), (H,), (C, H), (C,), (D,), (C,))
    return [rng.normal(size=size) for size in sizes]


@pytest.mark.question("3")
@pytest.mark.points(0.5, follows=SWISH, provided=("test_swish_derivative_is_the_slope_of_swish",))
def test_swish_net_forward_of_fresh_nets(submission, reference, rng):
    """swish_net_forward gives z1, h1 and z2 of a fresh net."""
    *arguments, _ = net(rng)
    got = submission.derivations.swish_net_forward(*arguments)
    right = reference.derivations.swish_net_forward(*arguments)
    for name, a, b in zip(
        ("z1", "h1", "z2"),
        expect.unpack(got, ("z1", "h1", "z2"), "swish_net_forward(...)"),
        right,
        strict=True,
    ):
        close(a, b, name)


@pytest.mark.question("3")
@pytest.mark.points(
    1, follows=(*SWISH, *SWISH_FORWARD), provided=("test_second_layer_bias_gradient_of_fresh_nets",)
)
def test_second_layer_weight_gradient_of_fresh_nets(submission, reference, rng):
    """swish_net_grads gives dL/dW2 of a fresh net."""
    arguments = net(rng)
    right = reference.derivations.swish_net_grads(*arguments)
    z1, _, _ = reference.derivations.swish_net_forward(*arguments[:-1])
    causes = [
        Cause(
            "The gradient of W2 takes the layer's input h1 = swish(z1), not z1.", np.outer(arguments[-1], z1)
        )
    ]
    got = submission.derivations.swish_net_grads(*arguments)
    weights(entry(got, "W2"), right["W2"], "dL/dW2", causes=causes)


@pytest.mark.question("3")
@pytest.mark.points(0.5)
def test_second_layer_bias_gradient_of_fresh_nets(submission, run, reference, rng):
    """swish_net_grads gives dL/db2 of a fresh net."""
    arguments = net(rng)
    got = submission.derivations.swish_net_grads(*arguments)
    bias(run, entry(got, "b2"), arguments[-1], "dL/db2")


@pytest.mark.question("3")
@pytest.mark.points(1.5, follows=(*SWISH, *SWISH_SLOPE, *SWISH_FORWARD), provided=(SWISH_W2,))
def test_first_layer_gradients_of_fresh_nets(submission, run, reference, rng):
    """swish_net_grads gives dL/dW1 and dL/db1 of a fresh net."""
    arguments = net(rng)
    _, _, W2, _, x, dz2 = arguments
    _, h1, _ = reference.derivations.swish_net_forward(*arguments[:-1])
    right = reference.derivations.swish_net_grads(*arguments)
    causes = {
        "The derivative of swish is missing on the way down.": W2.T @ dz2,
        "This multiplies by swish(z1): multiply by its derivative.": (W2.T @ dz2) * h1,
    }
    got = submission.derivations.swish_net_grads(*arguments)
    weights(
        entry(got, "W1"),
        right["W1"],
        "dL/dW1",
        causes=[Cause(hint, np.outer(d, x)) for hint, d in causes.items()],
    )
    bias(run, entry(got, "b1"), right["b1"], "dL/db1", causes=[Cause(hint, d) for hint, d in causes.items()])


@pytest.mark.question("3")
@pytest.mark.points(1, follows=(*SWISH, *SWISH_SLOPE, *SWISH_FORWARD), provided=(SWISH_W2,))
def test_input_gradient_of_fresh_nets(submission, run, reference, rng):
    """swish_net_grads gives dL/dx of a fresh net."""
    arguments = net(rng)
    got = submission.derivations.swish_net_grads(*arguments)
    bias(run, entry(got, "x"), reference.derivations.swish_net_grads(*arguments)["x"], "dL/dx")
