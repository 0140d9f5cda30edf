"""Question 4.2, public: the fully-connected layer."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.convnet.judging import FEW, MANY, Cases, bias_gradient, close, no_loop, to_four_decimals
from tests.convnet.seen_again import DENSE_CHECK, DENSE_EVIDENCE, DENSE_FORWARD, RELU

pytestmark = pytest.mark.question("4.2")

X = np.array([[1.0, 2.0], [-3.0, 4.0]])
W = np.array([[0.5, -1.0, 2.0], [1.0, 0.25, -0.5]])
B = np.array([[0.1, 0.2, 0.3]])
UPSTREAM = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
Z = X @ W + B
SEEN_BEFORE = (*RELU, *DENSE_FORWARD, "test_dense_weight_gradient_by_hand")
SLOPE = (Z > 0).astype(float)
MISTAKES = {  # what some known mistakes make of dL/dZ
    "The gradient of the activation is missing: dZ = self.activation.backward(Z, dLdY) comes first.": UPSTREAM,
    "The layer takes a mean over the batch: the loss has done that already, here gradients add up.": UPSTREAM
    * SLOPE
    / 2,
}


@pytest.mark.points(1)
def test_dense_initialisation(submission):
    """_init_parameters makes W (n_in, n_out), b (1, n_out), and gradients of zeros of the same shapes."""
    n_in, parameters, gradients, cache = submission.parts(4, "dense_initial", (-1, 4), 3)
    expect.true(n_in == 4, "n_in is not set: it is the second entry of X_shape.", "4", expect.short(n_in))
    for table, name in ((parameters, "parameters"), (gradients, "gradients")):
        for key, shape in (("W", (4, 3)), ("b", (1, 3))):
            a = expect.array(expect.entry(table, key, name), f"{name}[{key!r}]", shape=shape)
            expect.true(
                name == "parameters" or not a.any(),
                f"gradients[{key!r}] must begin as zeros.",
                "zeros",
                expect.short(a),
            )
    for key in ("W", "b"):
        expect.true(
            isinstance(parameters[key], np.ndarray) and parameters[key].dtype.kind == "f",
            f"parameters[{key!r}] must be an array of floats: the update changes it in place by fractions.",
            "dtype float64",
            expect.kind(parameters[key]),
        )
    expect.true(cache is True, "cache must be a dict.", "an OrderedDict", "something else")


@pytest.mark.points(0.75, follows=RELU, provided=("test_dense_forward_of_fresh_numbers",))
def test_dense_forward_by_hand(submission):
    """The layer's output for two examples that can be worked out by hand (ReLU)."""
    out, _ = submission.parts(2, "dense_forward", X, W, B, "relu")
    causes = [
        Cause("The activation is not applied.", Z),
        Cause("The bias b is not added.", np.maximum(X @ W, 0)),
    ]
    close(out, [[2.6, 0, 1.3], [2.6, 4.2, 0]], "out", causes=causes)


@pytest.mark.points(0.5, follows=RELU, provided=("test_dense_forward_of_fresh_numbers",))
def test_dense_forward(submission, run):
    """FullyConnected.forward on the stored cases, to four decimals."""
    cases = Cases(run, "TestFullyConnected")
    for case, activation in enumerate(("relu", "tanh", "linear")):
        inputs, weights, b, out = cases(case, "input", "W", "b", "output")
        got, _ = submission.parts(2, "dense_forward", inputs, weights, b, activation)
        to_four_decimals(got, out, "out", f"{activation}, X of shape {inputs.shape}")


