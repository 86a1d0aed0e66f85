"""Aggregates, profiles and improvement: against rliable, scipy and closed forms."""

from __future__ import annotations

import json
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness import stats

GOLDEN = Path(__file__).parents[2] / "golden" / "rliable.json"


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


def near_bounds(found: tuple[float, float], expected: list[float], share: float) -> bool:
    """Whether two bootstraps agree up to a share of the interval's width."""
    width = expected[1] - expected[0]
    return all(abs(a - b) <= share * width for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", ["normal", "skewed", "bimodal"])
def test_aggregates_are_rliables(golden: dict[str, Any], name: str) -> None:
    found = stats.aggregate(golden["scores"][name], method="percentile")
    expected = golden["aggregates"][name]
    order = [found.iqm, found.mean, found.median, found.optimality_gap]
    assert [one.value for one in order] == pytest.approx(expected["value"], rel=1e-12)
    for one, bounds in zip(order, np.transpose(expected["bounds"]).tolist(), strict=True):
        assert near_bounds((one.low, one.high), bounds, 0.06)


@pytest.mark.parametrize("name", ["normal", "skewed", "bimodal"])
def test_profiles_are_rliables(golden: dict[str, Any], name: str) -> None:
    found = stats.performance_profile(
        golden["scores"][name], golden["thresholds"], method="percentile"
    )
    expected = golden["profiles"][name]
    assert found.share.tolist() == pytest.approx(expected["value"], rel=1e-12)
    # A share moves in steps of one run.
    step = 1.01 / np.size(golden["scores"][name])
    assert np.abs(np.array([found.low, found.high]) - expected["bounds"]).max() <= step


def test_improvement_is_rliables(golden: dict[str, Any]) -> None:
    for pair, expected in golden["improvement"].items():
        first, second = (golden["scores"][name] for name in pair.split(","))
        found = stats.average_improvement(first, second, method="percentile")
        assert found.value == pytest.approx(expected["value"], rel=1e-12)
        assert near_bounds((found.low, found.high), expected["bounds"], 0.08)


shapes = st.tuples(st.integers(1, 9), st.integers(1, 6), st.integers(0, 1000))


@given(shapes)
def test_iqm_is_scipys_trimmed_mean(shape: tuple[int, int, int]) -> None:
    scores = np.random.default_rng(shape[2]).normal(size=shape[:2])
    assert stats.iqm(scores) == pytest.approx(scipy_stats.trim_mean(scores, 0.25, axis=None))


@given(shapes)
def test_a_missing_row_is_left_out(shape: tuple[int, int, int]) -> None:
    scores = np.random.default_rng(shape[2]).normal(size=shape[:2])
    padded = np.vstack([scores, np.full(shape[1], np.nan)])
    whole, gap = stats.aggregate(scores, resamples=50), stats.aggregate(padded, resamples=50)
    for name in ("iqm", "mean", "median", "optimality_gap"):
        one, other = getattr(whole, name), getattr(gap, name)
        assert other.value == pytest.approx(one.value)
    assert (gap.runs, gap.missing) == (whole.runs, shape[1])


def test_missing_runs_do_not_narrow_the_interval() -> None:
    scores = np.random.default_rng(0).normal(size=(5, 3))
    padded = np.vstack([scores, np.full((10, 3), np.nan)])
    whole, gap = stats.aggregate(scores).mean, stats.aggregate(padded).mean
    assert gap.high - gap.low == pytest.approx(whole.high - whole.low, rel=0.1)


def test_missing_runs_do_not_change_a_scenarios_weight() -> None:
    scores = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, math.nan], [0.0, math.nan]])
    assert stats.iqm(scores) == pytest.approx(0.5)
    assert stats.mean_score(scores) == pytest.approx(0.5)
    assert stats.optimality_gap(scores) == pytest.approx(0.5)
    assert stats.performance_profile(scores, [0.5]).share[0] == pytest.approx(0.5)
    # A run at the threshold is not above it.
    assert stats.performance_profile([[1.0], [2.0]], [1.0]).share.tolist() == [0.5]


def test_weighted_iqm_of_a_known_example() -> None:
    # Weights 1/4 each for 0 and 4, 1/2 for 1; floor(3 / 4) = 0 cut.
    assert stats.iqm([[0.0, 1.0], [4.0, math.nan]]) == pytest.approx((0 + 4) / 4 + 1 / 2)
    # Five runs, one fifth of the weight cut at each end: 1/6 of {0, 3, 6}, 1/4 of {1, 2}.
    scores = [[0.0, 1.0], [3.0, 2.0], [6.0, math.nan]]
    kept = 1 * (1 / 4 - (1 / 5 - 1 / 6)) + 2 / 4 + 3 * (1 / 6 - (1 / 5 - 1 / 6))
    assert stats.iqm(scores) == pytest.approx(kept / (3 / 5))


