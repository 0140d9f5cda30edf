"""Question 6.2, public: the convolution layer, on a 4 x 4 image that can be worked out by hand and on stored cases."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.convnet.judging import (
    ASSIGNED,
    FEW,
    FLIPPED,
    MANY,
    NO_BIAS,
    UNSTRIDDEN,
    Cases,
    bias_gradient,
    close,
    image_shaped,
    no_loop,
    to_four_decimals,
    windows_fit,
)
from tests.convnet.seen_again import CONV_BY_HAND, CONV_CHECK, CONV_FORWARD, CONV_LINEAR, CONV_TANH, RELU

pytestmark = pytest.mark.question("6.2")

X = np.arange(1.0, 17.0).reshape(1, 4, 4, 1)
W = np.arange(1.0, 10.0).reshape(3, 3, 1, 1)
B = np.array([[0.5]])
SAME = [
    [111.5, 178.5, 217.5, 145.5],
    [231.5, 348.5, 393.5, 252.5],
    [363.5, 528.5, 573.5, 360.5],
    [197.5, 274.5, 295.5, 175.5],
]
DX = [[12, 21, 21, 16], [27, 45, 45, 33], [27, 45, 45, 33], [24, 39, 39, 28]]
DW = [[54, 78, 63], [96, 136, 108], [90, 126, 99]]
DX_STRIDE = [[5, 10, 5, 6], [10, 20, 10, 12], [5, 10, 5, 6], [8, 16, 8, 9]]
DW_STRIDE = [[6, 12, 14], [12, 24, 28], [20, 40, 44]]
# What two mistakes make of it: windows that overwrite each other, and windows that move by 1 whatever the stride.
DX_ASSIGNED = {
    1: [[1, 1, 1, 2], [1, 1, 1, 2], [1, 1, 1, 2], [4, 4, 4, 5]],
    2: [[5, 4, 5, 6], [2, 1, 2, 3], [5, 4, 5, 6], [8, 7, 8, 9]],
}
DX_UNSTRIDDEN = [[12, 16, 9, 0], [24, 28, 15, 0], [15, 17, 9, 0], [0, 0, 0, 0]]
DW_UNSTRIDDEN = [[1, 3, 5], [6, 14, 18], [14, 30, 34]]
STORED = (  # stride and activation of the stored cases, and where to look if this is the first that fails
    (
        1,
        "relu",
        "The 4 x 4 image is the place to begin; here there are several images, channels and filters as well.",
    ),
    (1, "relu", "With square filters it is right: are rows and columns mixed up somewhere?"),
    (
        1,
        "relu",
        "With small images of few channels it is right: are rows, columns or channels mixed up somewhere?",
    ),
    (2, "relu", "With stride 1 it is right: window (r, q) begins at row r * stride and column q * stride."),
    (3, "tanh", "With ReLU it is right: use this layer's own activation, and its own backward."),
)


def images(values):
    return np.array(values, dtype=float)[None, :, :, None]


def filters(values):
    return np.array(values, dtype=float)[:, :, None, None]


TURNED_ROUND = (
    images([[29, 62, 83, 75], [99, 192, 237, 198], [207, 372, 417, 330], [263, 446, 485, 365]]) + 0.5
)
TURNED = (
    images([[105, 150, 183, 95], [235, 312, 357, 178], [391, 492, 537, 262], [283, 342, 369, 169]]) + 0.5
)  # with the filter's rows and columns swapped


@pytest.mark.points(1)
def test_conv_forward_by_hand(submission):
    """A 3 x 3 filter over a 4 x 4 image with padding "same"."""
    out, _ = submission.parts(2, "conv_forward", X, W, B)
    causes = [
        Cause(FLIPPED, TURNED_ROUND),
        Cause(NO_BIAS, images(SAME) - 0.5),
        Cause(
            "Rows and columns are swapped somewhere: X is (m, H, W, channels), W is (rows, columns, in, out).",
            TURNED,
        ),
    ]
    windows_fit(out, "out", X, (3, 3), 1, "same")
    close(out, images(SAME), "out", causes=causes)


@pytest.mark.points(0.5, follows=(CONV_BY_HAND,), provided=(CONV_CHECK,))
def test_conv_forward_without_padding(submission):
    """The same filter with padding "valid" and 0."""
    for pad in ("valid", 0):
        out, _ = submission.parts(2, "conv_forward", X, W, B, "linear", 1, pad)
        want = images(SAME)[:, 1:3, 1:3]
        windows_fit(out, "out", X, (3, 3), 1, pad)
        close(
            out,
            want,
            f"out (pad {pad!r})",
            causes=[Cause(FLIPPED, TURNED_ROUND[:, 1:3, 1:3]), Cause(NO_BIAS, want - 0.5)],
            hint="With no padding there are H - kernel + 1 rows, and columns likewise.",
        )


@pytest.mark.points(0.5, follows=(CONV_BY_HAND,), provided=(CONV_CHECK,))
def test_conv_forward_with_stride(submission):
    """The same filter with stride 2."""
    out, _ = submission.parts(2, "conv_forward", X, W, B, "linear", 2, "same")
    want = images([[111.5, 217.5], [363.5, 573.5]])
    windows_fit(out, "out", X, (3, 3), 2, "same")
    close(
        out,
        want,
        "out",
        causes=[Cause(FLIPPED, TURNED_ROUND[:, ::2, ::2]), Cause(NO_BIAS, want - 0.5)],
        hint="Output (r, q) is the window that begins at row r * stride and column q * stride of the padded image; "
        "there are (H + 2 * pad - kernel) // stride + 1 rows.",
    )


@pytest.mark.points(1.5, follows=RELU, provided=("test_conv_forward_of_fresh_images",))
@pytest.mark.limits(time_s=20)
def test_conv_forward(submission, run):
    """Conv2D.forward on the stored cases, to four decimals."""
    cases = Cases(run, "TestConv2D")
    for case, (stride, activation, hint) in enumerate(STORED):
        inputs, weights, b, want = cases(case, "input", "W", "b", "output")
        got, _ = submission.parts(2, "conv_forward", inputs, weights, b, activation, stride, "same")
        what = f"filter {weights.shape[:2]}, stride {stride}, {activation}, X of shape {inputs.shape}"
        windows_fit(got, f"out ({what})", inputs, weights.shape[:2], stride, "same")
        to_four_decimals(got, want, "out", what, hint)


@pytest.mark.points(1, follows=CONV_FORWARD, provided=(CONV_CHECK,))
def test_conv_parameter_gradients_by_hand(submission, run):
    """gradients["W"] and gradients["b"] for the 4 x 4 image, strides 1 and 2."""
    for stride, dW, size in ((1, DW, 4), (2, DW_STRIDE, 2)):
        _, got, db = submission.parts(
            3, "conv_backward", X, W, B, np.ones((1, size, size, 1)), "linear", stride, "same"
        )
        causes = [Cause("The filter's rows and columns are swapped.", np.transpose(dW))]
        if stride == 2:
            causes.append(Cause(UNSTRIDDEN, DW_UNSTRIDDEN))
        close(
            got,
            filters(dW),
            f'gradients["W"] (stride {stride})',
            causes=causes,
            hint="dW[u, v, c, f] adds up X_padded[n, r * stride + u, q * stride + v, c] * dZ[n, r, q, f].",
        )
        bias_gradient(run, db, np.array([[float(size**2)]]))


@pytest.mark.points(1, follows=CONV_FORWARD, provided=(CONV_CHECK,))
def test_conv_input_gradient_by_hand(submission):
    """dX for the 4 x 4 image, strides 1 and 2."""
    for stride, want, size in ((1, DX, 4), (2, DX_STRIDE, 2)):
        dX, _, _ = submission.parts(
            3, "conv_backward", X, W, B, np.ones((1, size, size, 1)), "linear", stride, "same"
        )
        image_shaped(dX, X, (3, 3), "same")
        causes = [Cause(ASSIGNED, DX_ASSIGNED[stride])]
        if stride == 2:
            causes.append(Cause(UNSTRIDDEN, DX_UNSTRIDDEN))
        close(
            dX,
            images(want),
            f"dX (stride {stride})",
            causes=causes,
            hint="Each window hands W times its dZ back to the entries that it was made of; where windows overlap, "
            "these add up.",
        )


@pytest.mark.points(
    1.5,
    follows=(*RELU, *CONV_FORWARD, *CONV_LINEAR, CONV_TANH[0]),
    provided=(CONV_CHECK, CONV_LINEAR[0], CONV_TANH[0]),
)
@pytest.mark.limits(time_s=20)
def test_conv_backward(submission, run):
    """Conv2D.backward returns dL/dX on the stored cases, to four decimals."""
    cases = Cases(run, "TestConv2D")
    for case, (stride, activation, hint) in enumerate(STORED):
        inputs, weights, b, above, want = cases(case, "input", "W", "b", "upstream_grad", "backward")
        got, _, _ = submission.parts(
            3, "conv_backward", inputs, weights, b, above, activation, stride, "same"
        )
        what = f"filter {weights.shape[:2]}, stride {stride}, {activation}, X of shape {inputs.shape}"
        image_shaped(got, inputs, weights.shape[:2], "same")
        to_four_decimals(got, want, "dX", what, hint)


@pytest.mark.points(0.5)
def test_conv_takes_the_batch_at_once(submission):
    """The convolution works on the whole batch, without a loop over its examples."""
    batch = np.linspace(-1, 1, MANY * 30).reshape(MANY, 5, 6, 1)
    out, _ = submission.parts(2, "conv_forward", batch, W, B)
    expect.array(out, "out", shape=batch.shape)
    no_loop(submission, "run_conv", [batch[:FEW], W, B], [batch, W, B], "Conv2D")


@pytest.mark.points(0.5)
def test_conv_derivation_bias(submission):
    """derivations.conv_bias_grad gives dL/db from dL/dZ."""
    dZ = np.arange(24.0).reshape(3, 4, 2)
    close(submission.derivations.conv_bias_grad(dZ), [132.0, 144.0], "dL/db", shape=False)
