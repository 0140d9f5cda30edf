"""Small functions that run on the submission's side, beside its code. They hold no expected values.

Each takes the submission's modules first. Layers and losses are tested with given pieces around them where that can
be, so that a mistake in one piece is not charged again where others are tested.
"""

import importlib
from collections import OrderedDict

import numpy as np

from harness.isolation.untrusted.slopes import slope_at, slopes_of


def own(name, module):
    """A class of the student's, or what a stub raises where there is none of that name."""
    found = getattr(importlib.import_module(f"neural_networks.{module}"), name, None)
    if found is None:
        raise NotImplementedError(f"{name} is not there: is it spelled as in the handout?")
    return found


def written(value, what):
    """The value, unless it is the `...` of a part that nobody has filled in."""
    if value is Ellipsis:
        raise NotImplementedError(f"{what} is not written yet")
    return value


# Activations and losses

LOSS_NAMES = {"CrossEntropy": "cross_entropy", "L2": "l2"}


def activation_forward(modules, name, Z):
    """Y, and whether Z is as it was."""
    before = np.array(Z)
    Y = written(own(name, "activations")().forward(Z), f"{name}.forward")
    return Y, np.array_equal(before, Z, equal_nan=True)


def activation_backward(modules, name, Z, dY):
    """dZ of a fresh object, and whether Z and dY are as they were."""
    before = np.array(Z), np.array(dY)
    dZ = written(own(name, "activations")().backward(Z, dY=dY), f"{name}.backward")
    return dZ, np.array_equal(before[0], Z) and np.array_equal(before[1], dY)


def loss_forward(modules, name, Y, Y_hat):
    """The loss, and whether the arguments are as they were."""
    before = np.array(Y), np.array(Y_hat)
    J = written(own(name, "losses")(LOSS_NAMES[name]).forward(Y, Y_hat), f"{name}.forward")
    return J, np.array_equal(before[0], Y) and np.array_equal(before[1], Y_hat)


def loss_backward(modules, name, Y, Y_hat):
    """The gradient, and whether the arguments are as they were."""
    before = np.array(Y), np.array(Y_hat)
    dY_hat = written(own(name, "losses")(LOSS_NAMES[name]).backward(Y, Y_hat), f"{name}.backward")
    return dY_hat, np.array_equal(before[0], Y) and np.array_equal(before[1], Y_hat)


# Layers


def keep_parameters(X_shape):
    """Stands for `_init_parameters` once a test has set the parameters."""


def dense_layer(activation, X, W, b):
    """A layer with these parameters. Whatever its own initialisation made is written over."""
    layer = own("FullyConnected", "layers")(n_out=W.shape[1], activation=activation)
    try:
        layer._init_parameters(X.shape)
    except Exception:  # told where initialisation is tested
        layer.cache = OrderedDict()
    layer.n_in = X.shape[1]
    layer._init_parameters = keep_parameters  # a forward that calls it each time is told of in one test
    if not isinstance(layer.parameters, dict) or not isinstance(layer.gradients, dict):
        layer.parameters, layer.gradients = OrderedDict(), OrderedDict()
    layer.parameters["W"], layer.parameters["b"] = np.array(W), np.array(b)
    layer.gradients["W"], layer.gradients["b"] = np.zeros_like(W), np.zeros_like(b)
    return layer


def dense_forward(modules, X, W, b, activation="linear"):
    """The layer's output, and whether X is as it was."""
    before = np.array(X)
    out = written(dense_layer(activation, X, W, b).forward(X), "FullyConnected.forward")
    return out, np.array_equal(before, X)


def gradients_of(layer, name):
    """dW and db as the layer keeps them."""
    return tuple(written(layer.gradients[key], f"{name}.backward (gradients[{key!r}])") for key in ("W", "b"))


def dense_backward(modules, X, W, b, dLdY, activation="linear"):
    """dX, dW, db after one forward and one backward pass."""
    layer = dense_layer(activation, X, W, b)
    written(layer.forward(X), "FullyConnected.forward")
    dX = written(layer.backward(dLdY), "FullyConnected.backward")
    return (dX, *gradients_of(layer, "FullyConnected"))


def dense_twice(modules, X, W, b, dLdY, X_other, dLdY_other):
    """dX, dW, db of a second batch, after a first one went through and the gradients were cleared."""
    layer = dense_layer("tanh", X, W, b)
    layer.forward(X)
    layer.backward(dLdY)
    layer.clear_gradients()
    layer.forward(X_other)
    return (layer.backward(dLdY_other), *gradients_of(layer, "FullyConnected"))


