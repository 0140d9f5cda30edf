"""Central differences of a submission's own forward pass, and whether its backward pass agrees with them.

The slopes are the submission's own word. So they must be those of a layer that we know, too: the right one, or one
with a mistake in its forward pass that its backward pass may carry forward. Work that computes something else agrees
with itself in vain.
"""

from harness import expect
from harness.expect import Cause
from harness.gradients import close_to_slopes, evidence, precision_of
from tests.convnet.hidden.values import MEAN
from tests.convnet.judging import image_shaped


def is_known(told, variants, precision, layer):
    """Fail unless some gradients are those of one of our own layers.

    Args:
        variants: Gradients in the order of `told`, one list for each layer that we know.
    """
    fits = any(
        all(
            a.shape == b.shape and expect.agree(a, b, max(precision.rtol, 1e-4), max(precision.atol, 1e-6))
            for a, b in zip(told, variant, strict=True)
        )
        for variant in variants
    )
    expect.true(
        fits,
        f"Your forward pass is none of a {layer}, so its slopes tell nothing yet: mend it first.",
        f"the gradients of a {layer}",
        "others",
    )


def gradient_check(submission, backward, slopes, variants, X, W, b, dLdY, *settings):
    """Fail unless dX, dW and db are the slopes of the sum of dLdY * forward(X), and dX and dW those of a known layer.

    A forward pass that ignores an entry of X or W is no evidence of anything, and fails. Whether b is added is told
    elsewhere: where it has no influence, db is not looked at.
    """
    told = submission.parts(3, backward, X, W, b, dLdY, *settings)
    precision = precision_of(*told)
    measured = submission.parts(3, slopes, X, W, b, dLdY, *settings, precision.step)
    wanted = dict(zip(("dX", 'gradients["W"]', 'gradients["b"]'), measured, strict=True))
    for (name, slope), parameter, got in zip(wanted.items(), (X, W, b), told, strict=True):
        if parameter is b and not expect.array(slope, f"the slopes of {name}").any():
            continue
        want = evidence(slope, name, parameter.shape, of="every entry of X, W and b")
        if parameter is b:
            got = expect.array(got, name)
            expect.true(
                got.size == want.size,
                f"{name} has the wrong size: add dZ up over every axis but the last.",
                f"shape {want.shape}",
                f"shape {got.shape}",
            )
            got = got.reshape(want.shape)
        if parameter is X and X.ndim == 4:
            image_shaped(got, X, W.shape[:2], settings[-1])
        expect.close(
            got,
            want,
            name,
            rtol=precision.rtol,
            atol=precision.atol,
            causes=[Cause(MEAN, want / len(X))],
            hint=f"{name} is not the slope of your own forward pass. check_gradients.ipynb shows the same.",
        )
    layer = "convolution" if X.ndim == 4 else "dense layer"
    is_known([expect.array(g, "the gradient") for g in told[:2]], variants, precision, layer)


def pool_check(submission, variants, X, dLdY, *settings):
    """Fail unless dX is the slope of the sum of dLdY * forward(X), and that of a pooling layer that we know."""
    told = submission.probe("pool_backward", X, dLdY, *settings)
    precision = precision_of(told)
    close_to_slopes(
        told,
        submission.probe("pool_slopes", X, dLdY, *settings, precision.step),
        "dX",
        X.shape,
        precision=precision,
        of="X",
        some=True,
        hint="dX is not the slope of your own forward pass: change one input a little, and see which outputs move.",
    )
    is_known([expect.array(told, "dX")], variants, precision, "pooling layer")
