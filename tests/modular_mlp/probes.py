"""Small functions that run on the submission's side, beside its code. They hold no expected values.

Each takes the submission's modules first. `train_network` is run with a model, a loss and an optimiser given here, so
that a mistake in a layer is not charged again where training is tested.
"""

import contextlib
import copy
import json

import numpy as np

SERIES = ("train_loss", "test_loss", "train_accuracy", "test_accuracy", "yhat_train", "yhat_test")


def own(module, name):
    """What the student calls `name`, or what a stub raises where there is none."""
    if not hasattr(module, name):
        raise NotImplementedError(f"{name} is not there: is it spelled as in the handout?")
    return getattr(module, name)


def written(value, what):
    """The value, unless it is the None that `pass` leaves where nobody has written anything yet."""
    if value is None:
        raise NotImplementedError(f"{what} is not written yet (it returns None)")
    return value


def array_or_none(value):
    """A copy of an array, so that later changes in place do not show; None where there is none."""
    return None if value is None else np.array(value)


# Layers


def linear(modules, W, b):
    """A layer with these parameters, whether or not the constructor copies them."""
    return own(modules.hw3_lib, "Linear")((np.array(W), np.array(b)))


def linear_forward(modules, X, W, b):
    """The output, and whether X is as it was."""
    before = np.array(X)
    out = written(linear(modules, W, b).forward(X), "Linear.forward")
    return out, np.array_equal(before, X)


def linear_backward(modules, X, W, b, g):
    """What backward returns, d_weights and d_biases, and whether X, g and the parameters are as they were."""
    layer, kept = linear(modules, W, b), (np.array(X), np.array(g))
    with contextlib.suppress(Exception):  # that forward does not work is told by its own tests
        layer.forward(X)
    layer.in_x = np.array(kept[0])  # whatever forward keeps is charged there
    d_x = written(layer.backward(g), "Linear.backward")
    same = np.array_equal(kept[0], X) and np.array_equal(kept[1], g)
    parameters = np.array_equal(layer.weights, W) and np.array_equal(np.ravel(layer.biases), np.ravel(b))
    return d_x, array_or_none(layer.d_weights), array_or_none(layer.d_biases), same and parameters


def linear_twice(modules, X, g, X_other, g_other, W, b):
    """The gradients of a second batch, after a first one went through the same layer, and what in_x is then."""
    layer = linear(modules, W, b)
    layer.forward(X)
    layer.backward(g)
    layer.forward(X_other)
    kept = array_or_none(layer.in_x)
    d_x = layer.backward(g_other)
    return d_x, array_or_none(layer.d_weights), array_or_none(layer.d_biases), kept


def linear_copies(modules, W, b):
    """Whether the caller's arrays are as they were, after the layer's own were changed in place."""
    given = np.array(W), np.array(b)
    layer = own(modules.hw3_lib, "Linear")(given)
    layer.weights += 1.0
    layer.biases += 1.0
    return np.array_equal(given[0], W) and np.array_equal(given[1], b)


def activation_forward(modules, name, x):
    """The output, `state` afterwards if it is an array, and whether x is as it was."""
    layer, before = own(modules.hw3_lib, name)(), np.array(x)
    out = written(layer.forward(x), f"{name}.forward")
    state = layer.state if isinstance(layer.state, np.ndarray) else None
    return np.array(out), array_or_none(state), np.array_equal(before, x)


def activation_backward(modules, name, x, g):
    """The layer's output, what backward returns for it, and whether g is as it was."""
    layer, before = own(modules.hw3_lib, name)(), np.array(g)
    out = np.array(written(layer.forward(np.array(x)), f"{name}.forward"))
    d_x = written(layer.backward(g), f"{name}.backward")
    return out, d_x, np.array_equal(before, g)


def activation_twice(modules, name, x, g, x_other, g_other):
    """The second of two backward passes after one forward pass, and one for another batch after that."""
    layer = own(modules.hw3_lib, name)()
    layer.forward(np.array(x))
    layer.backward(np.array(g))
    again = np.array(layer.backward(np.array(g)))
    layer.forward(np.array(x_other))
    return again, layer.backward(np.array(g_other))


def sigmoid(modules, x):
    """The function, and whether x is as it was."""
    before = np.array(x)
    out = written(own(modules.hw3_lib, "sigmoid")(x), "sigmoid")
    return out, np.array_equal(before, x)


# The loss


