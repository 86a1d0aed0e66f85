"""The mean of a winner, drawn towards those that it was chosen from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

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
