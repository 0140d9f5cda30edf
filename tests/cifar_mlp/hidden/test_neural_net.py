"""Question 4, hidden: the two-layer network in one piece, for fresh networks of unequal sizes."""

import numpy as np
import pytest

from harness import expect, gradients
from harness.expect import Cause
from tests.cifar_mlp.hidden.values import one_piece
from tests.cifar_mlp.judging import (
    BIAS_GRADIENTS,
    DATA_LOSS,
    PENALTY,
    PENALTY_GRADIENT,
    SCORES,
    SLOPES,
    WEIGHT_GRADIENTS,
    bias,
    close,
    entry,
    loss_and_grads,
    one_number,
    untouched,
    weights,
)
from tests.cifar_mlp.test_neural_net import check_penalty, cross_entropy, labels, loss_causes, own_scores

pytestmark = pytest.mark.question("4")
WEIGHTS = ("W1", "W2")


def asked(submission, case, reg=0.0):
    """The submission's loss and gradients."""
    result, _ = submission.parts(2, "nn_loss", case.params, case.X, case.y, reg)
    return loss_and_grads(result)


@pytest.mark.points(1.5)
def test_scores_of_fresh_networks(submission, run, reference, rng):
    """loss(X) gives the scores of fresh networks, D, H and C all different."""
    for sizes in ((4, 6, 3), (7, 3, 5)):
        case = one_piece(reference, rng, sizes)
        scores, same = submission.parts(2, "nn_scores", case.params, case.X)
        untouched(run, same, "nndl.neural_net's loss")
        W2, b2 = case.params["W2"], case.params["b2"]
        causes = [
            Cause(
                "There is a ReLU after the second layer: the scores may be negative.",
                np.maximum(case.scores, 0),
            ),
            Cause("The ReLU between the two layers is missing.", case.before @ W2.T + b2),
            Cause("The bias b2 is not added.", case.scores - b2),
            Cause("The bias b1 is not added.", np.maximum(case.before - case.params["b1"], 0) @ W2.T + b2),
        ]
        weights(scores, case.scores, "scores", causes=causes)


@pytest.mark.points(0.5, follows=DATA_LOSS, provided=DATA_LOSS)
def test_labels_that_are_all_zero_are_labels(submission, reference, rng):
    """loss(X, y) gives a loss where every label is 0, for one example and for several."""
    for n in (2, 4):
        case = one_piece(reference, rng, n=n)
        case.X, case.y = case.X[: n - 1], np.zeros(n - 1, dtype=int)
        loss, _ = asked(submission, case)
        own = cross_entropy(own_scores(submission, case.params, case.X, case.scores[: n - 1]), case.y)
        close(loss, own, "the loss", causes=loss_causes(own, n - 1), shape=False)


@pytest.mark.points(1)
def test_loss_of_fresh_batches(submission, run, reference, rng):
    """loss(X, y) is the mean over the batch of -ln softmax(scores)[label], for fresh networks."""
    for n in (7, 4):
        case = one_piece(reference, rng, (5, 6, 4), n)
        loss, _ = asked(submission, case)
        own = cross_entropy(own_scores(submission, case.params, case.X, case.scores), case.y)
        close(loss, own, "the loss", causes=loss_causes(own, n), shape=False)
    note_overflow(submission, run, case)


def note_overflow(submission, run, case):
    """Note a softmax that overflows for large scores; the handout does not ask for a stable one."""
    shifted = {**case.params, "b2": case.params["b2"] + 1e4}
    try:
        result, _ = submission.parts(2, "nn_loss", shifted, case.X, case.y, 0.0)
        finite = bool(np.isfinite(expect.array(loss_and_grads(result)[0], "the loss", finite=False)).all())
    except Exception:
        finite = False
    note = (
        "The softmax of nndl/neural_net.py overflows for large scores. No points were taken off: subtract each row's "
        "largest score first, and high learning rates will not end in nan."
    )
    if not finite and note not in run.notes:
        run.notes.append(note)


@pytest.mark.points(0.75)
def test_penalty_of_fresh_networks(submission, reference, rng):
    """The penalty is half of reg times the sum of both matrices' squares, for fresh networks and two strengths."""
    for reg in (0.3, 2.0):
        case = one_piece(reference, rng, (4, 6, 3), 5)
        data = one_number(asked(submission, case)[0], "the loss")
        check_penalty(asked(submission, case, reg)[0], data, case.params, reg, 5)


def data_causes(case, name):
    """What known mistakes make of a gradient without penalty."""
    right = case.network.loss(case.X, case.y)[1][name]
    n = len(case.y)
    found = [
        Cause("Divide by the number of examples: the loss is a mean over them.", right * n),
        Cause("Divided by the number of examples twice.", right / n),
    ]
    W2 = case.params["W2"]
    e = np.exp(case.scores - case.scores.max(axis=1, keepdims=True))
    G = e / e.sum(axis=1, keepdims=True)
    if name == "W2":
        wrong_input = ((G - np.eye(G.shape[1])[case.y]).T @ case.before) / n
        found.append(
            Cause("The gradient of W2 takes the hidden layer after its ReLU, not before.", wrong_input)
        )
    G[np.arange(n), case.y] -= 1
    G /= n
    if name in ("W1", "b1"):
        above = G @ W2
        wrong = above.T @ case.X if name == "W1" else above.sum(axis=0)
        found.append(Cause("The slope of ReLU is missing: where a hidden unit is 0, nothing passes.", wrong))
    return found


