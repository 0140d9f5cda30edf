"""Question 6.2, hidden: convolutions of fresh images, with kernels and images that are not square."""

import numpy as np
import pytest

from harness.expect import Cause
from tests.convnet.hidden import values
from tests.convnet.hidden.slopes import gradient_check
from tests.convnet.judging import (
    ASSIGNED,
    FLIPPED,
    NO_BIAS,
    UNSTRIDDEN,
    bias_gradient,
    close,
    image_shaped,
    unchanged,
    windows_fit,
)
from tests.convnet.seen_again import CONV_CHECK, CONV_EVIDENCE, CONV_FORWARD, CONV_LINEAR, CONV_TANH, RELU

pytestmark = [pytest.mark.question("6.2"), pytest.mark.limits(time_s=20)]
SEEN_BEFORE = (*CONV_FORWARD, CONV_TANH[0])
SETTINGS = (  # kernel, stride, padding, for images of 7 x 5 with 3 channels
    ((2, 3), 1, "valid"),
    ((3, 2), 1, 2),
    ((3, 5), 1, "same"),
    ((1, 3), 1, 0),
)
STRIDED = (  # the last rows or columns are never reached
    ((3, 2), 2, "valid"),
    ((3, 3), 3, "same"),
    ((2, 3), 3, 1),
)
M, ROWS, COLUMNS, CHANNELS, FILTERS = 3, 7, 5, 3, 4
AXES = "Rows and columns are swapped somewhere: X is (m, H, W, channels), W is (rows, columns, in, out)."
SHAPE = "There are (H + 2 * pad - kernel) // stride + 1 rows, rounded down, and columns likewise."


def draw(rng, reference, kernel, stride, pad, name="linear"):
    """X, W, b and dLdY."""
    X = rng.normal(size=(M, ROWS, COLUMNS, CHANNELS))
    W, b = rng.normal(size=(*kernel, CHANNELS, FILTERS)), rng.normal(size=(1, FILTERS))
    out = values.conv(reference, X, W, b, name=name, stride=stride, pad=pad).out
    return X, W, b, rng.normal(size=out.shape)


def check_forward(submission, reference, rng, settings, name):
    for kernel, stride, pad in settings:
        X, W, b, _ = draw(rng, reference, kernel, stride, pad)
        want = values.conv(reference, X, W, b, name=name, stride=stride, pad=pad)
        f = values.activation(reference, name)
        flipped = values.conv(reference, X, W[::-1, ::-1], b, name=name, stride=stride, pad=pad).out
        causes = [
            Cause(FLIPPED, flipped),
            Cause(NO_BIAS, f(want.Z - b[0])),
            Cause(values.NOT_ACTIVATED, want.Z),
        ]
        if kernel[0] == kernel[1]:
            turned = values.conv(reference, X, np.swapaxes(W, 0, 1), b, name=name, stride=stride, pad=pad).out
            causes.append(Cause(AXES, turned))
        out, same = submission.parts(2, "conv_forward", X, W, b, name, stride, pad)
        windows_fit(out, "out", X, kernel, stride, pad)
        close(
            out, want.out, f"out (kernel {kernel}, stride {stride}, pad {pad!r})", causes=causes, hint=SHAPE
        )
        unchanged(same, "Conv2D.forward")


def check_backward(submission, reference, run, rng, settings, name, key):
    for kernel, stride, pad in settings:
        X, W, b, dLdY = draw(rng, reference, kernel, stride, pad)
        want = values.conv(reference, X, W, b, dLdY, name, stride, pad)
        f = values.activation(reference, name)

        def wrong(dZ, arguments=(X, W, b, dLdY, name, stride, pad)):
            return values.conv(reference, *arguments, dZ)

        causes = values.backward_causes(wrong, f, want, dLdY, M)
        dX, dW, db = submission.parts(3, "conv_backward", X, W, b, dLdY, name, stride, pad)
        what = f"(kernel {kernel}, stride {stride}, pad {pad!r})"
        if key == "db":
            bias_gradient(run, db, want.db, causes["db"])
        elif key == "dW":
            flipped = Cause(FLIPPED, want.dW[::-1, ::-1])
            close(dW, want.dW, f'gradients["W"] {what}', causes=[*causes["dW"], flipped])
        else:
            hint = "Rows and columns that no window reaches get 0; padding is cut off; windows that overlap add up."
            image_shaped(dX, X, kernel, pad)
            dZ = f.backward(want.Z, dLdY)
            overwritten = values.scattered(X, W, dZ, stride, pad, add=False)
            moved_by_one = values.scattered(X, W, dZ, 1, pad)
            found = [*causes["dX"], Cause(ASSIGNED, overwritten), Cause(UNSTRIDDEN, moved_by_one)]
            close(dX, want.dX, f"dX {what}", causes=found, hint=hint)


@pytest.mark.points(1.5)
def test_conv_forward_of_fresh_images(submission, reference, rng):
    """Kernels and images that are not square, every kind of padding, tanh."""
    check_forward(submission, reference, rng, SETTINGS, "tanh")


@pytest.mark.points(
    0.5, follows=(*RELU, *CONV_FORWARD), provided=("test_conv_forward_of_fresh_images", CONV_CHECK)
)
def test_conv_forward_with_relu(submission, reference, rng):
    """The same with ReLU."""
    check_forward(submission, reference, rng, SETTINGS[:2], "relu")


@pytest.mark.points(1, follows=CONV_FORWARD[:4], provided=(CONV_CHECK,))
def test_conv_forward_with_unused_rows(submission, reference, rng):
    """Strides 2 and 3 where the last rows and columns are never reached."""
    check_forward(submission, reference, rng, STRIDED, "tanh")


