"""The numbers that public tests compare with, made from the reference; it refuses one that disagrees with the handout."""

import importlib
import io
from itertools import pairwise

import numpy as np

REFERENCE_MODULE = "nndl.neural_net"


def build(neural_net):
    """The .npz files of fixtures/cifar_mlp that hold check numbers, by name."""
    derivations, layers, fc_net = (
        importlib.import_module(name) for name in ("derivations", "nndl.layers", "nndl.fc_net")
    )
    return {
        "toy.npz": npz(toy(neural_net)),
        "swish_net.npz": npz(swish_net(derivations)),
        "two_layer.npz": npz(two_layer(fc_net)),
        "deep.npz": npz(deep(fc_net)),
        "affine.npz": npz(affine(layers)),
    }


def npz(tables):
    """The arrays as an .npz file; a dict of arrays below `table` becomes `table.key`."""
    flat = {}
    for name, value in tables.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        flat |= {f"{name}.{key}" if key else name: np.asarray(part) for key, part in parts}
    file = io.BytesIO()
    np.savez_compressed(file, **flat)
    return file.getvalue()


def near(got, want, atol=1e-9):
    np.testing.assert_allclose(got, want, rtol=0, atol=atol)


def toy(neural_net):
    """The notebook's toy network and its five rows."""
    np.random.seed(0)
    network = neural_net.TwoLayerNet(4, 10, 3, std=1e-1)
    np.random.seed(1)
    X, y = 10 * np.random.randn(5, 4), np.array([0, 1, 2, 2, 1])
    scores, (loss, grads) = network.loss(X), network.loss(X, y, reg=0.05)
    unpenalised, _ = network.loss(X, y, reg=0.0)
    near(scores[0], [-1.072602089182, 0.050838708535, -0.872539150079])
    near(scores[4], [-0.644173135012, -0.188868126110, -0.411068923248])
    near([loss, unpenalised], [1.071696123862817, 1.0527307042569336])
    near(grads["b2"], [0.003875980249, 0.127427464723, -0.131303444972])
    norms = {"W1": 1.5255721419, "b1": 0.0429737464, "W2": 1.4403229172, "b2": 0.1830119577}
    for name, norm in norms.items():
        near(np.linalg.norm(grads[name]), norm)
    return {
        "params": network.params,
        "X": X,
        "y": y,
        "scores": scores,
        "loss": loss,
        "unpenalised": unpenalised,
        "grads": grads,
    }


def swish_net(derivations):
    """A small net of question 3."""
    at = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    near(derivations.swish(at), [-0.238405844044, -0.268941421370, 0, 0.731058578630, 1.761594155956])
    near(derivations.swish_grad(at), [-0.090784248785, 0.072329488129, 0.5, 0.927670511871, 1.090784248785])
    params = {
        "W1": np.linspace(-1, 1, 6).reshape(3, 2),
        "b1": np.array([0.5, -0.25, 0.0]),
        "W2": np.linspace(1, -0.5, 12).reshape(4, 3),
        "b2": np.array([0.1, -0.1, 0.2, 0.0]),
    }
    x, dz2 = np.array([1.5, -0.5]), np.array([0.25, -1.0, 0.5, 2.0])
    z1, h1, z2 = derivations.swish_net_forward(**params, x=x)
    grads = derivations.swish_net_grads(**params, x=x, dz2=dz2)
    return {"params": params, "x": x, "dz2": dz2, "z1": z1, "h1": h1, "z2": z2, "grads": grads}


def two_layer(fc_net):
    """The notebook's modular two-layer network."""
    network = fc_net.TwoLayerNet(input_dim=5, hidden_dims=50, num_classes=7)
    network.params = {
        "W1": np.linspace(-0.7, 0.3, 250).reshape(5, 50),
        "b1": np.linspace(-0.1, 0.9, 50),
        "W2": np.linspace(-0.3, 0.4, 350).reshape(50, 7),
        "b2": np.linspace(-0.9, 0.1, 7),
    }
    X, y = np.linspace(-5.5, 4.5, 15).reshape(5, 3).T, np.array([0, 5, 1])
    scores = network.loss(X)
    near(
        scores[0],
        [11.53165108, 12.2917344, 13.05181771, 13.81190102, 14.57198434, 15.33206765, 16.09215096],
        atol=1e-7,
    )
    near(scores[1:, [0, -1]], [[12.05769098, 16.18839143], [12.58373087, 16.2846319]], atol=1e-7)
    out = {"params": dict(network.params), "X": X, "y": y, "scores": scores}
    for reg, name in ((0.0, ""), (1.0, "_penalised")):
        network.reg = reg
        out[f"loss{name}"], out[f"grads{name}"] = network.loss(X, y)
    near([out["loss"], out["loss_penalised"]], [3.47022435559539, 26.594842695238583])
    norms = {"W1": 0.2979589197, "b1": 0.0431426779, "W2": 25.8529786197, "b2": 0.6963708325}
    for name, norm in norms.items():
        near(np.linalg.norm(out["grads"][name]), norm)
    return out


def deep(fc_net):
    """A network of two hidden layers, on two rows, as the notebook checks it, and without a random number."""
    widths, params = [15, 20, 30, 10], {}
    for i, (n_in, n_out) in enumerate(pairwise(widths), start=1):
        params[f"W{i}"] = 0.3 * np.cos(np.arange(n_in * n_out) ** 1.5).reshape(n_in, n_out)
        params[f"b{i}"] = 0.1 * np.sin(1.0 + np.arange(n_out))
    X, y = np.sin(np.arange(30.0)).reshape(2, 15), np.array([3, 9])
    network = fc_net.FullyConnectedNet(widths[1:-1], input_dim=15, num_classes=10, dtype=np.float64)
    network.params = params
    out = {"params": params, "X": X, "y": y, "scores": network.loss(X)}
    for reg, name in ((0.0, ""), (3.14, "_penalised")):
        network.reg = reg
        out[f"loss{name}"], out[f"grads{name}"] = network.loss(X, y)
    return out


def affine(layers):
    """The notebook's affine layer, and one backward pass with whole numbers."""
    x = np.linspace(-0.1, 0.5, 240).reshape(2, 4, 5, 6)
    w, b = np.linspace(-0.2, 0.3, 360).reshape(120, 3), np.linspace(-0.3, 0.1, 3)
    out, _ = layers.affine_forward(x, w, b)
    near(
        out,
        [[1.498349669584, 1.706601321663, 1.914852973742], [3.255531986807, 3.514132702416, 3.772733418025]],
    )
    return {"x": x, "w": w, "b": b, "out": out}
