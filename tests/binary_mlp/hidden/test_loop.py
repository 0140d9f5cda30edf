"""Question 1.2(e), hidden: the submission's loop around right pieces, so that only the loop is judged."""

import itertools

import numpy as np
import pytest

from harness import expect
from harness.isolation.proxy import Callback
from tests.binary_mlp.clouds import DIMS, SETTINGS, clouds
from tests.binary_mlp.judging import convention_of

pytestmark = [pytest.mark.question("1.2e"), pytest.mark.limits(time_s=30)]
GIVEN = (
    "sigmoid_activation",
    "relu_activation",
    "logistic_loss",
    "layer_forward",
    "create_weight_matrices",
    "create_bias_vectors",
    "forward_pass",
    "backward_pass",
)


def bounded(function):
    """The function, for arguments of this test's size only: it runs on this side, without the sandbox's limits."""

    def small(value):
        if isinstance(value, (list, tuple)):
            return len(value) <= 50 and all(small(v) for v in value)
        if isinstance(value, np.ndarray):
            return value.ndim <= 2 and max(value.shape, default=0) <= 2000
        return not isinstance(value, int) or abs(value) <= 2000

    def call(*args, **kwargs):
        if not small([*args, *kwargs.values()]):
            raise ValueError("far too large for this test")
        return function(*args, **kwargs)

    return call


class Watched:
    """The reference's functions, handed to the submission's loop, and what the loop asked of them.

    Gradients come in the convention of the submission's own backward_pass, since its loop is made for that.
    """

    def __init__(self, hw2, X_train, convention):
        self.hw2, self.order, self.convention = hw2, [], convention
        self.row_of = {row.tobytes(): i for i, row in enumerate(X_train)}
        self.labels = []
        self.pending = None

    def functions(self):
        own = {name: getattr(self, name) for name in ("forward_pass", "logistic_loss", "backward_pass")}
        return {name: Callback(bounded(own.get(name, getattr(self.hw2, name)))) for name in GIVEN}

    def forward_pass(self, X, weights, biases, _activations):
        self.pending = [self.row_of.get(np.ascontiguousarray(row).tobytes()) for row in X]
        activations = [self.hw2.relu_activation] * (len(weights) - 1) + [self.hw2.sigmoid_activation]
        return self.hw2.forward_pass(X, weights, biases, activations)

    def backward_pass(self, dL_dg, caches):
        n = np.size(dL_dg)
        if self.convention.stacks:
            single = [
                self.hw2.backward_pass(
                    np.ravel(dL_dg)[[i]], [(x[[i]], W, grad[[i]]) for x, W, grad in caches]
                )
                for i in range(n)
            ]
            return tuple(
                [np.stack(layer) for layer in zip(*part, strict=True)] for part in zip(*single, strict=True)
            )
        grad_Ws, grad_bs = self.hw2.backward_pass(dL_dg, caches)
        scale = n if self.convention.sums else 1
        return [scale * g for g in grad_Ws], [scale * g for g in grad_bs]

    def logistic_loss(self, g, y):
        if (
            self.pending
            and None not in self.pending
            and len(self.pending) == np.size(y) <= SETTINGS["batch_size"]
        ):
            self.order.append(self.pending)
            self.labels.append(np.ravel(y).tolist())
        return self.hw2.logistic_loss(g, y)


def trained(submission, reference, run):
    data = clouds(run.rng("clouds"))

    def compute():
        convention = convention_of(submission, run)
        watched = Watched(reference.hw2, data[0], convention)
        settings = {**SETTINGS, "lr": convention.lr(SETTINGS["lr"], SETTINGS["batch_size"])}
        return submission.parts(3, "train_with", *data, watched.functions(), **settings), watched

    (weights, biases, history), watched = run.once("loop", compute)
    return data, weights, biases, history, watched


@pytest.mark.points(1)
def test_loop_learns_with_right_pieces(submission, reference, run):
    """train learns to tell two clouds apart when every function that it calls is right."""
    data, weights, biases, history, _ = trained(submission, reference, run)
    shapes = list(itertools.pairwise(DIMS))
    weights = expect.arrays(weights, shapes, "weight_matrices")
    biases = [expect.array(b, "biases").reshape(1, -1) for b in (biases if isinstance(biases, list) else [])]
    hw2 = reference.hw2
    expect.true(
        [b.shape[1] for b in biases] == list(DIMS[1:]),
        "The biases have the wrong shapes.",
        f"{DIMS[1:]} entries",
        expect.short([b.size for b in biases]),
    )
    g = hw2.forward_pass(data[2], weights, biases, [hw2.relu_activation, hw2.sigmoid_activation])[0].ravel()
    accuracy = float(np.mean((g > 0.5) == (data[3] == 1)))
    losses = expect.curve(history, "train_loss", "history")
    expect.true(
        accuracy >= 0.95,
        "The loop does not learn: is the update subtracted, applied to the parameters themselves (not to a copy), and "
        "are X and y shuffled together?",
        "a test accuracy of 0.95 or more",
        f"{accuracy:.3f}",
    )
    expect.true(
        len(losses) > 1 and losses[-1] < losses[0] / 2,
        "The loss of the last batch should be below half of the first's.",
        "a falling loss",
        expect.short(losses),
    )


@pytest.mark.points(1)
def test_batches_are_drawn_anew_and_keep_their_labels(submission, reference, run):
    """train shuffles rows and labels together, in every epoch, and takes as many batches as there are."""
    data, *_, watched = trained(submission, reference, run)
    if (
        not watched.order
    ):  # the loop computes with functions of its own: that it learns is all that can be told
        return test_loop_learns_with_right_pieces(submission, reference, run)
    y = data[1]
    for rows, labels in zip(watched.order, watched.labels, strict=True):
        expect.true(
            np.array_equal(y[rows], labels),
            "Rows and labels went apart: shuffle X and y with one and the same permutation.",
            "each row with its own label",
            "labels of other rows",
        )
    n, flat = len(y), [i for batch in watched.order for i in batch]
    used, steps = len(set(flat)), SETTINGS["epochs"] * n // SETTINGS["batch_size"]
    lost = "Some training rows are never used: check where batches begin and end."
    expect.true(used >= 0.9 * n, lost, f"{n} rows", f"{used} rows")
    hint = "A batch is lost or used twice in every epoch: check where the first begins and the last one ends."
    expect.true(len(flat) == n * SETTINGS["epochs"], hint, f"{steps} batches", f"{len(watched.order)}")
    first, second = flat[:n], flat[n : 2 * n]
    expect.true(
        len(second) < n // 2 or first[: len(second)] != second,
        "Every epoch uses the same order: shuffle inside the loop over epochs.",
        "a new order",
        "the order of the first epoch",
    )
