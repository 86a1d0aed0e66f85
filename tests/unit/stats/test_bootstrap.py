"""Intervals from resamples and from the jackknife, against Student's, Welch's and formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from harness import stats
from harness.stats.bootstrap import bounds, resample_weights, resamples_of, wider_interval


def test_three_seeds_have_an_interval_that_covers_the_mean() -> None:
    """Of three scores hardly any resample lies as far out as a t quantile with two degrees."""
    generator, simulations, covered = np.random.default_rng(4), 150, 0
    for number in range(simulations):
        scores = generator.normal(0, 1, (3, 1))
        found = stats.bootstrap(scores, stats.mean_score, resamples=200, seed=number)
        student = stats.mean_interval(scores[:, 0])
        assert found.low <= student.low + 1e-9
        assert found.high >= student.high - 1e-9
        covered += found.low <= 0 <= found.high
    assert covered / simulations >= 0.9


def test_expanded_bounds_are_those_of_a_t_interval_for_a_mean() -> None:
    scores = np.random.default_rng(4).normal(size=(8, 1))
    found = stats.aggregate(scores, resamples=40_000).mean
    expected = stats.mean_interval(scores.ravel())
    half = (expected.high - expected.low) / 2
    assert found.high - found.low == pytest.approx(2 * half, rel=0.06)


def test_the_mean_of_skewed_runs_reaches_further_to_the_long_side() -> None:
    student = stats.mean_interval([1.0, 1.1, 1.3, 1.2, 1.4, 6.0])
    wider = stats.run_mean([1.0, 1.1, 1.3, 1.2, 1.4, 6.0])
    assert (wider.value, wider.sd, wider.n) == (student.value, student.sd, student.n)
    assert wider.high - student.high > 0.5
    assert wider.low <= student.low
    assert stats.run_mean([1.0, 3.0]).low <= stats.mean_interval([1.0, 3.0]).low


def test_a_weighted_sum_of_means_is_one_over_what_has_scores() -> None:
    scores = np.random.default_rng(2).normal([1.0, 3.0], 0.5, (9, 2))
    change = stats.bootstrap_means(scores, [-1.0, 1.0])
    assert change.value == pytest.approx(scores[:, 1].mean() - scores[:, 0].mean())
    alone = stats.bootstrap_means(scores, [0.0, 1.0])
    assert change.high - change.low > alone.high - alone.low
    with pytest.raises(ValueError, match="coefficient"):
        stats.bootstrap_means(scores, [1.0])


def test_no_scores_have_no_weights() -> None:
    assert resample_weights(0, 7, np.random.default_rng(0)).shape == (7, 0)


def test_two_runs_of_one_scenario_have_an_interval_and_one_has_none() -> None:
    both, one = (
        stats.bootstrap(scores, stats.iqm, resamples=100) for scores in ([[1.0], [3.0]], [[1.0]])
    )
    assert (both.value, one.value) == (2.0, 1.0)
    assert both.low < 2.0 < both.high
    assert math.isnan(one.low)
    assert math.isnan(one.high)


def test_nothing_has_no_estimate() -> None:
    estimate = stats.bootstrap(np.zeros((0, 3)), np.mean)
    assert all(map(math.isnan, (estimate.value, estimate.low, estimate.high)))


@pytest.mark.parametrize(
    ("counts", "freedom", "shrinkage"),
    [
        ((5, 5), 8, 4 / 5),
        ((5, 5, 0), 8, 4 / 5),
        ((2, 8), 8, (1 / 4 + 7 / 64) / (1 / 2 + 1 / 8)),
        ((4, 1), 3, (3 / 16) / (1 / 4 + 1)),
    ],
)
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_bounds_are_quantiles_further_out(
    counts: tuple[int, ...], freedom: int, shrinkage: float, confidence: float
) -> None:
    samples = np.linspace(0, 1, 10_001)  # the quantile of a share is that share
    tail = (1 - confidence) / 2
    assert bounds(samples, counts, confidence, "percentile") == pytest.approx((tail, 1 - tail))
    quantile = scipy_stats.t.ppf(tail, freedom) / math.sqrt(shrinkage)
    expanded = scipy_stats.norm.cdf(quantile)
    found = bounds(samples, counts, confidence)
    assert found == pytest.approx((expanded, 1 - expanded), abs=1e-12)
    assert np.isnan(bounds(samples, [1, 1, 0])).all()


def test_the_jackknife_of_a_mean_is_welchs_interval_whatever_the_scenarios_spreads() -> None:
    scores = np.array([[1.0, 10.0], [2.0, 30.0], [4.0, 80.0], [3.0, math.nan], [math.nan] * 2])
    value = (2.5 + 40) / 2
    parts = np.array([np.var([1, 2, 4, 3], ddof=1) / 4, np.var([10, 30, 80], ddof=1) / 3]) / 4
    freedom = parts.sum() ** 2 / (parts**2 / np.array([3, 2])).sum()
    found = wider_interval(scores, stats.mean_score, (np.array(value), np.array(value)), 0.9)
    half = scipy_stats.t.ppf(0.95, freedom) * math.sqrt(parts.sum())
    assert (found.value, found.low, found.high) == pytest.approx(
        (value, value - half, value + half)
    )
    wide = (np.array(value - 999), np.array(value + 999))
    hull = wider_interval(scores, stats.mean_score, wide)
    assert (hull.low, hull.high) == (value - 999, value + 999)
    plain = wider_interval(
        scores, stats.mean_score, (np.array(1.0), np.array(2.0)), 0.9, "percentile"
    )
    assert (plain.low, plain.high) == (1.0, 2.0)
    # A scenario of one score is in the mean, and knows nothing of its spread.
    one = np.array([[1.0, 7.0], [3.0, math.nan]])
    found = wider_interval(one, stats.mean_score, (np.array(4.5), np.array(4.5)))
    half = scipy_stats.t.ppf(0.975, 1) * math.sqrt(2 / 2 / 4)
    assert (found.low, found.high) == pytest.approx((4.5 - half, 4.5 + half))


def test_resamples_are_drawn_within_each_scenario_from_what_it_has() -> None:
    scores = np.array([[1.0, math.nan], [2.0, 9.0], [3.0, 8.0]])
    pieces = np.concatenate(list(resamples_of(scores, 500, 0)))
    assert pieces.shape == (500, 3, 2)
    assert set(pieces[:, :, 0].ravel()) == {1.0, 2.0, 3.0}
    assert (np.isnan(pieces[:, :, 1]).sum(axis=1) == 1).all()
    assert set(pieces[:, :, 1][~np.isnan(pieces[:, :, 1])]) == {8.0, 9.0}
    assert (pieces == np.concatenate(list(resamples_of(scores, 500, 0))))[:, :, 0].all()
