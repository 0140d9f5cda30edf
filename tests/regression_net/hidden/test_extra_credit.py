"""Questions 8.1 to 8.3, hidden: what goes into the 18 trainings; networks with a constant term, and with ReLU."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause, Mismatch
from tests.regression_net.hidden.values import net
from tests.regression_net.judging import PIECES, TOY_PARAMS, close, note, parallel, table

ITERATIONS = 30
SINGLE = 0.02  # how well slopes of a forward pass in float32 can be measured
SIZES = [3, 4, 2, 1]


def fitted(submission, run, rng):
    """One call of extra_credit_fit on columns of different scales."""
    X = rng.uniform(-1, 1, size=(20, 3)) * [1.0, 0.5, 0.2] + [0.3, 0.0, 0.1]
    y = 3.0 + X @ [2.0, -1.0, 4.0]
    keys, curves, seen = submission.parts(3, "extra_fit", X, y, ITERATIONS)
    if not (isinstance(keys, list) and isinstance(curves, list) and len(curves) == len(keys) == 18):
        raise Mismatch("extra_credit_fit must return 18 lists of losses.", "18", expect.kind(curves))
    return (
        keys,
        [expect.array(c, f"the losses of {k}", finite=False) for k, c in zip(keys, curves, strict=True)],
        seen,
    )


@pytest.mark.question("8.1")
@pytest.mark.points(
    2, follows=(*PIECES, "test_eighteen_curves"), provided=("test_every_curve_falls", TOY_PARAMS)
)
def test_every_input_reaches_every_model(submission, run, rng):
    """Six different inputs (basis, normalisation) go into three models each, and no two curves are the same."""
    keys, curves, seen = fitted(submission, run, rng)
    same = next(((i, j) for i in range(18) for j in range(i) if np.array_equal(curves[i], curves[j])), None)
    expect.true(
        same is None,
        "Two of the 18 curves are the same: is every model started anew?",
        "18 different curves",
        "" if same is None else f"{keys[same[1]]} and {keys[same[0]]}",
    )
    if not isinstance(seen, list) or not seen:
        note(run, "extra_credit_fit does not call gradient_descent: what it trains on was not looked at.")
        return
    inputs = {}
    for entry in seen:
        X, shapes = expect.unpack(entry, ("X", "the shapes of the weights"), "a call of gradient_descent")
        depth = len(shapes) if isinstance(shapes, list) else 0
        inputs.setdefault(expect.array(X, "X").round(9).tobytes(), set()).add(depth)
    expect.true(
        len(inputs) == 6,
        "Two basis expansions of three normalisations make six different inputs: does each reach the training?",
        "6 different X",
        f"{len(inputs)}",
    )
    expect.true(
        all(len(depths) == 3 for depths in inputs.values()),
        "Each input goes into a one-layer, a two-layer and a many-layer model.",
        "3 models of different depths",
        ", ".join(str(len(depths)) for depths in inputs.values()),
    )


@pytest.mark.question("8.1")
@pytest.mark.points(
    1,
    follows=(*PIECES, "test_eighteen_curves"),
    provided=("test_every_input_reaches_every_model", TOY_PARAMS),
)
def test_every_curve_falls(submission, run, rng):
    """Each of the 18 training losses ends below where it began."""
    keys, curves, _ = fitted(submission, run, rng)
    for key, curve in zip(keys, curves, strict=True):
        expect.true(
            len(curve) > 1 and bool(np.isfinite(curve).all()) and curve[-1] < curve[0],
            f"The loss of {key} does not fall: is each model trained on its own input?",
            f"below {curve[0]:.4g}" if len(curve) else "losses",
            f"{curve[-1]:.4g}" if len(curve) else "none",
        )


def constant_params(submission, rng):
    """Random params of the shapes that the variant itself asks for."""
    params = submission.probe("variant_initial", "bias", SIZES, 1.0)
    expect.true(
        isinstance(params, dict) and len(params) == 3,
        "params must be a dict of three.",
        "",
        expect.kind(params),
    )
    shapes = [expect.array(params.get(f"W{i}", 0.0), f"W{i}").shape for i in range(3)]
    want = [(4, 4), (5, 2), (3, 1)]
    expect.true(
        shapes in (want, [(3, 4), *want[1:]]),
        "With a constant term each weight takes one input more: one more row.",
        expect.short(want),
        expect.short(shapes),
    )
    return {f"W{i}": rng.normal(size=shape) for i, shape in enumerate(shapes)}


@pytest.mark.question("8.2")
@pytest.mark.points(1)
def test_weights_have_a_row_for_the_constant(submission, rng):
    """With a constant term each weight has one row more; X itself may go without."""
    constant_params(submission, rng)


@pytest.mark.question("8.2")
@pytest.mark.points(1, follows=PIECES, provided=("test_add_constant",))
def test_constant_enters_every_layer(submission, rng):
    """The prediction is that of a net with a column of ones, last or first, beside each hidden output."""
    params, X = constant_params(submission, rng), rng.normal(size=(6, 3))
    got = expect.array(submission.probe("variant_forward", "bias", params, X), "the prediction")
    last, first = (net(params, X, first=where) for where in (False, True))
    if not (got.size == 6 and expect.agree(got, first.ravel(), 1e-6, 1e-9)):
        close(got, last, "the prediction", rtol=1e-6)


@pytest.mark.question("8.2")
@pytest.mark.points(1, follows=PIECES, provided=("test_add_constant",))
def test_gradients_with_a_constant(submission, rng):
    """Its gradients are the slopes of its own forward pass, the constant's row included."""
    params, X, Y = constant_params(submission, rng), rng.normal(size=(6, 3)), rng.normal(size=(6, 1))
    check_slopes(submission, "bias", params, X, Y)


