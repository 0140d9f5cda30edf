"""Question 7.2, hidden: the linear network's gradient at four scales."""

import pytest

from harness import expect
from tests.regression_net.judging import known_factor, parallel, ratio, wrong_factor

pytestmark = pytest.mark.question("7.2")
ROWS = 9


@pytest.mark.points(1)
def test_linear_gradient_at_four_scales(submission, reference, rng):
    """linear_gradient is right for six fresh weights, from a scale of 0.01 to one of 3."""
    for scale in (0.01, 0.1, 1.0, 3.0):
        weights = [scale * rng.normal(size=(4, 4)) for _ in range(5)] + [scale * rng.normal(size=(4, 1))]
        X, Y = rng.normal(size=(ROWS, 4)), rng.normal(size=(ROWS, 1))
        want = reference.my_hw5.linear_gradient(weights, X, Y, mean=False)
        got = expect.arrays(
            submission.probe("linear", weights, X, Y),
            [W.shape for W in weights],
            "linear_gradient(weights, X, Y)",
        )
        for i, (g, w) in enumerate(zip(got, want, strict=True)):
            name = f"the gradient of W{i} at a scale of {scale:g}"
            parallel(g, w, name)
            k = ratio(g, w)
            expect.true(
                known_factor(k, ROWS),
                f"{name}: {wrong_factor(k, ROWS)}",
                "the sum's or the mean's",
                expect.short(g),
            )
