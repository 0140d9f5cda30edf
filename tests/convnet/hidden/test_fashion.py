"""Question 7.1, hidden: an MLP of the submission's own layers on Fashion-MNIST.

The labels of the validation images never enter the sandbox; accuracy is computed here, from the returned parameters.
Fashion-MNIST is public. So the seed draws a permutation of the pixels and of the classes: a dense net does not mind.
"""

import numpy as np
import pytest

from harness import expect
from harness.data import load_arrays
from harness.expect import Partly
from harness.report import pictures
from harness.run import derived_seed
from tests.convnet.seen_again import NETWORK, NETWORK_BACKWARD, NETWORK_FORWARD, PIECES

pytestmark = [pytest.mark.question("7.1"), pytest.mark.limits(time_s=120, memory_mib=3072)]
FULL, NONE = 0.82, 0.60
EPOCHS, BATCH_SIZE, HIDDEN, CLASSES, PIXELS = 10, 100, 100, 10, 784
NAMES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
LAYERS = [
    {"name": "fully_connected", "activation": "relu", "weight_init": "xavier_uniform", "n_out": HIDDEN},
    {"name": "fully_connected", "activation": "softmax", "weight_init": "xavier_uniform", "n_out": CLASSES},
]
SGD = {"name": "SGD", "lr": 0.1, "lr_scheduler": "constant", "momentum": 0.0}


class Data:
    """The images as the sandbox gets them, and the labels that stay here."""

    def __init__(self, path, rng):
        file = load_arrays(path)
        train, validation = file["train_images"], file["validation_images"]
        labels = file["train_labels"], file["validation_labels"]
        self.pixels, self.classes = rng.permutation(PIXELS), rng.permutation(CLASSES)
        order = rng.permutation(len(train))
        self.X_train = train.reshape(-1, PIXELS)[order][:, self.pixels]
        self.y_train = self.classes[labels[0][order]]
        self.images, self.X = validation, validation.reshape(-1, PIXELS)[:, self.pixels]
        self.y = self.classes[labels[1]]
        self.names = [NAMES[int(np.flatnonzero(self.classes == c)[0])] for c in range(CLASSES)]


def scores(parameters, X):
    """What the net gives before softmax, and its log-probabilities."""
    expect.true(
        isinstance(parameters, list) and len(parameters) == 2,
        "The network has lost its layers.",
        "2 layers",
        expect.kind(parameters),
    )
    shapes = [((PIXELS, HIDDEN), HIDDEN), ((HIDDEN, CLASSES), CLASSES)]
    h = X / 255
    for i, (layer, (shape, width)) in enumerate(zip(parameters, shapes, strict=True)):
        W = expect.array(expect.entry(layer, "W", "parameters"), f"W of layer {i}", shape=shape)
        b = expect.array(expect.entry(layer, "b", "parameters"), f"b of layer {i}")
        expect.true(b.size == width, f"b of layer {i} has the wrong size.", f"{width}", f"{b.size}")
        h = h @ W + b.reshape(1, -1)
        h = np.maximum(h, 0) if i == 0 else h
    shifted = h - h.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def figures(parameters, X, y):
    """Loss and accuracy."""
    log_p = scores(parameters, X)
    return float(-log_p[np.arange(len(y)), y].mean()), float(np.mean(log_p.argmax(axis=1) == y))


@pytest.mark.points(5, follows=(*PIECES, *NETWORK), provided=(NETWORK_FORWARD, NETWORK_BACKWARD))
def test_accuracy_on_fashion_mnist(submission, run, fixtures_folder):
    """Ten epochs of an MLP of your own layers reach 82% on Fashion-MNIST images that they have not seen."""
    data = Data(fixtures_folder / "fashion_mnist.npz", run.rng("fashion"))
    epochs = submission.probe(
        "fit",
        data.X_train,
        np.eye(CLASSES)[data.y_train],
        LAYERS,
        "cross_entropy",
        SGD,
        BATCH_SIZE,
        EPOCHS,
        1 / 255,
        derived_seed(run.seed, "fashion"),  # the run's own would give the classes away
    )
    expect.true(
        isinstance(epochs, list) and len(epochs) == EPOCHS,
        "Training ended early.",
        f"{EPOCHS} epochs",
        expect.kind(epochs),
    )
    few = slice(2000)  # of the training images, for the curves
    trained = [figures(p, data.X_train[few], data.y_train[few]) for p in epochs]
    validated = [figures(p, data.X, data.y) for p in epochs]
    for i, quantity in enumerate(("loss", "accuracy")):
        title = f"Fashion-MNIST: {quantity} after each epoch"
        curves = {
            "training": np.array([t[i] for t in trained]),
            "validation": np.array([v[i] for v in validated]),
        }
        pictures.add_curves(run, f"fashion_{quantity}.png", title, curves, xlabel="epoch", ylabel=quantity)
    best = int(np.argmax([v[1] for v in validated]))
    reached = validated[best][1]
    run.leaderboard_add("accuracy on Fashion-MNIST", reached, "desc")
    draw_mistakes(run, data, epochs[best])
    if reached < FULL:
        raise Partly(
            max(0.0, (reached - NONE) / (FULL - NONE)),
            "The network learns too little: look at its loss after each epoch, and check the gradients of each layer.",
            f"a validation accuracy of {FULL} in the best epoch (partial points from {NONE})",
            f"{reached:.4f}",
        )


def draw_mistakes(run, data, parameters):
    """A sheet of misclassified images."""
    log_p = scores(parameters, data.X)
    taken = log_p.argmax(axis=1)
    wrong = np.flatnonzero(taken != data.y)
    title = f"Misclassified clothes: {len(wrong)} of {len(data.y)}"
    captions = [f"{data.names[data.y[i]]}, taken for {data.names[taken[i]]}" for i in wrong]
    pictures.add_sheet(run, "fashion_mistakes.png", title, data.images[wrong].reshape(-1, 28, 28), captions)
