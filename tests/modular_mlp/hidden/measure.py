"""The five trainings of section 5.6 by the reference on the shipped data: writes accuracies.json beside this file.

    python tests/modular_mlp/hidden/measure.py            writes it (two minutes)
    python tests/modular_mlp/hidden/measure.py --vary     only prints how the last accuracies move with the rounding

Training draws nothing after the initial parameters, so the figures repeat exactly on one machine. `--vary` says how
far they move elsewhere: with pixels k/255 that are not rounded, with float32 pixels, and with a softmax that is not
shifted. Another number of threads or another processor's matrix product: set OPENBLAS_NUM_THREADS, OPENBLAS_CORETYPE.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
REFERENCE = HERE.parents[2] / "reference" / "modular_mlp"
RECORD = HERE / "accuracies.json"
SERIES = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


def unshifted(loss):
    """CrossEntropyLoss.forward with plain exponentials."""

    def forward(self, score, label):
        powers = np.exp(score)
        self.y_hat = powers / powers.sum(axis=1, keepdims=True)
        self.y_true = np.eye(score.shape[1])[label]
        return -np.mean(np.log(self.y_hat[np.arange(len(label)), label]))

    return type("Unshifted", (loss,), {"forward": forward})


def varied(data):
    """The data as some honest submissions would have it, by a name."""
    train_x, train_y, test_x, test_y = data
    greys = [np.round(x * 255) / 255 for x in (train_x, test_x)]
    yield "k/255", (greys[0], train_y, greys[1], test_y)
    yield "float32", (train_x.astype(np.float32), train_y, test_x.astype(np.float32), test_y)
    yield "not shifted", data


def main():
    """Train, and write or print."""
    parser = argparse.ArgumentParser(description="The figures of section 5.6.")
    parser.add_argument("--vary", action="store_true", help="print how far the figures move; write nothing")
    options = parser.parse_args()
    sys.path.insert(0, str(REFERENCE))
    import experiments
    import hw3_sol

    data = hw3_sol.load_data()

    def trainings(arrays):
        dataset = dict(zip(("train_x", "train_y", "test_x", "test_y"), arrays))
        return {letter: experiments.train(letter, dataset) for letter in experiments.TRAININGS}

    def last(records):
        return {k: [round(r[s][-1], 4) for s in SERIES[2:]] for k, r in records.items()}

    if options.vary:
        print("as shipped", last(trainings(data)), flush=True)
        for name, arrays in varied(data):
            if name == "not shifted":
                hw3_sol.CrossEntropyLoss = unshifted(hw3_sol.CrossEntropyLoss)
            print(name, last(trainings(arrays)), flush=True)
        return
    records = trainings(data)
    content = {
        "made by": "tests/modular_mlp/hidden/measure.py: reference/modular_mlp on its training_data_student, 50 epochs",
        "numpy": np.__version__,
        "trainings": {letter: {s: record[s] for s in SERIES} for letter, record in records.items()},
    }
    RECORD.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(last(records))


if __name__ == "__main__":
    main()
