"""Spread, worst runs, falls and unrest of training runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from harness import stats


def test_a_range_has_ends_only_where_seeds_allow_them() -> None:
    fewest = stats.fewest_seeds_for_range()
    assert math.isinf(stats.interquartile_range(np.arange(fewest - 1)).high)
    found = stats.interquartile_range(np.arange(fewest))
    assert found.value == pytest.approx(np.subtract(*np.quantile(np.arange(fewest), [0.75, 0.25])))
    assert found.high == fewest - 1
    assert math.isnan(stats.interquartile_range([1.0]).value)
    assert stats.interquartile_range([1.0, 3.0]).value == 1.0
    many = stats.interquartile_range(np.arange(100.0))
    assert 0 < many.low < many.value < many.high < 99


@pytest.mark.parametrize("n", [20, 40, 100])
def test_the_ends_of_a_range_are_those_of_its_quartiles(n: int) -> None:
    """Each of four bounds errs with 1.25 %; at least k of n runs lie below a first quartile."""
    found = stats.interquartile_range(np.arange(n))
    below = binom(n, 0.25)
    inner = next(k for k in range(1, n + 1) if below.sf(k - 1) <= 0.0125)
    outer = max(k for k in range(1, n + 1) if below.cdf(k - 1) <= 0.0125)
    assert found.low == max(0, n + 1 - 2 * inner)
    assert found.high == n + 1 - 2 * outer


def test_a_range_holds_the_truth_whatever_the_distribution() -> None:
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        found = stats.interquartile_range(np.where(generator.random(20) < 0.6, 1.0, 0.0))
        held += found.low <= 1.0 <= found.high
    assert held >= 0.95 * 400


def test_the_worst_quarter_counts_runs_in_part() -> None:
    scores = np.array([5.0, 1.0, 3.0, 2.0, 4.0])
    # A quarter of five runs are one and a quarter.
    assert stats.expected_shortfall(scores) == pytest.approx((1.0 + 0.25 * 2.0) / 1.25)
    assert stats.expected_shortfall(np.append(scores, np.nan)) == stats.expected_shortfall(scores)
    assert math.isnan(stats.shortfall_interval(scores).low)
    found = stats.shortfall_interval(np.arange(20.0))
    assert found.low < found.value < found.high
    assert math.isnan(stats.shortfall_interval([2.0, 2.0, 2.0]).low)
    assert math.isnan(stats.shortfall_interval([]).value)
    assert math.isnan(stats.shortfall_interval([2.0] * 20).low)


def test_worst_runs_are_held_against_one_mark_for_both_samples() -> None:
    low, high = stats.common_tails([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0])
    # Two of eight runs lie below 3.
    assert low.tolist() == [1.0, 2.0, 3.0, 3.0]
    assert high.tolist() == [3.0] * 4
    alone, twice = stats.common_tails([1.0, math.nan], [3.0, 4.0, 5.0, 6.0])
    assert alone.tolist() == [1.0]
    assert twice.tolist() == [1.0] * 4
    assert [each.tolist() for each in stats.common_tails([], [1.0])] == [[], [1.0]]


def test_ten_seeds_can_tell_worst_runs_apart() -> None:
    pair = stats.common_tails(np.arange(10.0), np.arange(20.0, 30.0))
    assert stats.permutation_p(*pair) < 0.05


def test_worst_runs_are_rarely_called_different_where_nothing_differs() -> None:
    generator, wrong = np.random.default_rng(3), 0
    for _ in range(400):
        pair = stats.common_tails(*generator.lognormal(0, 0.8, (2, 20)))
        wrong += stats.welch_p(*pair) < 0.05 and stats.permutation_p(*pair) < 0.05
    assert wrong / 400 <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_the_median_itself_is_no_deviation() -> None:
    assert stats.central_deviations([1.0, 2.0, 9.0]).tolist() == [1.0, 7.0]
    assert stats.central_deviations([1.0, 2.0, 4.0, 9.0]).tolist() == [1.0, 1.0, 2.0, 6.0]
    assert len(stats.central_deviations([math.nan])) == 0


def test_falls_and_unrest_of_each_run() -> None:
    curves = [[1.0, 5.0, 2.0, 6.0], [1.0, 2.0, 3.0, 4.0], [3.0, np.nan, np.nan, np.nan]]
    assert stats.largest_drawdowns(curves).tolist()[:2] == [3.0, 0.0]
    assert stats.unrest(curves).tolist()[:2] == [pytest.approx(3.5), 0.0]
    assert np.isnan([stats.largest_drawdowns(curves)[2], stats.unrest(curves)[2]]).all()


def test_the_mean_distance_of_two_runs_is_shared_out_among_the_runs() -> None:
    scores = np.array([1.0, 2.0, 4.0, 9.0])
    found = stats.pairwise_distances(scores)
    assert found.mean() == pytest.approx(np.mean([1, 3, 8, 2, 7, 5]))
    assert found.argmax() == 3
    assert len(stats.pairwise_distances([1.0, 2.0])) == 0
