"""The five trainings of section 5.6, with your own code: figures for answers.toml, and curves as pictures. Given.

    python experiments.py                     all five, a minute or two
    python experiments.py --only a c          two of them
    python experiments.py --epochs 3          a quick look; the figures to report need all 50
    python experiments.py --out my_curves     where the pictures go (default: the folder `experiments`)

The networks begin as `define_network` makes them: np.random.seed(10701), then the layers from the input on. They are put
together here, since two of the five things that vary (activation, number of layers) are no arguments of it.
"""

import argparse
import json
from pathlib import Path

import hw3_sol
import numpy as np

SEED = 10701
# Hidden layers, activation, learning rate, batch size.
TRAININGS = {
    "a": ((256,), "Sigmoid", 0.01, 50),
    "b": ((256,), "Sigmoid", 0.001, 50),
    "c": ((256,), "ReLU", 0.01, 50),
    "d": ((256,), "ReLU", 0.01, 200),
    "e": ((384, 256), "ReLU", 0.01, 50),
}
COMPARISONS = {
    "learning_rate": ("ab", "Learning rate"),
    "activation": ("ac", "Activation"),
    "batch_size": ("cd", "Batch size"),
    "depth": ("ce", "One hidden layer or two"),
}
EPOCHS = 50


def network(hidden, activation):
    """A network for the digits, with its initial parameters drawn as in `define_network`.

    Args:
        hidden: Widths of the hidden layers, the one next to the input first.
        activation: "Sigmoid" or "ReLU".
    """
    np.random.seed(SEED)
    widths = [784, *hidden, 10]
    layers = []
    for i in range(len(widths) - 1):
        if i > 0:
            layers.append(getattr(hw3_sol, activation)())
        layers.append(hw3_sol.Linear(hw3_sol.init_linear_params(widths[i], widths[i + 1])))
    return hw3_sol.MultiLayerPerceptron(layers)


def describe(letter):
    """What a training is, in a few words."""
    hidden, activation, rate, size = TRAININGS[letter]
    widths = "-".join(str(width) for width in hidden)
    return f"({letter}) {widths}, {activation}, rate {rate:g}, batch {size}"


def train(letter, dataset, epochs=EPOCHS):
    """One of the five trainings: what train_network returns."""
    hidden, activation, rate, size = TRAININGS[letter]
    return hw3_sol.train_network(network(hidden, activation), dataset, epochs, rate, size)


def draw(records, path, title):
    """Loss and accuracy of some trainings side by side, as a PNG. `records` maps letters to results."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(12, 4.5))
    for panel, quantity in zip(panels, ("loss", "accuracy")):
        for number, (letter, record) in enumerate(records.items()):
            for part, line in (("train", "-"), ("test", "--")):
                values = record[part + "_" + quantity]
                label = f"{describe(letter)}, {part}"
                panel.plot(range(1, len(values) + 1), values, line, color=f"C{number}", label=label)
        panel.set_xlabel("epoch")
        panel.set_ylabel(quantity)
        panel.grid(alpha=0.3)
    panels[1].legend(fontsize=8)
    figure.suptitle(title)
    figure.tight_layout()
    figure.savefig(str(path), dpi=100)
    plt.close(figure)


def main():
    """Train, print the figures, draw the curves."""
    parser = argparse.ArgumentParser(description="The five trainings of section 5.6.")
    parser.add_argument(
        "--only", nargs="+", choices=sorted(TRAININGS), default=sorted(TRAININGS), metavar="LETTER"
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "experiments")
    options = parser.parse_args()
    if options.epochs < 1:
        parser.error("--epochs must be at least 1")

    names = ("train_x", "train_y", "test_x", "test_y")
    dataset = dict(zip(names, hw3_sol.load_data()))
    options.out.mkdir(parents=True, exist_ok=True)
    records = {}
    for letter in sorted(set(options.only)):
        records[letter] = train(letter, dataset, options.epochs)
        draw({letter: records[letter]}, options.out / f"training_{letter}.png", describe(letter))
        print(f"# {describe(letter)}, {options.epochs} epochs")
        for part in ("train", "test"):
            print("{}_{} = {:.4f}".format(letter, part, records[letter][part + "_accuracy"][-1]), flush=True)
    for name, (letters, title) in COMPARISONS.items():
        if set(letters) <= set(records):
            draw({i: records[i] for i in letters}, options.out / f"compare_{name}.png", title)
    (options.out / "records.json").write_text(json.dumps(records), encoding="utf-8")
    if options.epochs != EPOCHS:
        print(f"Section 5.6 asks for {EPOCHS} epochs: leave --epochs out for the figures to report.")
    print(f"Curves and records are in {options.out}")


if __name__ == "__main__":
    main()
