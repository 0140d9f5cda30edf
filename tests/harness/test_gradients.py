"""Central differences in probes, and how gradients are judged by them on the trusted side."""

import numpy as np
import pytest

from harness import gradients
from harness.expect import Cause, Mismatch
from harness.isolation.inprocess import InProcess
from harness.isolation.limits import Limits
from harness.isolation.remote import SandboxedWorker
from harness.isolation.sandbox import Sandbox
from harness.isolation.untrusted.slopes import slope_at, slopes_of
from tests.harness.conftest import tier_named

RNG = np.random.default_rng(5)
X, W = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2))
PROBES = """
import numpy as np

from harness.isolation.untrusted.slopes import slopes_of


def slopes(modules, X, W):
    X, W = np.array(X), np.array(W)
    return slopes_of(lambda: np.sum(np.tanh(X @ W)), [X, W])
"""


def tanh_slopes():
    d = 1 - np.tanh(X @ W) ** 2
    return d @ W.T, X.T @ d


def test_slopes_are_those_of_the_derivative():
    """Of every array, to ten digits; the arrays are as they were."""
    arrays = X.copy(), W.copy()
    found = slopes_of(lambda: np.sum(np.tanh(arrays[0] @ arrays[1])), arrays)
    for got, want in zip(found, tanh_slopes(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-10)
    np.testing.assert_array_equal(arrays[0], X)
    np.testing.assert_array_equal(arrays[1], W)
    assert slope_at(lambda: np.sum(np.tanh(arrays[0] @ arrays[1])), arrays[1], (2, 1)) == found[1][2, 1]


def test_an_entry_is_put_back_whatever_happens():
    """Where the submission raises in the middle, too."""
    a = np.array([1.0, 2.0])

    def fails():
        raise ValueError("no forward pass")

    with pytest.raises(ValueError, match="no forward pass"):
        slopes_of(fails, [a])
    assert a.tolist() == [1, 2]


def test_slopes_of_integers_are_refused():
    """A small step would be rounded away, and every slope be 0."""
    with pytest.raises(TypeError, match="floats"):
        slopes_of(lambda: 0.0, [np.arange(3)])


def test_a_probe_imports_slopes_in_process(tmp_path):
    """As `make test` and a release load it."""
    (tmp_path / "probes.py").write_text(PROBES)
    peer = InProcess(tmp_path / "submission", 0, probes=tmp_path / "probes.py")
    try:
        np.testing.assert_allclose(peer.do("probe", "slopes", X, W)[1], tanh_slopes()[1], rtol=1e-8)
    finally:
        peer.close()


@pytest.mark.parametrize("tier", ["full", "kernel"])
def test_a_probe_imports_slopes_in_the_sandbox(tmp_path, tier):
    """By the same name, and without the rest of the harness."""
    probes = tmp_path / "probes.py"
    probes.write_text(PROBES + "\n\ndef rest(modules):\n    import harness.expect\n")
    tmp_path.chmod(0o755)
    with Sandbox(tier_named(tier), probes=probes) as sandbox:
        root = sandbox.staging / "submission"
        root.mkdir()
        worker = SandboxedWorker(sandbox, root, Limits(10, 512), 0)
        try:
            np.testing.assert_allclose(worker.do("probe", "slopes", X, W)[1], tanh_slopes()[1], rtol=1e-8)
            with pytest.raises(ModuleNotFoundError, match="harness"):
                worker.do("probe", "rest")
        finally:
            worker.close()


def test_a_gradient_is_compared_with_the_slopes():
    """A thousandth off is off, the known mistake is named, and single precision is allowed for."""
    want = tanh_slopes()[1]
    gradients.close_to_slopes(want + 1e-9, want, "dW", W.shape)
    with pytest.raises(Mismatch, match="dW is not the slope of your own forward pass"):
        gradients.close_to_slopes(want * 1.001, want, "dW", W.shape)
    with pytest.raises(Mismatch, match="divided by N"):
        gradients.close_to_slopes(
            want / 4, want, "dW", W.shape, causes=[Cause("divided by N", want / 4)], hint="another"
        )
    with pytest.raises(Mismatch, match="has the wrong shape"):
        gradients.close_to_slopes(want[:1], want, "dW", W.shape)
    single = want.astype(np.float32)
    assert gradients.precision_of(want, single) is gradients.SINGLE
    assert gradients.precision_of(want, [1.0], None) is gradients.DOUBLE
    gradients.close_to_slopes(single * 1.001, want, "dW", W.shape, precision=gradients.SINGLE)


def test_a_forward_pass_that_ignores_its_input_is_no_evidence():
    """A gradient of zeros agrees with it, and fails all the same."""
    some = np.array([0.0, 2.0])
    for slopes, partly in ((np.zeros(2), True), (np.zeros(2), False), (some, False)):
        with pytest.raises(Mismatch, match="does not depend on every entry of b"):
            gradients.close_to_slopes(slopes, slopes, "db", (2,), some=partly, of="every entry of b")
    gradients.close_to_slopes(some, some, "db", (2,), some=True)


def test_factors_tell_the_mean_from_the_sum():
    """All gradients of a list must follow one convention."""
    want = [X, W]
    assert gradients.factors(want, want, (1, 4), rtol=1e-6, atol=1e-9) == [1]
    assert gradients.factors([4 * X, 4 * W], want, (1, 4), rtol=1e-6, atol=1e-9) == [4]
    assert gradients.factors([4 * X, W], want, (1, 4), rtol=1e-6, atol=1e-9) == []
    assert gradients.factors([0 * X], [0 * X], (1, 4), rtol=1e-6, atol=1e-9) == [1, 4]


@pytest.mark.parametrize(
    ("own", "resembles"),
    [([X, W], True), ([-2 * X, -2 * W], True), ([0 * X, 0 * W], False), ([np.nan * X, W], False)],
)
def test_what_computes_nothing_resembles_nothing(own, resembles):
    """A cosine of a half, of either sign; zeros and NaN are like nothing."""
    assert gradients.alike(own, [X, W]) is resembles


def test_what_points_elsewhere_is_not_alike():
    """Slopes at a right angle do not resemble the right ones, nor do they resemble zeros."""
    assert not gradients.alike([np.array([1.0, 0.0])], [np.array([0.0, 1.0])])
    assert not gradients.alike([np.array([1.0, 0.0])], [np.zeros(2)])
