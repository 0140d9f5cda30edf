"""Small functions that run on the submission's side, beside its code. They hold no expected values.

Each takes the submission's modules first. Networks get their parameters from the test, so that a mistake in one piece
is not charged again where others are tested.
"""

import importlib
import sys
import types

import numpy as np

from harness.isolation.untrusted.slopes import slopes_of


def own(name, module):
    """Something of the student's, or what a stub raises where there is nothing of that name."""
    found = getattr(importlib.import_module(module), name, None)
    if found is None:
        raise NotImplementedError(f"{name} of {module} is not there: is it spelled as in the handout?")
    return found


def copied(values):
    """Writable copies of the arrays in a dict, a list or a tuple."""
    if isinstance(values, dict):
        return {key: copied(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return type(values)(copied(value) for value in values)
    return np.array(values) if isinstance(values, np.ndarray) else values


def same(before, after):
    """Whether arrays, or dicts of arrays, hold what they held."""
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(same(before[key], after[key]) for key in before)
    return np.array_equal(before, after, equal_nan=True)


# nndl/neural_net.py


def neural_net(params):
    """The student's two-layer network in one piece, with these parameters."""
    n_out, n_hidden = params["W2"].shape
    network = own("TwoLayerNet", "nndl.neural_net")(params["W1"].shape[1], n_hidden, n_out)
    network.params = copied(params)
    return network


def nn_scores(modules, params, X):
    """loss(X), and whether X and the parameters are as they were."""
    network, X = neural_net(params), np.array(X)
    before = np.array(X)
    scores = network.loss(X)
    return scores, same(before, X) and same(params, network.params)


def nn_loss(modules, params, X, y, reg):
    """loss(X, y, reg), and whether X and the parameters are as they were."""
    network, X = neural_net(params), np.array(X)
    before = np.array(X)
    result = network.loss(X, np.array(y), reg)
    return result, same(before, X) and same(params, network.params)


def nn_slopes(modules, params, X, y, reg):
    """Central differences of the student's own loss by every parameter: a dict of arrays."""
    network = neural_net(params)
    names = list(params)
    found = slopes_of(
        lambda: network.loss(np.array(X), np.array(y), reg)[0], [network.params[name] for name in names]
    )
    return dict(zip(names, found))


def nn_predict(modules, params, X):
    """predict(X)."""
    return neural_net(params).predict(np.array(X))


def nn_steps(modules, params, X, y, gradients, settings):
    """Train around a loss that is given: it answers with these gradients in turn.

    Returns:
        What train returns; the parameters at the end; and of each step the batch's X and y, reg, and the parameters
        that its loss was asked with.
    """
    network, seen = neural_net(params), []

    def loss(X, y=None, reg=0.0):
        if y is None:
            return np.zeros((len(X), len(params["b2"])))
        seen.append((np.array(X), np.array(y), float(reg), copied(network.params)))
        step = len(seen) - 1
        return 10.0 - step, copied(gradients[step % len(gradients)])

    network.loss = loss
    network.predict = lambda X: np.zeros(len(X), dtype=int)
    stats = network.train(np.array(X), np.array(y), np.array(X[:3]), np.array(y[:3]), **settings)
    return stats, dict(network.params), seen


def nn_toy_run(modules, X, y, sizes, std, seed, settings):
    """The notebook's network, trained on a handful of rows with batches drawn from a seed.

    Returns:
        What train returns, the parameters, and the network's own predictions.
    """
    np.random.seed(0)
    network = own("TwoLayerNet", "nndl.neural_net")(*sizes, std=std)
    np.random.seed(seed)
    X, y = np.array(X), np.array(y)
    stats = network.train(X, y, X, y, **settings)
    return stats, dict(network.params), network.predict(X)


def nn_train(modules, images, labels, n_validation, n_hidden, n_classes, std, settings, seed):
    """Train on images as the notebook does: their mean subtracted, float64.

    Args:
        images: uint8, (N, D). The last `n_validation` rows are what train is told to validate on.

    Returns:
        The parameters, the training losses, and the two accuracies that train recorded.
    """
    np.random.seed(seed)
    cut = len(images) - n_validation
    X, y = images - images[:cut].mean(axis=0), np.array(labels)
    network = own("TwoLayerNet", "nndl.neural_net")(X.shape[1], n_hidden, n_classes, std=std)
    stats = network.train(X[:cut], y[:cut], X[cut:], y[cut:], **settings)
    return dict(network.params), stats


# nndl/layers.py


def affine_forward(modules, x, w, b):
    """What affine_forward returns, and whether its arguments are as they were."""
    x, w, b = arguments = [np.array(a) for a in (x, w, b)]
    before = copied(arguments)
    result = own("affine_forward", "nndl.layers")(x, w, b)
    return result, all(map(same, before, arguments))


def affine_backward(modules, x, w, b, dout):
    """What affine_backward returns for the cache of the student's own affine_forward, and whether dout is as it was.

    Where affine_forward gives no cache, (x, w, b) stands in.
    """
    x, w, b = (np.array(a) for a in (x, w, b))
    try:
        _, cache = own("affine_forward", "nndl.layers")(x, w, b)
    except Exception:  # told where affine_forward is tested
        cache = (x, w, b)
    upstream = np.array(dout)
    result = own("affine_backward", "nndl.layers")(upstream, cache)
    return result, same(dout, upstream)


def relu_forward(modules, x):
    """What relu_forward returns, and whether x is as it was."""
    argument = np.array(x)
    result = own("relu_forward", "nndl.layers")(argument)
    return result, same(x, argument)


def relu_backward(modules, x, dout):
    """What relu_backward returns for the cache of the student's own relu_forward, and whether dout is as it was."""
    upstream = np.array(dout)
    try:
        _, cache = own("relu_forward", "nndl.layers")(np.array(x))
    except Exception:  # told where relu_forward is tested
        cache = np.array(x)
    result = own("relu_backward", "nndl.layers")(upstream, cache)
    return result, same(dout, upstream)


# nndl/fc_net.py


def stand_in(layers):
    """Put these functions in the place of those of nndl.layers, before fc_net imports them."""
    if not layers:
        return
    try:
        module = importlib.import_module("nndl.layers")
    except Exception:  # a file that cannot be imported is told where layers are tested
        module = types.ModuleType("nndl.layers")
        module.np = np
        sys.modules["nndl.layers"] = sys.modules["nndl"].layers = module
    for name, function in layers.items():
        setattr(module, name, lambda *args, _function=function: copied(_function(*args)))


def made(cls, arguments, attributes):
    """A network, built by its own __init__; where that fails, an empty one that has these attributes."""
    try:
        return cls(**arguments)
    except Exception:  # told where __init__ is tested
        network = cls.__new__(cls)
        for name, value in attributes.items():
            setattr(network, name, value)
        return network


def dtype_of(name):
    """float32 or float64, which cannot cross the boundary as types."""
    return {"float32": np.float32, "float64": np.float64}[name]


def fc_two_layer(params, reg, layers):
    """The student's modular two-layer network with these parameters."""
    stand_in(layers)
    n_in, n_hidden = params["W1"].shape
    arguments = {"input_dim": n_in, "hidden_dims": n_hidden, "num_classes": params["W2"].shape[1]}
    network = made(own("TwoLayerNet", "nndl.fc_net"), arguments, {})
    network.reg = reg  # as the notebook does, after the network was built
    network.params = copied(params)
    return network


def fc_deep(params, reg, dtype, layers):
    """The student's network of any depth with these parameters."""
    stand_in(layers)
    depth = len(params) // 2
    widths = [params[f"W{i}"].shape[1] for i in range(1, depth)]
    dtype = dtype_of(dtype)
    arguments = {
        "hidden_dims": widths,
        "input_dim": params["W1"].shape[0],
        "num_classes": params[f"W{depth}"].shape[1],
        "dtype": dtype,
    }
    attributes = {
        "use_batchnorm": False,
        "use_dropout": False,
        "num_layers": depth,
        "dtype": dtype,
        "dropout_param": {},
        "bn_params": [],
    }
    network = made(own("FullyConnectedNet", "nndl.fc_net"), arguments, attributes)
    network.reg = reg
    network.params = {name: value.astype(dtype) for name, value in params.items()}
    return network


def fc_net(kind, params, reg, layers, dtype="float64"):
    return fc_two_layer(params, reg, layers) if kind == "two-layer" else fc_deep(params, reg, dtype, layers)


def fc_scores(modules, kind, params, X, layers=None, dtype="float64"):
    """loss(X)."""
    return fc_net(kind, params, 0.0, layers, dtype).loss(np.array(X))


def fc_loss(modules, kind, params, X, y, reg, layers=None, dtype="float64"):
    """loss(X, y)."""
    return fc_net(kind, params, reg, layers, dtype).loss(np.array(X), np.array(y))


def fc_initial(modules, kind, arguments, seed):
    """The parameters of a new network, and some attributes; None for one that it lacks."""
    np.random.seed(seed)
    arguments = dict(arguments)
    if "dtype" in arguments:
        arguments["dtype"] = dtype_of(arguments["dtype"])
    network = own("TwoLayerNet" if kind == "two-layer" else "FullyConnectedNet", "nndl.fc_net")(**arguments)
    return dict(network.params), {name: getattr(network, name, None) for name in ("reg", "num_layers")}


def solve(modules, kind, images, labels, n_validation, arguments, settings, seed):
    """Train a network with the package's Solver, on images with their mean subtracted, float64.

    Args:
        images: uint8, (N, 32, 32, 3) or of any other shape. The last `n_validation` rows validate; with 0 of them,
            training rows do.

    Returns:
        The parameters, the training losses, and the two accuracies that the Solver recorded.
    """
    np.random.seed(seed)
    cut = len(images) - n_validation
    X, y = images - images[:cut].mean(axis=0), np.array(labels)
    arguments = dict(arguments)
    if "dtype" in arguments:
        arguments["dtype"] = dtype_of(arguments["dtype"])
    network = own("TwoLayerNet" if kind == "two-layer" else "FullyConnectedNet", "nndl.fc_net")(**arguments)
    data = {"X_train": X[:cut], "y_train": y[:cut], "X_val": X[-n_validation:], "y_val": y[-n_validation:]}
    solver = own("Solver", "utils.solver")(network, data, verbose=False, **settings)
    solver.train()
    history = {
        name: list(getattr(solver, name)) for name in ("loss_history", "train_acc_history", "val_acc_history")
    }
    return dict(network.params), history