def check_slopes(submission, kind, params, X, Y):
    told, slopes, single = submission.parts(3, "variant_gradients", kind, params, X, Y)
    gradient, _ = expect.unpack(told, ("gradient", "loss"), "backprop_and_loss(...)")
    got, want = table(gradient, params, "the gradient"), table(slopes, params, "the slopes")
    for key, slope in want.items():
        expect.true(bool(slope.any()), f"The prediction does not depend on {key}.", "a change", "none")
        hint = f"{key}: this is not the slope of your own forward pass."
        rtol = SINGLE if single is True else 1e-5
        parallel(got[key], slope, f"the gradient of {key}", hint=hint, rtol=rtol)


def relu_net(rng):
    """Params, X and Y of a ReLU net in which no hidden sum is near 0, where the slope jumps."""
    while True:
        params = {f"W{i}": rng.normal(size=(SIZES[i], SIZES[i + 1])) for i in range(3)}
        A = X = rng.normal(size=(6, 3))
        clear = True
        for W in list(params.values())[:-1]:
            IN = A @ W
            A = np.maximum(IN, 0)
            clear = clear and bool((np.abs(IN) > 1e-3).all())
            clear = clear and bool(A.any(axis=0).all() and A.any(axis=1).all())
        if clear:
            return params, X, rng.normal(size=(6, 1))


@pytest.mark.question("8.3")
@pytest.mark.points(
    1.5, follows=(*PIECES, "test_relu_prediction"), provided=("test_relu_gradient", TOY_PARAMS)
)
def test_relu_prediction_of_a_fresh_net(submission, rng):
    """The prediction of a fresh ReLU net of three weights."""
    params, X, _ = relu_net(rng)
    causes = [Cause("This is the sigmoid still: nothing here chooses ReLU.", net(params, X))]
    got = submission.probe("variant_forward", "relu", params, X)
    close(got, net(params, X, "relu"), "the prediction", causes=causes)


@pytest.mark.question("8.3")
@pytest.mark.points(
    1.5, follows=(*PIECES, "test_relu_gradient"), provided=("test_relu_prediction_of_a_fresh_net", TOY_PARAMS)
)
def test_relu_gradients_of_a_fresh_net(submission, rng):
    """Its gradients are right, and the slopes of its own forward pass."""
    params, X, Y = relu_net(rng)
    got = expect.array(submission.probe("variant_forward", "relu", params, X), "the prediction")
    expect.true(not np.allclose(got, net(params, X).ravel()), "This is the sigmoid still.", "ReLU", "sigmoid")
    check_slopes(submission, "relu", params, X, Y)
