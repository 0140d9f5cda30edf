"""Question 4, public: the two-layer network in one piece, on the notebook's toy data."""

import numpy as np
import pytest

from harness import expect
from harness.errors import StudentError
from harness.expect import Cause, Mismatch
from tests.cifar_mlp.judging import (
    BIAS_GRADIENTS,
    DATA_LOSS,
    NETWORK,
    PENALTY,
    SCORES,
    SLOPES,
    STEPS,
    WEIGHT_GRADIENTS,
    bias,
    close,
    entry,
    loss_and_grads,
    one_number,
    stored,
    untouched,
    weights,
)

pytestmark = pytest.mark.question("4")

REG = 0.05
TOY_RUN = {
    "learning_rate": 1e-1,
    "learning_rate_decay": 0.95,
    "reg": 5e-6,
    "num_iters": 100,
    "batch_size": 200,
    "verbose": False,
}


@pytest.fixture
def toy(fixtures_folder):
    return stored(fixtures_folder, "toy.npz")


@pytest.mark.points(1.5)
def test_toy_scores(submission, run, toy):
    """loss(X) gives the notebook's scores for the toy network."""
    right = toy["scores"]
    scores, same = submission.parts(2, "nn_scores", toy["params"], toy["X"])
    untouched(run, same, "nndl.neural_net's loss")
    e = np.exp(right)
    causes = [
        Cause("There is a ReLU after the second layer: the scores may be negative.", np.maximum(right, 0)),
        Cause(
            "These are probabilities: without labels, loss returns the scores.", e / e.sum(1, keepdims=True)
        ),
        Cause("The bias b2 is not added.", right - toy["params"]["b2"]),
    ]
    weights(scores, right, "scores", causes=causes)


@pytest.mark.points(1)
def test_toy_loss_without_penalty(submission, toy):
    """loss(X, y, reg=0) gives the toy network's cross-entropy."""
    loss, _ = loss_and_grads(submission.parts(2, "nn_loss", toy["params"], toy["X"], toy["y"], 0.0)[0])
    own = cross_entropy(own_scores(submission, toy["params"], toy["X"], toy["scores"]), toy["y"])
    close(loss, own, "the loss", causes=loss_causes(own, len(toy["y"])), shape=False)


@pytest.mark.points(0.75, follows=DATA_LOSS, provided=("test_penalty_of_fresh_networks",))
def test_toy_loss_with_penalty(submission, toy):
    """loss(X, y, reg=0.05) adds half of reg times the sum of both matrices' squares."""
    loss, _ = loss_and_grads(submission.parts(2, "nn_loss", toy["params"], toy["X"], toy["y"], REG)[0])
    data, _ = loss_and_grads(submission.parts(2, "nn_loss", toy["params"], toy["X"], toy["y"], 0.0)[0])
    data = one_number(data, "the loss")
    check_penalty(loss, data, toy["params"], REG, len(toy["y"]))


@pytest.mark.points(
    1,
    follows=(*SCORES, *DATA_LOSS, *PENALTY, "test_gradient_of_the_penalty"),
    provided=(SLOPES, WEIGHT_GRADIENTS),
)
def test_toy_weight_gradients(submission, toy):
    """loss(X, y, reg=0.05) gives the gradients of W1 and W2."""
    _, grads = loss_and_grads(submission.parts(2, "nn_loss", toy["params"], toy["X"], toy["y"], REG)[0])
    for name in ("W1", "W2"):
        W, right = toy["params"][name], toy["grads"][name]
        data = right - REG * W
        causes = [
            Cause("The gradient of the penalty is missing: + reg * W.", data),
            Cause(
                "The penalty's 0.5 cancels the 2 of the square: its gradient is reg * W.", data + 2 * REG * W
            ),
            Cause("The penalty's gradient is reg * W, without 0.5.", data + 0.5 * REG * W),
            Cause(
                "Divide by the number of examples: the loss is a mean over them.",
                data * len(toy["y"]) + REG * W,
            ),
            Cause("Divided by the number of examples twice.", data / len(toy["y"]) + REG * W),
            Cause(
                "Divided by the number of examples, the penalty too: only the data's part is a mean.",
                right / 5,
            ),
        ]
        weights(entry(grads, name), right, f"grads[{name!r}]", causes=causes)


