"""Comparisons: what passes, what fails, and what the failure says."""

import numpy as np
import pytest

from harness import expect
from harness.expect import Cause, Mismatch


def failure(*args, **kwargs):
    with pytest.raises(Mismatch) as caught:
        expect.close(*args, **kwargs)
    return caught.value


def test_equal_arrays_pass():
    """Agreement within the tolerance is no failure."""
    expect.close(np.array([1.0, 2.0]), [1.0, 2.0 + 1e-13], "x", atol=1e-12)


def test_a_thousandth_off_fails():
    """The checker itself catches an error of 0.1%."""
    assert failure(np.array([1.001, 2.0]), [1.0, 2.0], "x", rtol=1e-6).got == "1.001 at [0]"


def test_first_difference_largest_error_and_tolerance_are_told():
    """A failure names the first differing index and how far off the worst is."""
    f = failure(np.array([[1.0, 2.0], [3.5, 9.0]]), [[1.0, 2.0], [3.0, 4.0]], "grad", atol=1e-9)
    assert (f.expected, f.got) == ("3 at [1, 0]", "3.5 at [1, 0]")
    assert f.detail == "2 of 4 entries of grad differ; largest error 5, tolerance 1e-09 + 0 × |expected|"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_never_agree(value):
    """Not even where both sides hold them."""
    assert not expect.agree(np.array([value]), np.array([1.0]), 1.0, 1.0)
    assert "holds" in failure(np.array([value, 1.0]), [1.0, 1.0], "x", rtol=1e9).hint


def test_nan_expected_is_no_pass():
    """A NaN in the expected value cannot be matched."""
    assert not expect.agree(np.array([1.0]), np.array([np.nan]), 1.0, 1.0)


@pytest.mark.parametrize(
    ("k", "text"), [(7, "Off by exactly 7"), (1 / 7, "Off by exactly 7"), (-1, "The sign is wrong")]
)
def test_one_common_factor_is_named(k, text):
    """Off by n everywhere: the hint asks about 1/n."""
    want = np.array([0.3, -1.2, 2.0])
    assert text in failure(k * want, want, "grad", rtol=1e-9).hint


def test_known_mistake_gives_its_hint():
    """The first cause whose value is matched names the mistake."""
    causes = [Cause("not this", [9.0, 9.0]), Cause("The bias is not added.", [1.0, 5.0])]
    assert (
        failure(np.array([1.0, 5.0]), [2.0, 4.0], "out", rtol=1e-9, causes=causes).hint
        == "The bias is not added."
    )


def test_broadcast_to_n_by_n_is_named():
    """(n, 1) that met (n,) has a hint of its own."""
    assert "broadcast" in failure(np.zeros((3, 3)), np.zeros((3, 1)), "loss").hint


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (None, "None (is a `return` missing?)"),
        ("abc", "a str"),
        ({}, "a dict"),
        ([[1, 2], [3]], "a list of 2"),
        (np.array(["a"]), "an array of shape (1,) and dtype <U1"),
        (np.array([1j]), "an array of shape (1,) and dtype complex128"),
        (1j, "a complex"),
        ((), None),
        (True, None),
    ],
)
def test_what_is_no_array_of_numbers_is_told(value, got):
    """Whatever came back is named in words."""
    if got is None:
        assert expect.array(value, "x").dtype == np.float64
        return
    with pytest.raises(Mismatch) as caught:
        expect.array(value, "x")
    assert caught.value.got == got


def test_unpack_names_the_parts():
    """A wrong number of returned values is told with their names."""
    with pytest.raises(Mismatch, match=r"sigmoid\(s\) must return 2 values: out, grad"):
        expect.unpack((1, 2, 3), ("out", "grad"), "sigmoid(s)")


def test_bool_and_int_are_numbers():
    """A derivative of ReLU as bool or int is as good."""
    expect.close(np.array([True, False]), [1, 0], "grad", atol=1e-12)
    expect.close([1, 0], [1, 0], "grad", atol=1e-12)
