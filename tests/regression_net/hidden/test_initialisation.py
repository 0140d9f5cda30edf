"""Question 2, hidden: how the weights are distributed, and networks of any depth."""

import numpy as np
import pytest

from harness import expect

pytestmark = pytest.mark.question("2")
SIZES = [200, 100, 1]


@pytest.mark.points(3)
def test_weights_are_normal(submission, rng):
    """Weights are normal with mean 0 and standard deviation `scale`."""
    for scale in (0.1, 3.0):
        params, _ = submission.parts(2, "initial", SIZES, scale, int(rng.integers(2**31)))
        expect.true(
            isinstance(params, dict) and params, "params must be a dict.", "a dict", expect.kind(params)
        )
        W = expect.array(next(iter(params.values())), "W0")
        entries = SIZES[0] * SIZES[1]
        expect.true(W.size == entries, "W0 has the wrong size.", f"{entries} entries", f"shape {W.shape}")
        std, mean = float(W.std()), float(W.mean())
        expect.true(
            W.min() < 0,
            "No weight is negative: np.random.rand is uniform, np.random.randn is normal.",
            "negative and positive weights",
            f"the least is {W.min():.3g}",
        )
        hint = "The standard deviation is not scale."
        for value, why in (
            (scale**2, "scale is applied twice: multiply the random numbers by it once."),
            (
                np.sqrt(scale),
                "scale is the standard deviation, not the variance: multiply by it, without a root.",
            ),
            (1.0, "scale is ignored: multiply the random numbers by it."),
            (scale / np.sqrt(3), "The weights are uniform: np.random.randn is normal."),
        ):
            if abs(std - value) < 0.05 * value and abs(value - scale) > 0.1 * scale:
                hint = why
                break
        expect.true(abs(std - scale) < 0.05 * scale, hint, f"about {scale:g}", f"{std:.4g}")
        expect.true(abs(mean) < 0.06 * scale, "The mean is not 0.", "about 0", f"{mean:.3g}")
        far = float(np.mean(np.abs(W) > 2 * scale))
        expect.true(
            0.03 < far < 0.06,
            "The weights are not normally distributed: use np.random.randn.",
            "4.6% beyond two standard deviations",
            f"{100 * far:.1f}%",
        )


@pytest.mark.points(1)
def test_every_layer_is_drawn_anew(submission):
    """No two layers of equal size share their numbers."""
    params, shared = submission.parts(2, "initial", [20, 20, 20, 20], 1.0)
    expect.true(isinstance(params, dict) and params, "params must be a dict.", "a dict", expect.kind(params))
    arrays = [expect.array(W, str(key)) for key, W in params.items()]
    same = any(np.array_equal(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    expect.true(
        shared is False and not same,
        "Two layers have the same weights: call np.random.randn once a layer.",
        "different numbers",
        "the same ones",
    )


@pytest.mark.points(2, follows=("test_keys_and_shapes",), provided=("test_every_layer_is_drawn_anew",))
def test_networks_of_any_depth(submission, rng):
    """Keys and shapes are right for one to twelve weight matrices of fresh sizes."""
    for n_weights in (1, 2, 4, 12):
        sizes = [int(n) for n in rng.integers(1, 9, size=n_weights + 1)]
        params, _ = submission.parts(2, "initial", sizes, 1.0)
        want = [f"W{i}" for i in range(n_weights)]
        expect.true(
            isinstance(params, dict) and sorted(map(str, params)) == sorted(want),
            f"{n_weights + 1} layers need the weights W0 to W{n_weights - 1}.",
            ", ".join(want),
            expect.short(list(params)) if isinstance(params, dict) else expect.kind(params),
        )
        for i, key in enumerate(want):
            expect.array(params[key], key, shape=(sizes[i], sizes[i + 1]))
