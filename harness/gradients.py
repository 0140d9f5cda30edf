"""Gradients on the trusted side: do they agree with measured slopes, in which convention, and do they resemble others.

The slopes come from probes, which measure them with `harness/isolation/untrusted/slopes.py` on the submission's own
forward pass. Whatever a submission says of itself is its own word: see `alike`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness import expect
from harness.expect import Cause


@dataclass(frozen=True)
class Precision:
    """How central differences are taken, and how near to them a gradient must be: |g - s| <= atol + rtol * |s|."""

    step: float
    rtol: float
    atol: float


DOUBLE = Precision(1e-5, 1e-5, 1e-7)
# In float32 a small step drowns in rounding; this one is still small enough not to change a window's largest entry.
SINGLE = Precision(4e-3, 1e-2, 1e-2)


def is_single(value: Any) -> bool:
    """Whether a value is an array or a number of at most single precision."""
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype in (np.float32, np.float16)


def precision_of(*values: Any) -> Precision:
    """`SINGLE` if any of these gradients was computed in float32, else `DOUBLE`."""
    return SINGLE if any(is_single(v) for v in values) else DOUBLE


def evidence(
    measured: Any, name: str, shape: tuple[int, ...], *, of: str = "every entry", some: bool = False
) -> np.ndarray:
    """The slopes that a probe measured on the submission's own forward pass, float64, if they are any evidence.

    A forward pass that ignores what it is given would agree with a gradient of zeros.

    Args:
        measured: What the probe answered.
        name: What the gradient is called in messages.
        shape: Its shape.
        of: What the forward pass must depend on, for the message.
        some: Whether single slopes may be 0, as where ReLU or max pooling passes nothing on. All may not.

    Raises:
        Mismatch: If they are none, or 0.
    """
    want = expect.array(measured, f"the slopes of {name}", shape=shape)
    moves = want != 0
    expect.true(
        bool(moves.any() if some else moves.all()),
        f"Your forward pass does not depend on {of}: mend it first.",
        "an output that changes",
        "no change" if some else f"no change with an entry of {name}",
    )
    return want


def close_to_slopes(
    told: Any,
    measured: Any,
    name: str,
    shape: tuple[int, ...],
    *,
    precision: Precision = DOUBLE,
    of: str = "every entry",
    some: bool = False,
    causes: Sequence[Cause] = (),
    hint: str = "",
) -> None:
    """Fail unless the gradient that a submission returned is the slope of its own forward pass.

    Args:
        told: The gradient.
        measured, name, shape, of, some: As `evidence` takes them.
        precision: How near, see `precision_of`; its step is the one that the probe must have taken.
        causes, hint: As `expect.close` takes them.

    Raises:
        Mismatch: If they differ, or the forward pass is no evidence.
    """
    want = evidence(measured, name, shape, of=of, some=some)
    expect.close(
        told,
        want,
        name,
        rtol=precision.rtol,
        atol=precision.atol,
        causes=causes,
        hint=hint or f"{name} is not the slope of your own forward pass.",
    )


def factors(
    got: Sequence[np.ndarray],
    want: Sequence[np.ndarray],
    allowed: Sequence[float],
    *,
    rtol: float,
    atol: float,
) -> list[float]:
    """By which of some factors ALL gradients of a list are off: (1, n) tells the mean loss from the sum.

    Args:
        got, want: Float arrays of the same shapes, in the same order; `want` of the mean, say.
        allowed: The factors that count as right.

    Returns:
        Those that fit, in the order of `allowed`; none if the gradients are wrong, or follow different conventions.
    """
    return [
        k
        for k in allowed
        if all(expect.agree(g, k * w, rtol, abs(k) * atol) for g, w in zip(got, want, strict=True))
    ]


def alike(own: Sequence[np.ndarray], want: Sequence[np.ndarray]) -> bool:
    """Whether a submission's own slopes still resemble what is right: a cosine of a half, of either sign.

    Ask this before a gradient is believed because it agrees with the submission's own slopes: work that computes
    nothing at all would agree with itself.
    """
    a, b = (np.concatenate([np.ravel(x) for x in arrays]) for arrays in (own, want))
    with np.errstate(all="ignore"):
        return bool(abs(a @ b) >= 0.5 * np.linalg.norm(a) * np.linalg.norm(b) > 0)
