"""Question 1.3(a), public: the finite-difference checker on the toy net."""

import numpy as np
import pytest

from harness import expect
from tests.binary_mlp.judging import Toy, settled

pytestmark = pytest.mark.question("1.3a")
NAMES = ["tanh", "arctan"]


def check(submission, part, X, y, Ws, bs, want):
    """Fail unless the checker gives the slopes of the student's own network, or of the right one, mean or sum."""
    grads, _ = submission.probe("checker", X, y, Ws, bs, NAMES)
    pair = expect.unpack(grads, ("grad_Ws", "grad_bs"), "my_nn_finite_difference_checker(…)")
    shapes = [np.shape(w) for w in want]
    got = settled(pair[part == "grad_bs"], shapes, len(X), part)
    if any(all(expect.agree(g, k * w, 0, 1e-6) for g, w in zip(got, want, strict=True)) for k in (1, len(X))):
        return
    slopes = submission.probe("own_slopes", X, y, Ws, bs, NAMES)
    own = settled(slopes[part == "grad_bs"], shapes, len(X), part)
    if max(np.abs(o).max() for o in own) > 1e-4 and any(
        all(expect.agree(g, k * o, 0, 1e-6) for g, o in zip(got, own, strict=True)) for k in (1, len(X))
    ):
        return
    for i, (g, w) in enumerate(zip(got, want, strict=True)):
        expect.close(
            g, w, f"{part}[{i}]", atol=1e-6,
            causes=[
                expect.Cause("Divided by 2 and then multiplied by e: write (above - below) / (2 * e).", w * 1e-10),
                expect.Cause("The difference is divided by e, but its ends are 2e apart.", 2 * w),
                expect.Cause("Half of the slope: is the difference one-sided, but divided by 2e?", w / 2),
            ],
            hint="Not the slope of the mean loss: is each parameter put back before the next, and is e = 1e-5?",
        )


@pytest.mark.points(1.5)
def test_checker_gives_weight_gradients_of_the_toy_net(submission, fixtures_folder):
    """my_nn_finite_difference_checker gives the gradients of the toy net's weights."""
    toy = Toy(fixtures_folder, "toy_a")
    check(submission, "grad_Ws", toy.X, toy.y, toy.Ws, toy.bs, [np.array(a) for a in toy.given["grad_Ws"]])


@pytest.mark.points(0.5)
def test_checker_gives_bias_gradients_of_the_toy_net(submission, fixtures_folder):
    """my_nn_finite_difference_checker gives the gradients of the toy net's biases."""
    toy = Toy(fixtures_folder, "toy_a")
    check(submission, "grad_bs", toy.X, toy.y, toy.Ws, toy.bs, [np.array(a) for a in toy.given["grad_bs"]])


@pytest.mark.points(1)
def test_checker_leaves_the_parameters_alone(submission, fixtures_folder):
    """After my_nn_finite_difference_checker, all weights and biases are what they were."""
    toy = Toy(fixtures_folder, "toy_a")
    _, same = submission.probe("checker", toy.X, toy.y, toy.Ws, toy.bs, NAMES)
    expect.true(same is True, "Put each parameter back after its two evaluations, or work on a copy.", "unchanged", "changed")
