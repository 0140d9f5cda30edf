"""Comparisons for graded tests: each failure says what was expected, what came, where they first differ, and why.

Hint first: the likely cause, where the wrong value is one that a known mistake gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_EXAMPLES = 10_000  # a larger factor is no forgotten 1/n
MAX_ENTRIES = (
    20_000_000  # of an array of the submission's: what follows makes several copies of 8 bytes an entry
)


class Mismatch(AssertionError):
    """A value of the submission's is not what it should be.

    Attributes:
        hint: What to try.
        expected, got: Short text at the first place that differs.
        detail: Where, how far off, and the tolerance.
    """

    def __init__(self, hint: str, expected: str = "", got: str = "", detail: str = "") -> None:
        super().__init__(hint)
        self.hint, self.expected, self.got, self.detail = hint, expected, got, detail

    def __str__(self) -> str:
        said = [
            self.hint,
            f"expected: {self.expected}" if self.expected else "",
            f"got:      {self.got}" if self.got else "",
        ]
        return "\n".join(s for s in [*said, self.detail] if s)


class Partly(Mismatch):
    """Right in part: earns a share of the test's points.

    Attributes:
        share: In [0, 1).
    """

    def __init__(self, share: float, hint: str, expected: str = "", got: str = "", detail: str = "") -> None:
        super().__init__(hint, expected, got, detail)
        self.share = share


@dataclass(frozen=True)
class Cause:
    """A known mistake: the value that it gives, and the sentence that names it."""

    hint: str
    value: Any


def number(x: Any) -> str:
    """A number as a person reads it: up to ten significant digits."""
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x))
    if isinstance(x, (int, np.integer)):
        x = int(x)
        return str(x) if abs(x) < 10**40 else f"an int of {x.bit_length()} bits"
    if isinstance(x, (float, complex, np.number)):
        return f"{x:.10g}"
    return " ".join(repr(x).split())[:80]


def short(value: Any, limit: int = 160) -> str:
    """A value on one line; arrays by their first entries."""
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return number(value[()])
        entries = ", ".join(number(x) for x in value.ravel()[:6])
        return f"[{entries}{', …' if value.size > 6 else ''}] of shape {value.shape}"
    if isinstance(value, (float, np.generic)):
        return number(value)
    if isinstance(value, int):
        return number(value)
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def kind(value: Any) -> str:
    """What a value is, in a word or two."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    if value is None:
        return "None (is a `return` missing?)"
    return f"a {type(value).__name__}"


def array(value: Any, name: str, *, shape: tuple[int, ...] | None = None, finite: bool = True) -> np.ndarray:
    """The value as a float64 array, or a failure that says what is wrong with it.

    Args:
        value: What the submission returned: an array, a number, or nested lists of numbers.
        name: How to call it in messages.
        shape: The shape that it must have; None for any.
        finite: Refuse NaN and infinity.

    Raises:
        Mismatch: If it is no array of real numbers, or has another shape, or is not finite.
    """
    if isinstance(value, (list, tuple)):
        _plain_numbers(value, name)
        try:
            value = np.asarray(value)
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise Mismatch(
                f"{name} is not a rectangular array: its rows differ in length.", "an array", kind(value)
            ) from None
    if not isinstance(value, (np.ndarray, np.generic, int, float)) or (
        isinstance(value, np.generic) and value.dtype.kind not in "biuf"
    ):
        raise Mismatch(f"{name} must be a NumPy array of numbers.", "an array of numbers", kind(value))
    a = np.asarray(value)
    if a.dtype.kind not in "biuf":
        raise Mismatch(f"{name} must hold real numbers.", "real numbers", kind(a))
    if a.size > MAX_ENTRIES:
        raise Mismatch(f"{name} is far too large.", f"at most {MAX_ENTRIES:,} entries", kind(a))
    if shape is not None and a.shape != shape:
        hint = f"{name} has the wrong shape."
        if (
            len(shape) >= 1
            and a.ndim == 2
            and a.shape[0] == a.shape[1] == shape[0]
            and a.size != np.prod(shape)
        ):
            hint = f"{name} has shape {a.shape}: an (n, 1) array met an (n,) array and both were broadcast. Reshape one of them."
        elif a.size == np.prod(shape):
            hint = f"{name} has the right number of entries in the wrong shape: keep the shape that the docstring gives."
        raise Mismatch(hint, f"shape {shape}", f"shape {a.shape}")
    with np.errstate(all="ignore"):  # a longdouble may overflow
        out = a.astype(np.float64)
    if finite and not np.isfinite(out).all():
        at = _first(~np.isfinite(out))
        raise Mismatch(
            f"{name} holds {number(out[at])}: look for a division by zero, a log of 0, or an exponential that is too large.",
            "finite numbers",
            f"{number(out[at])}{_at(at)}",
        )
    return out