def loss_forward(modules, score, label):
    """The loss, y_hat and y_true, and whether the arguments are as they were."""
    criterion, before = own(modules.hw3_lib, "CrossEntropyLoss")(), (np.array(score), np.array(label))
    loss = written(criterion.forward(score, label), "CrossEntropyLoss.forward")
    same = np.array_equal(before[0], score) and np.array_equal(before[1], label)
    return loss, array_or_none(criterion.y_hat), array_or_none(criterion.y_true), same


def loss_backward(modules, score, label):
    """y_hat before backward, and what backward returns: once each, on a fresh object."""
    criterion = own(modules.hw3_lib, "CrossEntropyLoss")()
    written(criterion.forward(score, label), "CrossEntropyLoss.forward")
    y_hat = array_or_none(criterion.y_hat)
    return y_hat, written(criterion.backward(), "CrossEntropyLoss.backward")


# The optimiser


class Bystander:
    """A layer that is no Linear, with attributes of the same names: the optimiser must leave it alone."""

    def __init__(self):
        self.weights, self.biases = np.ones((2, 2)), np.ones((1, 2))
        self.d_weights, self.d_biases = np.ones((2, 2)), np.ones((1, 2))


class Row:
    """A model with nothing but its layers."""

    def __init__(self, layers):
        self.layers = layers


def step(modules, parameters, gradients, learning_rate, steps=1):
    """The parameters of some Linear layers after steps with given gradients.

    Args:
        parameters: Pairs (weights, biases), one a layer.
        gradients: Likewise.

    Returns:
        The new weights, the new biases, whether the gradients are as they were, and whether a layer of another kind
        between them is.
    """
    layers = [linear(modules, *pair) for pair in parameters]
    for layer, pair in zip(layers, gradients):
        layer.d_weights, layer.d_biases = np.array(pair[0]), np.array(pair[1])
    bystander = Bystander()
    optimizer = own(modules.hw3_lib, "GradientDescentOptimizer")(
        Row([layers[0], bystander, *layers[1:]]), learning_rate
    )
    for _ in range(steps):
        optimizer.step()
    same = all(
        np.array_equal(layer.d_weights, pair[0]) and np.array_equal(layer.d_biases, pair[1])
        for layer, pair in zip(layers, gradients)
    )
    alone = all(np.array_equal(value, np.ones(value.shape)) for value in vars(bystander).values())
    return [np.array(x.weights) for x in layers], [np.array(x.biases) for x in layers], same, alone


def one_step_of_a_layer(modules, X, W, b, g, learning_rate):
    """One forward pass, backward pass and step of a model of one layer: weights and biases after it."""
    layer = linear(modules, W, b)
    optimizer = own(modules.hw3_sol, "GradientDescentOptimizer")(Row([layer]), learning_rate)
    layer.forward(X)
    layer.backward(g)
    optimizer.step()
    return layer.weights, layer.biases


# Training with given pieces


class GivenLayer:
    """A layer of its own kind: the sine of a matrix product."""

    def __init__(self, mix):
        self.mix, self.slope, self.seen, self.calls = np.array(mix), None, None, []

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        self.seen = np.array(x)
        angle = np.dot(x, self.mix)
        self.cosine = np.cos(angle)
        return np.sin(angle)

    def backward(self, g):
        self.slope = np.einsum("ni,nk->ik", self.seen, g * self.cosine)
        return np.einsum("nk,ik->ni", g * self.cosine, self.mix)


class GivenModel:
    """A model of one such layer, with the interface of MultiLayerPerceptron."""

    def __init__(self, mix):
        self.layers = [GivenLayer(mix)]

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        return self.layers[0](x)

    def backward(self, criterion):
        self.layers[0].backward(criterion.backward())


class GivenLoss:
    """The mean over the rows of a squared distance to the label's corner, with the interface of CrossEntropyLoss."""

    last = None  # the labels of the last forward pass of any such loss

    def __init__(self):
        self.y_hat = self.y_true = None

    def __call__(self, score, label):
        return self.forward(score, label)

    def forward(self, score, label):
        corner = np.zeros(np.shape(score))
        corner[np.arange(len(score)), np.asarray(label, dtype=int)] = 1.5
        self.y_hat, self.y_true, GivenLoss.last = np.array(score), corner / 1.5, np.array(label)
        self.distance = score - corner
        return float(np.mean(np.einsum("nk,nk->n", self.distance, self.distance)))

    def backward(self):
        return 2.0 * self.distance / len(self.distance)


