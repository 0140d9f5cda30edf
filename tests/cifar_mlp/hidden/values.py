"""Fresh networks, what is right for them by the reference, and the reference's layers for use by a submission."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np

from harness import expect
from harness.isolation.proxy import Callback

LAYERS = ("affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss")
GAP = 1e-3  # no hidden unit is nearer to the kink of ReLU, so that central differences do not cross it


def one_piece(reference, rng, sizes=(4, 6, 3), n=7, positive_scores=False):
    """A network as neural_net.py keeps it, n rows for it, and a copy of the reference's with the same parameters.

    Args:
        sizes: D, H and C.
        positive_scores: Whether biases keep every score above 0, where a ReLU after the scores would not show.
    """
    D, H, C = sizes
    while True:
        params = {
            "W1": rng.normal(size=(H, D)),
            "b1": rng.normal(size=H),
            "W2": rng.normal(size=(C, H)),
            "b2": rng.normal(size=C) + (60.0 if positive_scores else 0.0),
        }
        X, y = rng.normal(size=(n, D)), rng.integers(C, size=n)
        y[:2] = 0, C - 1
        before = X @ params["W1"].T + params["b1"]
        if np.abs(before).min() > GAP:
            break
    network = reference.load("nndl.neural_net").TwoLayerNet(D, H, C)
    network.params = params
    return SimpleNamespace(params=params, X=X, y=y, before=before, network=network, scores=network.loss(X))


def modular(reference, rng, widths, n=5, input_shape=None, dtype="float64"):
    """A network as fc_net.py keeps it, n rows for it, and the reference's with the same parameters.

    Args:
        widths: Inputs, hidden units of each layer, classes.
        input_shape: The shape of one input, where it is not flat.
    """
    shape = (widths[0],) if input_shape is None else input_shape
    while True:
        params = {}
        for i, (n_in, n_out) in enumerate(pairwise(widths), start=1):
            params[f"W{i}"] = rng.normal(size=(n_in, n_out)) / np.sqrt(n_in)
            params[f"b{i}"] = 0.5 * rng.normal(size=n_out)
        X, y = rng.normal(size=(n, *shape)), rng.integers(widths[-1], size=n)
        y[:2] = 0, widths[-1] - 1
        h, least = X.reshape(n, -1), np.inf
        for i in range(1, len(widths) - 1):
            a = h @ params[f"W{i}"] + params[f"b{i}"]
            least, h = min(least, np.abs(a).min()), np.maximum(a, 0)
        if least > GAP:
            break
    fc_net = reference.load("nndl.fc_net")
    network = fc_net.FullyConnectedNet(
        list(widths[1:-1]), input_dim=widths[0], num_classes=widths[-1], dtype=getattr(np, dtype)
    )
    network.params = {name: value.astype(dtype) for name, value in params.items()}
    return SimpleNamespace(params=params, X=X, y=y, network=network, scores=network.loss(X))


def given_layers(reference):
    """The reference's layers as functions that a submission's networks may call, for small arrays only.

    They run on this side, without the sandbox's limits.
    """
    layers = reference.load("nndl.layers")
    return {name: Callback(_guarded(name, getattr(layers, name))) for name in LAYERS}


def _guarded(name, function):
    def small(value):
        if isinstance(value, (list, tuple)):
            return len(value) <= 10 and all(small(v) for v in value)
        return not isinstance(value, np.ndarray) or (value.ndim <= 5 and value.size <= 100_000)

    def call(*args):
        if not small(args):
            raise ValueError(f"{name} got arrays far too large for this test")
        try:
            return function(*args)
        except (ValueError, TypeError, IndexError, AttributeError):
            shapes = ", ".join(
                str(np.shape(a)) if isinstance(a, np.ndarray) else expect.kind(a) for a in args
            )
            raise ValueError(f"{name} cannot work with what it was given: {shapes}") from None

    return call
