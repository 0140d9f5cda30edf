"""Question 5, public: the modular networks, on the notebook's examples, with your own layers."""

from itertools import pairwise

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.cifar_mlp.judging import (
    DEEP_GRADIENTS,
    DEEP_LOSS,
    DEEP_PENALTY,
    DEEP_SCORES,
    LAYERS,
    TWO_LAYER_GRADIENTS,
    TWO_LAYER_LOSS,
    TWO_LAYER_PENALTY,
    TWO_LAYER_SCORES,
    close,
    gradients,
    loss_and_grads,
    stored,
    weights,
)

pytestmark = pytest.mark.question("5")


def shapes_of(widths):
    """The shape of each parameter, by its name."""
    found = {}
    for i, (n_in, n_out) in enumerate(pairwise(widths), start=1):
        found[f"W{i}"], found[f"b{i}"] = (n_in, n_out), (n_out,)
    return found


def check_start(params, widths):
    """Fail unless a network of these widths has just its parameters, with biases of zero."""
    right = shapes_of(widths)
    names = set(params) if isinstance(params, dict) else set()
    missing, more = sorted(set(right) - names), sorted(map(str, names - set(right)))
    if "W0" in names:
        hint = "The names of the parameters begin with 1: W1, b1."
    elif missing == [f"W{len(widths) - 1}", f"b{len(widths) - 1}"] or missing == [f"b{len(widths) - 1}"]:
        hint = "The last layer is missing: hidden_dims leaves out the layer that gives the scores."
    elif more and not missing:
        hint = "There is one layer too many."
    else:
        hint = "params needs W and b of every layer."
    expect.true(
        not missing and not more, hint, ", ".join(right), ", ".join(sorted(map(str, names))[:12]) or "nothing"
    )
    for name, shape in right.items():
        a = expect.array(params[name], f"params[{name!r}]")
        expect.true(
            a.shape == shape,
            f"params[{name!r}] has the wrong shape: fc_net.py keeps weights as (in, out), biases as (out,).",
            f"shape {shape}",
            f"shape {a.shape}",
        )
        if name.startswith("b"):
            expect.true(not a.any(), "Biases begin at zero.", "zeros", expect.short(a))


def check_loss(loss, right, causes=(), name="the loss"):
    close(loss, right, name, causes=causes, shape=False)


def penalty_causes(params, data, reg, n):
    """What known mistakes make of a penalised loss."""
    squares = {name: float(np.sum(value.astype(float) ** 2)) for name, value in params.items()}
    matrices = sum(value for name, value in squares.items() if name.startswith("W"))
    last = squares[f"W{len(params) // 2}"]
    found = {
        "The factor 0.5 is missing in the penalty.": reg * matrices,
        "The penalty is not there: add 0.5 * self.reg * (the sum of the squares of all matrices).": 0.0,
        "The biases are penalised, too: only the matrices are.": 0.5 * reg * sum(squares.values()),
        "Only W1 is penalised: all matrices are.": 0.5 * reg * squares["W1"],
        "Only the last matrix is penalised: all are.": 0.5 * reg * last,
        "The last matrix is not penalised: all are.": 0.5 * reg * (matrices - last),
        "The penalty is divided by the number of examples.": 0.5 * reg * matrices / n,
    }
    return [Cause(hint, data + value) for hint, value in found.items()]


@pytest.mark.points(0.5)
def test_two_layer_parameters(submission):
    """A new fc_net.TwoLayerNet has W1, b1, W2 and b2 of the right shapes, with an int as hidden_dims."""
    arguments = {"input_dim": 6, "hidden_dims": 5, "num_classes": 4, "weight_scale": 1e-2}
    params, _ = submission.parts(2, "fc_initial", "two-layer", arguments, 1)
    check_start(params, (6, 5, 4))


@pytest.mark.points(0.75, follows=LAYERS, provided=(TWO_LAYER_SCORES,))
def test_two_layer_scores(submission, fixtures_folder):
    """fc_net.TwoLayerNet.loss(X) gives the notebook's scores."""
    case = stored(fixtures_folder, "two_layer.npz")
    scores = submission.probe("fc_scores", "two-layer", case["params"], case["X"])
    causes = [Cause("There is a ReLU after the second layer.", np.maximum(case["scores"], 0))]
    weights(scores, case["scores"], "scores", causes=causes)


