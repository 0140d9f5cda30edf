"""Questions 8.1 to 8.3, public: what can be seen of the extra credit with small arrays."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.regression_net.judging import PIECES, TOY_PARAMS, close, either, parallel, table

ROWS = np.array([[1.0, 1.0], [-1.0, 1.0], [2.0, -1.0], [0.0, 0.0]])
LABELS = np.array([[1.0], [2.0], [3.0], [4.0]])
RELU = {"W0": np.array([[1.0, -1.0], [2.0, 0.5]]), "W1": np.array([[1.5], [-2.0]])}


@pytest.mark.question("8.1")
@pytest.mark.points(1, follows=PIECES, provided=(TOY_PARAMS,))
def test_eighteen_curves(submission):
    """extra_credit_fit returns 18 lists of losses: 2 x 3 x 3."""
    X = np.cos(np.arange(60.0)).reshape(20, 3)
    _, curves, _ = submission.parts(3, "extra_fit", X, X.sum(axis=1), 5)
    expect.true(
        isinstance(curves, list) and len(curves) == 18,
        "Two basis expansions, three normalisations and three models make 18 lists of losses.",
        "18 lists",
        f"{len(curves)}" if isinstance(curves, list) else expect.kind(curves),
    )
    for i, curve in enumerate(curves):
        expect.true(len(expect.array(curve, f"curve {i}")) > 0, f"Curve {i} is empty.", "losses", "none")


@pytest.mark.question("8.2")
@pytest.mark.points(1)
def test_add_constant(submission):
    """add_constant gives X with one more column, of ones."""
    got, same = submission.parts(2, "added", ROWS)
    a = expect.array(got, "add_constant(X)", shape=(4, 3))
    ones = np.ones((4, 1))
    if not np.array_equal(a, np.hstack([ones, ROWS])):  # first is as good as last
        causes = [Cause("The new column must hold ones.", np.hstack([ROWS, 0 * ones]))]
        close(a, np.hstack([ROWS, ones]), "add_constant(X)", causes=causes)
    expect.true(same is True, "add_constant changes X: return a new array.", "the same X", "a changed one")


@pytest.mark.question("8.3")
@pytest.mark.points(1, follows=PIECES, provided=(TOY_PARAMS,))
def test_relu_prediction(submission):
    """The prediction of a ReLU net that can be worked out by hand."""
    causes = [
        Cause("ReLU is applied to the output, too: the prediction stays as it is.", [4.5, 0, 0, 0]),
        Cause("The activation is missing on the hidden layer.", [5.5, -1.5, 5, 0]),
        Cause(
            "This is the sigmoid still.", [0.673779852637, -0.538561084442, 0.598283639958, -0.250000000000]
        ),
    ]
    close(
        submission.probe("variant_forward", "relu", RELU, ROWS),
        [4.5, -1.5, 0, 0],
        "the prediction",
        causes=causes,
    )


@pytest.mark.question("8.3")
@pytest.mark.points(1, follows=PIECES, provided=(TOY_PARAMS,))
def test_relu_gradient(submission):
    """Its gradients, with the derivative 0 where the sum is exactly 0."""
    told, _, _ = submission.parts(3, "variant_gradients", "relu", RELU, ROWS, LABELS)
    want = {"W0": np.array([[5.25, -3.5], [0.0, 3.5]]), "W1": np.array([[3.5], [-2.625]])}

    def check(result):
        got = table(
            expect.unpack(result, ("gradient", "loss"), "backprop_and_loss(...)")[0], RELU, "the gradient"
        )
        for key, right in want.items():
            causes = []
            if key == "W0":
                causes = [
                    Cause(
                        "The derivative at exactly 0 must be 0: use A > 0, not A >= 0.",
                        [[0.75, got[key][0, 1]], [2.25, got[key][1, 1]]],
                    )
                ]
            parallel(got[key], right, f"the gradient of {key}", causes)

    either([told], check)
