"""Question 4.3, public: softmax."""

import numpy as np
import pytest

from harness.expect import Cause
from tests.convnet.judging import Cases, close, to_four_decimals

pytestmark = pytest.mark.question("4.3")

P = np.array([0.0900305731704, 0.244728471055, 0.665240955775])
DZ = np.array([0.14181709361, 0.14077035747, -0.282587451079])


@pytest.mark.points(1)
def test_softmax_forward(submission, run):
    """SoftMax.forward gives each row's probabilities."""
    Z = np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]])
    e = np.exp(Z)
    causes = [
        Cause("The columns add up to 1 here: normalise each row (axis=1, keepdims=True).", e / e.sum(axis=0)),
        Cause("All entries together add up to 1 here: normalise each row on its own.", e / e.sum()),
        Cause("The exponentials are not divided by their sum.", e),
    ]
    got, _ = submission.parts(2, "activation_forward", "SoftMax", Z)
    close(got, [P, P[[2, 0, 1]]], "Y", causes=causes)
    cases = Cases(run, "TestSoftMax")
    for case in range(len(cases)):
        inputs, want = cases(case, "input", "output")
        got, _ = submission.parts(2, "activation_forward", "SoftMax", inputs)
        to_four_decimals(got, want, "Y", f"Z of shape {inputs.shape}")


@pytest.mark.points(1.5, follows=("test_softmax_forward",), provided=("test_softmax_derivation",))
def test_softmax_backward(submission, run):
    """SoftMax.backward multiplies dY by the whole Jacobian of each row."""
    Z, dY = np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 0.0, -1.0]])
    causes = [
        Cause(
            "Only the diagonal of the Jacobian is used: each output depends on every input of its row.",
            [P * (1 - P) * dY[0]],
        ),
        Cause(
            "This is the sum over the row without its sign: dZ = p * (dY - sum of p dY).",
            [P * (dY[0] + (P * dY[0]).sum())],
        ),
        Cause("The sign is wrong everywhere.", [-DZ]),
    ]
    got, _ = submission.parts(2, "activation_backward", "SoftMax", Z, dY)
    close(got, [DZ], "dZ", causes=causes)
    cases = Cases(run, "TestSoftMax")
    for case in range(len(cases)):
        inputs, above, want = cases(case, "input", "upstream_grad", "backward")
        got, _ = submission.parts(2, "activation_backward", "SoftMax", inputs, above)
        to_four_decimals(got, want, "dZ", f"Z of shape {inputs.shape}")


@pytest.mark.points(0.5)
def test_softmax_derivation(submission):
    """derivations.softmax_jacobian gives the Jacobian of one example."""
    want = np.diag(P) - np.outer(P, P)
    causes = [
        Cause("Only the diagonal is right: off it, the derivative is -p_i p_j.", np.diag(P * (1 - P))),
        Cause("The sign is wrong off the diagonal.", np.diag(P * (1 - P)) + np.outer(P, P) - np.diag(P**2)),
    ]
    close(
        submission.derivations.softmax_jacobian(np.array([1.0, 2.0, 3.0])),
        want,
        "the Jacobian",
        causes=causes,
    )