def test_an_iqm_ignores_outliers_and_a_gap_caps_them() -> None:
    scores = [[0.1, 0.5], [0.5, 0.5], [0.5, 0.5], [900.0, 0.5]]
    assert stats.iqm(scores) == pytest.approx(0.5)
    assert stats.optimality_gap(scores) == pytest.approx(1 - (0.1 + 6 * 0.5 + 1) / 8)
    assert stats.mean_score(scores) > 100


def test_empty_scenarios_and_arrays() -> None:
    scores = [[1.0, math.nan], [3.0, math.nan]]
    assert stats.aggregate(scores).scenarios == 1
    assert stats.aggregate(scores).mean.value == 2
    assert math.isnan(stats.iqm([[math.nan], [math.nan]]))
    nothing = stats.aggregate([[math.nan], [math.nan]])
    assert (nothing.scenarios, nothing.runs) == (0, 0)
    assert math.isnan(nothing.iqm.value)
    assert math.isnan(nothing.iqm.low)
    profile = stats.performance_profile([[math.nan]], [0.0])
    assert np.isnan([profile.share, profile.low]).all()


def test_one_seed_per_scenario_has_no_interval() -> None:
    found = stats.aggregate([[0.2, 0.8, 0.5]])
    assert found.mean.value == pytest.approx(0.5)
    assert math.isnan(found.mean.low)


@pytest.mark.parametrize("scores", [[1.0, 2.0], [[[1.0]]], 3.0])
def test_a_wrong_shape_is_refused(scores: Any) -> None:
    with pytest.raises(ValueError, match=r"\(n_seeds, n_scenarios\)"):
        stats.aggregate(scores)
    with pytest.raises(ValueError, match=r"\(n_seeds, n_scenarios\)"):
        stats.improvement_matrix([scores])


def test_an_infinite_score_is_refused() -> None:
    with pytest.raises(ValueError, match="infinite"):
        stats.aggregate([[math.inf, 1.0]])


def test_the_seed_decides_the_interval_alone() -> None:
    scores = np.random.default_rng(0).normal(size=(5, 3))
    assert stats.aggregate(scores) == stats.aggregate(scores)
    assert stats.aggregate(scores, seed=1).iqm != stats.aggregate(scores).iqm
    assert stats.aggregate(scores, seed=1).iqm.value == stats.aggregate(scores).iqm.value


def test_resampling_keeps_to_the_scenario() -> None:
    # Without any spread within scenarios nothing can vary, however far they lie apart.
    found = stats.aggregate([[0.0, 1.0, 5.0]] * 6, method="percentile")
    assert (found.mean.low, found.mean.high) == pytest.approx((2.0, 2.0))


def test_scores_without_spread_have_no_interval_and_say_so() -> None:
    found = stats.aggregate([[0.0, 1.0, 5.0]] * 6)
    assert found.mean.value == pytest.approx(2.0)
    assert math.isnan(found.mean.low)
    assert math.isnan(stats.run_mean([3.0] * 6).high)
    assert found.caveat == "blind where runs are all alike: 3 of 3 samples"


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0], ""),
        ([1.0, 2.0, 4.0, math.nan, math.nan], "3 seeds: "),
        ([2.0] * 5, "5 runs alike: up to 45 % could end otherwise"),
        ([2.0] * 20, "20 runs alike: up to 14 % could end otherwise"),
        ([2.0] * 3, "3 runs alike: up to 63 %"),
        ([2.0], ""),  # It has no interval.
        ([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]], "3 seeds: "),
        ([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]], "alike: 1 of 2 samples"),
        ([[1.0, math.nan]] * 2 + [[2.0, 1.0]] * 4, "4 seeds: "),
        ([[], []], ""),
    ],
)
def test_what_an_interval_cannot_know_stands_beside_it(scores: list[float], words: str) -> None:
    caveat = stats.interval_caveat(scores)
    assert words in caveat
    assert bool(caveat) == bool(words)


def test_profiles_fall_and_stay_within_their_band() -> None:
    scores = np.random.default_rng(4).normal(size=(6, 4))
    found = stats.performance_profile(scores, np.linspace(-2, 2, 21))
    assert (np.diff(found.share) <= 0).all()
    assert (found.low <= found.share).all()
    assert (found.share <= found.high).all()


