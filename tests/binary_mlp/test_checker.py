"""Question 1.3(a), public: the finite-difference checker on the toy net."""

import numpy as np
import pytest

from harness import expect
from tests.binary_mlp.judging import PARTS, Toy, is_stack, scales, settled, settled_pair, slopes_are_alike

pytestmark = pytest.mark.question("1.3a")
NAMES = ["tanh", "arctan"]


def check(submission, part, X, y, Ws, bs, want, atol=1e-6):
    """Fail unless the checker gives the slopes of the student's own network, or of the right one, mean or sum."""
    grads, same = submission.parts(2, "checker", X, y, Ws, bs, NAMES)
    if same is not True:
        atol = 1e-4  # parameters that stay perturbed are charged by their own test, and move later slopes a little
    pair = expect.unpack(grads, PARTS, "my_nn_finite_difference_checker(…)")
    shapes = [np.shape(w) for w in want]
    got = settled(pair[PARTS.index(part)], shapes, len(X), part, stacked=is_stack(pair[0]))
    if scales(got, want, len(X), 0, atol):
        return
    # A mistake in the pieces is charged there; the labels go in as the checker gets them, shape (n,), and as a column.
    for labels in (np.reshape(y, (-1, 1)), y):
        try:
            slopes = submission.probe("own_slopes", X, labels, Ws, bs, NAMES, as_given=True)
        except (ValueError, AssertionError):
            continue
        own = settled_pair(slopes, (Ws, bs), -1, "own_slopes")
        if slopes_are_alike(own, X, y, Ws, bs, NAMES) and scales(
            got, own[PARTS.index(part)], len(X), 0, atol
        ):
            return
    expect.true(
        any(g.any() for g in got),
        "Every difference is exactly 0: does e reach the parameter? An integer array swallows it.",
        "slopes",
        "zeros",
    )
    hint = "Not the slope of the mean loss: is each parameter put back before the next, and is e = 1e-5?"
    if scales(got, want, len(X), 0, 1e-4):
        hint = (
            "Nearly right: take the difference to both sides, (F(p + e) - F(p - e)) / (2 * e), with e = 1e-5."
        )
    for i, (g, w) in enumerate(zip(got, want, strict=True)):
        expect.close(
            g,
            w,
            f"{part}[{i}]",
            atol=atol,
            causes=[
                expect.Cause(
                    "Divided by 2 and then multiplied by e: write (above - below) / (2 * e).", w * 1e-10
                ),
                expect.Cause("The difference is divided by e, but its ends are 2e apart.", 2 * w),
                expect.Cause("Half of the slope: is the difference one-sided, but divided by 2e?", w / 2),
            ],
            hint=hint,
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
    pair, same = submission.parts(2, "checker", toy.X, toy.y, toy.Ws, toy.bs, NAMES)
    want = (toy.given["grad_Ws"], toy.given["grad_bs"])
    got = settled_pair(pair, want, len(toy.X), "my_nn_finite_difference_checker(…)")
    expect.true(
        any(g.any() for part in got for g in part),
        "All gradients are 0: the checker computes nothing yet.",
        "gradients",
        "zeros",
    )
    expect.true(
        same is True,
        "Put each parameter back after its two evaluations, or work on a copy.",
        "unchanged",
        "changed",
    )
