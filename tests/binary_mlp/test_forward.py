"""Question 1.2(c), public: initialisation and the forward pass."""

import numpy as np
import pytest

from harness import expect
from tests.binary_mlp.judging import Toy, check_forward, check_it_computes

pytestmark = pytest.mark.question("1.2c")


@pytest.mark.points(0.5)
def test_weight_matrices_have_the_right_shapes(submission):
    """create_weight_matrices gives one matrix a layer, (dims[l], dims[l+1])."""
    expect.arrays(
        submission.hw2.create_weight_matrices([7, 5, 3, 1]), [(7, 5), (5, 3), (3, 1)], "weight_matrices"
    )


@pytest.mark.points(0.5)
def test_bias_vectors_have_the_right_shapes(submission):
    """create_bias_vectors gives one row a layer, (1, dims[l+1])."""
    expect.arrays(submission.hw2.create_bias_vectors([7, 5, 3, 1]), [(1, 5), (1, 3), (1, 1)], "biases")


def check(submission, toy):
    check_forward(submission, toy.X, toy.Ws, toy.bs, toy.given["names"], np.array(toy.given["output"]))


@pytest.mark.points(1)
def test_forward_pass_of_the_toy_net(submission, fixtures_folder):
    """forward_pass gives the output of the toy net (two layers)."""
    check(submission, Toy(fixtures_folder, "toy_a"))


@pytest.mark.points(1)
def test_forward_pass_of_three_layers(submission, fixtures_folder):
    """forward_pass gives the output of a net of three layers."""
    check(submission, Toy(fixtures_folder, "toy_b"))


@pytest.mark.points(0.5)
def test_forward_pass_keeps_one_cache_a_layer(submission, fixtures_folder):
    """forward_pass returns a list of caches, one for each layer."""
    toy = Toy(fixtures_folder, "toy_b")
    check_it_computes(submission, toy.X, toy.Ws, toy.bs, toy.given["names"])
    _, count = submission.parts(2, "forward", toy.X, toy.Ws, toy.bs, toy.given["names"])
    expect.true(count == 3, "layer_caches must hold one cache a layer.", "3 caches", f"{count}")


@pytest.mark.points(0.5)
def test_forward_pass_has_no_loop_over_examples(submission, fixtures_folder):
    """forward_pass runs as many lines of your code for 64 examples as for 4."""
    toy = Toy(fixtures_folder, "toy_b")
    check_it_computes(submission, toy.X, toy.Ws, toy.bs, toy.given["names"])
    few, many = (
        submission.count_lines("forward", np.resize(toy.X, (n, 4)), toy.Ws, toy.bs, toy.given["names"])
        for n in (4, 64)
    )
    expect.true(
        many <= few + 8,
        "A loop runs over the examples: compute the whole batch with one matrix product.",
        f"about {few} lines, whatever the batch",
        f"{many} lines for 64 examples",
    )