def test_improvement_matrix_mirrors_itself() -> None:
    generator = np.random.default_rng(1)
    arms = [generator.normal(shift, 1, (n, 3)) for shift, n in ((0, 5), (1, 6), (2, 7))]
    found = stats.improvement_matrix(arms)
    assert found.value + found.value.T == pytest.approx(np.ones((3, 3)))
    assert found.low + found.high.T == pytest.approx(np.ones((3, 3)))
    assert np.diag(found.value).tolist() == [0.5, 0.5, 0.5]
    assert (found.scenarios == 3).all()


def test_improvement_is_over_shared_scenarios() -> None:
    first = np.array([[1.0, 9.0, math.nan], [2.0, 9.0, math.nan]])
    second = np.array([[0.0, math.nan, 5.0], [0.0, math.nan, 5.0]])
    found = stats.improvement_matrix([first, second])
    assert (found.value[0, 1], found.scenarios[0, 1]) == (1.0, 1)
    assert found.low[0, 1] < 1
    apart = stats.improvement_matrix([first[:, 1:2], second[:, 1:2]])
    assert math.isnan(apart.value[0, 1])
    with pytest.raises(ValueError, match="a column for every scenario"):
        stats.improvement_matrix([first, second[:, :2]])


def test_many_scenarios_fit_into_memory() -> None:
    scores = np.random.default_rng(0).normal(size=(10, 50))
    found = stats.aggregate(scores, resamples=200)
    assert found.iqm.low < found.iqm.value < found.iqm.high


def test_ties_of_runs_count_half_in_every_scenario() -> None:
    found = stats.improvement_matrix([np.ones((4, 2)), np.ones((3, 2))])
    assert found.value.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    mixed = stats.average_improvement([[1.0, 2.0]] * 3, [[1.0, 1.0]] * 3, resamples=50)
    assert mixed.value == pytest.approx(0.75)


def test_an_algorithm_shares_with_itself_the_scenarios_it_has_scores_of() -> None:
    scores = np.array([[1.0, math.nan, 5.0], [2.0, math.nan, 5.0]])
    assert stats.improvement_matrix([scores]).scenarios.tolist() == [[2]]


def test_an_improvement_matrix_starts_from_seed_0() -> None:
    generator = np.random.default_rng(0)
    pair = [generator.normal(size=(5, 3)) for _ in range(2)]
    matrix = partial(stats.improvement_matrix, pair, resamples=99, method="percentile")
    plain, other = (matrix(seed=seed) for seed in (0, 1))
    assert matrix().low.tolist() == plain.low.tolist()
    assert plain.low.tolist() != other.low.tolist()


def test_an_improvement_is_unsure_even_where_one_side_always_wins() -> None:
    """A bootstrap has no width there."""
    generator = np.random.default_rng(1)
    better, worse = generator.normal(9, 1, (5, 4)), generator.normal(0, 1, (5, 4))
    found = stats.average_improvement(better, worse)
    (one,) = {stats.probability_interval(a, b).low for a, b in zip(better.T, worse.T, strict=True)}
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(1 - (1 - one) / 2)  # four scenarios: half the reach
    bootstrapped = stats.average_improvement(better, worse, method="percentile")
    assert bootstrapped.low == 1


def test_the_same_runs_are_an_even_chance_without_any_doubt() -> None:
    generator = np.random.default_rng(2)
    first, second = generator.normal(1, 1, (5, 2)), generator.normal(0, 1, (5, 2))
    second[:, 1] = first[:, 1]
    alone = stats.average_improvement(first[:, :1], second[:, :1])
    found = stats.average_improvement(first, second, same=[False, True])
    assert found.value == pytest.approx((alone.value + 0.5) / 2)
    assert found.high - found.low == pytest.approx((alone.high - alone.low) / 2)


@pytest.mark.parametrize(("scenarios", "seeds"), [(3, 3), (10, 5)])
def test_an_average_improvement_covers(scenarios: int, seeds: int) -> None:
    generator, simulations, covered = np.random.default_rng(3), 150, 0
    truth = float(scipy_stats.norm.cdf(0.8 / math.sqrt(2)))
    for _ in range(simulations):
        first, second = generator.normal(0, 1, (2, seeds, scenarios))
        found = stats.average_improvement(first + 0.8, second)
        covered += found.low <= truth <= found.high
    assert covered / simulations >= 0.93 - 3 * math.sqrt(0.07 * 0.93 / simulations)
