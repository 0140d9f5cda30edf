"""Question 5.2, hidden: Iris, trained by the package's own loop with the configurations that the student tried.

The labels of the test rows never enter the sandbox, and accuracy is computed here, from the returned parameters.
"""

import numpy as np
import pytest

from harness import expect
from harness.errors import NotFilledIn, NotHandedIn
from harness.expect import Partly
from harness.report import pictures
from harness.run import derived_seed
from tests.convnet.seen_again import NETWORK, NETWORK_BACKWARD, NETWORK_FORWARD, PIECES

pytestmark = [pytest.mark.question("5.2"), pytest.mark.limits(time_s=60)]
SETTINGS = {
    "batch_size": 25,
    "epochs": 100,
    "optimizer": {"lr_scheduler": "constant", "momentum": 0.9, "clip_norm": 1.0},
}
FULL, NONE = 0.85, 0.60
AT_LEAST, AT_MOST = 3, 8  # configurations
N_TEST, N_VALIDATION = 30, 15
WIDEST = 1000


def rows(run):
    """All 150 rows in a fresh order that keeps the classes balanced between training and test."""
    folder = run.assignment.student / "datasets" / "iris"
    parts = [
        (np.load(folder / f"iris_{part}_data.npy"), np.load(folder / f"iris_{part}_labels.npy"))
        for part in ("train", "val", "test")
    ]
    X, Y = (np.concatenate([p[i] for p in parts]) for i in (0, 1))
    rng = run.rng("iris")
    by_class = [rng.permutation(np.flatnonzero(Y[:, c])) for c in range(3)]
    order = np.concatenate(
        [rng.permutation(np.concatenate(group)) for group in zip(*map(split, by_class), strict=True)]
    )
    return X[order], Y[order]


def split(indices):
    return np.split(indices, [N_TEST // 3, (N_TEST + N_VALIDATION) // 3])


def configurations(submission):
    """The pairs of learning rate and hidden width that answers.toml names."""
    try:
        told = submission.answers().get("5.2", {})
    except FileNotFoundError:
        raise NotHandedIn("answers.toml, which names the configurations, was not handed in") from None
    pairs = told.get("configurations", "") if isinstance(told, dict) else ""
    if pairs in ("", []):
        raise NotFilledIn('configurations in answers.toml, under ["5.2"], is still empty')
    rule = "configurations in answers.toml must be a list of pairs [learning rate, hidden units], as [[0.01, 25], [0.05, 10]]."
    expect.true(isinstance(pairs, list), rule, "a list of pairs", expect.short(pairs))
    for pair in pairs:
        fits = (
            isinstance(pair, list)
            and len(pair) == 2
            and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in pair)
            and 0 < pair[0] < 100
            and 1 <= pair[1] <= WIDEST
            and pair[1] == int(pair[1])
        )
        expect.true(fits, rule, "[0.01, 25], say", expect.short(pair))
    expect.true(
        len(pairs) <= AT_MOST,
        f"At most {AT_MOST} configurations are trained: name your best.",
        f"{AT_MOST}",
        f"{len(pairs)}",
    )
    return [(float(lr), int(width)) for lr, width in pairs]


@pytest.mark.points(1)
def test_three_configurations_were_tried(submission):
    """answers.toml names at least three different combinations of learning rate and hidden layer size."""
    pairs = set(configurations(submission))
    expect.true(
        len(pairs) >= AT_LEAST,
        "Try at least three different combinations, and name them all.",
        f"{AT_LEAST} different pairs",
        f"{len(pairs)}",
    )


def accuracy(reference, layers, X, Y):
    """Of a net of two layers, ReLU and softmax, computed with the reference."""
    expect.true(
        isinstance(layers, list) and len(layers) == 2,
        "The network has lost its layers.",
        "2 layers",
        expect.kind(layers),
    )
    relu = reference.load("neural_networks.activations").ReLU()
    W = [expect.array(expect.entry(p, "W", "parameters"), "W", finite=False) for p in layers]
    b = [expect.array(expect.entry(p, "b", "parameters"), "b", finite=False) for p in layers]
    width = b[0].size
    fits = W[0].shape == (4, width) and W[1].shape == (width, 3) and b[1].size == 3
    expect.true(
        fits,
        "The trained parameters have other shapes than the network.",
        "(4, n), (n, 3)",
        str([w.shape for w in W]),
    )
    if not all(np.isfinite(a).all() for a in (*W, *b)):
        return 0.0  # it has diverged, which is one of the things to find out
    scores = relu(X @ W[0] + b[0].reshape(1, -1)) @ W[1] + b[1].reshape(1, -1)
    return float(np.mean(scores.argmax(axis=1) == Y.argmax(axis=1)))


def draw(run, losses, reached):
    """The loss of each step, for each configuration."""
    title = "Iris: training loss of each configuration, with its test accuracy"
    series = {
        f"{name}: {reached[name]:.3f}": expect.array(values, "the losses", finite=False)
        for name, values in losses.items()
    }
    pictures.add_curves(run, "iris_loss.png", title, series, xlabel="step", ylabel="loss")


@pytest.mark.points(4, follows=(*PIECES, *NETWORK), provided=(NETWORK_FORWARD, NETWORK_BACKWARD))
def test_accuracy_on_iris(submission, reference, run):
    """The best of your configurations reaches 85% on 30 flowers that it has not seen."""
    X, Y = rows(run)
    test, validation, train = (
        slice(N_TEST),
        slice(N_TEST, N_TEST + N_VALIDATION),
        slice(N_TEST + N_VALIDATION, None),
    )
    reached, losses = {}, {}
    for number, (lr, width) in enumerate(configurations(submission)):
        name = f"step {lr:g}, {width} units"
        parameters, losses[name] = submission.parts(
            2,
            "train_iris",
            (X[train], Y[train]),
            (X[validation], Y[validation]),
            lr,
            width,
            SETTINGS,
            derived_seed(run.seed, f"iris {number}"),  # the run's own would give the test rows away
        )
        reached[name] = accuracy(reference, parameters, X[test], Y[test])
    draw(run, losses, reached)
    best = max(reached.values())
    run.leaderboard_add("accuracy on Iris", best, "desc")
    if best < FULL:
        raise Partly(
            max(0.0, (best - NONE) / (FULL - NONE)),
            "None of your configurations learns enough: try a step of 0.01 and 25 hidden units, and look at the loss.",
            f"a test accuracy of {FULL} (partial points from {NONE})",
            f"{best:.3f}",
        )