@pytest.mark.points(1.5, follows=CONV_TANH, provided=CONV_TANH)
def test_conv_gradient_check(submission, reference, rng):
    """The layer's gradients are the slopes of its own forward pass (central differences, tanh)."""
    X, W, b = rng.normal(size=(2, 4, 3, 2)), rng.normal(size=(2, 3, 2, 2)), rng.normal(size=(1, 2))
    # As many outputs as the student's own forward pass gives: what is wrong with them is told elsewhere.
    out, _ = submission.parts(2, "conv_forward", X, W, b, "tanh", 1, 1)
    shape = out.shape if isinstance(out, np.ndarray) and out.ndim == 4 and out.size <= 500 else (2, 5, 3, 2)
    dLdY = rng.normal(size=shape)
    variants = values.conv_variants(reference, X, W, b, dLdY, "tanh", 1, 1)
    gradient_check(submission, "conv_backward", "conv_slopes", variants, X, W, b, dLdY, "tanh", 1, 1)


@pytest.mark.points(1.5, follows=CONV_FORWARD, provided=(CONV_CHECK,))
def test_conv_weight_gradient_through_tanh(submission, reference, run, rng):
    """gradients["W"] is right for fresh images and tanh."""
    check_backward(submission, reference, run, rng, SETTINGS, "tanh", "dW")


@pytest.mark.points(0.5, follows=SEEN_BEFORE, provided=CONV_EVIDENCE)
def test_conv_bias_gradient_through_tanh(submission, reference, run, rng):
    """gradients["b"] is right for fresh images and tanh."""
    check_backward(submission, reference, run, rng, SETTINGS, "tanh", "db")


@pytest.mark.points(2, follows=SEEN_BEFORE, provided=CONV_EVIDENCE)
def test_conv_input_gradient_through_tanh(submission, reference, run, rng):
    """dX is right for fresh images and tanh."""
    check_backward(submission, reference, run, rng, SETTINGS, "tanh", "dX")


@pytest.mark.points(1, follows=(*SEEN_BEFORE, CONV_LINEAR[0]), provided=CONV_EVIDENCE)
def test_conv_weight_gradient_with_unused_rows(submission, reference, run, rng):
    """gradients["W"] is right for strides 2 and 3."""
    check_backward(submission, reference, run, rng, STRIDED, "arctan", "dW")


@pytest.mark.points(1.5, follows=(*SEEN_BEFORE, CONV_TANH[1]), provided=CONV_EVIDENCE)
def test_conv_input_gradient_with_unused_rows(submission, reference, run, rng):
    """dX is right for strides 2 and 3, and 0 where no window reaches."""
    check_backward(submission, reference, run, rng, STRIDED, "arctan", "dX")


@pytest.mark.points(0.5, follows=(*RELU, *SEEN_BEFORE, CONV_TANH[1]), provided=CONV_EVIDENCE)
def test_conv_backward_with_relu(submission, reference, run, rng):
    """dX and gradients["W"] are right with ReLU."""
    for key in ("dX", "dW"):
        check_backward(submission, reference, run, rng, SETTINGS[:2], "relu", key)


@pytest.mark.points(0.5, follows=(*SEEN_BEFORE, CONV_TANH[1]), provided=CONV_EVIDENCE)
def test_conv_backward_of_a_second_batch(submission, reference, run, rng):
    """After clear_gradients, a batch of another size is right, too: nothing of the first one is left."""
    X, W, b, dLdY = draw(rng, reference, (3, 3), 1, "same")
    X_other, dLdY_other = rng.normal(size=(2, 4, 6, CHANNELS)), rng.normal(size=(2, 4, 6, FILTERS))
    want = values.conv(reference, X_other, W, b, dLdY_other, "tanh")
    first = values.conv(reference, X, W, b, dLdY, "tanh")
    dX, dW, db = submission.parts(3, "conv_twice", X, W, b, dLdY, X_other, dLdY_other)
    added = Cause(
        "The gradient of the batch before is still in there: set gradients, do not add to them.",
        want.dW + first.dW,
    )
    image_shaped(dX, X_other, (3, 3), "same")
    close(dX, want.dX, "dX")
    close(dW, want.dW, 'gradients["W"]', causes=[added])
    bias_gradient(run, db, want.db)


def derivation_inputs(rng):
    """One image, filters, and dZ for every place where Z is not zero."""
    X, W = rng.normal(size=(5, 4, 2)), rng.normal(size=(2, 3, 2, 3))
    return X, W, rng.normal(size=(6, 6, 3))


@pytest.mark.points(1)
def test_conv_derivation_weight(submission, rng, reference):
    """derivations.conv_weight_grad is right for one fresh image."""
    X, _, dZ = derivation_inputs(rng)
    want = reference.derivations.conv_weight_grad(X, dZ, (2, 3))
    causes = [Cause(FLIPPED, want[::-1, ::-1])]
    close(submission.derivations.conv_weight_grad(X, dZ, (2, 3)), want, "dL/dW", causes=causes)


@pytest.mark.points(1)
def test_conv_derivation_input(submission, rng, reference):
    """derivations.conv_input_grad is right for one fresh image."""
    _, W, dZ = derivation_inputs(rng)
    want = reference.derivations.conv_input_grad(W, dZ, (5, 4))
    flipped = reference.derivations.conv_input_grad(np.ascontiguousarray(W[::-1, ::-1]), dZ, (5, 4))
    hint = "dL/dX[x, y, c] adds up dZ[x - i, y - k, f] * W[i, k, c, f]; dZ's first entry belongs to (-(k1 - 1), -(k2 - 1))."
    close(
        submission.derivations.conv_input_grad(W, dZ, (5, 4)),
        want,
        "dL/dX",
        causes=[Cause(FLIPPED, flipped)],
        hint=hint,
    )
