"""Question 1.2(c), hidden: the distribution of initial weights, and forward passes of fresh nets."""

import numpy as np
import pytest

from harness import expect
from tests.binary_mlp.judging import check_forward, check_it_computes, random_net

pytestmark = pytest.mark.question("1.2c")


@pytest.mark.points(1)
def test_weights_are_normal_with_standard_deviation_0_01(submission):
    """create_weight_matrices draws from a normal distribution, mean 0, standard deviation 0.01."""
    W = expect.arrays(
        submission.hw2.create_weight_matrices([784, 200, 1]), [(784, 200), (200, 1)], "weight_matrices"
    )[0]
    std, mean = W.std(), W.mean()
    kurtosis = (
        np.mean((W - mean) ** 4) / std**4 if std > 0 else 0.0
    )  # 3 for a normal distribution, 1.8 for a uniform one
    expect.true(
        2.8 < kurtosis < 3.2,
        "The weights are not normally distributed.",
        "a kurtosis near 3",
        expect.number(kurtosis),
    )
    hint = "The standard deviation is 0.01."
    if abs(std - 0.1) < 0.01:
        hint = "0.01 is the standard deviation, not the variance."
    expect.true(0.0099 <= std <= 0.0101, hint, "a standard deviation of 0.01", expect.number(std))
    expect.true(abs(mean) < 2e-4, "The mean is 0.", "a mean near 0", expect.number(mean))


@pytest.mark.points(0.5)
def test_layers_do_not_share_their_weights(submission):
    """Layers of the same shape get different arrays, and a second net other weights than the first."""
    weights, _, shared = submission.parts(3, "initial", [5, 5, 5, 1])
    weights = expect.arrays(weights, [(5, 5), (5, 5), (5, 1)], "weight_matrices")
    hint = "Draw each layer's weights anew."
    expect.true(
        shared is False and not np.array_equal(weights[0], weights[1]),
        hint,
        "different arrays",
        "one and the same",
    )
    again = expect.arrays(
        submission.hw2.create_weight_matrices([5, 5, 5, 1]), [(5, 5), (5, 5), (5, 1)], "weight_matrices"
    )
    expect.true(
        not np.array_equal(weights[0], again[0]), hint, "other weights each time", "the same weights again"
    )


def check(submission, reference, X, Ws, bs, names):
    import tests.binary_mlp.probes as probes  # the given activations, on this side

    want = reference.hw2.forward_pass(X, Ws, bs, [probes.GIVEN[n] for n in names])[0].ravel()
    check_forward(submission, X, Ws, bs, names, want)


@pytest.mark.points(1.5)
def test_forward_pass_of_random_nets(submission, reference, rng):
    """forward_pass is right for a fresh net of four layers of unequal widths."""
    X, _, Ws, bs, names = random_net(rng, (6, 5, 3, 4, 1), 7)
    check(submission, reference, X, Ws, bs, names)


@pytest.mark.points(0.5)
def test_forward_and_backward_leave_their_arguments_alone(submission, rng):
    """forward_pass and backward_pass change none of their arguments."""
    X, _, Ws, bs, names = random_net(rng, (4, 3, 1), 5)
    check_it_computes(submission, X, Ws, bs, names)
    changed = submission.probe("changed_arguments", X, Ws, bs, names)
    expect.true(
        type(changed) is list and changed == [],
        "An argument was changed in place (+=, *=, or an index on its left): compute a new array.",
        "unchanged arguments",
        f"changed: {', '.join(map(str, changed))}" if isinstance(changed, list) else "changed",
    )


@pytest.mark.points(0.5)
def test_forward_pass_of_a_single_example(submission, reference, rng):
    """forward_pass works for a batch of one."""
    X, _, Ws, bs, names = random_net(rng, (6, 4, 1), 1)
    check(submission, reference, X, Ws, bs, names)
