"""Questions 1.3(c) and 1.3(d), public: loss and backpropagated gradients of the toy net, with your own functions."""

import pytest

from harness import expect
from tests.binary_mlp.judging import BIAS_GRADIENTS, NETWORK, PIECES, WEIGHT_GRADIENTS, Toy, check_gradients

OWN = ["relu", "sigmoid"]
LINEAR = "test_weight_gradients_of_a_linear_net"


@pytest.mark.question("1.3c")
@pytest.mark.points(1, follows=(*PIECES, *NETWORK), provided=("test_forward_pass_of_the_toy_net",))
def test_mean_loss_of_a_toy_batch(submission, fixtures_folder):
    """The mean loss of the second toy net's batch is right, computed with your own functions."""
    toy = Toy(fixtures_folder, "toy_b")
    loss = expect.array(submission.probe("batch_loss", toy.X, toy.y, toy.Ws, toy.bs, ["relu", *OWN]), "loss")
    expect.true(loss.size == 3, "logistic_loss must give one loss a sample.", "3 losses", expect.kind(loss))
    expect.close(loss.mean(), toy.data["mean_loss"], "the mean loss", rtol=1e-9)


def gradients(submission, fixtures_folder, part):
    toy = Toy(fixtures_folder, "toy_a")
    _, _, pair = submission.parts(3, "end_to_end", toy.X, toy.y, toy.Ws, toy.bs, OWN)
    check_gradients(pair, toy.gradients(toy.data), len(toy.X), part)


@pytest.mark.question("1.3d")
@pytest.mark.points(1, follows=(*PIECES, *NETWORK, *WEIGHT_GRADIENTS), provided=(LINEAR,))
def test_toy_weight_gradients_with_own_functions(submission, fixtures_folder):
    """Backpropagation gives the toy net's weight gradients, with your own functions throughout."""
    gradients(submission, fixtures_folder, "grad_Ws")


@pytest.mark.question("1.3d")
@pytest.mark.points(1, follows=(*PIECES, *NETWORK, *BIAS_GRADIENTS), provided=(LINEAR,))
def test_toy_bias_gradients_with_own_functions(submission, fixtures_folder):
    """Backpropagation gives the toy net's bias gradients, with your own functions throughout."""
    gradients(submission, fixtures_folder, "grad_bs")
