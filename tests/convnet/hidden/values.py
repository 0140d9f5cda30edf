"""What is right, by the reference, and what some known mistakes make of it."""

import itertools
from types import SimpleNamespace

import numpy as np

from harness.expect import Cause
from tests.convnet.judging import pad_pair

NO_ACTIVATION = (
    "The gradient of the activation is missing, or not this layer's own: begin with "
    "dZ = self.activation.backward(Z, dLdY)."
)
HARD_WIRED = "The slope of ReLU is built in: use the gradient of the layer's own activation."
OF_THE_OUTPUT = "The activation's backward takes what went into its forward, Z, not the output."
MEAN = "The layer takes a mean over the batch: the loss has done that already, here gradients add up."
NOT_ACTIVATED = "The activation is not applied."


def activation(reference, name):
    return reference.load("neural_networks.activations").initialize_activation(name)


def dense(reference, X, W, b, dLdY=None, name="linear", dZ=None):
    """out, Z, and with dLdY (or a dZ of its own) the gradients dX, dW, db of a dense layer."""
    f = activation(reference, name)
    Z = X @ W + b
    values = SimpleNamespace(out=f(Z), Z=Z)
    if dLdY is not None:
        dZ = f.backward(Z, dLdY) if dZ is None else dZ
        values.dX, values.dW, values.db = dZ @ W.T, X.T @ dZ, dZ.sum(axis=0, keepdims=True)
    return values


def conv(reference, X, W, b, dLdY=None, name="linear", stride=1, pad="same", dZ=None):
    """out, Z, and with dLdY (or a dZ of its own) the gradients dX, dW, db of a convolution."""
    layers = reference.load("neural_networks.layers")
    layer = layers.Conv2D(W.shape[3], W.shape[:2], "linear", stride, pad, "zeros")
    layer._init_parameters(X.shape)
    layer.parameters["W"], layer.parameters["b"] = W, b
    f = activation(reference, name)
    Z = layer.forward(X)
    values = SimpleNamespace(out=f(Z), Z=Z)
    if dLdY is not None:
        dX = layer.backward(f.backward(Z, dLdY) if dZ is None else dZ)
        values.dX, values.dW, values.db = dX, layer.gradients["W"], layer.gradients["b"]
    return values


def scattered(X, W, dZ, stride, pad, *, add=True):
    """dX of a convolution whose windows begin at this stride, and add up or overwrite each other, one by one."""
    p, q = pad_pair(pad, W.shape[:2])
    m, rows, columns, channels = X.shape
    dX = np.zeros((m, rows + 2 * p, columns + 2 * q, channels))
    for r, c in np.ndindex(dZ.shape[1:3]):
        at = np.s_[:, r * stride : r * stride + W.shape[0], c * stride : c * stride + W.shape[1]]
        dX[at] = np.tensordot(dZ[:, r, c], W, ([1], [3])) + (dX[at] if add else 0)
    return dX[:, p : p + rows, q : q + columns]


def pool(reference, X, kernel_shape, mode, stride, pad, dLdY=None):
    """out, and with dLdY the gradient dX of a pooling layer."""
    layer = reference.load("neural_networks.layers").Pool2D(kernel_shape, mode, stride, pad)
    values = SimpleNamespace(out=layer.forward(X))
    if dLdY is not None:
        values.dX = layer.backward(dLdY)
    return values


def dense_variants(reference, X, W, b, dLdY, name):
    """[dX, dW] of a dense layer: the right one, one without its activation, and both without their bias."""
    layers = [(f, c) for f in (name, "linear") for c in (b, np.zeros_like(b))]
    found = (dense(reference, X, W, c, dLdY, f) for f, c in layers)
    return [[v.dX, v.dW] for v in found]


def conv_variants(reference, X, W, b, dLdY, name, stride, pad):
    """[dX, dW] of a convolution: the right one, and with its filters flipped, without activation, bias or padding."""
    found = []
    for turn, f, c, p in itertools.product((1, -1), (name, "linear"), (b, np.zeros_like(b)), (pad, 0)):
        filters = np.ascontiguousarray(W[::turn, ::turn])
        if conv(reference, X, filters, c, name=f, stride=stride, pad=p).out.shape == dLdY.shape:
            values = conv(reference, X, filters, c, dLdY, f, stride, p)
            found.append([values.dX, values.dW[::turn, ::turn]])
    return found


def pool_variants(reference, X, kernel, mode, stride, pad, dLdY):
    """[dX] of a pooling layer: of either mode, and of a sum for an average."""
    if pool(reference, X, kernel, mode, stride, pad).out.shape != dLdY.shape:
        return []
    average = pool(reference, X, kernel, "average", stride, pad, dLdY).dX
    return [[pool(reference, X, kernel, "max", stride, pad, dLdY).dX], [average], [average * np.prod(kernel)]]


def wrong_upstream(f, values, dLdY):
    """What some mistakes make of dL/dZ, by their hints."""
    return {
        NO_ACTIVATION: dLdY,
        HARD_WIRED: dLdY * (values.Z > 0),
        OF_THE_OUTPUT: f.backward(values.out, dLdY),
    }


def backward_causes(run, f, values, dLdY, m):
    """Causes for dX, dW and db of a layer.

    Args:
        run: Computes the layer's gradients for a given dZ.
        values: What is right.
        m: Examples in the batch.
    """
    causes = {"dX": [], "dW": [], "db": []}
    for hint, dZ in wrong_upstream(f, values, dLdY).items():
        wrong = run(dZ)
        for key, found in causes.items():
            found.append(Cause(hint, getattr(wrong, key)))
    for key, found in causes.items():
        found.append(Cause(MEAN, getattr(values, key) / m))
    return causes


def clear_of_kinks(rng, size, gap=0.05):
    """Normal numbers, none of them nearer to 0 than `gap`."""
    x = rng.normal(size=size)
    return x + np.copysign(gap, x)
