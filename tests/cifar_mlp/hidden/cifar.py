"""Real CIFAR-10 images for the training runs, and what a network that comes back is worth on images it never saw.

The submission trains on the subset that students get (6,000 training and 1,000 validation images), and is judged on
1,500 test images of which neither pixels nor labels enter the sandbox. CIFAR-10 is public, so the seed draws a
permutation of the pixels and one of the classes: a dense network does not mind, and a stored table of labels is no use.
"""

import numpy as np

from harness import expect
from harness.answer_forms import load_forms
from harness.answers import notes_on
from harness.data import load_arrays
from harness.errors import NotFilledIn, NotHandedIn
from harness.expect import Mismatch

SUBSET, HOLDOUT = "cifar10_subset.npz", "staff_cifar10_holdout.npz"
CLASSES, PIXELS = 10, 32 * 32 * 3
# The two ends of the ramp, as accuracies on the 1,500 images. With all of CIFAR-10 the handout has 0.28 and 0.50: what
# the notebook's first settings reach, and what well-chosen ones do. The same on the 6,000 images, from several seeds:
#   first run (rate 1e-4, decay 0.95, reg 0.25, 1000 steps)         0.199 to 0.221   (0.278 to 0.281 with all images)
#   a good choice (rate 1e-3, decay 0.95, reg 0.25, 1000 steps)     0.437 to 0.443   (0.506 to 0.537, 5000 steps)
#   the reference's (rate 2e-3, decay 0.96, reg 3, 1500 steps)      0.441 to 0.449
#   the reference's Solver run (200 units, 20 epochs)               0.437 to 0.443
# A seed moves a run by about 0.003 (one standard deviation). The whole table: fixtures/cifar_mlp/CIFAR10.md.
LOW, HIGH = 0.22, 0.42
USED = "6,000 training images of CIFAR-10 (the subset that comes with the assignment), judged on 1,500 others"


class Images:
    """What a submission trains on, and what stays here.

    Args:
        fixtures_folder: Where the two files are.
        decoded: The reference's `utils.subset.decoded`.
        rng: Draws the permutations.

    Attributes:
        X, y: uint8 (7000, 3072) and int (7000,): training images in a fresh order, then validation images.
        n_validation: How many of those rows validate.
        holdout, holdout_labels: float64 (1500, 3072), the training images' mean subtracted, and int (1500,).
    """

    def __init__(self, fixtures_folder, decoded, rng):
        files = load_arrays(fixtures_folder / SUBSET) | load_arrays(fixtures_folder / HOLDOUT)
        (train, y_train), (validation, y_validation), (judged, y_judged) = (
            (decoded(files[f"{part}_deltas"]), files[f"{part}_labels"])
            for part in ("train", "val", "holdout")
        )
        self.pixels, self.classes = rng.permutation(PIXELS), rng.permutation(CLASSES)
        order = rng.permutation(len(train))
        self.n_train, self.n_validation = len(train), len(validation)
        self.X = self.scrambled(np.concatenate([train[order], validation]))
        self.y = self.classes[np.concatenate([y_train[order], y_validation])]
        mean = self.X[: self.n_train].mean(axis=0)
        self.holdout, self.holdout_labels = self.scrambled(judged) - mean, self.classes[y_judged]

    def scrambled(self, images):
        return images.reshape(len(images), -1)[:, self.pixels]

    def as_images(self, rows):
        """Weights of hidden units, (n, 3072), as pictures, (n, 32, 32, 3): the permutation taken back."""
        out = np.empty_like(rows)
        out[:, self.pixels] = rows
        return out.reshape(-1, 32, 32, 3)


def parameters(params, shapes):
    """The trained parameters, float64, of these shapes; biases may come as rows or columns.

    Raises:
        Mismatch: If one is missing, of another shape, or not finite.
    """
    if params == {}:
        raise Mismatch(
            "The network comes back without parameters: do not rebuild the model after training.",
            ", ".join(shapes),
            "nothing",
        )
    found = {}
    for name, shape in shapes.items():
        a = expect.array(expect.entry(params, name, "params"), f"params[{name!r}] after training")
        fits = a.shape == shape or (len(shape) == 1 and a.size == shape[0])
        expect.true(
            fits, f"params[{name!r}] has changed its shape in training.", f"shape {shape}", f"shape {a.shape}"
        )
        found[name] = a.reshape(shape)
    return found


def scores(layers, X):
    """Scores of a net whose layers are pairs of W (in, out) and b, with ReLU in between."""
    h = X
    for i, (W, b) in enumerate(layers):
        h = h @ W + b
        h = np.maximum(h, 0) if i < len(layers) - 1 else h
    return h


def one_piece_layers(p):
    return [(p["W1"].T, p["b1"]), (p["W2"].T, p["b2"])]


def modular_layers(p):
    return [(p[f"W{i}"], p[f"b{i}"]) for i in range(1, len(p) // 2 + 1)]


def accuracy(layers, X, y):
    with np.errstate(all="ignore"):
        return float(np.mean(scores(layers, X).argmax(axis=1) == y))


class Settings:
    """Numbers that a student chose, from a table of answers.toml. Unknown keys there are noted once.

    Args:
        submission: The submission.
        run: The run.
        table: The question's id.
    """

    def __init__(self, submission, run, table):
        try:
            answers = submission.answers()
        except FileNotFoundError:
            raise NotHandedIn("answers.toml, which names the settings, was not handed in") from None
        forms = load_forms(run.assignment.tests / "answers.toml")
        run.once("notes on written answers", lambda: run.notes.extend(notes_on(answers, forms)))
        found = answers.get(table, {})
        self.table, self.values = table, found if isinstance(found, dict) else {}

    def number(self, name, low, high, *, whole=False, zero=False):
        """One of them, in (low, high]; a whole number, and with `zero` any, may also be `low` itself.

        Raises:
            NotWritten: If it is missing or still empty.
            Mismatch: If it is no number, or out of bounds.
        """
        value = self.values.get(name, "")
        if value in ("", []):
            raise NotFilledIn(f'{name} below ["{self.table}"] in answers.toml is empty')
        kind = "a whole number" if whole else "a number"
        closed = whole or zero
        bounds = f"{kind} from {low} to {high}" if closed else f"{kind} above {low:g}, at most {high:g}"
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        fits = (
            fits
            and (low < value <= high or (closed and value == low))
            and not (whole and value != int(value))
        )
        expect.true(
            fits,
            f'{name} below ["{self.table}"] in answers.toml must be {bounds}, without quotes.',
            bounds,
            expect.short(value),
        )
        return int(value) if whole else float(value)
