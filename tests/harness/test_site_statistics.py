"""Item statistics against values worked out by hand, and what is said where a class is too small for them."""

import numpy as np
import pytest

from harness.site.item_statistics import (
    alpha_if_deleted,
    alpha_interval,
    analyse,
    cronbach_alpha,
    discrimination,
)

# Four students, three items. Variances (n - 1): 1/3, 1/3, 1/4; totals 3, 2, 0, 1 with variance 5/3.
GUTTMAN = np.array([[1, 1, 1], [1, 1, 0], [0, 0, 0], [1, 0, 0]], dtype=float)


def test_alpha_of_a_small_table():
    """k/(k-1) (1 - (1/4 + 1/3 + 1/4) / (5/3)) = 3/2 * 1/2 = 0.75."""
    assert cronbach_alpha(GUTTMAN) == pytest.approx(0.75)


def test_alpha_without_each_item_is_the_alpha_of_the_others():
    for item, without in enumerate(alpha_if_deleted(GUTTMAN)):
        assert without == pytest.approx(cronbach_alpha(np.delete(GUTTMAN, item, axis=1)))
    # Without the last: variances 1/4 and 1/3, totals 2, 2, 0, 1 with variance 11/12: 2 (1 - 7/11).
    assert alpha_if_deleted(GUTTMAN)[2] == pytest.approx(8 / 11)


def test_discrimination_leaves_the_item_itself_out():
    """The last item is (1, 0, 0, 0), the others add up to (2, 2, 0, 1): r = 0.75 / sqrt(0.75 * 2.75)."""
    assert discrimination(GUTTMAN)[2] == pytest.approx(0.75 / np.sqrt(0.75 * 2.75))
    for item in range(3):
        rest = np.delete(GUTTMAN, item, axis=1).sum(axis=1)
        assert discrimination(GUTTMAN)[item] == pytest.approx(np.corrcoef(GUTTMAN[:, item], rest)[0, 1])


def test_an_item_that_everybody_has_discriminates_nothing():
    points = np.column_stack([GUTTMAN, np.ones(4)])
    assert np.isnan(discrimination(points)[3])
    assert np.isfinite(discrimination(points)[:3]).all()


def test_two_equal_items_have_an_alpha_of_one():
    assert cronbach_alpha(GUTTMAN[:, [0, 0]]) == pytest.approx(1)


def test_items_that_contradict_each_other_have_a_negative_alpha():
    points = np.array([[2, 0], [0, 1], [2, 0], [0, 1]], dtype=float)
    assert cronbach_alpha(points) < 0
    assert (discrimination(points) < 0).all()


def test_feldts_interval_brackets_alpha_and_narrows_with_the_class():
    """For alpha 0.8, 41 students, 5 items: F(40, 160) has 2.5% and 97.5% points 0.590 and 1.570 (tables)."""
    low, high = alpha_interval(0.8, 41, 5)
    assert low == pytest.approx(1 - 0.2 * 1.570, abs=0.005)
    assert high == pytest.approx(1 - 0.2 * 0.590, abs=0.005)
    wider = alpha_interval(0.8, 12, 5)
    assert wider[0] < low and wider[1] > high


def test_nine_students_are_too_few_and_ten_are_enough():
    few, enough = (np.resize(GUTTMAN, (n, 3)) for n in (9, 10))
    told = analyse(few, np.ones(3))
    assert told.alpha is None and told.interval is None
    assert (
        told.why_not.startswith("Not enough students: these figures need 10")
        and "there are 9" in told.why_not
    )
    assert all(item.discrimination is None and item.alpha_without is None for item in told.items)
    assert [item.difficulty for item in told.items] == pytest.approx(few.mean(axis=0))
    told = analyse(enough, np.ones(3))
    assert told.alpha == pytest.approx(cronbach_alpha(enough)) and told.rough and not told.why_not


def test_a_class_where_all_have_the_same_total_gets_a_sentence_instead_of_alpha():
    told = analyse(np.ones((40, 3)), np.ones(3))
    assert told.alpha is None and "same total" in told.why_not
    assert [item.difficulty for item in told.items] == [1, 1, 1]
    assert [item.discrimination for item in told.items] == [None, None, None]


def test_one_item_has_no_reliability():
    assert "two items" in analyse(np.arange(20.0)[:, None], np.array([20.0])).why_not


def test_nobody_at_all_is_no_error():
    told = analyse(np.zeros((0, 3)), np.ones(3))
    assert told.students == 0 and told.alpha is None


def test_difficulty_is_the_mean_share_of_the_points():
    told = analyse(np.array([[1.0, 4.0], [2.0, 0.0]]), np.array([2.0, 4.0]))
    assert [item.difficulty for item in told.items] == pytest.approx([0.75, 0.5])


def test_rounding_noise_counts_as_no_variance():
    points = np.full((20, 3), 0.1) + np.random.default_rng(0).normal(scale=1e-16, size=(20, 3))
    assert analyse(points, np.ones(3)).alpha is None
