"""Question 4.2, hidden: a dense layer of fresh numbers, with tanh as well as ReLU."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.convnet.hidden import values
from tests.convnet.hidden.slopes import gradient_check
from tests.convnet.judging import NO_BIAS, bias_gradient, close, unchanged
from tests.convnet.seen_again import (
    DENSE_ARCTAN,
    DENSE_BACKWARD,
    DENSE_CHECK,
    DENSE_EVIDENCE,
    DENSE_FORWARD,
    DENSE_LINEAR,
    DENSE_TANH,
    RELU,
)

pytestmark = pytest.mark.question("4.2")
SEEN_BEFORE = (*DENSE_FORWARD, DENSE_TANH)
M, N_IN, N_OUT = 9, 5, 4


def draw(rng):
    return (
        rng.normal(size=(M, N_IN)),
        rng.normal(size=(N_IN, N_OUT)),
        rng.normal(size=(1, N_OUT)),
        rng.normal(size=(M, N_OUT)),
    )


@pytest.mark.points(0.5)
def test_dense_weights_come_from_init_weights(submission):
    """W is what the layer's own init_weights gives."""
    _, parameters, gradients, _ = submission.parts(4, "dense_initial", (7, 3), 2, "ones")
    close(
        expect.entry(parameters, "W", "parameters"),
        np.ones((3, 2)),
        'parameters["W"] with weight_init="ones"',
        hint="W must come from self.init_weights((n_in, n_out)).",
    )
    expect.array(expect.entry(gradients, "b", "gradients"), 'gradients["b"]', shape=(1, 2))


@pytest.mark.points(1, follows=DENSE_FORWARD, provided=("test_dense_initialisation",))
def test_dense_parameters_stay(submission):
    """Parameters that were written over are used: they are made once, at the first forward pass."""
    X, W, b = np.eye(3), np.arange(6.0).reshape(3, 2), np.array([[10.0, 20.0]])
    close(
        submission.probe("dense_keeps_parameters", X, W, b),
        W + b,
        "out after W and b were written over",
        hint="forward makes new parameters at each call: make them only when n_in is None, and set n_in then.",
    )


@pytest.mark.points(0.5)
def test_dense_forward_of_fresh_numbers(submission, reference, rng):
    """FullyConnected.forward is right for a fresh batch, and leaves X alone."""
    X, W, b, _ = draw(rng)
    want = values.dense(reference, X, W, b, name="tanh")
    out, same = submission.parts(2, "dense_forward", X, W, b, "tanh")
    causes = [Cause(values.NOT_ACTIVATED, want.Z), Cause(NO_BIAS, np.tanh(want.Z - b))]
    close(out, want.out, "out", causes=causes)
    unchanged(same, "FullyConnected.forward")


@pytest.mark.points(1, follows=(DENSE_LINEAR, DENSE_TANH), provided=(DENSE_TANH, DENSE_ARCTAN))
def test_dense_gradient_check(submission, reference, rng):
    """The layer's gradients are the slopes of its own forward pass (central differences, tanh)."""
    X, W, b, dLdY = draw(rng)
    variants = values.dense_variants(reference, X, W, b, dLdY, "tanh")
    gradient_check(submission, "dense_backward", "dense_slopes", variants, X, W, b, dLdY, "tanh")


def check(submission, reference, run, rng, key, name):
    X, W, b, dLdY = draw(rng)
    want = values.dense(reference, X, W, b, dLdY, name)
    f = values.activation(reference, name)
    causes = values.backward_causes(
        lambda dZ: values.dense(reference, X, W, b, dLdY, name, dZ), f, want, dLdY, M
    )
    dX, dW, db = submission.parts(3, "dense_backward", X, W, b, dLdY, name)
    if key == "db":
        bias_gradient(run, db, want.db, causes["db"])
    elif key == "dW":
        close(dW, want.dW, 'gradients["W"]', causes=causes["dW"])
    else:
        close(dX, want.dX, "dX", causes=causes["dX"])


@pytest.mark.points(1, follows=DENSE_FORWARD, provided=(DENSE_CHECK,))
def test_dense_weight_gradient_through_tanh(submission, reference, run, rng):
    """gradients["W"] is right for a fresh batch and tanh."""
    check(submission, reference, run, rng, "dW", "tanh")


@pytest.mark.points(0.25, follows=SEEN_BEFORE, provided=DENSE_EVIDENCE)
def test_dense_bias_gradient_through_tanh(submission, reference, run, rng):
    """gradients["b"] is right for a fresh batch and tanh."""
    check(submission, reference, run, rng, "db", "tanh")


@pytest.mark.points(0.75, follows=SEEN_BEFORE, provided=DENSE_EVIDENCE)
def test_dense_input_gradient_through_arctan(submission, reference, run, rng):
    """dX is right for a fresh batch and arctan."""
    check(submission, reference, run, rng, "dX", "arctan")


@pytest.mark.points(0.25, follows=(*RELU, *SEEN_BEFORE), provided=DENSE_EVIDENCE)
def test_dense_weight_gradient_through_relu(submission, reference, run, rng):
    """gradients["W"] is right for a fresh batch and ReLU."""
    check(submission, reference, run, rng, "dW", "relu")


@pytest.mark.points(0.75, follows=(*DENSE_FORWARD, *DENSE_BACKWARD), provided=DENSE_EVIDENCE)
def test_dense_backward_of_a_second_batch(submission, reference, run, rng):
    """After clear_gradients, a batch of another size is right, too: nothing of the first one is left."""
    X, W, b, dLdY = draw(rng)
    X_other, dLdY_other = rng.normal(size=(3, N_IN)), rng.normal(size=(3, N_OUT))
    want = values.dense(reference, X_other, W, b, dLdY_other, "tanh")
    first = values.dense(reference, X, W, b, dLdY, "tanh")
    f = values.activation(reference, "tanh")
    causes = values.backward_causes(
        lambda dZ: values.dense(reference, X_other, W, b, dLdY_other, "tanh", dZ), f, want, dLdY_other, 3
    )
    added = Cause(
        "The gradient of the batch before is still in there: set gradients, do not add to them.",
        want.dW + first.dW,
    )
    dX, dW, db = submission.parts(3, "dense_twice", X, W, b, dLdY, X_other, dLdY_other)
    close(dX, want.dX, "dX", causes=causes["dX"])
    close(dW, want.dW, 'gradients["W"]', causes=[added, *causes["dW"]])
    bias_gradient(run, db, want.db, causes["db"])


@pytest.mark.points(1)
def test_dense_derivation_of_fresh_numbers(submission, rng):
    """derivations.fully_connected_grads is right for a fresh batch."""
    X, W, _, dZ = draw(rng)
    dW, db, dX = expect.unpack(
        submission.derivations.fully_connected_grads(X, W, dZ),
        ("dW", "db", "dX"),
        "fully_connected_grads(X, W, dZ)",
    )
    close(dW, X.T @ dZ, "dL/dW", causes=[Cause(values.MEAN, X.T @ dZ / M)])
    close(db, dZ.sum(axis=0), "dL/db", shape=False, causes=[Cause(values.MEAN, dZ.mean(axis=0))])
    close(dX, dZ @ W.T, "dL/dX")
