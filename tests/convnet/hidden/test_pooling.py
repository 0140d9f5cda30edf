"""Question 6.3, hidden: pooling of fresh images, with windows and images that are not square."""

import numpy as np
import pytest

from harness.expect import Cause
from tests.convnet.hidden import values
from tests.convnet.hidden.slopes import pool_check
from tests.convnet.judging import (
    ASSIGNED,
    OF_THE_IMAGE,
    ZEROS_COUNT,
    close,
    image_shaped,
    pad_pair,
    unchanged,
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

pytestmark = [pytest.mark.question("6.3"), pytest.mark.limits(time_s=20)]
M, ROWS, COLUMNS, CHANNELS = 3, 7, 5, 2
SEEN_BEFORE = (*POOL_FORWARD, POOL_BY_HAND, POOL_OVERLAP, POOL_AVERAGE)


def draw(rng):
    """Images whose entries all differ by 0.01 or more: no window has two largest ones, and none is near 0."""
    levels = 0.01 * (rng.permutation(M * ROWS * COLUMNS * CHANNELS) + 1)
    return (levels * rng.choice([-1, 1], size=levels.shape)).reshape(M, ROWS, COLUMNS, CHANNELS)


def check_forward(submission, reference, X, settings):
    for kernel, mode, stride, pad in settings:
        want = values.pool(reference, X, kernel, mode, stride, pad).out
        other = values.pool(reference, X, kernel, "max" if mode == "average" else "average", stride, pad).out
        causes = [
            Cause(f'This is the other mode: here mode is "{mode}".', other),
            Cause(
                "This is the sum of the window: divide it by the number of its entries.",
                want * np.prod(kernel),
            ),
        ]
        if mode == "average":
            counts = values.pool(reference, np.ones_like(X), kernel, mode, stride, pad).out
            causes.append(Cause(ZEROS_COUNT, want / counts))
        out, same = submission.parts(2, "pool_forward", X, kernel, mode, stride, pad)
        windows_fit(out, "out", X, (kernel, kernel) if isinstance(kernel, int) else kernel, stride, pad)
        what = f"out ({mode} of {kernel}, stride {stride}, pad {pad!r})"
        hint = "A window holds exactly kernel rows and columns; the number of windows is rounded down."
        close(out, want, what, causes=causes, hint=hint)
        unchanged(same, "Pool2D.forward")


def scattered(X, dLdY, kernel, mode, stride, pad, *, of_the_image=False):
    """dX where windows overwrite each other, or where the maximum is the whole image's, channel by channel."""
    (p, q), (kh, kw) = pad_pair(pad, kernel), kernel
    X_pad = np.pad(X, ((0, 0), (p, p), (q, q), (0, 0)))
    dX = np.zeros_like(X_pad)
    for r, c in np.ndindex(dLdY.shape[1:3]):
        at = np.s_[:, r * stride : r * stride + kh, c * stride : c * stride + kw]
        largest = (X_pad if of_the_image else X_pad[at]).max(axis=(1, 2), keepdims=True)
        share = X_pad[at] == largest if mode == "max" else 1 / (kh * kw)
        dX[at] = share * dLdY[:, r : r + 1, c : c + 1] + (dX[at] if of_the_image else 0)
    return dX[:, p : p + X.shape[1], q : q + X.shape[2]]


def check_backward(submission, reference, rng, X, settings):
    for kernel, mode, stride, pad in settings:
        shape = values.pool(reference, X, kernel, mode, stride, pad).out.shape
        dLdY = rng.normal(size=shape)
        want = values.pool(reference, X, kernel, mode, stride, pad, dLdY).dX
        overwritten = scattered(X, dLdY, kernel, mode, stride, pad)
        causes = [Cause(ASSIGNED, overwritten)]
        if mode == "average":
            counts = values.pool(reference, np.ones_like(X), kernel, mode, stride, pad).out
            real = values.pool(reference, X, kernel, mode, stride, pad, dLdY / counts).dX
            causes += [
                Cause(
                    "Each entry of a window gets dLdY divided by the window's size.", want * np.prod(kernel)
                ),
                Cause(ZEROS_COUNT, real),
            ]
        else:
            image = scattered(X, dLdY, kernel, mode, stride, pad, of_the_image=True)
            causes.append(Cause(OF_THE_IMAGE, image))
        got = submission.probe("pool_backward", X, dLdY, kernel, mode, stride, pad)
        what = f"dX ({mode} of {kernel}, stride {stride}, pad {pad!r})"
        hint = "Where windows overlap, their gradients add up; padding is cut off; what no window reaches gets 0."
        image_shaped(got, X, kernel, pad)
        close(got, want, what, causes=causes, hint=hint)


@pytest.mark.points(1)
def test_max_pooling_of_fresh_images(submission, reference, rng):
    """Windows and images that are not square, and strides that leave rows out."""
    settings = [((2, 3), "max", 2, 0), ((3, 2), "max", 1, "valid"), (3, "max", 3, 0)]
    check_forward(submission, reference, draw(rng), settings)


@pytest.mark.points(1)
def test_padding_counts_in_max_pooling(submission, reference, rng):
    """Where all entries are negative, a window that reaches into the padding has the maximum 0."""
    X = -np.abs(draw(rng))
    settings = [((3, 3), "max", 1, 1), ((3, 5), "max", 2, "same")]
    check_forward(submission, reference, X, settings)


@pytest.mark.points(1)
def test_average_pooling_of_fresh_images(submission, reference, rng):
    """Averages of overlapping and of padded windows."""
    settings = [((2, 3), "average", 1, 0), ((3, 3), "average", 2, 1), ((3, 5), "average", 1, "same")]
    check_forward(submission, reference, draw(rng), settings)


@pytest.mark.points(1)
def test_pool_gradient_check(submission, reference, rng):
    """The gradient is the slope of the layer's own forward pass, for both modes (central differences)."""
    X = draw(rng)[:2, :4, :3]
    for mode in ("max", "average"):
        out, _ = submission.parts(2, "pool_forward", X, (2, 2), mode, 1, 0)
        shape = (
            out.shape
            if isinstance(out, np.ndarray) and out.ndim == 4 and out.size <= 500
            else (2, 3, 2, CHANNELS)
        )
        dLdY = rng.normal(size=shape)
        variants = values.pool_variants(reference, X, (2, 2), mode, 1, 0, dLdY)
        pool_check(submission, variants, X, dLdY, (2, 2), mode, 1, 0)


@pytest.mark.points(1.5, follows=POOL_FORWARD, provided=(POOL_CHECK,))
def test_max_pooling_backward_of_overlapping_windows(submission, reference, rng):
    """An entry that is the largest of several windows gets the sum of their gradients."""
    settings = [((2, 3), "max", 1, 0), ((3, 3), "max", 2, 0)]
    check_backward(submission, reference, rng, draw(rng), settings)


@pytest.mark.points(1.5, follows=(*POOL_FORWARD, POOL_OVERLAP), provided=(POOL_CHECK, POOL_BY_HAND))
def test_average_pooling_backward_of_fresh_images(submission, reference, rng):
    """Averages hand their gradient back evenly, through overlapping and padded windows."""
    settings = [((2, 3), "average", 1, 0), ((3, 3), "average", 2, 1)]
    check_backward(submission, reference, rng, draw(rng), settings)


@pytest.mark.points(1, follows=SEEN_BEFORE, provided=POOL_EVIDENCE)
def test_max_pooling_backward_with_padding(submission, reference, rng):
    """With padding, gradients land on the right entries, and those of the padding are cut off."""
    settings = [((3, 3), "max", 2, 1), ((3, 5), "max", 1, "same")]
    check_backward(submission, reference, rng, draw(rng), settings)


@pytest.mark.points(0.5, follows=SEEN_BEFORE, provided=POOL_EVIDENCE)
def test_pool_backward_with_unused_rows(submission, reference, rng):
    """Rows and columns that no window reaches get the gradient 0."""
    settings = [((2, 2), "max", 3, 0), ((2, 2), "average", 3, 0)]
    check_backward(submission, reference, rng, draw(rng), settings)


@pytest.mark.points(0.5, follows=SEEN_BEFORE, provided=POOL_EVIDENCE)
def test_pool_backward_of_a_second_batch(submission, reference, rng):
    """A batch of another size is right, too: nothing of the first one is left."""
    X, X_other = draw(rng), rng.permutation(2 * 4 * 6 * 3).reshape(2, 4, 6, 3) - 71.5
    dLdY, dLdY_other = rng.normal(size=(M, 3, 2, CHANNELS)), rng.normal(size=(2, 2, 3, 3))
    want = values.pool(reference, X_other, (2, 2), "max", 2, 0, dLdY_other).dX
    close(submission.probe("pool_twice", X, dLdY, X_other, dLdY_other), want, "dX")