def dense_initial(modules, X_shape, n_out, weight_init="xavier_uniform"):
    """n_in, and the parameters and gradients as dicts, after _init_parameters."""
    layer = own("FullyConnected", "layers")(n_out=n_out, activation="linear", weight_init=weight_init)
    layer._init_parameters(X_shape)
    for key in ("W", "b"):
        written(layer.parameters[key], "FullyConnected._init_parameters")
    return layer.n_in, dict(layer.parameters), dict(layer.gradients), isinstance(layer.cache, dict)


def dense_keeps_parameters(modules, X, W, b):
    """The output of a layer whose parameters were set after its first forward pass."""
    layer = own("FullyConnected", "layers")(n_out=W.shape[1], activation="linear")
    layer.forward(X)
    layer.parameters["W"], layer.parameters["b"] = np.array(W), np.array(b)
    return written(layer.forward(X), "FullyConnected.forward")


def conv_layer(W, b, activation, stride, pad):
    """A layer that knows its number of channels, with these parameters."""
    layer = own("Conv2D", "layers")(
        n_out=W.shape[3], kernel_shape=W.shape[:2], activation=activation, stride=stride, pad=pad
    )
    layer._init_parameters((1, 1, 1, W.shape[2]))
    layer.parameters["W"], layer.parameters["b"] = np.array(W), np.array(b)
    return layer


def conv_forward(modules, X, W, b, activation="linear", stride=1, pad="same"):
    """The layer's output, and whether X is as it was."""
    before = np.array(X)
    out = written(conv_layer(W, b, activation, stride, pad).forward(X), "Conv2D.forward")
    return out, np.array_equal(before, X)


def conv_backward(modules, X, W, b, dLdY, activation="linear", stride=1, pad="same"):
    """dX, dW, db after one forward and one backward pass."""
    layer = conv_layer(W, b, activation, stride, pad)
    written(layer.forward(X), "Conv2D.forward")
    dX = written(layer.backward(dLdY), "Conv2D.backward")
    return (dX, *gradients_of(layer, "Conv2D"))


def conv_twice(modules, X, W, b, dLdY, X_other, dLdY_other):
    """dX, dW, db of a second batch, after a first one went through and the gradients were cleared."""
    layer = conv_layer(W, b, "tanh", 1, "same")
    layer.forward(X)
    layer.backward(dLdY)
    layer.clear_gradients()
    layer.forward(X_other)
    return (layer.backward(dLdY_other), *gradients_of(layer, "Conv2D"))


def pool_forward(modules, X, kernel_shape, mode, stride, pad):
    """The layer's output, and whether X is as it was."""
    before = np.array(X)
    layer = own("Pool2D", "layers")(kernel_shape=kernel_shape, mode=mode, stride=stride, pad=pad)
    return written(layer.forward(X), "Pool2D.forward"), np.array_equal(before, X)


def pool_backward(modules, X, dLdY, kernel_shape, mode, stride, pad):
    """dX after one forward and one backward pass."""
    layer = own("Pool2D", "layers")(kernel_shape=kernel_shape, mode=mode, stride=stride, pad=pad)
    written(layer.forward(X), "Pool2D.forward")
    return written(layer.backward(dLdY), "Pool2D.backward")


def pool_twice(modules, X, dLdY, X_other, dLdY_other):
    """dX of a second batch of another size, after a first one went through the same layer."""
    layer = own("Pool2D", "layers")(kernel_shape=(2, 2), mode="max", stride=2, pad=0)
    layer.forward(X)
    layer.backward(dLdY)
    layer.forward(X_other)
    return layer.backward(dLdY_other)


# The network, around given layers and a given loss


class GivenLayer:
    """A layer of its own kind: Y = tanh(scale * X + shift), entry by entry."""

    def __init__(self, scale, shift):
        self.parameters = OrderedDict(scale=np.array(scale), shift=np.array(shift))
        self.gradients = OrderedDict(scale=np.zeros_like(scale), shift=np.zeros_like(shift))
        self.cache = OrderedDict(X=[], Y=[])

    def forward(self, X):
        Y = np.tanh(self.parameters["scale"] * X + self.parameters["shift"])
        self.cache["X"], self.cache["Y"] = X, Y
        return Y

    def backward(self, dLdY):
        slope = dLdY * (1 - self.cache["Y"] ** 2)
        self.gradients["scale"] = np.sum(slope * self.cache["X"], axis=0)
        self.gradients["shift"] = np.sum(slope, axis=0)
        return slope * self.parameters["scale"]

    def clear_gradients(self):
        for name in self.gradients:
            self.gradients[name] = np.zeros_like(self.gradients[name])


