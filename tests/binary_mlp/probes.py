"""Small functions that run on the submission's side, beside its code. They hold no expected values.

Each takes the submission's modules first. Activations come by name: the student's own (`relu`, `sigmoid`), or one
given here, so that a mistake in an activation is not charged again where layers are tested.
"""

import contextlib
import copy

import numpy as np

from harness.isolation.untrusted.slopes import slopes_of


def own(modules, name):
    """A function of the student's, or what a stub raises where there is none of that name."""
    if not hasattr(modules.hw2, name):
        raise NotImplementedError(f"{name} is not there: is it spelled as in the handout?")
    return getattr(modules.hw2, name)


def tanh(s):
    """A given activation, smooth: tanh and its derivative."""
    out = np.tanh(s)
    return out, 1.0 - out * out


def arctan(s):
    """A given activation with values in (0, 1): 1/2 + arctan(s)/pi, and its derivative."""
    return 0.5 + np.arctan(s) / np.pi, 1.0 / (np.pi * (1.0 + np.square(s)))


def identity(s):
    """A given activation that does nothing."""
    return np.array(s, dtype=float), np.ones(np.shape(s))


GIVEN = {"tanh": tanh, "arctan": arctan, "identity": identity}


def activation(modules, name):
    """The activation function of that name."""
    return GIVEN[name] if name in GIVEN else own(modules, f"{name}_activation")


def layer(modules, x, W, b, name):
    """The first of the two values that layer_forward returns, and how many there are."""
    result = own(modules, "layer_forward")(x, W, b, activation(modules, name))
    return result[0], len(result)


def forward(modules, X, Ws, bs, names):
    """The output of forward_pass and the number of caches."""
    output, caches = own(modules, "forward_pass")(X, Ws, bs, [activation(modules, n) for n in names])
    return output, len(caches)


def own_layers(modules, X, Ws, bs, names):
    """The network's output, layer by layer through the student's own layer_forward."""
    for W, b, name in zip(Ws, bs, names):
        X, _ = own(modules, "layer_forward")(X, W, b, activation(modules, name))
    return X


def changed_arguments(modules, X, Ws, bs, names):
    """Which arguments of forward_pass and backward_pass are no longer what they were, by name."""
    before = copy.deepcopy((X, Ws, bs))
    output, caches = own(modules, "forward_pass")(X, Ws, bs, [activation(modules, n) for n in names])
    dL_dg = np.ones(np.shape(output))
    with contextlib.suppress(Exception, SystemExit):  # that it does not work is told by its own tests
        own(modules, "backward_pass")(dL_dg, caches)
    after = {
        "X_batch": ([before[0]], [X]),
        "weight_matrices": (before[1], Ws),
        "biases": (before[2], bs),
        "dL_dg": ([np.ones(np.shape(output))], [dL_dg]),
    }
    return [k for k, (a, b) in after.items() if not all(np.array_equal(x, y) for x, y in zip(a, b))]


def backward(modules, X, Ws, bs, names, dL_dg):
    """Gradients for a given dL_dg: one forward pass, one backward pass."""
    output, caches = own(modules, "forward_pass")(X, Ws, bs, [activation(modules, n) for n in names])
    return own(modules, "backward_pass")(np.reshape(dL_dg, np.shape(output)), caches)


def end_to_end(modules, X, y, Ws, bs, names):
    """Loss and gradients with the student's own logistic_loss: (output, loss, (grad_Ws, grad_bs))."""
    output, caches = own(modules, "forward_pass")(X, Ws, bs, [activation(modules, n) for n in names])
    loss, dL_dg = own(modules, "logistic_loss")(output, np.reshape(y, np.shape(output)))
    return output, loss, own(modules, "backward_pass")(dL_dg, caches)


def batch_loss(modules, X, y, Ws, bs, names):
    """The student's own logistic_loss of a batch, without a backward pass."""
    output, _ = own(modules, "forward_pass")(X, Ws, bs, [activation(modules, n) for n in names])
    return own(modules, "logistic_loss")(output, np.reshape(y, np.shape(output)))[0]


def own_slopes(modules, X, y, Ws, bs, names, v=None, e=1e-5, as_given=False):
    """Central differences of the student's own network, parameter by parameter.

    The function is the mean of the student's own logistic_loss, or, if `v` is given, the mean of v * output: then
    only the forward pass matters. With `as_given`, logistic_loss gets y in the shape that it has.
    """
    activations = [activation(modules, n) for n in names]

    def objective():
        output, _ = own(modules, "forward_pass")(X, Ws, bs, activations)
        if v is not None:
            return np.mean(np.reshape(v, np.shape(output)) * output)
        return np.mean(
            own(modules, "logistic_loss")(output, y if as_given else np.reshape(y, np.shape(output)))[0]
        )

    slopes = slopes_of(objective, [*Ws, *bs], e)
    return list(slopes[: len(Ws)]), list(slopes[len(Ws) :])


def checker(modules, X, y, Ws, bs, names):
    """The student's finite-difference gradients, and whether the parameters are as they were."""
    before = copy.deepcopy((Ws, bs))
    grads = own(modules, "my_nn_finite_difference_checker")(
        X, y, Ws, bs, [activation(modules, n) for n in names]
    )
    same = all(np.array_equal(a, b) for a, b in zip(before[0] + before[1], Ws + bs))
    return grads, same


def initial(modules, dims):
    """Weights and biases, and whether any two weight matrices share memory."""
    weights, biases = own(modules, "create_weight_matrices")(dims), own(modules, "create_bias_vectors")(dims)
    shared = any(np.shares_memory(a, b) for i, a in enumerate(weights) for b in weights[:i])
    return weights, biases, shared


def output_of(modules, X, weights, biases, names):
    """The network's output in [0, 1], one number a row."""
    return np.ravel(
        own(modules, "forward_pass")(X, weights, biases, [activation(modules, n) for n in names])[0]
    )


def train(modules, X_train, y_train, X_test, y_test, unlabelled=None, scale=1.0, **settings):
    """Train with the student's own loop.

    Args:
        X_train, X_test, unlabelled: Inputs, one a row; `scale` is multiplied in here, so that bytes can be sent.

    Returns:
        weights, biases, the history as lists of floats, and the output for each unlabelled row (or None).
    """
    X_train, X_test = X_train * scale, X_test * scale
    weights, biases, history = own(modules, "train")(X_train, y_train, X_test, y_test, **settings)
    curves = {
        name: [float(x) for x in history[name]]
        for name in ("train_loss", "train_acc", "test_loss", "test_acc")
    }
    names = ["relu"] * (len(weights) - 1) + ["sigmoid"]
    out = None if unlabelled is None else output_of(modules, unlabelled * scale, weights, biases, names)
    return list(weights), list(biases), curves, out


def train_with(modules, X_train, y_train, X_test, y_test, functions, **settings):
    """Train with the student's own loop, and the given functions in place of the student's."""
    for name, function in functions.items():
        setattr(modules.hw2, name, function)
    activations = [functions["relu_activation"], functions["sigmoid_activation"]]
    weights, biases, history = own(modules, "train")(
        X_train, y_train, X_test, y_test, activations=activations, **settings
    )
    return list(weights), list(biases), {name: [float(x) for x in history[name]] for name in history}


def memorise(modules, X, y, **settings):
    """Fit labels that mean nothing: the number of iterations told, and the final parameters."""
    history, _ = own(modules, "fit_random_labels")(len(X), X.shape[1], X=X, y=y, **settings)
    return len(history["train_acc"]), list(history["weight_matrices"]), list(history["biases"])
