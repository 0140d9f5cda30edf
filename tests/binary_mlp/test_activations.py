"""Question 1.2(b), public: sigmoid, ReLU, logistic loss and one layer."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.binary_mlp.judging import Toy, without_overflow

pytestmark = pytest.mark.question("1.2b")


@pytest.mark.points(0.5)
def test_sigmoid_and_its_derivative(submission):
    """sigmoid_activation gives the sigmoid and its derivative at 2, 0 and -0.5."""
    out, grad = expect.unpack(
        submission.hw2.sigmoid_activation(np.array([2.0, 0.0, -0.5])),
        ("out", "grad"),
        "sigmoid_activation(s)",
    )
    zero = "s = 0 belongs to neither of your two cases: make one of them >= or <=."
    others = np.delete(expect.array(out, "out", shape=(3,), finite=False), 1)
    sound = expect.agree(others, np.array([0.880797077977882, 0.377540668798145]), 0, 1e-12)
    expect.close(
        out,
        [0.880797077977882, 0.5, 0.377540668798145],
        "out",
        atol=1e-12,
        hint=zero if sound else "",
        causes=[
            Cause(
                "The sign of s is wrong: this is the sigmoid of -s.",
                [0.119202922022118, 0.5, 0.622459331201855],
            )
        ],
    )
    expect.close(
        grad,
        [0.104993585403507, 0.25, 0.235003712201594],
        "grad",
        atol=1e-12,
        causes=[
            Cause(
                "The derivative takes the sigmoid of the sigmoid: use out * (1 - out) with the output that you have.",
                [0.207156229488, 0.235003712202, 0.241298877890],
            ),
            Cause(
                "This is the output again, not the derivative.", [0.880797077977882, 0.5, 0.377540668798145]
            ),
        ],
    )


@pytest.mark.points(0.5)
def test_sigmoid_does_not_overflow(submission):
    """sigmoid_activation raises no overflow at -1000 and 1000."""
    out, _ = without_overflow(submission, np.array([-1000.0, 1000.0]))
    expect.close(out, [0.0, 1.0], "out", atol=1e-11)


@pytest.mark.points(0.5)
def test_relu_and_its_derivative(submission):
    """relu_activation gives max(0, s), and 1 or 0 for its derivative."""
    s = np.array([[-2.0, 3.0, 0.5], [1.5, -0.1, -7.0]])
    out, grad = expect.unpack(submission.hw2.relu_activation(s), ("out", "grad"), "relu_activation(s)")
    expect.close(
        out,
        [[0, 3.0, 0.5], [1.5, 0, 0]],
        "out",
        atol=1e-12,
        causes=[
            Cause("This is |s|: negative inputs give 0.", np.abs(s)),
            Cause("This is s itself: negative inputs give 0.", s),
        ],
    )
    expect.close(
        grad,
        [[0, 1, 1], [1, 0, 0]],
        "grad",
        atol=1e-12,
        causes=[Cause("This is the output, not its derivative.", [[0, 3.0, 0.5], [1.5, 0, 0]])],
    )


@pytest.mark.points(0.5)
def test_logistic_loss_of_each_sample(submission, fixtures_folder):
    """logistic_loss gives each sample's loss on the second toy batch."""
    toy = Toy(fixtures_folder, "toy_b")
    g, y, want = (np.array(a).reshape(-1, 1) for a in (toy.data["output"], toy.y, toy.data["loss"]))
    loss, _ = expect.unpack(submission.hw2.logistic_loss(g, y), ("loss", "dL_dg"), "logistic_loss(g, y)")
    expect.close(
        loss,
        want,
        "loss",
        rtol=1e-9,
        causes=[
            Cause("The sign of the (1 - y) term is wrong.", -(y * np.log(g) - (1 - y) * np.log(1 - g))),
            Cause("The (1 - y) term is missing.", -y * np.log(g)),
            Cause("The loss is the negative of the log-likelihood: the sign is wrong.", -want),
            Cause("This is already divided by n: logistic_loss returns one loss a sample.", want / len(g)),
        ],
    )


@pytest.mark.points(0.5)
def test_logistic_loss_derivative(submission):
    """dL_dg is the slope of your own logistic_loss at each sample."""
    g = np.array([[0.1], [0.35], [0.5], [0.8], [0.93]])
    y, e = np.array([[1.0], [0.0], [1.0], [0.0], [1.0]]), 1e-6
    _loss, dL_dg = expect.unpack(submission.hw2.logistic_loss(g, y), ("loss", "dL_dg"), "logistic_loss(g, y)")
    above, below = (
        expect.array(
            expect.unpack(submission.hw2.logistic_loss(at, y), ("loss", "dL_dg"), "logistic_loss(g, y)")[0],
            "loss",
            shape=g.shape,
        )
        for at in (g + e, g - e)
    )
    slope = (above - below) / (2 * e)
    expect.true(
        np.abs(slope).min() > 0, "The loss does not change with g.", "a loss that depends on g", "a constant"
    )
    expect.close(
        dL_dg,
        slope,
        "dL_dg",
        rtol=1e-6,
        atol=1e-8,
        hint="dL_dg is not the slope of your own loss: differentiate both of its terms by g, and mind the signs.",
    )


@pytest.mark.points(0.5)
def test_loss_shape_with_labels_of_shape_n(submission):
    """g of shape (n, 1) and y of shape (n,) do not become (n, n)."""
    g, y = np.array([[0.2], [0.6], [0.9]]), np.array([0.0, 1.0, 1.0])
    try:
        loss, dL_dg = expect.unpack(
            submission.hw2.logistic_loss(g, y), ("loss", "dL_dg"), "logistic_loss(g, y)"
        )
    except (ValueError, AssertionError) as e:
        if isinstance(e, expect.Mismatch):
            raise
        loss, _ = expect.unpack(
            submission.hw2.logistic_loss(g, y[:, None]), ("loss", "dL_dg"), "logistic_loss(g, y)"
        )
        expect.array(loss, "loss", shape=g.shape)
        return  # refusing the shapes with an error is as good, if it refuses no others
    for value, name in ((loss, "loss"), (dL_dg, "dL_dg")):
        a = expect.array(value, name)
        expect.true(not np.array_equal(a.ravel(), g.ravel()), f"{name} is g itself.", f"a {name}", "g")
        expect.true(
            a.size == 3,
            f"{name} was broadcast: reshape y to the shape of g first.",
            "3 entries",
            f"shape {a.shape}",
        )


@pytest.mark.points(1)
def test_layer_forward(submission, fixtures_folder):
    """layer_forward applies the activation to xW + b."""
    toy = Toy(fixtures_folder, "toy_b")
    x, W, b = toy.X, toy.Ws[0], toy.bs[0]
    out, parts = submission.parts(2, "layer", x, W, b, "identity")
    expect.true(
        parts == 2, "layer_forward must return 2 values: out, cache.", "(out, cache)", f"{parts} values"
    )
    want = np.array(toy.data["hidden_pre_activations"][0])
    expect.close(
        out,
        want,
        "out",
        rtol=1e-9,
        atol=1e-12,
        causes=[
            Cause("The bias b is not added.", want - b),
            Cause("The bias b is subtracted.", want - 2 * b),
        ],
    )
    out, _ = submission.parts(2, "layer", x, W, b, "tanh")
    expect.close(
        out,
        np.tanh(want),
        "out",
        rtol=1e-9,
        atol=1e-12,
        causes=[Cause("The activation is not applied.", want)],
    )
