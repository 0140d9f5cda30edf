"""Question 4, hidden: the training loop around a loss that is given, so that only the loop is judged."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.cifar_mlp.judging import BATCHES, NETWORK, STEPS, WEIGHT_GRADIENTS, close, stored
from tests.cifar_mlp.test_neural_net import TOY_RUN, cross_entropy

pytestmark = [pytest.mark.question("4"), pytest.mark.limits(time_s=20)]
N, BATCH, STEPS_TAKEN = 30, 10, 60


def loop(submission, rng, n=N, batch=BATCH, steps=STEPS_TAKEN, learning_rate=0.1, decay=1.0):
    """What train did: its answer, the parameters at the end, and (X, y, reg, params) of each step."""
    params = {"W1": rng.normal(size=(4, 2)), "b1": rng.normal(size=4), "W2": rng.normal(size=(3, 4))}
    params["b2"] = rng.normal(size=3)
    gradients = [{name: rng.normal(size=value.shape) for name, value in params.items()} for _ in range(5)]
    X = np.stack([np.arange(n) + 1.0, rng.normal(size=n)], axis=1)  # a row is known by its first entry
    y = rng.integers(3, size=n)
    settings = {
        "learning_rate": learning_rate,
        "learning_rate_decay": decay,
        "reg": 0.125,
        "num_iters": steps,
        "batch_size": batch,
        "verbose": False,
    }
    stats, end, seen = submission.parts(3, "nn_steps", params, X, y, gradients, settings)
    whole = (
        isinstance(seen, list) and len(seen) == steps and all(type(s) is tuple and len(s) == 4 for s in seen)
    )
    expect.true(
        whole,
        "train must ask self.loss once a step.",
        f"{steps} calls",
        f"{len(seen) if isinstance(seen, list) else 0}",
    )
    return params, gradients, X, y, stats, end, seen


@pytest.mark.points(1.5)
def test_batches_are_drawn_anew_each_time(submission, rng):
    """Each step takes batch_size random rows with their own labels, drawn anew, from all of the training set."""
    for n, batch in ((N, BATCH), (5, 12)):
        _, _, X, y, _, _, seen = loop(submission, rng, n, batch)
        drawn = []
        for rows, labels, _, _ in seen:
            rows = expect.array(rows, "the batch's X")
            labels = expect.array(labels, "the batch's y")
            fits = rows.shape == (batch, 2) and labels.shape == (batch,)
            expect.true(
                fits,
                "A batch must have batch_size rows of X and as many labels, also where there are fewer rows in all.",
                f"X of shape {(batch, 2)} and y of shape {(batch,)}",
                f"{rows.shape} and {labels.shape}",
            )
            indices = np.round(rows[:, 0]).astype(int) - 1
            known = ((indices >= 0) & (indices < n)).all() and np.array_equal(
                rows, X[np.clip(indices, 0, n - 1)]
            )
            expect.true(known, "The rows of a batch must be rows of X.", "rows of X", expect.short(rows))
            expect.true(
                np.array_equal(labels, y[indices]),
                "X and y are drawn with different indices: each row needs its own label.",
                expect.short(y[indices]),
                expect.short(labels),
            )
            drawn.append(indices)
        expect.true(
            any(not np.array_equal(drawn[0], other) for other in drawn[1:]),
            "Every step takes the same batch: draw the indices inside the loop.",
            "another batch each step",
            "the same rows",
        )
        expect.true(
            len(np.unique(np.concatenate(drawn))) == n,
            "Some rows are never drawn: draw from all of the training set.",
            f"{n} different rows in {STEPS_TAKEN} steps",
            f"{len(np.unique(np.concatenate(drawn)))}",
        )


@pytest.mark.points(2)
def test_every_parameter_takes_its_step(submission, rng):
    """Each step moves all four parameters against their gradients, by the rate that is current."""
    params, gradients, _, _, _, end, seen = loop(submission, rng, decay=0.5, steps=8, learning_rate=0.1)
    path = [expect.entry(dict(enumerate(seen)), i, "steps")[3] for i in range(8)] + [end]
    rates = 0.1 * 0.5 ** np.array(
        [0, 1, 1, 1, 2, 2, 2, 3]
    )  # 30 rows in batches of 10: decay after steps 0, 3, 6
    for name in params:
        values = [expect.array(expect.entry(p, name, "params"), name, shape=params[name].shape) for p in path]
        moved = values[1] - values[0]
        g = gradients[0][name]
        causes = [
            Cause(
                f"{name} never moves: update self.params[{name!r}] itself, not a local copy of it.",
                np.zeros_like(g),
            ),
            Cause(f"{name} goes up the gradient: subtract the step.", 0.1 * g),
            Cause("The learning rate is not used: the step is learning_rate * gradient.", -g),
            Cause("The rate is multiplied by its decay before it is used.", -0.05 * g),
            Cause(
                "The step is divided by the batch's size: the gradient is that of a mean already.",
                -0.1 * g / BATCH,
            ),
        ]
        close(moved, -0.1 * g, f"the first step of {name}", causes=causes)
        for i, rate in enumerate(rates[1:], start=1):
            g = gradients[i % 5][name]
            causes = [
                Cause("The decay of the learning rate is not used.", -0.1 * g),
                Cause(
                    "The rate is multiplied by its decay twice.",
                    -0.1 * 0.25 ** round(np.log2(0.1 / rate)) * g,
                ),
            ]
            close(values[i + 1] - values[i], -rate * g, f"step {i + 1} of {name}", causes=causes)


@pytest.mark.points(0.5, follows=(BATCHES, STEPS), provided=(BATCHES, STEPS))
def test_histories_have_their_lengths(submission, rng):
    """train returns a loss for each step, and accuracies after iteration 0 and then once an epoch."""
    for n, steps, entries in ((30, 8, 3), (25, 11, 3), (5, 4, 4)):  # 3 steps an epoch, 2.5, and less than 1
        _, _, _, _, stats, _, _ = loop(submission, rng, n, 10, steps)
        losses = expect.curve(stats, "loss_history", "what train returns")
        close(
            losses,
            10.0 - np.arange(steps),
            "loss_history",
            hint="loss_history keeps what self.loss gave, in order.",
        )
        for name in ("train_acc_history", "val_acc_history"):
            found = len(expect.curve(stats, name, "what train returns"))
            expect.true(
                found == entries,
                f"{name} needs an entry where the iteration is a multiple of N_train / batch_size, 0 included.",
                f"{entries} for {n} rows in batches of 10 and {steps} steps",
                f"{found}",
            )


@pytest.mark.points(1, follows=NETWORK, provided=(STEPS, WEIGHT_GRADIENTS))
def test_training_learns_five_rows(submission, reference, fixtures_folder, rng):
    """The toy network knows its five rows after training: the loss of its parameters, and its own predictions."""
    toy = stored(fixtures_folder, "toy.npz")
    X, y, seed = toy["X"], toy["y"], int(rng.integers(2**31))
    stats, params, predicted = submission.parts(3, "nn_toy_run", X, y, (4, 10, 3), 1e-1, seed, TOY_RUN)
    network = reference.load("nndl.neural_net").TwoLayerNet(4, 10, 3)
    for name, value in network.params.items():
        network.params[name] = expect.array(expect.entry(params, name, "params"), name).reshape(value.shape)
    reached = cross_entropy(network.loss(X), y)
    expect.true(
        reached < 0.02,
        "The network does not learn its five rows: check the gradients, and that train changes self.params.",
        "a loss below 0.02",
        expect.number(reached),
    )
    close(
        predicted,
        network.predict(X),
        "predict(X) after training",
        hint="predict must use the trained parameters.",
    )
    expect.curve(stats, "loss_history", "what train returns")
