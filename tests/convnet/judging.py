"""What the tests of convnet share: tolerances, the shapes that are accepted, and the stored cases."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness import expect
from harness.data import load_arrays
from harness.expect import Cause, Mismatch
from harness.gradients import is_single

FOUR_DECIMALS = 1.5e-4  # |got - expected|, as numpy.testing understands four decimals
FEW, MANY = 6, 30  # examples of two batches, to tell whether the work grows with the batch

# Sentences that public and hidden tests share
FLIPPED = "The filter is flipped: slide it as it is (cross-correlation), without turning it round."
NO_BIAS = "The bias b is not added."
ASSIGNED = "Where windows overlap, their shares of dX add up: use +=, so that none overwrites the one before."
UNSTRIDDEN = "The stride is forgotten here: window (r, q) begins at row r * stride and column q * stride."
ZEROS_COUNT = "The zeros of the padding count: divide by all entries of the window."
OF_THE_IMAGE = "Only the largest entry of the whole image is marked: look for each window's own."


def close(
    got: Any,
    want: Any,
    name: str,
    *,
    causes: Sequence[Cause] = (),
    hint: str = "",
    atol: float = 1e-8,
    shape: bool = True,
) -> None:
    """Fail unless two arrays agree: to 1e-6, or to 1e-4 where the submission computes in float32."""
    rtol, atol = (1e-4, 1e-4) if is_single(got) else (1e-6, atol)
    expect.close(got, want, name, rtol=rtol, atol=atol, causes=causes, hint=hint, shape=shape)


def unchanged(same: Any, what: str) -> None:
    """Fail unless the probe saw the arguments as they were."""
    expect.true(
        same is True,
        f"{what} changes its argument in place: work on a copy.",
        "the same array",
        "a changed one",
    )


def bias_gradient(run: Any, got: Any, want: np.ndarray, causes: Sequence[Cause] = ()) -> None:
    """Compare a bias gradient (1, n) by its values; another shape of n entries is noted, and costs nothing."""
    a = expect.array(got, 'gradients["b"]', finite=False)
    n = want.size
    if a.size == n and a.shape != want.shape:
        note = f'gradients["b"] has shape {a.shape}; the handout asks for {want.shape}. No points were taken off.'
        if note not in run.notes:
            run.notes.append(note)
    elif a.size != n:
        raise Mismatch(
            'gradients["b"] has the wrong size: add dZ up over every axis but the last.',
            f"shape {want.shape}",
            f"shape {a.shape}",
        )
    kept = a.astype(got.dtype) if isinstance(got, np.ndarray) and got.dtype.kind == "f" else a
    close(kept.reshape(want.shape), want, 'gradients["b"]', causes=causes)


def pad_pair(pad: Any, kernel: Sequence[int]) -> tuple[int, int]:
    """Rows and columns of padding on each side."""
    if pad == "same":
        return (kernel[0] - 1) // 2, (kernel[1] - 1) // 2
    return (0, 0) if pad == "valid" else (pad, pad)


def windows_fit(got: Any, name: str, X: np.ndarray, kernel: Sequence[int], stride: int, pad: Any) -> None:
    """Fail with the cause if an output has the number of rows and columns that a known mistake gives."""
    shape = expect.array(got, name, finite=False).shape
    (rows, columns), (p, q) = X.shape[1:3], pad_pair(pad, kernel)

    def size(height: int, width: int, over: int = 0) -> tuple[int, int]:
        return (height - kernel[0] + over) // stride + 1, (width - kernel[1] + over) // stride + 1

    want = size(rows + 2 * p, columns + 2 * q)
    if len(shape) != 4 or shape[1:3] == want:
        return
    causes = {
        "Rows and columns of the padding are swapped: self.pad is (rows, columns).": size(
            rows + 2 * q, columns + 2 * p
        ),
        "Round the number of windows down: the last one must end inside the padded image.": size(
            rows + 2 * p, columns + 2 * q, stride - 1
        ),
        "The image is not padded.": size(rows, columns),
        "Padding is put on both sides: count it twice.": size(rows + p, columns + q),
        "Rows and columns are swapped: an image is (m, H, W, channels).": want[::-1],
    }
    why = next((hint for hint, wrong in causes.items() if wrong == shape[1:3]), "")
    rule = "There are (H + 2 * pad - kernel) // stride + 1 rows, rounded down, and columns likewise."
    raise Mismatch(
        f"{why} {rule}".strip(), f"{name} with {want[0]} rows and {want[1]} columns", f"shape {shape}"
    )


def image_shaped(dX: Any, X: np.ndarray, kernel: Sequence[int], pad: Any) -> None:
    """Fail with the cause if dX has the padding still, or its channels first."""
    shape, (p, q) = expect.array(dX, "dX", finite=False).shape, pad_pair(pad, kernel)
    if shape == X.shape:
        return
    m, rows, columns, channels = X.shape
    if shape == (m, rows + 2 * p, columns + 2 * q, channels):
        hint = "dX still has the padding: cut it off before you return it."
    elif shape == (m, channels, rows, columns):
        hint = "dX has its channels first: transpose it to (m, H, W, channels)."
    else:
        hint = "dX must have the shape of X."
    raise Mismatch(hint, f"shape {X.shape}", f"shape {shape}" if shape else expect.kind(dX))


def no_loop(submission: Any, probe: str, few: Sequence[Any], many: Sequence[Any], what: str) -> None:
    """Fail if more lines of the submission run for a batch of MANY than for one of FEW."""
    lines = submission.count_lines(probe, *few), submission.count_lines(probe, *many)
    expect.true(
        lines[1] - lines[0] < MANY - FEW,
        f"{what} goes through the examples one by one: let NumPy work on the whole batch at once.",
        f"as many lines of yours for {MANY} examples as for {FEW}",
        f"{lines[0]} lines for {FEW} examples, {lines[1]} for {MANY}",
    )


class Cases:
    """The stored cases of a class of the students' unittests: inputs, outputs and gradients.

    Args:
        run: The run, whose assignment knows where the students' files are.
        name: `TestReLU`, say.
    """

    def __init__(self, run: Any, name: str) -> None:
        path = run.assignment.student / "tests" / "data" / f"{name}.npz"
        self.arrays = {key: array.astype(np.float64) for key, array in load_arrays(path).items()}

    def __len__(self) -> int:
        return sum(key.endswith("output") for key in self.arrays)

    def __call__(self, case: int, *keys: str) -> list[np.ndarray]:
        """Arrays of a case: `input` is the first argument, `input1` the second."""
        names = [("input", int(k[5:] or 0)) if k.startswith("input") else (k, None) for k in keys]
        return [self.arrays[f"{case}{k}"] if at is None else self.arrays[f"{case}{k}"][at] for k, at in names]


def to_four_decimals(
    got: Any, want: np.ndarray, name: str, case: str, hint: str = "", causes: Sequence[Cause] = ()
) -> None:
    """Fail unless two arrays agree in four decimals; the message says which case it is."""
    expect.close(got, want, f"{name} ({case})", atol=FOUR_DECIMALS, hint=hint, causes=causes)