@pytest.mark.points(1.5, follows=SCORES, provided=(SLOPES, BIAS_GRADIENTS))
def test_weight_gradients_of_fresh_networks(submission, run, reference, rng):
    """loss(X, y) gives the gradients of W1 and W2, for fresh networks of unequal sizes."""
    for sizes in ((4, 6, 3), (7, 3, 5)):
        case = one_piece(reference, rng, sizes, positive_scores=True)
        right = case.network.loss(case.X, case.y)[1]
        _, grads = asked(submission, case)
        for name in ("W2", "W1"):
            weights(entry(grads, name), right[name], f"grads[{name!r}]", causes=data_causes(case, name))


@pytest.mark.points(1, follows=SCORES, provided=(SLOPES, WEIGHT_GRADIENTS))
def test_bias_gradients_of_fresh_networks(submission, run, reference, rng):
    """loss(X, y, reg) gives the gradients of b1 and b2, which are not penalised."""
    for sizes in ((4, 6, 3), (7, 3, 5)):
        case = one_piece(reference, rng, sizes, positive_scores=True)
        right = case.network.loss(case.X, case.y)[1]
        _, grads = asked(submission, case, 0.5)
        for name in ("b2", "b1"):
            causes = data_causes(case, name)
            causes[1] = Cause(
                "This is the mean over the batch: the gradient of the scores has its 1/N already.",
                right[name] / len(case.y),
            )
            causes.append(Cause("Biases are not penalised.", right[name] + 0.5 * case.params[name]))
            bias(run, entry(grads, name), right[name], f"grads[{name!r}]", causes=causes)


@pytest.mark.points(1, follows=PENALTY, provided=(SLOPES,))
def test_gradient_of_the_penalty(submission, reference, rng):
    """A penalty adds reg * W to the gradients of both matrices, each its own."""
    reg = 0.7
    case = one_piece(reference, rng)
    _, without = asked(submission, case)
    _, with_penalty = asked(submission, case, reg)
    for name in ("W1", "W2"):
        W = case.params[name]
        shape = W.shape
        added = expect.array(entry(with_penalty, name), f"grads[{name!r}]", shape=shape) - expect.array(
            entry(without, name), f"grads[{name!r}]", shape=shape
        )
        causes = [
            Cause("The loss has its penalty, its gradient has none: add reg * W.", np.zeros(shape)),
            Cause("The penalty's 0.5 cancels the 2 of the square: its gradient is reg * W.", 2 * reg * W),
            Cause("The penalty's gradient is reg * W, without 0.5.", 0.5 * reg * W),
            Cause(
                "The penalty's gradient is divided by the number of examples: only the data's part is a mean.",
                reg * W / len(case.y),
            ),
        ]
        close(added, reg * W, f"what the penalty adds to grads[{name!r}]", causes=causes)


@pytest.mark.points(
    1.25, follows=(*PENALTY, PENALTY_GRADIENT, WEIGHT_GRADIENTS, BIAS_GRADIENTS), provided=DATA_LOSS
)
@pytest.mark.limits(time_s=20)
def test_gradients_are_the_slopes_of_your_own_loss(submission, run, reference, rng):
    """Each gradient is the slope of your own loss, by central differences, as in the notebook."""
    case = one_piece(reference, rng, positive_scores=True)
    for reg in (0.0, 0.05):
        _, grads = asked(submission, case, reg)
        measured = submission.probe("nn_slopes", case.params, case.X, case.y, reg)
        right, own = case.network.loss(case.X, case.y, reg)[1], []
        for name, value in case.params.items():
            want = expect.array(expect.entry(measured, name, "the slopes"), "the slopes", shape=value.shape)
            own += [want] if name in WEIGHTS else []
            expect.true(
                bool(want.any()),
                f"Your own loss does not depend on {name}: mend the forward pass first.",
                "a loss that changes",
                f"no change with {name}",
            )
            got = expect.array(entry(grads, name), f"grads[{name!r}]")
            expect.close(
                got.reshape(want.shape) if got.size == want.size else got,
                want,
                f"grads[{name!r}]",
                rtol=1e-5,
                atol=1e-7,
                hint=f"grads[{name!r}] is not the slope of your own loss (reg = {reg:g}).",
            )
        expect.true(
            gradients.alike(own, [right[name] for name in case.params if name in WEIGHTS]),
            "Your own loss has little in common with a cross-entropy of the scores: mend it first.",
            "slopes like those of the right loss",
            "others",
        )


@pytest.mark.points(0.5, follows=(BIAS_GRADIENTS,), provided=(WEIGHT_GRADIENTS,))
def test_gradients_stay_finite(submission, reference, rng):
    """Where inputs and biases are 0, and so are all hidden units, the gradients are finite."""
    case = one_piece(reference, rng)
    case.X = np.zeros_like(case.X)
    case.params["b1"][:] = 0.0
    _, grads = asked(submission, case)
    for name in ("W1", "b1", "W2", "b2"):
        a = expect.array(entry(grads, name), f"grads[{name!r}]", finite=False)
        expect.true(
            bool(np.isfinite(a).all()),
            "Nothing may be divided by the hidden units, of which some are 0: take the slope of ReLU from a comparison "
            "(> 0).",
            "finite gradients",
            f"grads[{name!r}] holds nan or infinity",
        )


@pytest.mark.points(1, follows=SCORES, provided=("test_toy_predictions", *DATA_LOSS))
def test_predictions_of_fresh_networks(submission, reference, rng):
    """predict(X) gives the class of each row's highest score, also for as many rows as classes."""
    for n in (12, 3):
        case = one_piece(reference, rng, (5, 8, 3), n, positive_scores=True)
        labels(submission.probe("nn_predict", case.params, case.X), case.scores)
