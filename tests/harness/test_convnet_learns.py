"""The reference's convolution and pooling layers learn: they beat a dense net on clothes that are not centred."""

from pathlib import Path

import numpy as np
import pytest

from harness.reference import reference_of

ROOT = Path(__file__).resolve().parents[2]
N_TRAIN, N_TEST, EPOCHS, BATCH_SIZE = 3000, 1000, 8, 50
MOST_SHIFT = 8  # pixels, in each direction
SGD = {"name": "SGD", "lr": 0.1, "lr_scheduler": "constant", "momentum": 0.5}
DENSE = {"name": "fully_connected", "weight_init": "xavier_uniform"}
CONV = {"name": "conv2d", "kernel_shape": (3, 3), "stride": 1, "pad": "same", "weight_init": "normal"}
POOL = {"name": "pool2d", "kernel_shape": (2, 2), "mode": "max", "stride": 2, "pad": 0}
OUTPUT = [{"name": "flatten"}, {**DENSE, "activation": "softmax", "n_out": 10}]
NETS = {
    "dense": [{"name": "flatten"}, {**DENSE, "activation": "relu", "n_out": 100}, OUTPUT[1]],
    "convolutional": [
        {**CONV, "activation": "relu", "n_out": 8},
        POOL,
        {**CONV, "activation": "relu", "n_out": 16},
        POOL,
        *OUTPUT,
    ],
}


def shifted(images, rng):
    """Each image somewhere on a canvas of 36 x 36, at half the resolution: (n, 28, 28) -> (n, 18, 18, 1)."""
    out = np.zeros((len(images), 28 + MOST_SHIFT, 28 + MOST_SHIFT, 1))
    for canvas, image, (r, c) in zip(
        out, images, rng.integers(MOST_SHIFT + 1, size=(len(images), 2)), strict=True
    ):
        canvas[r : r + 28, c : c + 28, 0] = image / 255
    return out[:, ::2, ::2]


def trained(layer_args, X, Y):
    """A network after some epochs, and its mean loss in each."""
    reference = reference_of(ROOT / "reference" / "convnet")
    models = reference.load("neural_networks.models")
    layers = reference.load("neural_networks.layers")
    np.random.seed(0)
    model = models.NeuralNetwork("cross_entropy", layer_args, SGD)
    model.layers.append(layers.initialize_layer(**layer_args[-1]))
    model.forward(X[:1])
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):  # drawn with standard deviation 1, which suits no filter
            layer.parameters["W"] *= np.sqrt(2 / np.prod(layer.parameters["W"].shape[:3]))
    losses = []
    for epoch in range(EPOCHS):
        order, steps = np.random.permutation(len(X)), []
        for batch in np.split(order, len(X) // BATCH_SIZE):
            steps.append(model.backward(Y[batch], model.forward(X[batch])))
            model.update(epoch)
        losses.append(np.mean(steps))
    return model, losses


@pytest.fixture(scope="module")
def figures():
    """Losses and test accuracy of both nets."""
    with np.load(ROOT / "fixtures" / "convnet" / "fashion_mnist.npz", allow_pickle=False) as file:
        rng = np.random.default_rng(5)
        X, Y = shifted(file["train_images"][:N_TRAIN], rng), np.eye(10)[file["train_labels"][:N_TRAIN]]
        X_test, y_test = shifted(file["validation_images"][:N_TEST], rng), file["validation_labels"][:N_TEST]
    out = {}
    for name, layer_args in NETS.items():
        model, losses = trained(layer_args, X, Y)
        out[name] = losses, np.mean(model.forward(X_test).argmax(axis=1) == y_test)
    return out


def test_the_loss_of_a_convolutional_net_falls(figures):
    """After eight epochs it is below half of what it was in the first."""
    losses, _ = figures["convolutional"]
    assert losses[-1] < 0.5 * losses[0]


def test_convolutions_beat_dense_layers_on_shifted_images(figures):
    """Filters that move over the image do not mind where it lies: several points better (0.70 against 0.63)."""
    (_, dense), (_, convolutional) = figures["dense"], figures["convolutional"]
    assert convolutional > dense + 0.03
    assert dense > 0.5  # and the dense net is no straw man
