"""Data of the students' unittests, made from the reference; it refuses a reference that disagrees with the handout."""

import importlib
import importlib.util
from pathlib import Path

import numpy as np

REFERENCE_MODULE = "neural_networks.models"


def build(models):
    """The .npz files of reference/convnet/tests/data, by path."""
    activations, losses, layers = (
        importlib.import_module(f"neural_networks.{name}") for name in ("activations", "losses", "layers")
    )
    check(activations, losses, layers)
    spec = importlib.util.spec_from_file_location(
        "unittest_data", Path(__file__).resolve().parent / "hidden" / "unittest_data.py"
    )
    unittest_data = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(unittest_data)
    files = unittest_data.build(activations, losses, layers)
    return {f"reference/convnet/tests/data/{name}": content for name, content in files.items()}


def check(activations, losses, layers):
    """The handout's numbers."""
    p = activations.SoftMax().forward(np.array([[1.0, 2.0, 3.0]]))
    np.testing.assert_allclose(p, [[0.09003057317, 0.244728471055, 0.665240955775]], atol=1e-11)
    d = activations.SoftMax().backward(np.array([[1.0, 2.0, 3.0]]), dY=np.array([[1.0, 0.0, -1.0]]))
    np.testing.assert_allclose(d, [[0.14181709361, 0.14077035747, -0.282587451079]], atol=1e-11)
    Y, Y_hat = np.eye(3)[[2, 0]], np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    loss = losses.CrossEntropy("cross_entropy")
    np.testing.assert_allclose(loss(Y, Y_hat), 0.601986402163, atol=1e-11)
    np.testing.assert_allclose(loss.backward(Y, Y_hat), [[0, 0, -1], [-5 / 6, 0, 0]], atol=1e-12)
    a, b = np.array([[1.0], [2.0], [4.0]]), np.array([[1.5], [1.0], [4.0]])
    np.testing.assert_allclose(losses.L2("l2")(a, b), 0.208333333333, atol=1e-11)

    dense = layers.FullyConnected(3, "relu")
    X = np.array([[1.0, 2.0], [-3.0, 4.0]])
    dense.forward(X)
    dense.parameters.update(W=np.array([[0.5, -1, 2], [1, 0.25, -0.5]]), b=np.array([[0.1, 0.2, 0.3]]))
    np.testing.assert_allclose(dense.forward(X), [[2.6, 0, 1.3], [2.6, 4.2, 0]], atol=1e-12)
    np.testing.assert_allclose(
        dense.backward(np.array([[1.0, 2, 3], [4, 5, 6]])), [[6.5, -0.5], [-3, 5.25]], atol=1e-12
    )

    image = np.arange(1.0, 17.0).reshape(1, 4, 4, 1)
    for stride, corner, dX, dW in ((1, 175.5, 12, 54), (2, 573.5, 5, 6)):
        conv = layers.Conv2D(1, (3, 3), "linear", stride, "same", "ones")
        conv.forward(image)
        conv.parameters.update(W=np.arange(1.0, 10.0).reshape(3, 3, 1, 1), b=np.array([[0.5]]))
        out = conv.forward(image)
        np.testing.assert_allclose(out[0, -1, -1, 0], corner, atol=1e-10)
        np.testing.assert_allclose(conv.backward(np.ones_like(out))[0, 0, 0, 0], dX, atol=1e-10)
        np.testing.assert_allclose(conv.gradients["W"][0, 0, 0, 0], dW, atol=1e-10)

    small = np.array([[3, 1, 4, 1.5], [5, 9, 2, 6], [5.5, 3.5, 8, 7], [2.5, 0, -1, 6.5]])[None, :, :, None]
    np.testing.assert_allclose(
        layers.Pool2D(2, "max", 2, 0).forward(small).ravel(), [9, 6, 5.5, 8], atol=1e-12
    )
    border = layers.Pool2D(3, "max", 1, 1).forward(-np.ones((1, 4, 4, 1)))[0, :, :, 0]
    np.testing.assert_allclose(border[[0, 1], [0, 1]], [0, -1], atol=1e-12)
    assert np.isclose(layers.Pool2D(3, "average", 1, 1).forward(small)[0, 1, 1, 0], 41 / 9), (
        "average pooling is wrong"
    )