class Recorder:
    """What train_network did between two steps: rows, labels and the parameters after each step."""

    def __init__(self, dataset):
        self.places = {row.tobytes(): i for i, row in enumerate(np.asarray(dataset["train_x"], dtype=float))}
        self.rows, self.labels, self.after = [], [], []

    def optimizer(self):
        """A class with the interface of GradientDescentOptimizer, which records its steps here."""
        recorder = self

        class GivenOptimizer:
            def __init__(self, model, learning_rate):
                self.model, self.learning_rate = model, learning_rate

            def step(self):
                layer = self.model.layers[0]
                seen = np.asarray(layer.seen, dtype=float)
                recorder.rows.append([recorder.places.get(row.tobytes(), -1) for row in seen])
                recorder.labels.append([int(y) for y in np.ravel(GivenLoss.last)])
                layer.mix = layer.mix - self.learning_rate * layer.slope
                recorder.after.append(np.array(layer.mix))

        return GivenOptimizer


def train_given(modules, dataset, mix, num_epoch, learning_rate, batch_size):
    """Run train_network around the given model, loss and optimiser.

    Returns:
        The result by series, the rows and labels of each step, the parameters after each step, and whether the dataset
        is as it was.
    """
    recorder, model, before = Recorder(dataset), GivenModel(mix), copy.deepcopy(dataset)
    given = {"CrossEntropyLoss": GivenLoss, "GradientDescentOptimizer": recorder.optimizer()}
    train = own(modules.hw3_sol, "train_network")
    for module in (modules.hw3_sol, modules.hw3_lib):
        for name, value in given.items():
            setattr(module, name, value)
    result = written(train(model, dataset, num_epoch, learning_rate, batch_size), "train_network")
    same = all(np.array_equal(before[name], dataset[name]) for name in before)
    return plain(result), recorder.rows, recorder.labels, recorder.after, same


def plain(result):
    """The six series as lists of plain numbers, whatever they are made of; what is missing stays out."""
    if not isinstance(result, dict):
        raise TypeError(f"train_network must return a dict, it returns a {type(result).__name__}")
    return {name: np.ravel(result[name]).tolist() for name in SERIES if result.get(name) is not None}


def survives_json(modules, dataset, mix, num_epoch, learning_rate, batch_size):
    """For each series what it is: its own type and those of its entries; and why json.dumps refuses, or None."""
    recorder = Recorder(dataset)
    given = {"CrossEntropyLoss": GivenLoss, "GradientDescentOptimizer": recorder.optimizer()}
    for module in (modules.hw3_sol, modules.hw3_lib):
        for name, value in given.items():
            setattr(module, name, value)
    train = own(modules.hw3_sol, "train_network")
    result = written(train(GivenModel(mix), dataset, num_epoch, learning_rate, batch_size), "train_network")
    try:
        json.dumps(result)
        why = None
    except TypeError as e:
        why = str(e)
    kinds = {}
    for name in SERIES:
        value = result.get(name) if isinstance(result, dict) else None
        entries = value if isinstance(value, (list, tuple)) else []
        kinds[name] = [type(value).__name__, sorted({type(entry).__name__ for entry in entries})]
    return kinds, why


# Training with the student's own pieces


def build(modules, parameters, activation):
    """A MultiLayerPerceptron of the student's layers, with an activation between each two."""
    layers = []
    for i, (W, b) in enumerate(parameters):
        if i:
            layers.append(own(modules.hw3_lib, activation)())
        layers.append(linear(modules, W, b))
    return own(modules.hw3_sol, "MultiLayerPerceptron")(layers)


def train_own(modules, dataset, parameters, activation, settings, scale=None):
    """Train with the student's own pieces.

    Args:
        parameters: Pairs (weights, biases), one a layer.
        activation: "Sigmoid" or "ReLU".
        settings: num_epoch, learning_rate and batch_size, by name.
        scale: Divides whole-number inputs, so that small types can be sent.

    Returns:
        The result by series, and the parameters of each Linear layer afterwards.
    """
    if scale is not None:
        dataset = {**dataset, **{name: dataset[name] / scale for name in ("train_x", "test_x")}}
    model = build(modules, parameters, activation)
    result = written(own(modules.hw3_sol, "train_network")(model, dataset, **settings), "train_network")
    return plain(result), [(layer.weights, layer.biases) for layer in model.layers[::2]]


def defined(modules, *args, **kwargs):
    """The layers of define_network by kind, the parameters of those that are Linear, and the shape of its output."""
    np.random.seed(4)  # what the function itself seeds must win
    model = written(own(modules.hw3_sol, "define_network")(*args, **kwargs), "define_network")
    kinds = [type(layer).__name__ for layer in model.layers]
    parameters = [(layer.weights, layer.biases) for layer in model.layers if hasattr(layer, "weights")]
    return kinds, parameters, type(model).__name__