@pytest.mark.points(0.75, follows=DENSE_FORWARD, provided=(DENSE_CHECK,))
def test_dense_backward_of_a_linear_layer(submission, run):
    """dX, gradients["W"] and gradients["b"] of a layer without activation."""
    dX, dW, db = submission.parts(3, "dense_backward", X, W, B, UPSTREAM, "linear")
    mean = "The layer takes a mean over the batch: the loss has done that already, here gradients add up."
    close(dW, [[-11, -13, -15], [18, 24, 30]], 'gradients["W"]', causes=[Cause(mean, X.T @ UPSTREAM / 2)])
    bias_gradient(run, db, np.array([[5.0, 7.0, 9.0]]), [Cause(mean, UPSTREAM.mean(axis=0))])
    close(dX, [[4.5, 0], [9, 2.25]], "dX", causes=[Cause(mean, UPSTREAM @ W.T / 2)])


@pytest.mark.points(0.5, follows=(*RELU, *DENSE_FORWARD), provided=(DENSE_CHECK,))
def test_dense_weight_gradient_by_hand(submission):
    """gradients["W"] for two examples that can be worked out by hand (ReLU)."""
    _, dW, _ = submission.parts(3, "dense_backward", X, W, B, UPSTREAM, "relu")
    causes = [Cause(hint, X.T @ dZ) for hint, dZ in MISTAKES.items()]
    close(dW, [[-11, -15, 3], [18, 20, 6]], 'gradients["W"]', causes=causes)


@pytest.mark.points(0.25, follows=SEEN_BEFORE, provided=DENSE_EVIDENCE)
def test_dense_bias_gradient_by_hand(submission, run):
    """gradients["b"] for two examples that can be worked out by hand (ReLU)."""
    _, _, db = submission.parts(3, "dense_backward", X, W, B, UPSTREAM, "relu")
    causes = [Cause(hint, dZ.sum(axis=0)) for hint, dZ in MISTAKES.items()]
    bias_gradient(run, db, np.array([[5.0, 5.0, 3.0]]), causes)


@pytest.mark.points(0.75, follows=SEEN_BEFORE, provided=DENSE_EVIDENCE)
def test_dense_backward(submission, run):
    """FullyConnected.backward returns dL/dX: by hand, and on the stored cases to four decimals."""
    dX, _, _ = submission.parts(3, "dense_backward", X, W, B, UPSTREAM, "relu")
    causes = [Cause(hint, dZ @ W.T) for hint, dZ in MISTAKES.items()]
    close(dX, [[6.5, -0.5], [-3, 5.25]], "dX", causes=causes)
    cases = Cases(run, "TestFullyConnected")
    for case, activation in enumerate(("relu", "tanh", "linear")):
        inputs, weights, b, above, want = cases(case, "input", "W", "b", "upstream_grad", "backward")
        got, _, _ = submission.parts(3, "dense_backward", inputs, weights, b, above, activation)
        hint = "Is the gradient of the activation the one of this layer's own activation?" if case else ""
        to_four_decimals(got, want, "dX", f"{activation}, X of shape {inputs.shape}", hint)


@pytest.mark.points(0.25)
def test_dense_takes_the_batch_at_once(submission):
    """The dense layer works on the whole batch, without a loop over its examples."""
    batch = np.linspace(-1, 1, 2 * MANY).reshape(MANY, 2)
    out, _ = submission.parts(2, "dense_forward", batch, W, B, "tanh")
    expect.array(out, "out", shape=(MANY, 3))
    no_loop(submission, "run_dense", [batch[:FEW], W, B], [batch, W, B], "FullyConnected")


@pytest.mark.points(0.25)
def test_dense_derivation(submission):
    """derivations.fully_connected_grads gives dL/dW, dL/db and dL/dX from dL/dZ."""
    dZ = UPSTREAM * SLOPE
    got = expect.unpack(
        submission.derivations.fully_connected_grads(X, W, dZ),
        ("dW", "db", "dX"),
        "fully_connected_grads(X, W, dZ)",
    )
    close(got[0], [[-11, -15, 3], [18, 20, 6]], "dL/dW")
    close(got[1], [[5, 5, 3]], "dL/db", shape=False)
    close(got[2], [[6.5, -0.5], [-3, 5.25]], "dL/dX")
