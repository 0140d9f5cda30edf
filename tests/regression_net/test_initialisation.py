"""Question 2, public: the initial weights."""

import numpy as np
import pytest

from harness import expect

pytestmark = pytest.mark.question("2")


@pytest.mark.points(2)
def test_keys_and_shapes(submission):
    """initialize_network([100, 50, 1], 0.1) gives W0 of shape (100, 50) and W1 of shape (50, 1)."""
    params, _ = submission.parts(2, "initial", [100, 50, 1], 0.1)
    expect.true(
        isinstance(params, dict) and sorted(map(str, params)) == ["W0", "W1"] and "W0" in params,
        'The keys must be the strings "W0", "W1" and so on, one a layer but the last; nothing else belongs in it.',
        "W0, W1",
        expect.short(list(params)) if isinstance(params, dict) else expect.kind(params),
    )
    expect.array(params["W0"], "W0", shape=(100, 50))
    expect.array(params["W1"], "W1", shape=(50, 1))


@pytest.mark.points(1, follows=("test_weights_are_normal",), provided=("test_seed_repeats_the_weights",))
def test_scale_of_zero_gives_zeros(submission):
    """A scale of 0 gives weights of 0, for one, two and three matrices."""
    for layer_sizes in ([7, 1], [100, 50, 1], [5, 4, 3, 2]):
        params, _ = submission.parts(2, "initial", layer_sizes, 0.0)
        expect.true(
            isinstance(params, dict) and len(params) == len(layer_sizes) - 1,
            "There is one weight matrix between each two layers.",
            f"{len(layer_sizes) - 1}",
            expect.kind(params),
        )
        for key, W in params.items():
            a = expect.array(W, str(key))
            expect.true(
                not a.any(), "Multiply the random numbers by scale: 0 must give zeros.", "0", expect.short(a)
            )


@pytest.mark.points(1)
def test_seed_repeats_the_weights(submission):
    """Two calls give different weights; np.random.seed before each gives the same."""
    first, second, again = (
        expect.array(W, "W0", shape=(6, 3))
        for W in expect.unpack(
            submission.probe("initial_again", [6, 3, 1], 1.0, [3, None, 3]), ("1", "2", "3"), "three calls"
        )
    )
    expect.true(
        not np.array_equal(first, second),
        "Two calls give the same weights: do not set the seed inside.",
        "new numbers",
        "the same ones",
    )
    expect.close(
        again, first, "W0", hint="The same seed gives other weights: draw with np.random.randn.", atol=1e-12
    )
