"""Small functions that run on the submission's side, beside its code. They hold no expected values.

Each takes the submission's modules first. Functions are handed copies, labels in the shape of the submission's own
predictions, and the arguments of backprop_and_loss in the order that its names ask for.
"""

import functools
import importlib
import inspect

import numpy as np

from harness.isolation.untrusted.slopes import STEP, slopes_of

WORDS = {  # what the parameters of backprop_and_loss may be called
    "cache": ("cache", "memory", "stored"),
    "prediction": ("pred", "hat", "out", "guess"),
    "params": ("param", "weight", "theta"),
    "Y": ("y", "label", "target", "true"),
}


def own(modules, name):
    """A function of the student's, or what a stub raises where there is none of that name."""
    found = getattr(modules.my_hw5, name, None)
    if found is None:
        raise NotImplementedError(f"{name} is not there: is it spelled as in the handout?")
    return found


def copied(table):
    """A dict of fresh copies of arrays."""
    return {key: np.array(value) for key, value in table.items()}


def keywords(function):
    """The names of a function's parameters; none where Python cannot tell."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def order_of(function):
    """The order of the four arguments that the parameters' names ask for, or None where they do not tell."""
    order = []
    for name in keywords(function)[:4]:
        fits = [what for what, words in WORDS.items() if any(w in name.lower() for w in words)]
        order.append(next((what for what in fits if what not in order), None))
    return order if sorted(map(str, order)) == sorted(WORDS) else None


def call_backprop(function, params, prediction, cache, Y, **extra):
    """(gradient, loss), with the arguments in the order that the function wants."""
    values = {"params": params, "prediction": prediction, "cache": cache, "Y": Y}
    order = order_of(function)
    if order:
        return function(*(values[what] for what in order), **extra)
    try:
        return function(params, prediction, cache, Y, **extra)
    except (TypeError, AttributeError, IndexError, KeyError, ValueError):
        return function(prediction, params, cache, Y, **extra)


def plain_cache(cache):
    """What of a cache can be compared: arrays below plain keys."""
    if not isinstance(cache, dict):
        return cache
    kept = {k: v for k, v in cache.items() if type(k) in (str, int) and isinstance(v, (np.ndarray, list))}
    return {k: np.asarray(v) for k, v in kept.items()}


# Sections 2 and 3


def initial(modules, layer_sizes, scale, seed=None):
    """What initialize_network returns, and whether any two arrays share memory."""
    if seed is not None:
        np.random.seed(seed)
    params = own(modules, "initialize_network")(layer_sizes, scale)
    arrays = [a for a in params.values() if isinstance(a, np.ndarray)] if isinstance(params, dict) else []
    return params, any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def initial_again(modules, layer_sizes, scale, seeds):
    """The first weight matrix, drawn once a seed; None draws on without a seed."""
    return [next(iter(dict(initial(modules, layer_sizes, scale, seed)[0]).values())) for seed in seeds]


def sigma(modules, IN):
    """sigma_forward of an array; of code without such a function, what forward makes of a weighted sum."""
    try:
        return own(modules, "sigma_forward")(np.array(IN))
    except NotImplementedError:
        params = {"W0": np.eye(IN.shape[1]), "W1": np.ones((IN.shape[1], 1))}
        return own(modules, "forward")(params, np.array(IN))[1]["A1"]


def sigma_slope(modules, A):
    """sigma_backward of outputs in (0, 1); of code without it, what backprop_and_loss multiplies in.

    With one row (1), W0 = IN, W1 = 1, the two gradients are in the ratio slope : A.
    """
    try:
        return own(modules, "sigma_backward")(np.array(A))
    except NotImplementedError:
        slopes = []
        for a in A.ravel():
            params = {"W0": np.array([[np.log(a / (1 - a))]]), "W1": np.ones((1, 1))}
            gradient, _ = gradients(modules, params, np.ones((1, 1)), np.full((1, 1), 5.0))
            slopes.append(a * gradient["W0"].item() / gradient["W1"].item())
        return np.reshape(slopes, A.shape)


def forward(modules, params, X):
    """The prediction, the cache, and whether the arguments are as they were."""
    p, x = copied(params), np.array(X)
    result = own(modules, "forward")(p, x)
    same = np.array_equal(x, X) and all(np.array_equal(p[key], W) for key, W in params.items())
    if isinstance(result, tuple) and len(result) == 2:
        result = result[0], plain_cache(result[1])
    return result, same


# Section 4


def gradients(modules, params, X, Y):
    """(gradient, loss) after the student's own forward pass."""
    prediction, cache = own(modules, "forward")(copied(params), np.array(X))
    target = np.reshape(np.array(Y), np.shape(prediction))
    gradient, loss = call_backprop(
        own(modules, "backprop_and_loss"), copied(params), prediction, cache, target
    )
    return gradient, loss


