"""Question 6.1, public: einsum."""

import numpy as np
import pytest

from tests.convnet.judging import close

pytestmark = pytest.mark.question("6.1")


@pytest.mark.points(1)
def test_einsum_of_small_arrays(submission):
    """Trace, product of matrix and vector, and outer product of a small example."""
    A, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, -1.0])
    close(submission.derivations.einsum_trace(A), 5.0, "the trace")
    close(submission.derivations.einsum_matvec(A, b), [3.0, 11.0], "A b")
    close(submission.derivations.einsum_outer(b, A[0]), [[5.0, 10.0], [-1.0, -2.0]], "the outer product")
