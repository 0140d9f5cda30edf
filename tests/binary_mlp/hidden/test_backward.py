"""Question 1.2(d), hidden: gradients of fresh nets, against the reference."""

import numpy as np
import pytest

from harness import expect
from tests.binary_mlp import probes
from tests.binary_mlp.hidden.mistakes import wrong_gradients
from tests.binary_mlp.judging import LAYERS, check_gradients, own_slopes, random_net

pytestmark = pytest.mark.question("1.2d")


def check(submission, reference, net, part):
    X, y, Ws, bs, names = net
    activations = [probes.GIVEN[n] for n in names]
    output, caches = reference.hw2.forward_pass(X, Ws, bs, activations)
    dL_dg = (
        reference.hw2.logistic_loss(output, y)[1]
        if names[-1] == "arctan"
        else np.cos(np.arange(len(X)) + 1.0)
    )
    want = reference.hw2.backward_pass(dL_dg, caches)
    mistakes = wrong_gradients(X, Ws, bs, activations, dL_dg)
    pair = submission.probe("backward", X, Ws, bs, names, dL_dg)
    also = own_slopes(submission, X, y, Ws, bs, names, dL_dg)
    try:
        check_gradients(pair, want, len(X), part, mistakes=mistakes, also_right=also)
    except expect.Mismatch:
        if names[-1] != "arctan":
            raise
        # The 1/n may stand in the student's own logistic_loss: the two together are judged, too.
        _, _, pair = submission.parts(3, "end_to_end", X, y, Ws, bs, names)
        try:
            check_gradients(pair, want, len(X), part)
        except expect.Mismatch:
            pass
        else:
            return
        raise


@pytest.mark.points(0.5)
def test_weight_gradients_of_a_linear_net(submission, reference, rng):
    """backward_pass is right for the weights of a fresh net of two layers without activations."""
    check(submission, reference, random_net(rng, (5, 3, 1), 6, "identity", "identity"), "grad_Ws")


@pytest.mark.points(0.5)
def test_weight_gradients_of_random_nets(submission, reference, rng):
    """backward_pass is right for the weights of a fresh net of four layers."""
    check(submission, reference, random_net(rng, (6, 5, 3, 4, 1), 7), "grad_Ws")


@pytest.mark.points(0.5, follows=LAYERS, provided=("test_weight_gradients_of_random_nets",))
def test_bias_gradients_of_random_nets(submission, reference, rng):
    """backward_pass is right for the biases of a fresh net of four layers."""
    check(submission, reference, random_net(rng, (6, 5, 3, 4, 1), 7), "grad_bs")


@pytest.mark.points(0.5)
def test_gradients_of_a_net_of_equal_widths(submission, reference, rng):
    """backward_pass gives each layer its own gradient where all layers have the same shape."""
    check(submission, reference, random_net(rng, (3, 3, 3, 1), 5), "grad_Ws")


@pytest.mark.points(0.5)
def test_weight_gradients_of_a_single_example(submission, reference, rng):
    """backward_pass works for a batch of one."""
    check(submission, reference, random_net(rng, (4, 3, 1), 1), "grad_Ws")


@pytest.mark.points(0.5)
def test_gradients_of_a_large_batch(submission, reference, rng):
    """backward_pass is right for a batch of 50."""
    check(submission, reference, random_net(rng, (4, 3, 1), 50), "grad_Ws")
