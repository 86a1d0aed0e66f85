"""What tuning brings over searches: the spread between searches is in the interval."""

import math

import numpy as np
import pytest
from scipy import stats as reference

from harness import stats

DRAW = np.random.default_rng(3).standard_normal


def test_equal_samples_have_the_usual_t_interval():
    means, default = np.array([2.0, 3.0, 4.0]), np.array([0.0, 1.0, -1.0])
    effect = stats.search_effect([[m - 1, m + 1] for m in means], default)
    expected = reference.ttest_ind(means, default, equal_var=False)
    half = reference.t.isf(0.025, 2) * math.sqrt(1 / 3 + 1 / 3)
    assert (effect.low, effect.high) == pytest.approx((3 - half, 3 + half))
    assert effect.p_value == pytest.approx(2 * reference.t.sf(expected.statistic, 2), rel=1e-6)


def test_more_seeds_of_the_same_searches_do_not_make_it_sure():
    levels, default = np.array([-3.0, 1.0, 5.0]), DRAW(1000) * 0.1
    few, many = (
        stats.search_effect(list(levels[:, None] + 0.1 * DRAW((3, n))), default) for n in (5, 500)
    )
    assert many.low < 0 < many.high
    assert many.high - many.low == pytest.approx(few.high - few.low, rel=0.1)
    assert stats.welch_test((levels[:, None] + 0.1 * DRAW((3, 500))).ravel(), default).low > 0


def test_a_further_search_lies_wider_than_the_mean_of_all():
    winners = list(np.array([2.0, 3.0, 4.0, 5.0])[:, None] + DRAW((4, 10)))
    effect = stats.search_effect(winners, DRAW(10))
    assert effect.next_low < effect.low < effect.value < effect.high < effect.next_high
    assert 0 < effect.p_value < 0.05
    wider = stats.search_effect(winners, DRAW(10), 0.999)
    assert wider.low < effect.low


def test_the_p_value_says_what_the_interval_says():
    default = DRAW(8)
    for shift in (0.5, 1.0, 2.0, 4.0, 40.0):
        winners = list(shift + DRAW((3, 1)) + DRAW((3, 8)))
        effect = stats.search_effect(winners, default)
        assert (effect.p_value < 0.05) is (effect.low > 0 or effect.high < 0)
        just = stats.search_effect(winners, default, 1 - effect.p_value)
        assert min(abs(just.low), abs(just.high)) == pytest.approx(0, abs=1e-6 + 1e-3 * shift)


def test_one_search_and_no_spread_have_no_interval():
    for winners, default in (([[1.0, 2.0]], [0.0, 1.0]), ([[1.0], [1.0]], [0.0, 0.0])):
        effect = stats.search_effect(winners, default)
        assert not math.isnan(effect.value)
        assert math.isnan(effect.low)
        assert math.isnan(effect.p_value)


def test_equal_means_have_a_p_value_of_1_and_far_ones_the_least():
    even = stats.search_effect([[0.0], [2.0]], [0.0, 2.0])
    assert (even.value, even.p_value) == (0, 1)
    far = stats.search_effect([[1e9], [1e9 + 1], [1e9 + 2], [1e9 + 3]], [0.0, 1.0, 2.0, 3.0])
    assert far.p_value == 1e-12


def test_a_further_search_is_expected_by_the_prediction_interval_of_a_mean():
    means, default = np.array([2.0, 3.0, 4.0, 7.0]), np.array([0.0, 1.0, -1.0, 2.0])
    effect = stats.search_effect([[mean] for mean in means], default)
    parts = means.var(ddof=1) * (1 + 1 / 4), default.var(ddof=1) / 4
    half = reference.t.isf(0.025, 3) * math.sqrt(sum(parts))
    assert effect.next_high - effect.value == pytest.approx(half)
    assert effect.value - effect.next_low == pytest.approx(half)
