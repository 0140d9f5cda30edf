"""Question 1.2(d), public: the backward pass."""

import numpy as np
import pytest

from harness import expect
from tests.binary_mlp.judging import LAYERS, PARTS, Toy, check_gradients, own_slopes

pytestmark = pytest.mark.question("1.2d")


def check(submission, toy, part):
    given = toy.given
    dL_dg, want = np.array(given["dL_dg"]), toy.gradients(given)
    pair = submission.probe("backward", toy.X, toy.Ws, toy.bs, given["names"], dL_dg)
    # A mistake in the forward pass is charged there: the slopes of the student's own network are right, too.
    also = own_slopes(submission, toy.X, toy.y, toy.Ws, toy.bs, given["names"], dL_dg)
    try:
        check_gradients(
            pair, want, len(toy.X), part, mistakes=given["mistakes"], also_right=also, in_order=True
        )
    except expect.Mismatch:
        # Where the student's own logistic_loss has the 1/n (or more) that backward_pass lacks, the two together count.
        _, _, pair = submission.parts(3, "end_to_end", toy.X, toy.y, toy.Ws, toy.bs, given["names"])
        try:
            check_gradients(pair, want, len(toy.X), part, in_order=True)
        except expect.Mismatch:
            pass
        else:
            return
        raise


@pytest.mark.points(1)
def test_weight_gradients_of_the_toy_net(submission, fixtures_folder):
    """backward_pass gives the gradients of the weights of a net of two layers."""
    check(submission, Toy(fixtures_folder, "toy_a"), "grad_Ws")


@pytest.mark.points(0.5, follows=LAYERS, provided=("test_weight_gradients_of_the_toy_net",))
def test_bias_gradients_of_the_toy_net(submission, fixtures_folder):
    """backward_pass gives the gradients of the biases of a net of two layers."""
    check(submission, Toy(fixtures_folder, "toy_a"), "grad_bs")


@pytest.mark.points(1)
def test_weight_gradients_of_three_layers(submission, fixtures_folder):
    """backward_pass gives the gradients of the weights of a net of three layers."""
    check(submission, Toy(fixtures_folder, "toy_b"), "grad_Ws")


@pytest.mark.points(0.5)
def test_backward_pass_has_no_loop_over_examples(submission, fixtures_folder):
    """backward_pass runs as many lines of your code for 64 examples as for 4."""
    toy, counts = Toy(fixtures_folder, "toy_a"), []
    for n in (4, 64):
        args = (np.resize(toy.X, (n, 4)), toy.Ws, toy.bs, toy.given["names"])
        both = submission.count_lines("backward", *args, np.ones(n))
        counts.append(both - submission.count_lines("forward", *args))
    few, many = counts
    pair = submission.probe("backward", toy.X, toy.Ws, toy.bs, toy.given["names"], np.ones(len(toy.X)))
    # Whether they are right, shapes included, is charged by the other tests.
    grads = expect.unpack(pair, PARTS, "backward_pass(dL_dg, layer_caches)")[0]
    arrays = [expect.array(g, "grad_Ws") for g in grads] if isinstance(grads, (list, tuple)) else []
    expect.true(
        any(g.any() for g in arrays),
        "All gradients are 0: backward_pass computes nothing yet.",
        "gradients",
        "zeros",
    )
    expect.true(
        many <= few + 8,
        "A loop runs over the examples: one matrix product a layer sums over the whole batch.",
        f"about {few} lines, whatever the batch",
        f"{many} lines for 64 examples",
    )
