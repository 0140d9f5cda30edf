"""Questions 1.3(c) and 1.3(d), hidden: a fresh net like the toy net, with the submission's own functions."""

import numpy as np
import pytest

from harness import expect
from tests.binary_mlp.judging import (
    BIAS_GRADIENTS,
    NETWORK,
    PIECES,
    WEIGHT_GRADIENTS,
    check_gradients,
    random_net,
    settled_pair,
)

OWN = ["relu", "sigmoid"]
CHECKER = (
    "test_checker_gives_weight_gradients_of_the_toy_net",
    "test_checker_gives_bias_gradients_of_the_toy_net",
    "test_checker_gives_weight_gradients_of_a_fresh_net",
    "test_checker_gives_bias_gradients_of_a_fresh_net",
)
LINEAR = "test_weight_gradients_of_a_linear_net"


def fresh_toy(rng, reference):
    """A net 4-2-1 with a batch of two, both of class 1, and no pre-activation near the kink of ReLU."""
    while True:
        X, _, Ws, bs, _ = random_net(rng, (4, 2, 1), 2)
        z = X @ Ws[0] + bs[0]
        if np.abs(z).min() > 0.05 and (z > 0).any(axis=0).all():
            y = np.ones(2)
            hw2 = reference.hw2
            output, caches = hw2.forward_pass(X, Ws, bs, [hw2.relu_activation, hw2.sigmoid_activation])
            loss, dL_dg = hw2.logistic_loss(output, y)
            return (X, y, Ws, bs, OWN), loss.mean(), hw2.backward_pass(dL_dg, caches)


@pytest.mark.question("1.3c")
@pytest.mark.points(1, follows=(*PIECES, *NETWORK), provided=("test_forward_pass_of_the_toy_net",))
def test_mean_loss_of_a_fresh_toy_batch(submission, reference, rng):
    """The mean loss of a fresh net like the toy net is right, computed with your own functions."""
    net, want, _ = fresh_toy(rng, reference)
    loss = expect.array(submission.probe("batch_loss", *net), "loss")
    expect.true(loss.size == 2, "logistic_loss must give one loss a sample.", "2 losses", expect.kind(loss))
    expect.close(loss.mean(), want, "the mean loss", rtol=1e-9)


@pytest.mark.question("1.3d")
@pytest.mark.points(2, follows=(*PIECES, *NETWORK, *WEIGHT_GRADIENTS), provided=(LINEAR,))
def test_fresh_toy_weight_gradients_with_own_functions(submission, reference, rng):
    """Backpropagation gives the weight gradients of a fresh net like the toy net."""
    net, _, want = fresh_toy(rng, reference)
    check_gradients(submission.parts(3, "end_to_end", *net)[2], want, 2, "grad_Ws")


@pytest.mark.question("1.3d")
@pytest.mark.points(1, follows=(*PIECES, *NETWORK, *BIAS_GRADIENTS), provided=(LINEAR,))
def test_fresh_toy_bias_gradients_with_own_functions(submission, reference, rng):
    """Backpropagation gives the bias gradients of a fresh net like the toy net."""
    net, _, want = fresh_toy(rng, reference)
    check_gradients(submission.parts(3, "end_to_end", *net)[2], want, 2, "grad_bs")


@pytest.mark.question("1.3d")
@pytest.mark.points(
    1,
    follows=(*PIECES, *NETWORK, *WEIGHT_GRADIENTS, *BIAS_GRADIENTS, *CHECKER),
    provided=(LINEAR, CHECKER[0]),
)
def test_backpropagation_and_checker_follow_one_convention(submission, reference, rng, run):
    """backward_pass and your checker agree with each other: both of the mean loss, or both of the sum."""
    net, _, want = fresh_toy(rng, reference)
    X, y, Ws, bs, _ = net
    pairs = (
        settled_pair(
            submission.parts(3, "end_to_end", *net)[2], want, 2, "backward_pass(dL_dg, layer_caches)"
        ),
        settled_pair(
            submission.parts(2, "checker", X, y, Ws, bs, OWN)[0],
            want,
            2,
            "my_nn_finite_difference_checker(…)",
        ),
    )
    whole = [np.concatenate([a.ravel() for a in (*Ws, *bs)]) for Ws, bs in pairs]
    right = np.concatenate([np.ravel(w) for w in (*want[0], *want[1])])
    for k, told in ((2, "summed over the batch"), (1, "of the mean loss")):
        if expect.agree(whole[0], k * right, 1e-6, 1e-9):
            run.notes.append(f"backward_pass returns gradients {told}.")
    expect.close(
        whole[0],
        whole[1],
        "the gradients of backward_pass, beside the checker's",
        rtol=1e-4,
        atol=1e-6,
        hint="Your two gradients differ: do both belong to the mean loss, or both to the sum?",
    )