class GivenLoss:
    """A loss whose two arguments play different parts: the mean of (target * out + out^2)."""

    name = "l2"

    def __call__(self, Y, Y_hat):
        return self.forward(Y, Y_hat)

    def forward(self, Y, Y_hat):
        return np.mean(Y * Y_hat + Y_hat**2)

    def backward(self, Y, Y_hat):
        return (Y + 2 * Y_hat) / Y_hat.size


SGD = {"name": "SGD", "lr": 0.1, "lr_scheduler": "constant", "momentum": 0.0, "clip_norm": None}


def given_network(scales, shifts):
    """The student's NeuralNetwork, with given layers and a given loss."""
    output = {
        "name": "fully_connected",
        "activation": "linear",
        "weight_init": "xavier_uniform",
        "n_out": None,
    }
    model = own("NeuralNetwork", "models")("l2", [output], dict(SGD))
    model.layers = [GivenLayer(*parameters) for parameters in zip(scales, shifts)]
    model.loss = GivenLoss()
    return model


def network_forward(modules, X, scales, shifts):
    """The network's output."""
    return written(given_network(scales, shifts).forward(X), "NeuralNetwork.forward")


def network_backward(modules, X, Y, out, scales, shifts):
    """The loss, and the gradients of every layer, for layers that have seen X on their own."""
    model = given_network(scales, shifts)
    seen = X
    for layer in model.layers:  # as forward leaves them, whoever calls it
        seen = layer.forward(seen)
    loss = written(model.backward(Y, out), "NeuralNetwork.backward")
    return loss, [dict(layer.gradients) for layer in model.layers]


def network_predict(modules, X, Y, scales, shifts):
    """What predict returns, and whether every parameter is as it was."""
    model = given_network(scales, shifts)
    result = written(model.predict(X, Y), "NeuralNetwork.predict")
    same = all(
        np.array_equal(layer.parameters["scale"], scale) and np.array_equal(layer.parameters["shift"], shift)
        for layer, scale, shift in zip(model.layers, scales, shifts)
    )
    return result, same


# The network of the student's own pieces


def built(layer_args, loss, parameters, X):
    """A network of the student's own layers, all of them built and given these parameters."""
    optimizer = dict(SGD)
    model = own("NeuralNetwork", "models")(loss, [dict(a) for a in layer_args], optimizer)
    layers = importlib.import_module("neural_networks.layers")
    model.layers.append(layers.initialize_layer(**layer_args[-1]))
    model.forward(X)
    for layer, values in zip(model.layers, parameters):
        for name, value in values.items():
            layer.parameters[name] = np.array(value)
    return model


def network_gradients(modules, layer_args, loss, parameters, X, Y):
    """The output, the loss, and the gradients of every layer."""
    model = built(layer_args, loss, parameters, X)
    out = model.forward(X)
    told = model.backward(Y, out)
    return out, told, [dict(layer.gradients) for layer in model.layers]


def network_slopes(modules, layer_args, loss, parameters, X, Y, places, e=1e-5):
    """Central differences of the student's own network at some entries of its parameters, and its own gradients there.

    Args:
        places: (layer, parameter, flat index) of each entry.
    """
    model = built(layer_args, loss, parameters, X)
    model.backward(Y, model.forward(X))
    own_gradients = [np.ravel(model.layers[i].gradients[name])[at] for i, name, at in places]
    slopes = []
    for i, name, at in places:
        values = model.layers[i].parameters[name]
        entry = np.unravel_index(at, values.shape)
        slopes.append(slope_at(lambda: model.loss.forward(Y, model.forward(X)), values, entry, e))
    return np.array(own_gradients, dtype=float), np.array(slopes, dtype=float)


def network_step(modules, layer_args, loss, parameters, X, Y):
    """Every layer's parameters after one step of SGD."""
    model = built(layer_args, loss, parameters, X)
    model.backward(Y, model.forward(X))
    model.update(0)
    return [dict(layer.parameters) for layer in model.layers]


