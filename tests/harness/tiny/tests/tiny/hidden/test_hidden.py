"""Question q2, hidden: fresh inputs, and the reference for what is right."""

import pytest

from harness import expect

pytestmark = pytest.mark.question("q2")


@pytest.mark.points(1)
@pytest.mark.parametrize("n", [1, 4, 50])
def test_centre_of_random_rows(submission, reference, rng, n):
    """centre(x) has columns of mean 0."""
    x = rng.normal(size=(n, 3)) + 5
    expect.close(submission.solution.centre(x), reference.solution.centre(x), "centre(x)", atol=1e-12)


@pytest.mark.points(1)
def test_centre_leaves_its_argument_alone(submission, reference, rng):
    """centre does not change x."""
    x = rng.normal(size=(6, 2))
    value, same = expect.unpack(submission.probe("centred", x), ("value", "same"), "the probe")
    expect.close(value, reference.solution.centre(x), "centre(x)", atol=1e-12)
    expect.true(same is True, "centre changes its argument.", "unchanged", "changed")


@pytest.mark.points(1)
def test_centre_has_no_loop(submission, reference, rng):
    """centre runs as many lines for 64 rows as for 4."""
    x = rng.normal(size=(64, 2))
    expect.close(submission.solution.centre(x), reference.solution.centre(x), "centre(x)", atol=1e-12)
    few, many = (submission.count_lines("centred", x[:n]) for n in (4, 64))
    expect.true(many <= few + 2, "A loop runs over the rows.", f"{few} lines", f"{many} lines")
