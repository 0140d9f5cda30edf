"""Question 5.4, hidden: train_network around a given model, loss and optimiser, and define_network.

Each series is judged by the parameters that the submission's own training had at the end of each epoch: what batches it
took is charged once, in a test of its own.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from harness import expect
from harness.errors import AnswerRefused
from harness.expect import Cause, Mismatch
from tests.modular_mlp import probes
from tests.modular_mlp.judging import (
    EARLY,
    LINEAR,
    ON_THE_FLY,
    TEST_LOSS,
    TOTAL,
    TRAIN_ACCURACY,
    TRAIN_LABELS,
    TRAIN_LOSS,
    accuracy,
    average_loss,
    labels,
    series,
    taken_early,
)

pytestmark = pytest.mark.question("5.4-train")
N, M, D, K = 38, 17, 4, 3
EPOCHS, SIZE, RATE = 4, 6, 0.15
OF_BATCHES, OF_ROWS = "the mean of the batches' losses", "the mean over all rows"


@dataclass
class Trained:
    """A submission's training with the given pieces.

    Attributes:
        result: The series by name.
        rows, labels: Of each step, as lists.
        before, after: The parameters before the first step and after each.
    """

    data: dict
    result: dict
    rows: list
    labels: list
    before: np.ndarray
    after: list

    def epochs(self):
        """The parameters before the last step of each epoch and at its end, or a failure."""
        steps, odd = divmod(len(self.after), EPOCHS)
        expect.true(
            steps > 0 and not odd,
            "The training does not take the same number of steps in each epoch: leave the given loop as it is.",
            f"{EPOCHS * -(-N // SIZE)} steps",
            f"{len(self.after)}",
        )
        path = [self.before, *self.after]
        return [(path[(e + 1) * steps - 1], path[(e + 1) * steps]) for e in range(EPOCHS)]

    def scores(self, mix, part):
        return probes.GivenModel(mix).forward(self.data[f"{part}_x"])

    def loss(self, mix, part, rows=slice(None)):
        return probes.GivenLoss().forward(self.scores(mix, part)[rows], self.data[f"{part}_y"][rows])

    def batch_losses(self, mix, part):
        return [self.loss(mix, part, slice(i, i + SIZE)) for i in range(0, len(self.data[f"{part}_y"]), SIZE)]

    def readings(self, part, at_end=True):
        """Both readings of the average loss, after each epoch or before its last step."""
        found = [pair[at_end] for pair in self.epochs()]
        return {
            OF_BATCHES: np.array([np.mean(self.batch_losses(mix, part)) for mix in found]),
            OF_ROWS: np.array([self.loss(mix, part) for mix in found]),
        }

    def on_the_fly(self):
        """The average of the losses that the batches of each epoch had when they were taken."""
        path = [self.before, *self.after]
        losses = [
            self.loss(mix, "train", rows) if -1 not in rows else np.nan
            for mix, rows in zip(path, self.rows, strict=False)
        ]
        return np.mean(np.reshape(losses, (EPOCHS, -1)), axis=1)

    def early(self):
        """Whether the figures are those before the last update of each epoch; the test of train_loss charges that."""
        right, before = (list(self.readings("train", at_end).values()) for at_end in (True, False))
        return taken_early(self.result, right, before)

    def predicted(self, part, at_end=True):
        return [self.scores(pair[at_end], part).argmax(axis=1) for pair in self.epochs()]

    def shares(self, part, at_end=True):
        y = self.data[f"{part}_y"]
        return np.array([np.mean(p == y) for p in self.predicted(part, at_end)])


def dataset(rng):
    """Clouds of points, sorted by label, in files of lengths that the batch size does not divide."""
    centres, parts = rng.normal(size=(K, D)), {}
    for part, n in (("train", N), ("test", M)):
        y = np.sort(np.arange(n) % K)
        parts[f"{part}_x"], parts[f"{part}_y"] = centres[y] + 0.6 * rng.normal(size=(n, D)), y
    return parts


def inputs(run):
    """The dataset and initial parameters of this run, for which the six series tell the known mistakes apart."""
    rng = run.rng("training with given pieces")
    return dataset(rng), rng.normal(size=(D, K)) * 0.5


def trained(submission, run):
    """Train once for all tests of this file."""

    def compute():
        data, mix = inputs(run)
        result, rows, y, after, same = submission.parts(5, "train_given", data, mix, EPOCHS, RATE, SIZE)
        expect.true(
            same is True, "train_network changes the dataset: work on copies.", "unchanged", "changed"
        )
        expect.true(
            isinstance(after, list) and len(after) > 0, "train_network takes no step.", "steps", "none"
        )
        after = [expect.array(a, "the parameters", shape=(D, K)) for a in after]
        for told, below in ((rows, N), (y, K)):
            whole = isinstance(told, list) and all(
                isinstance(step, list) and all(type(i) is int and -1 <= i < below for i in step)
                for step in told
            )
            if not whole:
                raise AnswerRefused("a probe did not answer with rows and labels: has it been replaced?")
        return Trained(data, result, rows, y, mix, after)

    return run.once("training with given pieces", compute)


@pytest.mark.points(2.5)
def test_batches_are_consecutive_rows(submission, run):
    """Batches are consecutive rows in the order of the data, the last one short, in every epoch; one step each."""
    t = trained(submission, run)
    want = [list(range(i, min(i + SIZE, N))) for i in range(0, N, SIZE)] * EPOCHS
    flat = [i for rows in t.rows for i in rows]
    own_labels = [int(t.data["train_y"][i]) for i in flat]
    expect.true(
        len(own_labels) == len(flat) and -1 not in flat,
        "The network is trained on rows that are not those of the training data.",
        "rows of train_x",
        "others",
    )
    expect.true(
        [y for batch in t.labels for y in batch] == own_labels,
        "Rows and labels went apart.",
        "each row with its own label",
        "labels of other rows",
    )
    if t.rows == want:
        return
    per_epoch = [flat[i : i + N] for i in range(0, len(flat), N)]
    if len(flat) == N * EPOCHS and all(sorted(rows) == list(range(N)) for rows in per_epoch):
        raise Mismatch(
            "The rows are shuffled, or taken in another order: take them as they come.",
            f"rows {expect.short(want[0])} first",
            f"rows {expect.short(t.rows[0])}",
        )
    raise Mismatch(
        "Not all rows are used once in each epoch, or the batches have another size: the last one may be short.",
        f"{len(want)} batches, {N * EPOCHS} rows",
        f"{len(t.rows)} batches, {len(flat)} rows",
    )


def check_loss(submission, run, part):
    t = trained(submission, run)
    name = f"{part}_loss"
    readings, early = t.readings(part), t.readings(part, False)
    got = series(t.result, name, EPOCHS)
    if part == "test" and t.early() and any(expect.agree(got, values, 0, 1e-8) for values in early.values()):
        return
    n_batches = -(-len(t.data[f"{part}_y"]) // SIZE)
    other = "test" if part == "train" else "train"
    causes = [
        *(Cause(EARLY, values) for values in early.values()),
        Cause(TOTAL, readings[OF_BATCHES] * n_batches),
        *(Cause(f"This is the loss of the {other} data.", values) for values in t.readings(other).values()),
        Cause(
            "This is the loss of the last batch only.",
            [t.batch_losses(mix, part)[-1] for _, mix in t.epochs()],
        ),
        Cause(
            "The loss of the first batch is there, those of the others are not.",
            [t.batch_losses(mix, part)[0] for _, mix in t.epochs()],
        ),
    ]
    if part == "train":
        causes.insert(0, Cause(ON_THE_FLY, t.on_the_fly()))
    else:
        of_training = (
            "The sum over the test batches is divided by the number of training batches, or of other slices."
        )
        causes.append(Cause(of_training, readings[OF_BATCHES] * n_batches / -(-N // SIZE)))
    average_loss(run, got, readings, name, causes, atol=1e-8)


@pytest.mark.points(2)
def test_train_loss_of_each_epoch(submission, run):
    """train_loss holds, for each epoch, the average loss over the training batches with the final parameters."""
    check_loss(submission, run, "train")


@pytest.mark.points(2, follows=(TRAIN_LOSS,), provided=(TRAIN_LABELS, TRAIN_ACCURACY))
def test_test_loss_of_each_epoch(submission, run):
    """test_loss holds, for each epoch, the average loss over the test batches with the final parameters."""
    check_loss(submission, run, "test")


def check_accuracy(submission, run, part):
    t = trained(submission, run)
    n, other = (N, "test") if part == "train" else (M, "train")
    causes = [
        Cause(EARLY, t.shares(part, False)),
        Cause(f"This is the accuracy on the {other} data.", t.shares(other)),
        Cause("This is the share of wrong rows: count the right ones.", 1 - t.shares(part)),
    ]
    name = f"{part}_accuracy"
    got = series(t.result, name, EPOCHS)
    if not (t.early() and expect.agree(got, t.shares(part, False), 0, 0.5 / n)):
        accuracy(got, t.shares(part), n, name, causes)


@pytest.mark.points(1.25)
def test_train_accuracy_of_each_epoch(submission, run):
    """train_accuracy holds, for each epoch, the share of right training rows."""
    check_accuracy(submission, run, "train")


@pytest.mark.points(1.25, follows=(TRAIN_ACCURACY,), provided=(TRAIN_LABELS, TRAIN_LOSS))
def test_test_accuracy_of_each_epoch(submission, run):
    """test_accuracy holds, for each epoch, the share of right test rows."""
    check_accuracy(submission, run, "test")


def check_labels(submission, run, part):
    t = trained(submission, run)
    n = N if part == "train" else M
    got = series(t.result, f"yhat_{part}", n)
    if not (t.early() and (got == t.predicted(part, False)[-1]).all()):
        labels(got, t.predicted(part)[-1], f"yhat_{part}")


@pytest.mark.points(1)
def test_predicted_training_labels(submission, run):
    """yhat_train holds the predicted label of every training row, after the last epoch."""
    check_labels(submission, run, "train")


@pytest.mark.points(1, follows=(TRAIN_LABELS,), provided=(TRAIN_LOSS, TEST_LOSS))
def test_predicted_test_labels(submission, run):
    """yhat_test holds the predicted label of every test row, after the last epoch."""
    check_labels(submission, run, "test")


@pytest.mark.points(1)
def test_the_result_is_plain(submission, run):
    """The six lists hold Python's own floats and ints, so that json.dumps accepts them."""
    kinds, why = submission.parts(2, "survives_json", *inputs(run), 2, RATE, SIZE)
    for name in probes.SERIES:
        own, entries = expect.entry(kinds, name, "the result")
        hint = (
            f"{name} must be a plain list: .tolist() makes one of an array, float() a number of a NumPy one."
        )
        wanted = "int" if name.startswith("yhat") else "float"
        # A loss or share that is exactly 0 or 1 may come as an int.
        fits = own == "list" and set(entries) <= ({"int"} if wanted == "int" else {"float", "int"})
        expect.true(
            fits, hint, f"a list of {wanted}s", f"a {own} of {', '.join(map(str, entries)) or 'nothing'}"
        )
    expect.true(why is None, "json.dumps refuses the result.", "plain values", expect.short(why))


