"""Two samples: against scipy where it has the method, against known values elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness import stats

scores = st.lists(
    st.floats(-1e4, 1e4, allow_nan=False).map(lambda x: round(x, 3)), min_size=4, max_size=6
)


@pytest.fixture
def samples() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    return generator.normal(10, 4, 7), generator.normal(6, 1, 9)


def test_welch_is_scipys(samples: tuple[np.ndarray, np.ndarray]) -> None:
    tuned, default = samples
    found = stats.compare(tuned, default)
    expected = scipy_stats.ttest_ind(tuned, default, equal_var=False)
    bounds = expected.confidence_interval(0.95)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert (found.low, found.high) == pytest.approx((bounds.low, bounds.high), rel=1e-12)
    assert found.difference == pytest.approx(tuned.mean() - default.mean())


def test_permutation_is_scipys_exact_test(samples: tuple[np.ndarray, np.ndarray]) -> None:
    tuned, default = samples
    expected = scipy_stats.permutation_test(
        (tuned, default),
        lambda x, y, axis: abs(x.mean(axis=axis) - y.mean(axis=axis)),
        permutation_type="independent",
        n_resamples=np.inf,
        vectorized=True,
        alternative="greater",
    )
    assert stats.permutation_p(tuned, default) == pytest.approx(expected.pvalue, rel=1e-12)


def test_three_against_three_cannot_reach_five_percent() -> None:
    assert stats.permutation_p([10, 11, 12], [0, 1, 2]) == pytest.approx(0.1)
    assert stats.permutation_p([10, 11, 12, 13], [0, 1, 2, 3]) == pytest.approx(2 / 70)


def test_many_splits_are_sampled_the_same_way_every_time() -> None:
    generator = np.random.default_rng(1)
    tuned, default = generator.normal(0, 1, 30), generator.normal(0.2, 1, 30)
    first = stats.permutation_p(tuned, default)
    assert first == stats.permutation_p(tuned, default)
    assert first == pytest.approx(stats.compare(tuned, default).p_value, abs=0.02)


def test_without_any_spread_there_is_no_welch_test_and_no_interval() -> None:
    found = stats.compare([500] * 10, [9] * 10)
    assert found.difference == 491
    assert math.isnan(found.low)
    assert math.isnan(found.p_value)
    assert math.isnan(found.effect_size)
    assert found.permutation_p == pytest.approx(2 / math.comb(20, 10))
    assert (stats.welch_p([500] * 10, [9] * 10), stats.welch_p([500.1] * 5, [500.1] * 5)) == (0, 1)


def test_splits_of_a_fixed_seed_are_twenty_thousand_beyond_exact_ones() -> None:
    """Of 11 against 11 there are 705,432 splits; of 10 against 10 184,756, all of them tried."""
    far, near = np.arange(100.0, 111.0), np.arange(11.0)
    assert stats.permutation_p(far, near) == pytest.approx(1 / 20_001, rel=2)
    assert stats.permutation_p(far, near) >= 1 / 20_001
    assert (20_001 * stats.permutation_p(far, near)) % 1 == pytest.approx(0, abs=1e-9)
    assert stats.permutation_p(far[:10], near[:10]) == pytest.approx(2 / 184_756)
    assert math.isnan(stats.permutation_p([], near))
    assert math.isnan(stats.permutation_p(near, [math.nan]))


def test_one_score_has_a_difference_but_no_interval() -> None:
    found = stats.compare([5.0], [3.0, 4.0])
    assert found.difference == 1.5
    assert math.isnan(found.low)
    assert math.isnan(found.p_value)
    assert math.isnan(stats.compare([], [1.0, 2.0]).difference)


def test_missing_scores_are_left_out_not_zero() -> None:
    assert stats.compare([1.0, math.nan, 3.0, 2.0], [4.0, 5.0, 9.0]) == stats.compare(
        [1.0, 3.0, 2.0], [4.0, 5.0, 9.0]
    )


def test_an_infinite_score_is_refused() -> None:
    with pytest.raises(ValueError, match="infinite"):
        stats.compare([1.0, math.inf], [1.0, 2.0])


@given(scores, scores)
def test_swapping_the_arms_changes_only_signs(first: list[float], second: list[float]) -> None:
    one, other = stats.compare(first, second), stats.compare(second, first)
    assert one.difference == -other.difference
    assert one.low == pytest.approx(-other.high, nan_ok=True)
    assert one.p_value == pytest.approx(other.p_value, nan_ok=True)
    assert one.permutation_p == pytest.approx(other.permutation_p)
    assert one.probability == pytest.approx(1 - other.probability)


@given(scores, scores)
def test_the_interval_holds_the_difference(first: list[float], second: list[float]) -> None:
    found = stats.compare(first, second)
    assert math.isnan(found.low) or found.low <= found.difference <= found.high
    assert 0 < found.permutation_p <= 1


def test_hedges_g_of_a_known_example() -> None:
    # Means 2 apart, pooled sd 1, 4 degrees of freedom: g = 2 * J(4), J(4) = 0.797885.
    assert stats.hedges_g([2, 3, 4], [0, 1, 2]) == pytest.approx(2 * 0.7978845608)


def test_probability_of_improvement_counts_ties_half() -> None:
    assert stats.probability_of_improvement([1, 2], [1, 0]) == pytest.approx((0.5 + 1 + 1 + 1) / 4)


@pytest.mark.parametrize(("effect", "runs"), [(0.5, 64), (0.8, 26), (1.0, 17), (2.0, 6)])
def test_detectable_difference_agrees_with_power_tables(effect: float, runs: int) -> None:
    def detectable(count: int) -> float:
        spread = np.linspace(-1, 1, count)
        spread /= spread.std(ddof=1)
        return stats.smallest_detectable_difference(spread, spread)

    assert detectable(runs) <= effect + 1e-9 < detectable(runs - 1)


@pytest.mark.parametrize(("first", "second"), [([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0])])
def test_one_score_detects_nothing(first: list[float], second: list[float]) -> None:
    assert math.isnan(stats.smallest_detectable_difference(first, second))
    assert math.isnan(stats.hedges_g(first, second))
    assert math.isnan(stats.welch_p(first, second))


def test_a_large_critical_value_has_its_difference_as_well() -> None:
    first, second = [1.0, 2, 3, 4], [2.0, 3, 4, 5]
    near, beyond = (
        stats.smallest_detectable_difference(first, second, critical=critical)
        for critical in (99.9, 100.1)
    )
    assert near == pytest.approx(beyond, rel=0.01)
    assert math.isnan(stats.smallest_detectable_difference(first, second, critical=math.inf))


def test_two_scores_against_two_detect_a_difference() -> None:
    """Two spreads of 1 have 2 degrees of freedom, and a standard error of 1 with two seeds each."""
    pair = [0.0, math.sqrt(2)], [0.0, math.sqrt(2)]
    size = stats.smallest_detectable_difference(*pair)
    assert scipy_stats.nct.sf(scipy_stats.t.ppf(0.975, 2), 2, size) == pytest.approx(0.8)
    less = stats.smallest_detectable_difference(*pair, alpha=0.2, power=0.5)
    assert scipy_stats.nct.sf(scipy_stats.t.ppf(0.9, 2), 2, less) == pytest.approx(0.5)
    assert stats.seeds_for_difference(*pair, size) == 2
    assert stats.seeds_for_difference(*pair, size * 0.999) == 3


@pytest.mark.parametrize(("difference", "seeds"), [(0.5, 64), (-0.8, 26), (1.0, 17), (2.0, 6)])
def test_seeds_for_a_difference_are_those_of_power_tables(difference: float, seeds: int) -> None:
    # Cohen (1988), table 2.4.1, of equal spreads of 1.
    spread = np.linspace(-1, 1, 5)
    spread /= spread.std(ddof=1)
    assert stats.seeds_for_difference(spread, spread, difference) == seeds
    assert stats.seeds_for_difference(7 * spread, 7 * spread, 7 * difference) == seeds


def test_no_seeds_are_enough_for_no_difference_or_a_tiny_one() -> None:
    some = [1.0, 2.0, 4.0]
    for first, second, difference in (
        ([1.0], some, 1.0), (some, [1.0], 1.0), (some, some, 0.0), ([1.0] * 3, [2.0] * 3, 1.0),
    ):  # fmt: skip
        assert stats.seeds_for_difference(first, second, difference) is None
    assert stats.seeds_for_difference(some, some, 1.0, alpha=math.nan) is None
    assert math.isnan(stats.smallest_detectable_difference([1.0] * 3, [2.0] * 3))
    assert math.isnan(stats.smallest_detectable_difference(some, some, alpha=math.nan))
    spread = np.linspace(-1, 1, stats.MOST_SEEDS)
    spread /= spread.std(ddof=1)
    largest = stats.smallest_detectable_difference(spread, spread)
    assert stats.seeds_for_difference(spread, spread, largest * 1.0001) == stats.MOST_SEEDS
    assert stats.seeds_for_difference(spread, spread, largest * 0.9999) is None


def test_variance_of_an_effect_size_is_hedges() -> None:
    # J(6)^2 * 6 / 4 * (1 / 2 + g^2) - g^2 of four against four; J(6) = 0.868387 by the gamma.
    correction = math.gamma(3) / math.gamma(2.5) / math.sqrt(3)
    expected = correction**2 * 1.5 * (0.5 + 0.64) - 0.64
    assert stats.hedges_variance(0.8, 4, 4) == pytest.approx(expected)
    assert math.isnan(stats.hedges_variance(0.8, 2, 2))
    assert math.isnan(stats.hedges_variance(0.8, 1, 9))
    assert stats.hedges_variance(0.8, 2, 3) > stats.hedges_variance(0.8, 3, 4) > expected


def test_two_scores_against_two_have_an_effect_size() -> None:
    # Means 3 apart, pooled variance 0.5, 2 degrees of freedom: J(2) = Gamma(1) / Gamma(1/2).
    expected = 3 / math.sqrt(0.5) / math.sqrt(math.pi)
    assert stats.hedges_g([3, 4], [0, 1]) == pytest.approx(expected)


def test_welch_runs_over_scenarios_at_once(samples: tuple[np.ndarray, np.ndarray]) -> None:
    tuned, default = samples
    first = np.column_stack([tuned, np.full(7, math.nan), np.full(7, 2.0)])
    second = np.column_stack([default, default, np.full(9, 2.0)])
    found = stats.welch_test(first, second)
    assert found.p_value[0] == pytest.approx(stats.compare(tuned, default).p_value)
    assert math.isnan(found.difference[1])
    assert found.difference[2] == 0
    assert math.isnan(found.p_value[2])


def test_mann_whitney_is_scipys(samples: tuple[np.ndarray, np.ndarray]) -> None:
    tuned, default = samples
    exact = scipy_stats.mannwhitneyu(tuned, default, method="exact").pvalue
    assert stats.mann_whitney_p(tuned, default) == pytest.approx(exact, abs=1e-15)
    assert stats.mann_whitney_p([3, 3], [3, 3]) == 1
    assert math.isnan(stats.mann_whitney_p([], [1.0]))


def test_mann_whitney_is_exact_with_equal_scores_too() -> None:
    first, second = [1, 2, 2, 5], [2, 3, 6, 7, 7]
    ranks = scipy_stats.rankdata([*first, *second])
    every = scipy_stats.permutation_test(
        (ranks[:4], ranks[4:]),
        lambda a, b: abs(a.mean() - b.mean()),
        n_resamples=math.inf,
        alternative="greater",
    )
    assert stats.mann_whitney_p(first, second) == pytest.approx(every.pvalue)


def test_mann_whitney_of_many_scores_is_scipys_too() -> None:
    random = np.random.default_rng(3)
    tuned, default = random.normal(0.3, 1, (2, 25))
    exact = scipy_stats.mannwhitneyu(tuned, default, method="exact").pvalue
    assert stats.mann_whitney_p(tuned, default) == exact
    rounded = tuned.round(), default.round()
    normal = scipy_stats.mannwhitneyu(*rounded, method="asymptotic").pvalue
    assert stats.mann_whitney_p(*rounded) == normal


def test_probability_interval_has_a_width_even_at_its_ends() -> None:
    sure = stats.probability_interval([5, 6, 7, 8, 9], [0, 1, 2, 3, 4])
    assert (sure.value, sure.high) == (1, 1)
    assert 0.5 < sure.low < 0.9
    never = stats.probability_interval([0, 1, 2, 3, 4], [5, 6, 7, 8, 9])
    assert (never.low, never.high) == (0, pytest.approx(1 - sure.low))
    assert math.isnan(stats.probability_interval([1.0], [0.0, 1.0]).low)


def test_probability_interval_solves_its_equation() -> None:
    found = stats.probability_interval([1, 4, 6, 7], [2, 3, 5, 0, 6])
    size, pairs, z = (4 + 5) / 2 - 1, 20, scipy_stats.norm.ppf(0.975)
    for theta in (found.low, found.high):
        spread = 1 + size * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        error = math.sqrt(theta * (1 - theta) * spread / pairs)
        assert abs(found.value - theta) == pytest.approx(z * error)
