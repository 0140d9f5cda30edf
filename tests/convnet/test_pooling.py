"""Question 6.3, public: pooling, on a 4 x 4 image that can be worked out by hand and on stored cases."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause
from tests.convnet.judging import (
    FEW,
    MANY,
    OF_THE_IMAGE,
    ZEROS_COUNT,
    Cases,
    close,
    image_shaped,
    no_loop,
    to_four_decimals,
    windows_fit,
)
from tests.convnet.seen_again import (
    POOL_AVERAGE,
    POOL_BY_HAND,
    POOL_CHECK,
    POOL_EVIDENCE,
    POOL_FORWARD,
    POOL_OVERLAP,
)

pytestmark = pytest.mark.question("6.3")

X = np.array([[3, 1, 4, 1.5], [5, 9, 2, 6], [5.5, 3.5, 8, 7], [2.5, 0, -1, 6.5]])[None, :, :, None]
STORED = (  # kernel_shape, mode, stride, pad of the stored cases
    ((3, 3), "max", 2, 0),
    ((2, 2), "max", 2, 0),
    ((2, 2), "average", 1, 0),
    ((3, 5), "max", 4, "valid"),
    ((5, 5), "average", 1, 2),
)
OUT_HINTS = (  # where to look if this is the first stored case that fails
    "Each window has a maximum of its own, channel by channel.",
    "Each window has a maximum of its own, channel by channel.",
    "With max it is right: look at what is done for the average.",
    "With square windows it is right: are rows and columns mixed up somewhere?",
    "Without padding it is right. " + ZEROS_COUNT,
)
DX_HINTS = (
    "Each window hands its dLdY to its own largest entry; an entry that is the largest of several gets their sum.",
    "Each window hands its dLdY to its own largest entry.",
    "With max it is right: each entry of a window gets dLdY divided by the window's size.",
    "With square windows it is right: are rows and columns mixed up somewhere?",
    "Without padding it is right: is it cut off, and divided by all entries of the window?",
)


def images(values):
    return np.array(values, dtype=float)[None, :, :, None]


@pytest.mark.points(1)
def test_max_pooling_by_hand(submission):
    """Max pooling of a 4 x 4 image, 2 x 2 windows, strides 2 and 1."""
    for stride, want in ((2, [[9, 6], [5.5, 8]]), (1, [[9, 9, 6], [9, 9, 8], [5.5, 8, 8]])):
        out, _ = submission.parts(2, "pool_forward", X, (2, 2), "max", stride, 0)
        windows_fit(out, "out", X, (2, 2), stride, 0)
        close(
            out,
            images(want),
            f"out (stride {stride})",
            hint="A window holds exactly kernel rows and columns, from row r * stride and column q * stride on.",
        )


@pytest.mark.points(0.5)
def test_average_pooling_by_hand(submission):
    """Average pooling of a 4 x 4 image, 3 x 3 windows, padded by 1."""
    out, _ = submission.parts(2, "pool_forward", X, (3, 3), "average", 1, 1)
    a = expect.array(out, "out", shape=(1, 4, 4, 1))
    causes = [
        Cause(ZEROS_COUNT, [18 / 4, 41 / 9]),
        Cause("This is the sum of the window: divide it by the number of its entries.", [18, 41]),
    ]
    close([a[0, 0, 0, 0], a[0, 1, 1, 0]], [2.0, 41 / 9], "out at [0, 0] and [1, 1]", causes=causes)


@pytest.mark.points(1)
@pytest.mark.limits(time_s=20)
def test_pool_forward(submission, run):
    """Pool2D.forward on the stored cases, to four decimals."""
    cases = Cases(run, "TestPool2D")
    for case, settings in enumerate(STORED):
        inputs, want = cases(case, "input", "output")
        got, _ = submission.parts(2, "pool_forward", inputs, *settings)
        kernel, mode, stride, pad = settings
        what = f"{mode} of {kernel}, stride {stride}, pad {pad}, X of shape {inputs.shape}"
        windows_fit(got, f"out ({what})", inputs, kernel, stride, pad)
        to_four_decimals(got, want, "out", what, OUT_HINTS[case])


@pytest.mark.points(1, follows=POOL_FORWARD, provided=(POOL_CHECK,))
def test_max_pooling_backward_by_hand(submission):
    """Max pooling sends each window's gradient to its largest entry."""
    above = images([[1, 2], [3, 4]])
    dX = submission.probe("pool_backward", X, above, (2, 2), "max", 2, 0)
    want = images([[0, 0, 0, 0], [0, 1, 0, 2], [3, 0, 4, 0], [0, 0, 0, 0]])
    spread = np.repeat(np.repeat(above, 2, axis=1), 2, axis=2)
    causes = [
        Cause(OF_THE_IMAGE, images([[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])),
        Cause("The gradient goes to the whole window: with max, only the largest entry gets it.", spread),
        Cause(
            "The gradient is spread over the window: with max, only the largest entry gets it.", spread / 4
        ),
        Cause("Largest entries are marked, but not multiplied by dLdY.", (want > 0).astype(float)),
    ]
    close(dX, want, "dX", causes=causes)


@pytest.mark.points(
    1, follows=(*POOL_FORWARD, POOL_BY_HAND, POOL_OVERLAP, POOL_AVERAGE), provided=POOL_EVIDENCE
)
@pytest.mark.limits(time_s=20)
def test_pool_backward(submission, run):
    """Pool2D.backward on the stored cases, to four decimals."""
    cases = Cases(run, "TestPool2D")
    for case, settings in enumerate(STORED):
        inputs, above, want = cases(case, "input", "upstream_grad", "backward")
        got = submission.probe("pool_backward", inputs, above, *settings)
        kernel, mode, stride, pad = settings
        what = f"{mode} of {kernel}, stride {stride}, pad {pad}, X of shape {inputs.shape}"
        image_shaped(got, inputs, kernel, pad)
        to_four_decimals(got, want, "dX", what, DX_HINTS[case])


@pytest.mark.points(0.5)
def test_pool_takes_the_batch_at_once(submission):
    """Pooling works on the whole batch, without a loop over its examples."""
    batch = np.linspace(-1, 1, MANY * 32).reshape(MANY, 4, 8, 1)
    out, _ = submission.parts(2, "pool_forward", batch, (2, 2), "max", 2, 0)
    expect.array(out, "out", shape=(MANY, 2, 4, 1))
    no_loop(submission, "run_pool", [batch[:FEW]], [batch], "Pool2D")