def drawn(seed, *sizes):
    """Parameters as calls of init_linear_params draw them after np.random.seed."""
    generator, out = np.random.RandomState(seed), []
    for size_in, size_out in sizes:
        bound = 1 / np.sqrt(size_out)
        out.append(tuple(generator.uniform(-bound, bound, s) for s in ((size_in, size_out), (1, size_out))))
    return out


@pytest.mark.points(1, follows=("test_linear_keeps_copies",), provided=(LINEAR[0],))
def test_define_network(submission):
    """define_network seeds, then makes Linear, an activation and Linear, the first layer first."""
    for args, kwargs, seed, sizes in (
        ((6,), {"size_input": 5, "size_output": 3}, 10701, ((5, 6), (6, 3))),
        ((4, 7, 2, 12), {}, 12, ((7, 4), (4, 2))),
    ):
        kinds, parameters, model = submission.parts(3, "defined", *args, **kwargs)
        expect.true(
            model == "MultiLayerPerceptron",
            "define_network must return a MultiLayerPerceptron.",
            "MultiLayerPerceptron",
            expect.short(model),
        )
        expect.true(
            kinds in (["Linear", "Sigmoid", "Linear"], ["Linear", "ReLU", "Linear"]),
            "The layers must be Linear, Sigmoid or ReLU, Linear.",
            "Linear, Sigmoid, Linear",
            expect.short(kinds),
        )
        want = drawn(seed, *sizes)
        late = drawn(seed, *sizes[::-1])[::-1]
        hint = "Nothing may be drawn between np.random.seed(seed) and the parameters, which come from init_linear_params."
        for i, (pair, right, other) in enumerate(zip(parameters, want, late, strict=True)):
            for part, name in ((0, "weights"), (1, "biases")):
                causes = [
                    Cause(
                        "The second layer is made first: begin with the one next to the input.", other[part]
                    )
                ]
                expect.close(
                    pair[part],
                    right[part],
                    f"{name} of layer {i}",
                    atol=1e-12,
                    causes=causes,
                    hint=hint,
                    shape=False,
                )
