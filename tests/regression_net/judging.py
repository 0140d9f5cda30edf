"""What the tests of regression_net share: tolerances, and the readings that count as right."""

from typing import Any

import numpy as np

from harness import expect
from harness.errors import AnswerRefused
from harness.expect import Cause, Mismatch
from harness.gradients import alike

# Tests by what they look at. A test that sees another's mistake again names it, and is not charged (see `follows`).
SIGMA = ("test_sigma_of_some_numbers", "test_sigma_of_fresh_numbers")
ONE_MATRIX, TOY_PREDICTION, TOY_CACHE = (
    "test_forward_of_one_matrix",
    "test_prediction_of_the_toy_net",
    "test_cache_of_the_toy_net",
)
DEEP_PREDICTION, DEEP_CACHE = "test_prediction_of_deep_nets", "test_cache_of_deep_nets"
SLOPE = "test_sigma_backward"
ONE_LAYER = "test_gradient_of_one_layer"  # the factor: of the mean or of the sum
TOY_LAST, TOY_FIRST = "test_last_gradient_of_the_toy_net", "test_first_gradient_of_the_toy_net"
SAME_FACTOR, DEEP_GRADIENTS = "test_every_gradient_has_the_same_factor", "test_gradients_of_deep_nets"
TOY_LOSS, FRESH_LOSS = "test_loss_of_the_toy_net", "test_loss_of_fresh_numbers"
LABELS = "test_labels_of_shape_n_are_not_broadcast"
TOY_LOSSES, TOY_PARAMS = "test_losses_of_three_steps", "test_params_after_three_steps"
LENGTH = "test_one_loss_an_iteration"
FALLS = "test_loss_falls_on_fresh_data"
# What training is made of: a mistake in one of these is charged there, and not where the network learns.
PIECES = (
    *SIGMA,
    ONE_MATRIX,
    TOY_PREDICTION,
    SLOPE,
    ONE_LAYER,
    TOY_FIRST,
    TOY_LAST,
    SAME_FACTOR,
    DEEP_GRADIENTS,
)

# Ours, of two weight matrices. All that is known of it is worked out by hand, and checked against the reference.
X = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, 1.0]])
Y = np.array([[1.0], [0.0], [2.0]])
PARAMS = {"W0": np.array([[0.1, -0.2], [0.3, 0.4]]), "W1": np.array([[0.5], [-0.6]])}
PREDICTION = np.array([[-0.053299897651], [-0.102963897825], [-0.071991337662]])
CACHE = {
    "A0": X,
    "IN0": X,
    "IN1": np.array([[0.7, 0.6], [0.05, 0.4], [0.3, 0.4]]),
    "A1": np.array(
        [[0.668187772168, 0.645656306226], [0.512497396484, 0.598687660112], [0.574442516812, 0.598687660112]]
    ),
}

SUM_NOTE = "backprop_and_loss returns the sum of the squared errors, as the handout's formula says; the mean counts, too."
BROADCAST = (
    "Y of shape (n,) met predictions of shape (n, 1), and the difference became (n, n): reshape Y to the shape of the "
    "prediction first."
)


def note(run: Any, text: str) -> None:
    """Put a sentence into the report, once."""
    if text not in run.notes:
        run.notes.append(text)


def close(got: Any, want: Any, name: str, *, causes=(), hint: str = "", rtol: float = 1e-9) -> None:
    """Fail unless arrays agree: to 1e-9, or to 1e-4 where the submission computes in float32. (n,) is as good as (n, 1)."""
    want = np.asarray(want, dtype=float)
    single = isinstance(got, (np.ndarray, np.generic)) and got.dtype in (np.float32, np.float16)
    rtol, atol = (1e-4, 1e-5) if single else (rtol, 1e-10)
    flat = (
        want.ndim == 2 and want.shape[1] == 1 and isinstance(got, np.ndarray) and got.shape == want.shape[:1]
    )
    expect.close(got, want.ravel() if flat else want, name, rtol=rtol, atol=atol, causes=causes, hint=hint)


def pair(value: Any, names: tuple[str, str], call: str) -> tuple[Any, Any]:
    """The two values that a function returned."""
    first, second = expect.unpack(value, names, call)
    return first, second


