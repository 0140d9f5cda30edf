"""Question 4.1, hidden: ReLU of fresh arrays."""

import numpy as np
import pytest

from harness.expect import Cause
from tests.convnet.hidden.values import clear_of_kinks
from tests.convnet.judging import close, unchanged

pytestmark = pytest.mark.question("4.1")


@pytest.mark.points(1)
def test_relu_of_fresh_arrays(submission, rng):
    """ReLU.forward is right for vectors, matrices and images, and leaves its argument alone."""
    for shape in ((7,), (5, 3), (2, 3, 4, 2)):
        Z = clear_of_kinks(rng, shape)
        Y, same = submission.parts(2, "activation_forward", "ReLU", Z)
        close(Y, np.maximum(Z, 0), "Y", causes=[Cause("This is |Z|: negative entries give 0.", np.abs(Z))])
        unchanged(same, "ReLU.forward")


@pytest.mark.points(1.5)
def test_relu_backward_of_fresh_arrays(submission, rng):
    """ReLU.backward is right for vectors, matrices and images, and leaves its arguments alone."""
    for shape in ((7,), (5, 3), (2, 3, 4, 2)):
        Z, dY = clear_of_kinks(rng, shape), rng.normal(size=shape)
        dZ, same = submission.parts(2, "activation_backward", "ReLU", Z, dY)
        causes = [
            Cause("This is only the slope of ReLU: multiply it by dY, the gradient from above.", Z > 0),
            Cause("This is dY everywhere: where Z is negative the slope is 0.", dY),
            Cause("This is dY times ReLU(Z), not dY times its slope.", dY * np.maximum(Z, 0)),
            Cause("The sign of dY decides here: the sign of Z must.", np.maximum(dY, 0)),
        ]
        close(dZ, dY * (Z > 0), "dZ", causes=causes)
        unchanged(same, "ReLU.backward")


@pytest.mark.points(0.5)
def test_relu_derivation_of_fresh_arrays(submission, rng):
    """derivations.relu_grad is right for a fresh batch."""
    Z, dY = clear_of_kinks(rng, (6, 4)), rng.normal(size=(6, 4))
    close(submission.derivations.relu_grad(Z, dY), dY * (Z > 0), "dL/dZ")
