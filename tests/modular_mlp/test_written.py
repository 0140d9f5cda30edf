"""Optional, public: the formulas of sections 1 to 4 as functions, on small numbers. No points."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from harness.isolation.untrusted.slopes import slopes_of
from tests.modular_mlp.judging import close

pytestmark = [pytest.mark.question("written"), pytest.mark.points(0)]

X = np.array([0.5, -1.0])
ALPHA = np.array([[0.1, 0.4, -0.2], [0.0, 1.0, 0.5], [-0.3, 0.2, 0.7]])
BETA = np.array([[0.2, 1.0, -1.0, 0.5], [-0.1, 0.3, 0.6, -0.4]])
Y = np.array([0.0, 1.0])


def test_forward_single(submission):
    """forward_single gives a, z, b and y_hat of one example."""
    values = submission.written.forward_single(X, ALPHA, BETA)
    got = {name: expect.entry(values, name, "the result") for name in ("a", "z", "b", "y_hat")}
    close(got["a"], [0.5, 0.0, -0.9], "a")
    close(got["z"], [0.622459331202, 0.5, 0.289050497375], "z")
    close(got["b"], [0.466984579889, 0.271117600411], "b")
    y_hat = expect.array(got["y_hat"], "y_hat", shape=(2,))
    close(y_hat.sum(), 1.0, "the sum of y_hat")
    close(np.log(y_hat[0] / y_hat[1]), 0.195866979479, "ln(y_hat[0] / y_hat[1])")


def test_loss_single(submission):
    """loss_single is minus the logarithm of the true class's probability."""
    close(
        submission.written.loss_single(np.array([0.2, 0.5, 0.3]), np.array([0.0, 0.0, 1.0])),
        1.203972804326,
        "the loss",
    )


def test_backward_single(submission):
    """backward_single gives the slopes of your own loss."""
    module = submission.written
    got = expect.unpack(
        module.backward_single(X, Y, ALPHA, BETA), ("d_alpha", "d_beta"), "backward_single(…)"
    )
    alpha, beta = ALPHA.copy(), BETA.copy()

    def loss():
        return float(module.loss_single(module.forward_single(X, alpha, beta)["y_hat"], Y))

    for value, array, name in ((got[0], alpha, "d_alpha"), (got[1], beta, "d_beta")):
        expect.close(
            value,
            slopes_of(loss, [array])[0],
            name,
            atol=1e-7,
            hint=f"{name} is not the slope of your own loss.",
        )


def test_updated(submission):
    """updated subtracts the learning rate times the gradients."""
    got = expect.unpack(
        submission.written.updated(ALPHA, BETA, ALPHA, 2 * BETA, 0.25), ("alpha", "beta"), "updated(…)"
    )
    close(got[0], 0.75 * ALPHA, "alpha", causes=[Cause("The step goes uphill.", 1.25 * ALPHA)])
    close(got[1], 0.5 * BETA, "beta")


def test_regularised_loss(submission):
    """regularised_loss leaves the weights of the biases out, and has no factor one half."""
    both = float((ALPHA[:, 1:] ** 2).sum() + (BETA[:, 1:] ** 2).sum())
    every = float((ALPHA**2).sum() + (BETA**2).sum())
    causes = [
        Cause("There is no factor one half.", 2 + 0.05 * both),
        Cause("The weights of the biases, column 0, are not regularised.", 2 + 0.1 * every),
    ]
    close(
        submission.written.regularised_loss(2.0, ALPHA, BETA, 0.1), 2 + 0.1 * both, "the loss", causes=causes
    )


def test_regularised_gradient(submission):
    """regularised_gradient is the slope of the regularised loss, and changes nothing for biases."""
    start = np.ones_like(ALPHA)
    want = start + 0.2 * ALPHA
    causes = [Cause("The weights of the biases, column 0, are not regularised.", want)]
    want = np.concatenate([start[:, :1], want[:, 1:]], axis=1)
    close(submission.written.regularised_gradient(start, ALPHA, 0.1), want, "the gradient", causes=causes)


def test_zero_init_run(submission):
    """zero_init_run keeps the two units equal; they move from the second step on."""
    for steps, w, v in ((1, 0.0, -0.5), (2, 0.125, -1.0)):
        got = expect.unpack(
            submission.written.zero_init_run(np.array([1.0, 0.0, -2.0]), steps),
            ("w1", "w2", "v"),
            "zero_init_run(…)",
        )
        close(got[0], [w, 0, -2 * w], f"w1 after {steps} steps")
        close(got[1], [w, 0, -2 * w], f"w2 after {steps} steps")
        close(got[2], [v, v], f"v after {steps} steps")


def test_mse_network(submission):
    """mse_network takes row j of W1 as the weights into hidden unit j."""
    inputs, W1 = np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([[1.0, -1.0], [2.0, 0.5]])
    for name, want in (("relu", 6.25), ("linear", 22.5)):
        loss = submission.written.mse_network(
            inputs, W1, np.array([0.5, -0.5]), np.array([1.0, 2.0]), 0.5, np.array([2.0, 1.0]), name
        )
        close(loss, want, f"the loss with {name}")


def test_filter_same(submission):
    """filter_same keeps the shape, with zeros around the image."""
    image, mean = np.arange(12.0).reshape(3, 4), np.ones((3, 3))
    want = [[10, 18, 24, 18], [27, 45, 54, 39], [26, 42, 48, 34]]
    close(submission.written.filter_same(image, mean), want, "the result")
    first = np.array([[0.0, 0, 0], [1, 0, 0], [0, 0, 0]])
    flipped = [
        Cause("The filter is flipped: slide it as it is.", [[1, 2, 3, 0], [5, 6, 7, 0], [9, 10, 11, 0]])
    ]
    close(
        submission.written.filter_same(image, first),
        [[0, 0, 1, 2], [0, 4, 5, 6], [0, 8, 9, 10]],
        "the result",
        causes=flipped,
    )
