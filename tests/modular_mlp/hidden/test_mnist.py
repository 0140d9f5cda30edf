"""Question 5.4, hidden: train_network with your own pieces on the shipped digits, every returned number compared.

MNIST is public. So the seed draws the initial parameters, a permutation of the pixels and one of the classes: a dense
network does not mind. The rows stay sorted, as in the files.
"""

import gzip

import numpy as np
import pytest

from harness.report import pictures
from tests.modular_mlp.judging import BATCHES, GIVEN_SERIES, PIECES, accuracy, average_loss, labels, series

pytestmark = [pytest.mark.question("5.4-train"), pytest.mark.limits(time_s=60, memory_mib=3072)]
HIDDEN, CLASSES, PIXELS = 24, 10, 784
SETTINGS = {"num_epoch": 6, "learning_rate": 0.1, "batch_size": 70}  # 70 divides neither 3000 nor 1000
SCALE = 10_000  # the files give pixels with four decimals
MARGIN = 2  # rows whose two largest scores may agree to rounding


class Data:
    """The digits as whole numbers for the sandbox, and initial parameters."""

    def __init__(self, folder, rng):
        self.pixels, self.classes = rng.permutation(PIXELS), rng.permutation(CLASSES)
        self.parts, self.digits = {}, {}
        for part in ("train", "test"):
            with gzip.open(folder / f"{part}.csv.gz", "rt") as file:
                table = np.loadtxt(file, delimiter=",")
            images = np.rint(table[:, :-1] * SCALE).astype(np.uint16)
            self.digits[part] = images, table[:, -1].astype(int)
            self.parts[f"{part}_x"] = images[:, self.pixels]
            self.parts[f"{part}_y"] = self.classes[self.digits[part][1]]
        a, b = 1 / np.sqrt(HIDDEN), 1 / np.sqrt(CLASSES)
        self.parameters = [
            (rng.uniform(-a, a, (PIXELS, HIDDEN)), rng.uniform(-a, a, (1, HIDDEN))),
            (rng.uniform(-b, b, (HIDDEN, CLASSES)), rng.uniform(-b, b, (1, CLASSES))),
        ]

    def scaled(self):
        return {name: a / SCALE if name.endswith("_x") else a for name, a in self.parts.items()}


def right(reference, data):
    """The reference's result, and the losses over all rows in place of the batches."""
    model = network(reference, data)
    dataset = data.scaled()
    rows = {"train_loss": [], "test_loss": []}
    single = {**SETTINGS, "num_epoch": 1}
    results = []
    for _ in range(SETTINGS["num_epoch"]):
        results.append(reference.hw3_sol.train_network(model, dataset, **single))
        for part in ("train", "test"):
            score = model.forward(dataset[f"{part}_x"])
            rows[f"{part}_loss"].append(reference.hw3_lib.CrossEntropyLoss()(score, dataset[f"{part}_y"]))
    whole = {
        name: np.array([r[name][0] for r in results])
        for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    }
    return {**whole, **{name: np.array(results[-1][name]) for name in ("yhat_train", "yhat_test")}}, rows


def network(reference, data):
    lib = reference.hw3_lib
    first, second = (lib.Linear(pair) for pair in data.parameters)
    return reference.hw3_sol.MultiLayerPerceptron([first, lib.Sigmoid(), second])


@pytest.mark.points(2, follows=(*PIECES, BATCHES, *GIVEN_SERIES), provided=(BATCHES, *GIVEN_SERIES))
def test_training_on_digits(submission, reference, run):
    """Six epochs on the 3,000 digits give the right losses, accuracies and labels, to six decimals."""
    data = Data(run.assignment.student / "training_data_student", run.rng("digits"))
    result, _ = submission.parts(2, "train_own", data.parts, data.parameters, "Sigmoid", SETTINGS, SCALE)
    draw(run, data, result)
    want, of_rows = right(reference, data)
    for part, n in (("train", 3000), ("test", 1000)):
        name = f"{part}_loss"
        readings = {
            "the mean of the batches' losses": want[name],
            "the mean over all rows": np.array(of_rows[name]),
        }
        average_loss(run, series(result, name, SETTINGS["num_epoch"]), readings, name)
        name = f"{part}_accuracy"
        got = series(result, name, SETTINGS["num_epoch"])
        nearly = np.where(abs(got - want[name]) <= (MARGIN + 0.5) / n, got, want[name])
        accuracy(got, nearly, n, name)
        labels(series(result, f"yhat_{part}", n), want[f"yhat_{part}"], f"yhat_{part}", MARGIN)


def draw(run, data, result):
    """Curves of what the submission says, and a sheet of the test digits that it took for another."""
    for quantity in ("loss", "accuracy"):
        title = f"Digits: {quantity} after each epoch"
        curves = {
            part: series(result, f"{part}_{quantity}", SETTINGS["num_epoch"]) for part in ("train", "test")
        }
        pictures.add_curves(run, f"digits_{quantity}.png", title, curves, xlabel="epoch", ylabel=quantity)
    images, digits = data.digits["test"]
    told = series(result, "yhat_test", len(digits))
    digit_of = {int(c): d for d, c in enumerate(data.classes)}
    taken = np.array([digit_of.get(int(c), -1) if float(c).is_integer() else -1 for c in told])
    wrong = np.flatnonzero(taken != digits)
    shown = wrong[:: max(1, -(-len(wrong) // 100))]  # of all digits, not only of the first
    title = f"Misclassified digits: {len(wrong)} of {len(digits)}, {len(shown)} of them shown"
    captions = [f"{digits[i]}, taken for {taken[i]}" for i in shown]
    pictures.add_sheet(run, "digits_mistakes.png", title, images[shown].reshape(-1, 28, 28), captions)