def train_iris(modules, train, validation, learning_rate, n_hidden, settings, seed):
    """Train with the package's own training loop.

    Args:
        train, validation: (data, one-hot labels).

    Returns:
        The parameters of every layer, and the loss of each step as `backward` returned it.
    """
    np.random.seed(seed)
    data = importlib.import_module("neural_networks.datasets")
    dataset = data.Dataset(*train, settings["batch_size"], *validation, *validation)
    hidden = {
        "name": "fully_connected",
        "activation": "relu",
        "weight_init": "xavier_uniform",
        "n_out": n_hidden,
    }
    output = {**hidden, "activation": "softmax", "n_out": None}
    optimizer = {"name": "SGD", "lr": learning_rate, **settings["optimizer"]}
    model = own("NeuralNetwork", "models")("cross_entropy", [hidden, output], optimizer)
    losses, backward = [], model.backward

    def recorded(*args, **kwargs):
        loss = backward(*args, **kwargs)
        losses.append(loss)
        return loss

    model.backward = recorded
    model.train(dataset, settings["epochs"])
    return [dict(layer.parameters) for layer in model.layers], [float(x) for x in losses]


def fit(modules, images, labels, layer_args, loss, optimizer_args, batch_size, epochs, scale, seed):
    """Train with the student's forward, backward and the package's update; every layer's parameters after each epoch.

    Args:
        images: Inputs, one an example; `scale` is multiplied in here, so that bytes can be sent.
        labels: One-hot, one row an example.
    """
    np.random.seed(seed)
    X, Y = images * scale, labels
    layers = importlib.import_module("neural_networks.layers")
    model = own("NeuralNetwork", "models")(loss, [dict(a) for a in layer_args], optimizer_args)
    model.layers.append(layers.initialize_layer(**layer_args[-1]))
    snapshots = []
    for epoch in range(epochs):
        order = np.random.permutation(len(X))
        for start in range(0, len(X), batch_size):
            batch = order[start : start + batch_size]
            model.backward(Y[batch], model.forward(X[batch]))
            model.update(epoch)
        snapshots.append([{k: np.array(v) for k, v in layer.parameters.items()} for layer in model.layers])
    return snapshots


# Loops over the examples: run under `count_lines`


def run_relu(modules, X):
    relu = own("ReLU", "activations")()
    written(relu.backward(X, dY=relu.forward(X)), "ReLU.backward")


def run_dense(modules, X, W, b):
    layer = dense_layer("tanh", X, W, b)
    written(layer.backward(layer.forward(X)), "FullyConnected.backward")


def run_cross_entropy(modules, Y, Y_hat):
    loss = own("CrossEntropy", "losses")("cross_entropy")
    written(loss.forward(Y, Y_hat), "CrossEntropy.forward")
    written(loss.backward(Y, Y_hat), "CrossEntropy.backward")


def run_conv(modules, X, W, b):
    layer = conv_layer(W, b, "tanh", 1, "same")
    written(layer.backward(layer.forward(X)), "Conv2D.backward")


def run_pool(modules, X):
    layer = own("Pool2D", "layers")(kernel_shape=(2, 2), mode="max", stride=2, pad=0)
    written(layer.backward(layer.forward(X)), "Pool2D.backward")


# Central differences of the student's own forward pass


def dense_slopes(modules, X, W, b, dLdY, activation, e=1e-5):
    """Slopes of the sum of dLdY * forward(X) by X, W and b."""
    arrays = X, W, b = np.array(X), np.array(W), np.array(b)
    return slopes_of(lambda: np.sum(dLdY * dense_forward(modules, X, W, b, activation)[0]), arrays, e)


def conv_slopes(modules, X, W, b, dLdY, activation, stride, pad, e=1e-5):
    """Slopes of the sum of dLdY * forward(X) by X, W and b."""
    arrays = X, W, b = np.array(X), np.array(W), np.array(b)
    return slopes_of(
        lambda: np.sum(dLdY * conv_forward(modules, X, W, b, activation, stride, pad)[0]), arrays, e
    )


def pool_slopes(modules, X, dLdY, kernel_shape, mode, stride, pad, e=1e-5):
    """Slopes of the sum of dLdY * forward(X) by X."""
    X = np.array(X)

    def total():
        return np.sum(dLdY * pool_forward(modules, X, kernel_shape, mode, stride, pad)[0])

    return slopes_of(total, [X], e)[0]


def network_losses(modules, layer_args, loss, parameters, X, Y, steps):
    """The loss that backward returns, before and after each of some steps of SGD on one batch."""
    model = built(layer_args, loss, parameters, X)
    losses = [float(model.backward(Y, model.forward(X)))]
    for _ in range(steps):
        model.update(0)
        losses.append(float(model.backward(Y, model.forward(X))))
    return losses