@pytest.mark.points(0.75, follows=SCORES, provided=(SLOPES, BIAS_GRADIENTS))
def test_toy_bias_gradients(submission, run, toy):
    """loss(X, y, reg=0.05) gives the gradients of b1 and b2."""
    _, grads = loss_and_grads(submission.parts(2, "nn_loss", toy["params"], toy["X"], toy["y"], REG)[0])
    for name in ("b1", "b2"):
        right, b = toy["grads"][name], toy["params"][name]
        causes = [
            Cause(
                "This is the mean over the batch: the gradient of the scores has its 1/N already.", right / 5
            ),
            Cause("Divide by the number of examples: the loss is a mean over them.", right * 5),
            Cause("Biases are not penalised.", right + REG * b),
        ]
        bias(run, entry(grads, name), right, f"grads[{name!r}]", causes=causes)


@pytest.mark.points(0.5, follows=SCORES, provided=("test_predictions_of_fresh_networks", *DATA_LOSS))
def test_toy_predictions(submission, toy):
    """predict(X) gives the class of the highest score, one a row."""
    labels(submission.probe("nn_predict", toy["params"], toy["X"]), toy["scores"])


@pytest.mark.points(0.5, follows=NETWORK, provided=(STEPS, WEIGHT_GRADIENTS, *SCORES))
@pytest.mark.limits(time_s=20)
def test_toy_training(submission, toy):
    """train brings the toy network's loss from 1.1 to below 0.02, with batches of 200 drawn from 5 rows."""
    stats, _, _ = submission.parts(3, "nn_toy_run", toy["X"], toy["y"], (4, 10, 3), 1e-1, 0, TOY_RUN)
    losses = expect.curve(stats, "loss_history", "what train returns")
    expect.true(len(losses) == 100, "loss_history needs one loss a step.", "100", f"{len(losses)}")
    expect.true(
        losses[-1] < 0.02,
        "The toy network does not learn its five rows: check the gradients, and that each step lowers the loss.",
        "a last loss below 0.02",
        expect.number(losses[-1]),
    )


def own_scores(submission, params, X, right):
    """The submission's own scores, by which its loss is judged; the right ones where it gives none."""
    try:
        scores, _ = submission.parts(2, "nn_scores", params, X)
        return expect.array(scores, "scores", shape=right.shape)
    except (StudentError, Mismatch):  # charged where scores are tested
        return right


def cross_entropy(scores, y):
    """The mean over the rows of -ln softmax(scores)[label]."""
    top = scores.max(axis=1)
    return float(
        np.mean(top + np.log(np.exp(scores - top[:, None]).sum(axis=1)) - scores[np.arange(len(y)), y])
    )


def loss_causes(right, n):
    return [
        Cause("The sum over the batch is not divided by the number of examples.", n * right),
        Cause("Divided by the number of examples twice.", right / n),
        Cause("The sign is wrong: the loss is minus the mean of the logarithms.", -right),
    ]


def squares(params, names=("W1", "W2")):
    return sum(float(np.sum(params[name] ** 2)) for name in names)


def check_penalty(loss, data, params, reg, n):
    """Fail unless a loss is the data's part, as the submission itself tells it, plus the penalty."""
    both = squares(params)
    penalties = {
        "The factor 0.5 is missing in the penalty.": reg * both,
        "The penalty is not there: add 0.5 * reg * (sum of W1^2 + sum of W2^2).": 0.0,
        "Only W1 is penalised: both matrices are.": 0.5 * reg * squares(params, ["W1"]),
        "Only W2 is penalised: both matrices are.": 0.5 * reg * squares(params, ["W2"]),
        "The biases are penalised, too: only the matrices are.": 0.5 * reg * squares(params, params),
        "The penalty is divided by the number of examples: only the data's part is a mean.": 0.5
        * reg
        * both
        / n,
        "The penalty takes norms: it is their squares that are added.": 0.5
        * reg
        * sum(np.linalg.norm(params[k]) for k in ("W1", "W2")),
    }
    causes = [Cause(hint, data + value) for hint, value in penalties.items()]
    close(loss, data + 0.5 * reg * both, "the loss", causes=causes, shape=False)


def labels(got, scores):
    """Fail unless predictions are the classes of the highest scores."""
    a = expect.array(got, "predict(X)")
    if a.shape == scores.shape:
        hint = "predict must return one class a row, not scores or one-hot rows: argmax over axis 1."
    elif a.shape == (scores.shape[1],) and a.shape != (len(scores),):
        hint = "The argmax is over the wrong axis: one class a row, axis 1."
    else:
        hint = "predict must return one class a row."
    expect.true(a.shape == (len(scores),), hint, f"shape {(len(scores),)}", f"shape {a.shape}")
    close(a, scores.argmax(axis=1), "predict(X)", hint="The class of a row is that of its highest score.")
