"""Question 1.3(f), optional: memorise 100 random inputs. No points, but a place on the leaderboard."""

import numpy as np
import pytest

from harness import expect
from tests.binary_mlp.judging import refuse_to_wait

pytestmark = [pytest.mark.question("1.3f"), pytest.mark.limits(time_s=120, memory_mib=2048)]


@pytest.mark.points(0)
def test_random_labels_are_memorised(submission, reference, run, rng):
    """fit_random_labels reaches 100% on 100 random inputs of the grader's."""
    refuse_to_wait(run)
    X, y = rng.random((100, 784)), rng.integers(0, 2, size=100)
    iterations, weights, biases = submission.parts(3, "memorise", X, y, seed=1)
    weights = [
        expect.array(w, f"weight_matrices[{i}]")
        for i, w in enumerate(weights if isinstance(weights, list) else [])
    ]
    biases = [
        expect.array(b, f"biases[{i}]").reshape(1, -1)
        for i, b in enumerate(biases if isinstance(biases, list) else [])
    ]
    hw2 = reference.hw2
    fits = (
        len(weights) == len(biases) > 0
        and all(w.ndim == 2 for w in weights)
        and [784, *[b.size for b in biases[:-1]]] == [w.shape[0] for w in weights]
        and [b.size for b in biases] == [w.shape[1] for w in weights]
        and biases[-1].size == 1
    )
    expect.true(
        fits, "The returned weight matrices and biases do not make a net from 784 inputs to 1 output."
    )
    g = hw2.forward_pass(
        X, weights, biases, [hw2.relu_activation] * (len(weights) - 1) + [hw2.sigmoid_activation]
    )[0]
    accuracy = float(np.mean((g.ravel() > 0.5) == (y == 1)))
    expect.true(
        accuracy == 1.0,
        "Not every label is memorised: a wider net, larger first weights or more iterations help.",
        "1.0",
        f"{accuracy:.2f}",
    )
    expect.true(
        type(iterations) is int and 0 < iterations < 10**9,
        "history['train_acc'] needs one entry an iteration.",
        "at least 1",
        expect.short(iterations),
    )
    run.leaderboard_add(
        "iterations to memorise 100 random inputs (as the submission tells)", iterations, "asc"
    )