def backprop(modules, params, X, Y, prediction, cache):
    """What backprop_and_loss returns for a given prediction and cache, so that a mistake in forward is not charged again.

    Where the student's own forward pass agrees with what is given, that is taken, with whatever else its cache holds;
    where it does not, its own is a second result.

    Args:
        cache: A0, IN0 and so on, two entries a weight.

    Returns:
        list of one or two results.
    """
    function, last = own(modules, "backprop_and_loss"), len(params)
    same, runs = False, True
    try:
        mine, kept = own(modules, "forward")(copied(params), np.array(X))
        same = np.allclose(np.ravel(mine), np.ravel(prediction), rtol=1e-6, atol=1e-9)
        same = same and all(np.allclose(kept[k], v, rtol=1e-6, atol=1e-9) for k, v in cache.items())
    except (KeyError, IndexError, TypeError, ValueError):  # told where the cache is tested
        pass
    except Exception:  # told where forward is tested
        runs = False
    results, failure = [], None
    if not same:
        given = np.reshape(np.array(Y), np.shape(prediction))
        more = {**cache, f"IN{last}": prediction, f"A{last}": prediction}  # as some keep them
        for table in (cache, more):
            try:
                args = copied(params), np.array(prediction), copied(table), given
                results.append(call_backprop(function, *args))
                break
            except Exception as e:
                failure = e
    if runs:
        try:
            results.append(gradients(modules, params, X, Y))
        except Exception as e:
            failure = failure or e
    if not results:
        raise failure
    return results


def own_delta(modules, prediction, Y):
    """What the student's backprop_and_loss begins with at the output: its gradient where the input is the identity."""
    eye, weights = np.eye(len(prediction)), {"W0": np.array(prediction)}
    table = {"A0": eye, "IN0": eye}
    function = own(modules, "backprop_and_loss")
    return call_backprop(function, weights, np.array(prediction), table, np.array(Y))[0]["W0"]


def loss_of_labels(modules, params, X, Y):
    """(gradient, loss) with labels just as they are."""
    prediction, cache = own(modules, "forward")(copied(params), np.array(X))
    return call_backprop(own(modules, "backprop_and_loss"), copied(params), prediction, cache, np.array(Y))


def measured(run, params, X, Y):
    """Slopes of the summed squared error of a forward pass, and whether it computes in float32: then in wider steps."""
    single = np.asarray(run(copied(params), np.array(X))[0]).dtype == np.float32

    p = copied(params)

    def total():
        return np.sum((np.ravel(run(copied(p), np.array(X))[0]).astype(float) - np.ravel(Y)) ** 2)

    return dict(zip(p, slopes_of(total, list(p.values()), 1e-3 if single else STEP))), bool(single)


def own_slopes(modules, params, X, Y):
    """Slopes of the summed squared error of the student's own forward pass, and whether it computes in float32."""
    return measured(own(modules, "forward"), params, X, Y)


# Sections 5 and 6


def like_own(modules, params, X, Y):
    """Labels in the shape of the student's own predictions; (n, 1) where forward does not run."""
    try:
        return np.reshape(np.array(Y), np.shape(own(modules, "forward")(copied(params), np.array(X))[0]))
    except Exception:
        return np.reshape(np.array(Y), (-1, 1))


def descent(modules, X, Y, params, lr, steps):
    """What gradient_descent returns."""
    target = like_own(modules, params, X, Y)
    return own(modules, "gradient_descent")(np.array(X), target, copied(params), lr, steps)


def own_descent(modules, X, Y, params, lr, steps):
    """Losses (one more than steps) and final params, worked out here with the student's forward and backprop."""
    p, losses = copied(params), []
    for step in range(steps + 1):
        gradient, loss = gradients(modules, p, X, Y)
        losses.append(float(loss))
        if step < steps:
            p = {key: W - lr * gradient[key] for key, W in p.items()}
    return losses, p


def falling_descent(modules, X, Y, params, steps, halvings=40):
    """The final params for the first of lr = 1, 1/2, 1/4, … whose loss, by the student's own forward, is below the first."""
    run = own(modules, "forward")

    def loss(p):
        return np.mean((np.ravel(run(copied(p), np.array(X))[0]) - np.ravel(Y)) ** 2)

    before, final = loss(params), params
    for power in range(halvings):
        with np.errstate(all="ignore"):
            _, final = descent(modules, X, Y, params, 0.5**power, steps)
            if loss(final) < before:
                break
    return final


def best(modules, X, Y, seed):
    """What train_best_model returns for one seed, and the student's own predictions for the first rows."""
    np.random.seed(seed)
    result = own(modules, "train_best_model")(np.array(X), np.array(Y))
    try:
        prediction = np.ravel(own(modules, "forward")(copied(result[1]), np.array(X[:20]))[0])
    except Exception:
        prediction = np.zeros(0)
    return result, prediction


# Section 7


def linear(modules, weights, X, Y):
    """What linear_gradient returns."""
    return own(modules, "linear_gradient")([np.array(W) for W in weights], np.array(X), np.array(Y))


# Section 8


def added(modules, X):
    """add_constant of X, and whether X is as it was."""
    before = np.array(X)
    return own(modules, "add_constant")(X), np.array_equal(before, X)


