"""The interval of an average probability of improvement, number by number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from harness import stats

# Two scenarios with ties, and a side with a run less in the second one; runs are far from alike.
FIRST = np.array([[0.0, 4.0], [7.0, 6.0], [3.0, 4.0], [3.0, math.nan]])
SECOND = np.array([[2.0, 7.0], [0.0, 3.0], [2.0, 6.0], [6.0, 6.0], [8.0, 8.0]])
VALUE = (10.5 / 20 + 4 / 15) / 2


def placement_terms(first: np.ndarray, second: np.ndarray) -> list[tuple[float, int]]:
    """Variance and freedom of where the runs of a side stand among those of the other."""
    a, b = first[~np.isnan(first)], second[~np.isnan(second)]
    sides = [[np.mean([x > y or (x == y) / 2 for y in b]) for x in a]]
    sides.append([np.mean([x > y or (x == y) / 2 for x in a]) for y in b])
    return [(np.var(side, ddof=1) / len(side), len(side) - 1) for side in sides if len(side) > 1]


def student_reach(first: np.ndarray, second: np.ndarray) -> float:
    """By DeLong, DeLong and Clarke-Pearson (1988) with Satterthwaite's degrees of freedom."""
    terms = [each for s in range(2) for each in placement_terms(first[:, s], second[:, s])]
    total = sum(variance for variance, _ in terms)
    freedom = total**2 / sum(variance**2 / freedom for variance, freedom in terms)
    return float(scipy_stats.t.ppf(0.975, freedom)) * math.sqrt(total) / 2


def joined_reach(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """By Zou and Donner (2008), from each scenario's interval; one run may have any probability."""
    parts = [stats.probability_interval(first[:, s], second[:, s]) for s in range(2)]
    below = math.hypot(*(part.value - np.nan_to_num(part.low, nan=0.0) for part in parts)) / 2
    above = math.hypot(*(np.nan_to_num(part.high, nan=1.0) - part.value for part in parts)) / 2
    return below, above


@pytest.mark.parametrize(("runs", "second_wins"), [(3, 4 / 15), (2, 3 / 10)])
def test_where_runs_place_themselves_far_apart_the_interval_is_students(
    runs: int, second_wins: float
) -> None:
    first = np.where(np.arange(4)[:, None] < [4, runs], FIRST, math.nan)
    value, reach = (10.5 / 20 + second_wins) / 2, student_reach(first, SECOND)
    assert max(joined_reach(first, SECOND)) < reach < value
    estimate = stats.average_improvement(first, SECOND, confidence=0.95)
    assert estimate.value == pytest.approx(value)
    assert (estimate.low, estimate.high) == pytest.approx((value - reach, value + reach))


def test_a_side_with_one_run_adds_no_variance_of_its_own() -> None:
    first = np.where(np.arange(4)[:, None] > [4, 0], math.nan, FIRST)
    first[0, 1] = 8.0
    estimate = stats.average_improvement(first, SECOND)
    reach, (below, above) = student_reach(first, SECOND), joined_reach(first, SECOND)
    assert above < reach < below
    assert estimate.low == pytest.approx(estimate.value - below)
    assert estimate.high == pytest.approx(estimate.value + reach)
    assert estimate.high < 1


def test_one_run_a_side_has_a_value_and_no_interval() -> None:
    estimate = stats.average_improvement([[3.0, 1.0]], [[2.0, 2.0]])
    assert estimate.value == 0.5
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.high)
    matrix = stats.improvement_matrix([[[3.0, 1.0]], [[2.0, 2.0]]])
    assert matrix.scenarios.tolist() == [[2, 2], [2, 2]]


def test_against_itself_an_algorithm_has_an_even_chance_without_any_doubt() -> None:
    matrix = stats.improvement_matrix([FIRST, SECOND])
    for bounds in (matrix.low, matrix.high):
        assert np.diag(bounds).tolist() == [0.5, 0.5]


def test_an_entry_is_the_estimate_of_row_against_column() -> None:
    matrix = stats.improvement_matrix([FIRST, SECOND])
    assert matrix.estimate(0, 1) == stats.average_improvement(FIRST, SECOND)
    back = matrix.estimate(1, 0)
    assert (back.value, back.low) == pytest.approx((1 - matrix.value[0, 1], 1 - matrix.high[0, 1]))


def test_the_bootstrap_counts_ties_half_and_begins_with_seed_0() -> None:
    plain, other = (
        stats.average_improvement(FIRST, SECOND, method="percentile", resamples=99, seed=seed)
        for seed in (0, 1)
    )
    assert plain.value == pytest.approx(VALUE)
    assert plain != other
    assert stats.average_improvement(FIRST, SECOND, method="percentile", resamples=99) == plain


def test_the_bootstrap_of_one_scenario() -> None:
    first, second = FIRST[:, :1], SECOND[:, :1]
    estimate = stats.average_improvement(first, second, method="percentile", resamples=99)
    assert 0 <= estimate.low < estimate.value < estimate.high <= 1