@pytest.mark.points(
    0.5,
    follows=(*LAYERS, TWO_LAYER_SCORES, TWO_LAYER_LOSS, TWO_LAYER_PENALTY),
    provided=(TWO_LAYER_LOSS, TWO_LAYER_GRADIENTS),
)
def test_two_layer_loss(submission, fixtures_folder):
    """fc_net.TwoLayerNet.loss(X, y) gives the notebook's loss, with a penalty and without."""
    case = stored(fixtures_folder, "two_layer.npz")
    data = float(case["loss"])
    for reg, right in ((0.0, data), (1.0, float(case["loss_penalised"]))):
        loss, _ = loss_and_grads(
            submission.probe("fc_loss", "two-layer", case["params"], case["X"], case["y"], reg)
        )
        check_loss(loss, right, penalty_causes(case["params"], data, reg, 3) if reg else ())


@pytest.mark.points(
    0.75,
    follows=(*LAYERS, TWO_LAYER_SCORES, TWO_LAYER_GRADIENTS, TWO_LAYER_PENALTY),
    provided=(TWO_LAYER_LOSS, TWO_LAYER_GRADIENTS),
)
def test_two_layer_gradients(submission, run, fixtures_folder):
    """fc_net.TwoLayerNet.loss(X, y) gives the gradient of each parameter of the notebook's network."""
    case = stored(fixtures_folder, "two_layer.npz")
    for reg, key in ((0.0, "grads"), (1.0, "grads_penalised")):
        _, grads = loss_and_grads(
            submission.probe("fc_loss", "two-layer", case["params"], case["X"], case["y"], reg)
        )
        gradients(run, grads, case[key], gradient_causes(case["params"], case["grads"], reg, 3))


def gradient_causes(params, right, reg, n):
    """What known mistakes make of the gradients, where those without penalty are `right`."""
    causes = {}
    for name, g in right.items():
        W = params[name] if name.startswith("W") else np.zeros_like(g)
        found = [
            Cause(
                "Divided by the number of examples again: softmax_loss has done that already.",
                g / n + reg * W,
            ),
            Cause(
                "Multiplied by the number of examples: softmax_loss gives the gradient of a mean.",
                g * n + reg * W,
            ),
        ]
        if reg and name.startswith("W"):
            found += [
                Cause("The loss has its penalty, its gradient has none: add self.reg * W.", g),
                Cause(
                    "The penalty's 0.5 cancels the 2 of the square: its gradient is reg * W.", g + 2 * reg * W
                ),
                Cause("The penalty's gradient is reg * W, without 0.5.", g + 0.5 * reg * W),
            ]
            for other, value in params.items():
                if other != name and value.shape == W.shape:
                    found.append(Cause("This is the penalty of another layer's matrix.", g + reg * value))
        elif reg:
            found.append(Cause("Biases are not penalised.", g + reg * params[name]))
        causes[name] = found
    return causes


@pytest.mark.points(0.5)
def test_deep_parameters(submission):
    """A new FullyConnectedNet with two hidden layers has W1 to W3 and b1 to b3 of the right shapes."""
    arguments = {"hidden_dims": [5, 4], "input_dim": 6, "num_classes": 3, "dtype": "float64"}
    params, _ = submission.parts(2, "fc_initial", "deep", arguments, 1)
    check_start(params, (6, 5, 4, 3))


@pytest.mark.points(
    0.75,
    follows=(*LAYERS, DEEP_SCORES, DEEP_LOSS, DEEP_PENALTY),
    provided=(DEEP_SCORES, DEEP_LOSS, DEEP_GRADIENTS),
)
def test_deep_loss(submission, fixtures_folder):
    """FullyConnectedNet.loss gives scores and loss of a net with hidden layers of 20 and 30 units."""
    case = stored(fixtures_folder, "deep.npz")
    close(submission.probe("fc_scores", "deep", case["params"], case["X"]), case["scores"], "scores")
    data = float(case["loss"])
    for reg, right in ((0.0, data), (3.14, float(case["loss_penalised"]))):
        loss, _ = loss_and_grads(
            submission.probe("fc_loss", "deep", case["params"], case["X"], case["y"], reg)
        )
        check_loss(loss, right, penalty_causes(case["params"], data, reg, 2) if reg else ())


@pytest.mark.points(
    0.75, follows=(*LAYERS, DEEP_SCORES, DEEP_GRADIENTS, DEEP_PENALTY), provided=(DEEP_LOSS, DEEP_GRADIENTS)
)
def test_deep_gradients(submission, run, fixtures_folder):
    """FullyConnectedNet.loss gives the gradient of each parameter of that net."""
    case = stored(fixtures_folder, "deep.npz")
    for reg, key in ((0.0, "grads"), (3.14, "grads_penalised")):
        _, grads = loss_and_grads(
            submission.probe("fc_loss", "deep", case["params"], case["X"], case["y"], reg)
        )
        gradients(run, grads, case[key], gradient_causes(case["params"], case["grads"], reg, 2))
