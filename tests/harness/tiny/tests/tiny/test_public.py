"""Question q1: fixed inputs, which anybody may memorise."""

import numpy as np
import pytest

from harness import expect
from harness.isolation.proxy import Callback

pytestmark = pytest.mark.question("q1")


@pytest.mark.points(1)
def test_double(submission):
    """double(x) is 2x."""
    expect.close(
        submission.solution.double(np.array([1.0, -2.5, 4.0])), [2.0, -5.0, 8.0], "double(x)", atol=1e-12
    )


@pytest.mark.points(1)
def test_double_of_a_matrix(submission):
    """double keeps the shape of a matrix of ints."""
    expect.close(
        submission.solution.double(np.arange(6).reshape(2, 3)),
        [[0, 2, 4], [6, 8, 10]],
        "double(x)",
        atol=1e-12,
    )


@pytest.mark.points(1)
def test_double_twice(submission):
    """double(double(x)) is 4x."""
    expect.close(
        submission.probe("doubled_twice", np.array([3.0, 0.5])), [12.0, 2.0], "double(double(x))", atol=1e-12
    )


@pytest.mark.points(1)
def test_total(submission):
    """total(x) is the sum of all entries."""
    expect.close(submission.solution.total(np.array([[1.0, 2.0], [3.0, 4.5]])), 10.5, "total(x)", atol=1e-12)


@pytest.mark.points(1)
def test_apply(submission):
    """apply(f, x) is f(x), for a function of the test's."""
    seen = []

    def f(x):
        seen.append(expect.array(x, "x", shape=(2,)))
        return seen[-1] + 1

    value = submission.solution.apply(Callback(f), np.array([1.0, 2.0]))
    expect.close(value, [2.0, 3.0], "apply(f, x)", atol=1e-12)
    expect.true(len(seen) == 1, "apply calls f once.", "1 call", f"{len(seen)}")
