"""Question 6.1, hidden: einsum on fresh arrays of 5."""

import numpy as np
import pytest

from harness.expect import Cause
from tests.convnet.judging import close

pytestmark = pytest.mark.question("6.1")


@pytest.mark.points(0.5)
def test_einsum_trace(submission, rng):
    """The trace of a fresh 5 x 5 matrix."""
    A = rng.normal(size=(5, 5))
    causes = [
        Cause("This is the diagonal: with nothing after the arrow it is added up.", np.diag(A)),
        Cause("This is the sum of all entries: repeat one letter to stay on the diagonal.", A.sum()),
    ]
    close(submission.derivations.einsum_trace(A), np.trace(A), "the trace", causes=causes)


@pytest.mark.points(0.75)
def test_einsum_matvec(submission, rng):
    """The product of a fresh 5 x 5 matrix and a vector."""
    A, b = rng.normal(size=(5, 5)), rng.normal(size=5)
    causes = [Cause("This is A transposed times b: sum over the second index of A.", A.T @ b)]
    close(submission.derivations.einsum_matvec(A, b), A @ b, "A b", causes=causes)


@pytest.mark.points(0.75)
def test_einsum_outer(submission, rng):
    """The outer product of two fresh vectors."""
    a, b = rng.normal(size=5), rng.normal(size=5)
    causes = [Cause("This is the outer product of b and a: mind the order after the arrow.", np.outer(b, a))]
    close(submission.derivations.einsum_outer(a, b), np.outer(a, b), "the outer product", causes=causes)