def extra_fit(modules, X, Y, iterations):
    """Run extra_credit_fit: what it returned, as lists of losses with their keys, and what went into training.

    Returns:
        keys: One text a curve (its place, where it came in a list).
        curves: As many arrays.
        seen: For each call of gradient_descent, its X and the layer sizes; empty where it is not called.
    """
    fit, descend, seen = (
        own(modules, "extra_credit_fit"),
        getattr(modules.my_hw5, "gradient_descent", None),
        [],
    )

    def recorded(*args, **kwargs):
        given = dict(zip(("X", "Y", "initial_params"), args)) | kwargs
        params = next((v for v in given.values() if isinstance(v, dict)), {})
        data = next((v for v in given.values() if isinstance(v, np.ndarray) and v.ndim == 2), None)
        if data is not None and len(seen) < 100:
            seen.append((np.array(data), [list(np.shape(W)) for W in params.values()]))
        return descend(*args, **kwargs)

    modules.my_hw5.gradient_descent = recorded
    names = keywords(fit)
    extra = {"Test_X": X[:5], "Test_Y": Y[:5], "num_iterations": iterations, "lr": 1e-4, "scale": 0.5}
    extra = {key: value for key, value in extra.items() if key in names}
    try:
        result = fit(np.array(X), np.array(Y), **extra)
    except ValueError:  # labels of shape (n,) are tested on their own
        seen.clear()
        result = fit(np.array(X), np.reshape(Y, (-1, 1)), **extra)
    keys, curves = curves_of(result)
    return keys, curves, seen


def curves_of(result):
    """The lists of losses in what extra_credit_fit returned: below keys, in a list, or first in a tuple."""
    if isinstance(result, dict):
        pairs = []
        for key, value in result.items():
            inner = curves_of(value) if isinstance(value, dict) else None
            pairs += [(f"{key}, {k}", c) for k, c in zip(*inner)] if inner else [(str(key), value)]
    else:
        parts = list(result) if isinstance(result, (list, tuple)) else []
        nested = next((p for p in parts if isinstance(p, (list, dict)) and len(p) == 18), None)
        if nested is not None:
            return curves_of(nested)
        pairs = [(str(i), c) for i, c in enumerate(parts)]
    pairs = [(k, c[0] if isinstance(c, tuple) and len(c) == 2 else c) for k, c in pairs]
    return [k for k, _ in pairs], [np.ravel(np.asarray(c, dtype=float)) for _, c in pairs]


SUFFIXES = {"bias": ("bias", "with_bias", "constant", "with_constant"), "relu": ("relu", "with_relu")}
FILES = {"bias": ("my_hw5_bias",), "relu": ("my_hw5_relu",)}
KEYWORDS = {
    "bias": {"bias": True, "use_bias": True, "constant": True, "add_constant": True},
    "relu": {"activation": "relu", "use_relu": True, "relu": True},
}
PIECES = ("initialize_network", "forward", "backprop_and_loss")


def entries(modules, kind):
    """initialize_network, forward and backprop_and_loss of a variant (`bias` or `relu`), wherever they are found.

    In this order: functions with a suffix; a file of its own; keywords; for ReLU, relu_forward and relu_backward in
    the place of sigma's, where no keyword is there.
    """
    plain = modules.my_hw5
    for suffix in SUFFIXES[kind]:
        if hasattr(plain, f"forward_{suffix}"):
            return [getattr(plain, f"{n}_{suffix}", getattr(plain, n, None)) for n in PIECES]
    for file in FILES[kind]:
        try:
            module = importlib.import_module(file)
        except ModuleNotFoundError as e:
            if e.name != file:
                raise
            continue
        return [getattr(module, n, None) for n in PIECES]
    functions = [own(modules, n) for n in PIECES]
    words = [word for word in KEYWORDS[kind] if word in keywords(functions[1])]
    if words:
        extra = {words[0]: KEYWORDS[kind][words[0]]}
        return [functools.partial(f, **extra) if words[0] in keywords(f) else f for f in functions]
    if kind == "relu" and hasattr(plain, "relu_forward"):
        plain.sigma_forward, plain.sigma_backward = plain.relu_forward, plain.relu_backward
        return functions
    raise NotImplementedError(f"no variant with {kind} is there: NOTES.md says where it is looked for")


def variant_initial(modules, kind, layer_sizes, scale):
    """The variant's initial params."""
    return entries(modules, kind)[0](layer_sizes, scale)


def variant_forward(modules, kind, params, X):
    """The variant's prediction, shape (n,)."""
    return np.ravel(entries(modules, kind)[1](copied(params), np.array(X))[0])


def variant_gradients(modules, kind, params, X, Y):
    """The variant's gradient, the slopes of its own forward pass, and whether that computes in float32."""
    _, run, back = entries(modules, kind)
    prediction, cache = run(copied(params), np.array(X))
    target = np.reshape(np.array(Y), np.shape(prediction))
    order = order_of(own(modules, "backprop_and_loss"))
    values = {"params": copied(params), "prediction": prediction, "cache": cache, "Y": target}
    told = back(*(values[what] for what in order or ("params", "prediction", "cache", "Y")))
    return (told, *measured(run, params, X, Y))
