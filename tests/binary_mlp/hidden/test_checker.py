"""Question 1.3(a), hidden: the checker on a fresh net with mixed labels."""

import pytest

from tests.binary_mlp import probes
from tests.binary_mlp.judging import random_net
from tests.binary_mlp.test_checker import NAMES, check

pytestmark = pytest.mark.question("1.3a")


def case(reference, rng):
    X, y, Ws, bs, _ = random_net(rng, (3, 4, 1), 5)
    activations = [probes.GIVEN[n] for n in NAMES]
    output, caches = reference.hw2.forward_pass(X, Ws, bs, activations)
    want = reference.hw2.backward_pass(reference.hw2.logistic_loss(output, y)[1], caches)
    return (X, y, Ws, bs), want


@pytest.mark.points(2)
def test_checker_gives_weight_gradients_of_a_fresh_net(submission, reference, rng):
    """my_nn_finite_difference_checker gives the gradients of a fresh net's weights."""
    net, want = case(reference, rng)
    check(submission, "grad_Ws", *net, want[0], atol=1e-7)


@pytest.mark.points(1)
def test_checker_gives_bias_gradients_of_a_fresh_net(submission, reference, rng):
    """my_nn_finite_difference_checker gives the gradients of a fresh net's biases."""
    net, want = case(reference, rng)
    check(submission, "grad_bs", *net, want[1], atol=1e-7)
