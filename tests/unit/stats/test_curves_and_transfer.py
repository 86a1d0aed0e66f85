"""Correlations, shares, foresight of evaluations, learning speed and transfer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from harness import stats

NAN = math.nan


def test_spearman_is_scipys() -> None:
    generator = np.random.default_rng(0)
    x = generator.integers(0, 6, 20).astype(float)
    y = x + generator.normal(0, 2, 20)
    found = stats.spearman([*x, NAN, 1.0], [*y, 3.0, NAN])
    assert found.value == pytest.approx(scipy_stats.spearmanr(x, y).statistic)
    assert found.n == 20
    assert -1 < found.low < found.value < found.high < 1
    assert stats.spearman([3, 1, 2], [6, 2, 4]).value == 1


def test_spearman_of_little_or_nothing() -> None:
    assert math.isnan(stats.spearman([1, 2], [1, 2]).value)
    assert math.isnan(stats.spearman([1, 1, 1], [1, 2, 3]).value)
    four = stats.spearman([1, 2, 3, 4], [1, 2, 3, 4])
    assert four.value == 1
    assert math.isnan(four.low)
    five = stats.spearman([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])
    assert five.low <= five.value
    same, inverse = (stats.spearman(range(6), range(6)[::sign]) for sign in (1, -1))
    assert (same.value, inverse.value) == (1, -1)
    assert -1 < inverse.low < inverse.high == -same.low


def test_spearmans_interval_covers() -> None:
    """1,000 samples of 20 pairs, nominal 95 %, three standard errors."""
    generator, hits = np.random.default_rng(1), 0
    truth = 6 / math.pi * math.asin(0.7 / 2)
    for _ in range(1000):
        x, noise = generator.normal(size=(2, 20))
        found = stats.spearman(x, 0.7 * x + math.sqrt(1 - 0.49) * noise)
        hits += found.low <= truth <= found.high
    assert hits / 1000 >= 0.95 - 0.021


def test_share_is_wilsons() -> None:
    # Newcombe (1998), table I: 81 of 263.
    found = stats.proportion(81, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert math.isnan(stats.proportion(0, 0).value)
    assert stats.proportion(0, 10).high > 0


def test_foresight_without_pruning_is_a_rank_correlation() -> None:
    curves = np.array([[1.0, 1.0], [2.0, 3.0], [3.0, 2.0], [4.0, 4.0]])
    first, last = stats.intermediate_correlations(curves, curves[:, 1])
    assert first.among_complete.value == pytest.approx(0.8)
    assert first.if_pruner_right == first.if_pruner_wrong == pytest.approx(0.8)
    assert last.among_complete.value == 1
    assert (first.pruned, first.regret) == (0, 0)


def test_foresight_says_what_the_pruned_would_have_to_be() -> None:
    curves = np.array([[5.0, 5.0], [6.0, 7.0], [7.0, 6.0], [1.0, NAN], [2.0, NAN]])
    final = [5.0, 7.0, 6.0, NAN, NAN]
    first, last = stats.intermediate_correlations(curves, final)
    assert (first.pruned, last.pruned) == (2, 0)
    assert first.among_complete.value == pytest.approx(0.5)
    # Below all others in their own order: ranks 1 2 3 4 5 against 1 2 3 5 4.
    assert first.if_pruner_right == pytest.approx(0.9)
    # Above all others in reverse: 1 2 3 4 5 against 5 4 1 3 2.
    assert first.if_pruner_wrong == pytest.approx(1 - 6 * (16 + 4 + 4 + 1 + 9) / 120)
    assert last.among_complete.n == 3


def test_foresight_counts_what_keeping_the_better_half_would_lose() -> None:
    curves = np.array([[1.0], [2.0], [3.0], [4.0]])
    assert stats.intermediate_correlations(curves, [9.0, 3.0, 2.0, 6.0])[0].regret == 3.0
    nothing = stats.intermediate_correlations(curves, [NAN] * 4)[0]
    assert math.isnan(nothing.regret)
    assert (nothing.if_pruner_right, nothing.if_pruner_wrong) == (1, -1)
    with pytest.raises(ValueError, match="fit together"):
        stats.intermediate_correlations(curves, [1.0])


def test_area_is_the_mean_height() -> None:
    areas = stats.area_under_curve([10, 20, 40], [[5, 5, 5], [0, 2, 2], [1, NAN, 1]])
    assert areas[:2] == pytest.approx([5, (10 + 40) / 30])
    assert math.isnan(areas[2])
    assert stats.area_under_curve([10], [[3.0]]) == pytest.approx([3.0])


def test_steps_to_threshold_are_censored_not_missing() -> None:
    curves = [[1, 5, 2], [1, 2, 3], [NAN, NAN, NAN], [9, NAN, NAN], [1, NAN, NAN]]
    found = stats.steps_to_threshold([10, 20, 30], curves, 5)
    assert found[[0, 1, 3, 4]].tolist() == [20, math.inf, 10, math.inf]
    assert math.isnan(found[2])


@pytest.mark.parametrize("steps", [[10, 10], [20, 10], [10]])
def test_steps_must_rise_and_fit(steps: list[int]) -> None:
    with pytest.raises(ValueError, match="step"):
        stats.area_under_curve(steps, [[1.0, 2.0]])


def test_reach_sums_censored_times_up() -> None:
    found = stats.time_to_threshold([10, 20, 30, math.inf, math.inf, NAN], budget=40)
    assert found.runs == 5
    assert found.reached.value == pytest.approx(3 / 5)
    assert found.median.value == 30
    assert found.restricted.mean == pytest.approx((10 + 20 + 30 + 40 + 40) / 5)
    assert math.isnan(found.median.low)
    assert 0 <= found.restricted.low < found.restricted.high <= 40
    late = stats.time_to_threshold([10, math.inf, math.inf], budget=40)
    assert (late.restricted.low, late.restricted.high) == (0, 40)
    assert late.median.value == math.inf
    assert math.isnan(stats.time_to_threshold([], budget=40).median.value)


def test_medians_interval_by_order_statistics() -> None:
    # Conover, table A3: of 10 values the 2nd and the 9th hold the median with 97.9 %.
    found = stats.time_to_threshold([*range(1, 9), math.inf, math.inf], budget=40).median
    assert (found.low, found.high) == (2, math.inf)
    six = stats.time_to_threshold(range(1, 7), budget=40).median
    assert (six.low, six.high) == (1, 6)


def test_the_median_of_an_even_number_lies_between_the_middle_two() -> None:
    assert stats.time_to_threshold([10, 20, 36, 90], budget=99).median.value == 28


def test_medians_interval_of_a_hundred_runs() -> None:
    # Of 100 values the 40th and the 61st hold the median with 96.5 %; one further in, with 94.3 %.
    found = stats.time_to_threshold(range(1, 101), budget=200).median
    assert (found.low, found.high) == (40, 61)


def test_medians_interval_covers() -> None:
    generator = np.random.default_rng(2)
    for seeds in (6, 10, 15, 20):
        drawn = generator.exponential(size=(200, seeds))
        found = [stats.time_to_threshold(times, budget=100).median for times in drawn]
        hits = np.mean([one.low <= math.log(2) <= one.high for one in found])
        assert hits >= 0.95 - 0.03


def test_rank_ranges_are_shared_unless_a_test_separates() -> None:
    generator = np.random.default_rng(0)
    good, same, bad = (generator.normal(level, 1, 10) for level in (10, 10, 0))
    assert stats.rank_ranges([bad, good, same]) == ((3, 3), (1, 2), (1, 2))
    assert stats.rank_ranges([good, bad[:3]]) == ((1, 2), (1, 2))
    assert stats.rank_ranges([]) == ()
    assert stats.rank_ranges([[1.0] * 5, [2.0] * 5]) == ((2, 2), (1, 1))


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_spearmans_interval_is_that_of_bonett_and_wright(confidence: float) -> None:
    x, y = list(range(12)), [0, 2, 1, 3, 5, 4, 6, 9, 8, 7, 11, 10]
    found = stats.spearman(x, y, confidence)
    error = math.sqrt((1 + found.value**2 / 2) / (12 - 3))
    z = scipy_stats.norm.ppf((1 + confidence) / 2)
    for end, sign in ((found.low, -1), (found.high, 1)):
        assert end == pytest.approx(math.tanh(math.atanh(found.value) + sign * z * error))


def test_an_average_rank_correlation_counts_groups() -> None:
    pairs = [([1.0, 2, 3], [1.0, 2, 3])] * 3 + [([1.0, 2, 3], [2.0, 1, 3])] * 3
    found = stats.average_spearman(pairs)
    more = [1, 1, 1, 0.5, 0.5, 0.5, 1, -1]
    expected = scipy_stats.t.interval(0.95, 7, np.mean(more), scipy_stats.sem(more))
    assert (found.value, found.n) == (pytest.approx(0.75), 6)
    assert (found.low, found.high) == pytest.approx((expected[0], min(1, expected[1])))
    agreed = stats.average_spearman(pairs[:3] * 2)
    assert agreed.low < agreed.value == agreed.high
    assert math.isnan(stats.average_spearman(pairs[:4]).low)
    assert stats.average_spearman([([1.0], [1.0]), ([1.0, 1], [1.0, 2])]).n == 0
    small = [(np.array(x) / 10, np.array(y) / 10) for x, y in pairs]
    assert stats.average_spearman(small) == found
    assert stats.average_spearman([([1.0, 2], [1.0, 2])]).value == pytest.approx(1)