def table(value: Any, like: dict[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    """A dict with exactly the keys of `like`, whose arrays have its shapes, as float64."""
    got = sorted(map(str, value)) if isinstance(value, dict) else expect.kind(value)
    biased = isinstance(value, dict) and any(str(k).startswith("b") for k in value)
    expect.true(
        isinstance(value, dict) and set(value) == set(like),
        f"{name} must be a dict with the keys of params, and no others."
        + (" This handout has no bias." if biased else ""),
        ", ".join(like),
        ", ".join(got) if isinstance(got, list) else got,
    )
    return {key: expect.array(value[key], f"{name}[{key!r}]", shape=W.shape) for key, W in like.items()}


def number(value: Any, name: str) -> float:
    """One number; an array of one entry will do."""
    a = expect.array(value, name)
    if a.size != 1:
        hint = BROADCAST if a.ndim == 2 and a.shape[0] == a.shape[1] else f"{name} must be one number."
        raise Mismatch(hint, "a float", expect.kind(value))
    return float(a.ravel()[0])


def squared_error(got: Any, squares: np.ndarray, name: str = "the loss", causes=()) -> str:
    """Which reading a loss follows: "mean" or "sum" of these squares; fails if neither."""
    value = number(got, name)
    for word, want in (("sum", squares.sum()), ("mean", squares.mean())):
        if abs(value - want) <= (1e-4 if isinstance(got, np.float32) else 1e-6) * abs(want) + 1e-12:
            return word
    causes = [
        *causes,
        Cause("Half of the squared error is not asked for: leave the factor 1/2 out.", squares.mean() / 2),
        Cause("Half of the squared error is not asked for: leave the factor 1/2 out.", squares.sum() / 2),
        Cause("This is the root of the mean: leave the square root out.", np.sqrt(squares.mean())),
    ]
    expect.close(got, squares.mean(), name, rtol=1e-9, causes=causes, shape=False)
    return "mean"


def either(results: Any, check: Any) -> None:
    """Fail unless one of some results passes a check; the first one's failure is told."""
    if not isinstance(results, list) or not results:
        raise AnswerRefused("a probe did not answer with its results: has it been replaced?")
    failures = []
    for result in results:
        try:
            check(result)
        except Mismatch as e:
            failures.append(e)
        else:
            return
    raise failures[0]


def ratio(got: np.ndarray, want: np.ndarray, rtol: float = 1e-5) -> float | None:
    """The factor k of got = k * want, or None where there is none."""
    scale = float(np.vdot(want, want))
    if scale == 0:
        return None
    k = float(np.vdot(want, got)) / scale
    fits = np.isfinite(k) and k != 0 and np.abs(got - k * want).max() <= rtol * abs(k) * np.abs(want).max()
    return k if fits else None


def known_factor(k: float | None, n: int) -> str:
    """Which convention a factor of the sum's gradient is: "sum", "mean", or nothing."""
    if k is not None and abs(k - 1) < 1e-5:
        return "sum"
    return "mean" if k is not None and abs(k * n - 1) < 1e-5 else ""


def wrong_factor(k: float | None, n: int) -> str:
    """What a factor that is neither the sum's nor the mean's says."""
    if k is None:
        return ""
    if k < 0:
        return "The sign is wrong: with E = prediction - Y the gradient is + 2 X^T E."
    for known in (1.0, 1.0 / n):
        if abs(k - known / 2) < 1e-5 * known:
            return "The factor 2 is missing: the derivative of E^2 is 2 E."
        if abs(k - known / n) < 1e-5 * known:
            return "1/n is applied twice: once is enough."
    return "The factor is neither that of the sum nor that of the mean."


def parallel(got: Any, want: np.ndarray, name: str, causes=(), hint: str = "", rtol: float = 1e-5) -> None:
    """Fail unless an array is a multiple of another: the factor itself is judged, and charged, elsewhere."""
    a = expect.array(got, name, shape=want.shape)
    if ratio(a, want, rtol) is None:
        wrong = [(c.hint, np.reshape(c.value, want.shape)) for c in causes if np.size(c.value) == want.size]
        known = next((why for why, value in wrong if value.any() and ratio(a, value) is not None), "")
        at = tuple(int(i) for i in np.unravel_index(int(np.abs(a - want).argmax()), a.shape))
        raise Mismatch(
            known or hint or f"{name} is not what it should be, whatever its factor.",
            f"a multiple of {expect.short(want)}",
            expect.short(a),
            f"compared at {list(at)}: {expect.number(want[at])} for the sum, got {expect.number(a[at])}",
        )


def right_losses(run: Any, got: Any, want: np.ndarray, name: str = "losses") -> None:
    """Fail unless losses are those of N steps: before each update, with or without the final one, or after each.

    Args:
        want: Means or sums, before each of N updates and after the last: (k, N + 1), any row of which will do.
    """
    a = loss_list(got)
    n = want.shape[1] - 1
    if len(a) == n and any(expect.agree(a, row[1:], 1e-6, 1e-12) for row in want):
        note(
            run, "losses are recorded after each update; the handout's come before. No points were taken off."
        )
        return
    for row in want:
        if len(a) in (n, n + 1) and expect.agree(a, row[: len(a)], 1e-6, 1e-12):
            return
    causes = [
        Cause("The same loss every time: the step must change the params.", np.full(n, row[0]))
        for row in want
    ]
    if len(a) not in (n, n + 1):
        raise Mismatch(f"{name} must have one entry an iteration.", f"{n} entries", f"{len(a)}")
    expect.close(a[:n], want[0][:n], name, rtol=1e-6, causes=causes)


def loss_list(got: Any) -> np.ndarray:
    """Losses as floats, shape (m,)."""
    if isinstance(got, np.ndarray) and got.ndim == 1:
        got = list(got)
    expect.true(
        isinstance(got, (list, tuple)), "losses must be a list.", "a list of floats", expect.kind(got)
    )
    return np.array([number(x, f"losses[{i}]") for i, x in enumerate(got)])


def moved_alike(final: dict, right: dict, start: dict) -> bool:
    """Whether params moved along something like the right way, or against it.

    A submission's own pieces are its own word: where anything that agrees with them counted, work that computes
    nothing at all would agree with itself.
    """
    moved, wanted = ([np.asarray(p[key], dtype=float) - start[key] for key in start] for p in (final, right))
    return alike(moved, wanted)