def close(
    got: Any,
    expected: Any,
    name: str,
    *,
    rtol: float = 0.0,
    atol: float = 0.0,
    causes: Sequence[Cause] = (),
    hint: str = "",
    shape: bool = True,
) -> None:
    """Fail unless two arrays agree: |got - expected| <= atol + rtol * |expected|, entry by entry.

    Args:
        got: What the submission returned.
        expected: What is right; its shape is demanded too, unless `shape` is False (then only the size).
        causes: Known mistakes; the first whose value is matched gives the hint.
        hint: The hint when no cause fits.
    """
    want = np.asarray(expected, dtype=np.float64)
    have = array(got, name, shape=want.shape if shape else None, finite=False)
    if have.size != want.size:
        raise Mismatch(f"{name} has {have.size} entries.", f"{want.size} entries", kind(got))
    have = have.reshape(want.shape)
    if agree(have, want, rtol, atol):
        return
    array(have, name)  # NaN and infinity have a message of their own
    with np.errstate(all="ignore"):
        error = np.abs(have - want)
        wrong = ~(error <= atol + rtol * np.abs(want))
    at = _first(wrong)
    why = next((c.hint for c in causes if matches(have, c.value, rtol, atol)), "") or _factor(
        have, want, rtol, atol
    )
    raise Mismatch(
        why or hint or f"{name} is not what it should be.",
        f"{number(want[at])}{_at(at)}",
        f"{number(have[at])}{_at(at)}",
        f"{int(wrong.sum())} of {want.size} entries of {name} differ; largest error {error.max():.3g}, "
        f"tolerance {atol:g} + {rtol:g} × |expected|",
    )


def agree(a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> bool:
    """Whether two arrays of one shape agree in every entry; a NaN agrees with nothing."""
    with np.errstate(all="ignore"):
        return bool((np.abs(a - b) <= atol + rtol * np.abs(b)).all())


def matches(a: np.ndarray, wrong: Any, rtol: float, atol: float) -> bool:
    """Whether a value is the one that a known mistake gives."""
    b = np.asarray(wrong, dtype=np.float64)
    return b.size == a.size and agree(a, b.reshape(a.shape), max(rtol, 1e-7), atol)


def _factor(have: np.ndarray, want: np.ndarray, rtol: float, atol: float) -> str:
    """A hint where the value is off by one and the same whole factor, or has the wrong sign."""
    scale = float(np.vdot(want, want))
    if not scale > 0:
        return ""
    k = float(np.vdot(want, have)) / scale
    if (
        not np.isfinite(k)
        or k == 0
        or not agree(have, k * want, max(rtol, 1e-6), max(atol, 1e-12) * max(1.0, abs(k)))
    ):
        return ""
    if abs(k + 1) < 1e-6:
        return "The sign is wrong everywhere."
    for factor, text in ((k, f"{round(k)} times too large"), (1 / k, f"{round(1 / k)} times too small")):
        if 1.5 < factor < MOST_EXAMPLES and abs(factor - round(factor)) < 1e-5 * factor:
            return f"Off by exactly {round(factor)} ({text}): is 1/n applied twice, or not at all?"
    return ""


def _first(where: np.ndarray) -> tuple[int, ...]:
    """The index of the first True; argwhere would list them all, in as many columns as there are dimensions."""
    return tuple(int(i) for i in np.unravel_index(int(where.argmax()), where.shape))


def _plain_numbers(value: Any, name: str) -> None:
    """Refuse nested lists that hold anything but numbers: text would be padded to the longest, without bound."""
    todo, seen = [value], 0
    while todo:
        part = todo.pop()
        if isinstance(part, (list, tuple)):
            todo += part
            continue
        numeric = (
            part.dtype.kind in "biufc"
            if isinstance(part, (np.ndarray, np.generic))
            else isinstance(part, (int, float, complex))
        )
        seen += part.size if isinstance(part, np.ndarray) else 1
        if not numeric or seen > MAX_ENTRIES:
            raise Mismatch(
                f"{name} must hold real numbers.",
                "real numbers",
                kind(part) if not numeric else f"{seen:,} entries",
            )


def _at(index: tuple[int, ...]) -> str:
    return f" at [{', '.join(map(str, index))}]" if index else ""


def unpack(value: Any, names: Sequence[str], call: str) -> list[Any]:
    """The parts of a tuple or list that a function returned.

    Args:
        names: What its parts are called, in order.
        call: The call, for the message, for example `sigmoid_activation(s)`.
    """
    if not isinstance(value, (tuple, list)) or len(value) != len(names):
        raise Mismatch(
            f"{call} must return {len(names)} values: {', '.join(names)}.",
            f"({', '.join(names)})",
            kind(value),
        )
    return list(value)


def arrays(value: Any, shapes: Sequence[tuple[int, ...]], name: str) -> list[np.ndarray]:
    """A list of arrays with these shapes, as float64."""
    if not isinstance(value, (tuple, list)) or len(value) != len(shapes):
        raise Mismatch(
            f"{name} must be a list of {len(shapes)} arrays, one a layer.",
            f"a list of {len(shapes)}",
            kind(value),
        )
    return [array(v, f"{name}[{i}]", shape=s) for i, (v, s) in enumerate(zip(value, shapes, strict=True))]


def entry(table: Any, key: str, name: str) -> Any:
    """The value below a key of a dict that a function returned."""
    if not isinstance(table, dict) or key not in table:
        raise Mismatch(f"{name} must be a dict with the key {key!r}.", f"a dict with {key!r}", kind(table))
    return table[key]


def curve(table: Any, key: str, name: str, *, finite: bool = True) -> np.ndarray:
    """A list of numbers, one a step, below a key of a dict: float64, shape (n,)."""
    values = array(entry(table, key, name), key, finite=finite)
    if values.ndim != 1:
        raise Mismatch(
            f"{key} must be a plain list of numbers, one a step.", "a list of numbers", kind(values)
        )
    return values


def true(condition: Any, hint: str, expected: str = "", got: str = "", detail: str = "") -> None:
    """Fail with a hint unless the condition holds; an array is no condition."""
    if isinstance(condition, np.ndarray) or not condition:
        raise Mismatch(hint, expected, got, detail)
