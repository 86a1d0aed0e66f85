"""Shrinkage: a winner's mean, drawn to what it was chosen from, and effects to their mean."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness import stats
from harness.stats import shrunk_mean

SCORES = st.floats(-1e3, 1e3).map(lambda score: round(score, 3))
GROUPS = st.lists(st.lists(SCORES, min_size=2, max_size=6).map(np.array), min_size=2, max_size=6)


@given(GROUPS)
def test_it_lies_between_the_winner_s_mean_and_that_of_all(groups: list[np.ndarray]) -> None:
    means = [group.mean() for group in groups]
    winner, *others = sorted(groups, key=lambda group: -group.mean())
    shrunk = shrunk_mean(winner, others)
    assert np.mean(means) - 1e-9 <= shrunk <= max(means) + 1e-9


@given(GROUPS, st.floats(0.1, 100), st.floats(-100, 100), st.randoms())
def test_it_moves_with_the_scores_and_not_with_their_order(
    groups: list[np.ndarray], scale: float, shift: float, random: object
) -> None:
    winner, *others = groups
    moved = [scale * group + shift for group in others]
    random.shuffle(moved)  # type: ignore[attr-defined]
    shrunk = shrunk_mean(winner, others)
    assume(abs(np.var([g.mean() for g in groups])) > 1e-6)
    expected = scale * shrunk + shift
    assert shrunk_mean(scale * winner + shift, moved) == pytest.approx(expected, abs=1e-3)


@given(st.lists(SCORES, min_size=2, max_size=6, unique=True))
def test_without_noise_it_is_the_mean(means: list[float]) -> None:
    groups = [np.full(3, mean) for mean in means]
    assert shrunk_mean(groups[0], groups[1:]) == pytest.approx(means[0], abs=1e-6)


@pytest.mark.parametrize(
    ("chosen", "others"),
    [([1.0, 2.0], []), ([1.0], [[2.0], [3.0]]), ([math.nan, math.nan], [[1.0, 2.0]])],
)
def test_where_noise_or_choice_is_missing_there_is_none(
    chosen: list[float], others: list[list[float]]
) -> None:
    assert math.isnan(shrunk_mean(np.array(chosen), [np.array(other) for other in others]))


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_the_winner_of_noisy_groups_is_no_longer_too_good(spread: float) -> None:
    """4,000 choices of the best of four means over four seeds each, noise of a seed 1."""
    generator = np.random.default_rng(0)
    optimism, shrunk_optimism = [], []
    for _ in range(4000):
        truth = generator.normal(0, spread, 4)
        scores = truth[:, None] + generator.normal(0, 1, (4, 4))
        best = int(scores.mean(axis=1).argmax())
        others = [scores[each] for each in range(4) if each != best]
        optimism.append(scores[best].mean() - truth[best])
        shrunk_optimism.append(shrunk_mean(scores[best], others) - truth[best])
    assert np.mean(optimism) > 0.15
    assert abs(np.mean(shrunk_optimism)) < 0.5 * np.mean(optimism)


def test_shrunken_effects_of_equal_errors_are_stein_estimates() -> None:
    effects, variance = np.array([2.0, 0.5, -0.5, 1.0, 4.0]), 0.8
    scatter = effects.var(ddof=1) - variance
    share = (5 - 3) / (5 - 1) * variance / (variance + scatter)
    found = stats.shrunken_effects(effects, np.full(5, variance))
    expected = effects - share * (effects - effects.mean())
    assert [one.value for one in found] == pytest.approx(expected.tolist())
    assert all(one.low < one.value < one.high for one in found)
    errors = variance * (1 - 4 / 5 * share) + 2 / 2 * (share * (effects - effects.mean())) ** 2
    for freedom, confidence in ((np.inf, 0.95), (7.0, 0.9)):
        quantile = scipy_stats.t.ppf((1 + confidence) / 2, freedom)
        found = stats.shrunken_effects(effects, np.full(5, variance), freedom, confidence)
        widths = [one.high - one.value for one in found]
        assert widths == pytest.approx((quantile * np.sqrt(errors)).tolist())


def test_few_effects_are_not_shrunken_and_missing_ones_stay_missing() -> None:
    found = stats.shrunken_effects([1.0, 2, math.nan, 3], [1.0] * 4)
    assert all(math.isnan(one.value) for one in found)
    found = stats.shrunken_effects([1.0, 2, math.nan, 3, 4], [1.0] * 5)
    assert [math.isnan(one.value) for one in found] == [False, False, True, False, False]


def test_the_largest_shrunken_effect_is_not_too_large_and_intervals_cover() -> None:
    campaigns, cells, seeds, generator = 400, 12, 5, np.random.default_rng(14)
    excess, raw, covered = [], [], 0
    for _ in range(campaigns):
        truth = generator.normal(0.3, 0.6, cells)
        tuned, default = generator.normal(0, 1, (2, cells, seeds))
        pairs = zip(tuned + truth[:, None], default, strict=True)
        sizes = [stats.hedges_g(a, b) for a, b in pairs]
        variances = [stats.hedges_variance(size, seeds, seeds) for size in sizes]
        drawn = stats.shrunken_effects(sizes, variances, 2 * seeds - 2)
        best = int(np.argmax([one.value for one in drawn]))
        excess.append(drawn[best].value - truth[best])
        raw.append(max(sizes) - truth[int(np.argmax(sizes))])
        covered += sum(one.low <= t <= one.high for one, t in zip(drawn, truth, strict=True))
    assert covered / (campaigns * cells) >= 0.93
    assert abs(np.mean(excess)) < 0.25
    assert np.mean(raw) > 0.6
