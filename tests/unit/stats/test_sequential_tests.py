"""Looking at seeds in between: decisions, replays and bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import stats
from harness.stats.sequential_tests import _boundary

GROUPS = (5, 5, 5)


def arms(shifts: list[float], seeds: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    shape = (seeds, len(shifts))
    return generator.normal(size=shape) + shifts, generator.normal(size=shape)


def test_large_differences_are_found_early_and_in_the_right_direction() -> None:
    tuned, default = arms([8.0, 0.0, -8.0], 15)
    first = stats.adastop(tuned[:5], default[:5], GROUPS)
    assert first.decisions == ("improved", "undecided", "worse")
    assert first.open == (1,)
    last = stats.adastop(tuned, default, GROUPS)
    assert last.decisions == ("improved", "no clear difference", "worse")
    assert last.decided_at == (1, None, 1)


def test_a_statistic_is_the_sum_of_deviations_from_each_group_over_their_spread() -> None:
    tuned, default = np.array([[4.0], [6.0], [7.0]]), np.array([[1.0], [2.0], [math.nan]])
    first = stats.adastop(tuned[:2], default[:2], (2, 1), resamples=50)
    assert first.statistics == pytest.approx([3.5 / math.sqrt(14.75)])
    # The second group has a run of one side alone, which says nothing of the other.
    whole = stats.adastop(tuned, default, (2, 1), resamples=50)
    assert whole.statistics == pytest.approx(first.statistics)
    default[2] = 5.0
    both = stats.adastop(tuned, default, (2, 1), resamples=50)
    assert both.statistics == pytest.approx([(3.5 + 1) / math.sqrt(14.75 + 2)])
    assert (first.looks, whole.looks, whole.planned) == (1, 2, 2)


def test_more_seeds_find_smaller_differences() -> None:
    tuned, default = arms([1.6], 15, seed=3)
    found = [stats.adastop(tuned[:n], default[:n], GROUPS).decisions[0] for n in (5, 10, 15)]
    assert found[0] == "undecided"
    assert found[-1] == "improved"


def test_one_look_is_a_permutation_test() -> None:
    for seed in range(30):
        tuned, default = arms([1.5], 6, seed)
        p = stats.permutation_p(tuned[:, 0], default[:, 0])
        found = stats.adastop(tuned, default, (6,), seed=seed)
        # 924 splits, 10,000 draws: the two may differ only close to the level.
        if abs(p - 0.05) > 0.008:
            assert (found.decisions[0] != "no clear difference") == (p < 0.05)


def test_what_is_decided_no_longer_counts() -> None:
    tuned, default = arms([8.0, 0.0], 15)
    whole = stats.adastop(tuned, default, GROUPS)
    tuned[5:, 0] = default[5:, 0] = math.nan
    assert stats.adastop(tuned, default, GROUPS).decisions == whole.decisions


def test_units_of_the_returns_do_not_matter() -> None:
    tuned, default = arms([2.0, 0.5, 0.0], 10, seed=5)
    scale, offset = np.array([1e-3, 1.0, 1e4]), np.array([7.0, 0.0, -1e5])
    plain = stats.adastop(tuned, default, GROUPS)
    scaled = stats.adastop(tuned * scale + offset, default * scale + offset, GROUPS)
    assert scaled.decisions == plain.decisions
    assert scaled.statistics == pytest.approx(plain.statistics)


def test_the_same_seed_gives_the_same_decisions() -> None:
    tuned, default = arms([1.0] * 4, 10, seed=2)
    assert stats.adastop(tuned, default, GROUPS) == stats.adastop(tuned, default, GROUPS)


def test_failed_runs_are_missing_not_zero() -> None:
    tuned, default = arms([8.0], 10, seed=1)
    tuned[1, 0] = default[7, 0] = math.nan
    assert stats.adastop(tuned, default, GROUPS).decisions == ("improved",)
    tuned[:] = math.nan
    assert stats.adastop(tuned, default, GROUPS).decisions == ("undecided",)


def test_the_boundary_is_that_of_comparisons_that_have_nothing_in_common() -> None:
    """All comparisons share the splits; no order of their scores may make them alike."""
    generator = np.random.default_rng(5)
    for seed in range(3):
        tuned, default = arms([0.0] * 50, 10, seed)
        pooled = np.concatenate([tuned, default])
        pooled -= pooled.mean(axis=0)
        spread = np.sqrt((pooled**2).sum(axis=0))
        apart = [
            np.abs(generator.permuted(pooled, axis=0)[:10].sum(axis=0) / spread).max()
            for _ in range(2000)
        ]
        found = stats.adastop(tuned, default, (10,), resamples=2000, seed=seed)
        assert found.boundary == pytest.approx(np.quantile(apart, 0.95), abs=0.06)


def test_scores_without_any_spread_are_no_difference() -> None:
    same = np.full((15, 2), 0.1)
    assert set(stats.adastop(same, same, GROUPS).decisions) == {"no clear difference"}
    apart = stats.adastop(same + 1, same, GROUPS)
    assert set(apart.decisions) == {"improved"}


def test_three_seeds_cannot_decide_alone() -> None:
    tuned, default = arms([50.0], 3)
    assert stats.adastop(tuned, default, (3, 3)).decisions == ("undecided",)


@pytest.mark.parametrize(
    ("tuned", "default", "message"),
    [
        (np.zeros((7, 1)), np.zeros((7, 1)), r"7 seeds are no look; the groups end at \[5, 10, 15"),
        (np.zeros((5, 1)), np.zeros((5, 2)), "one shape"),
        (np.zeros(5), np.zeros(5), "one shape"),
        (np.full((5, 1), math.inf), np.zeros((5, 1)), "infinite"),
    ],
)
def test_bad_input_is_refused(tuned: np.ndarray, default: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stats.adastop(tuned, default, GROUPS)


@given(st.data())
def test_a_boundary_spends_the_level_and_not_a_resample_more(data: st.DataObject) -> None:
    """The lowest boundary of each look with which no more resamples were ever beyond than may."""
    looks, resamples = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 25))
    values = st.lists(st.integers(0, 9), min_size=resamples, max_size=resamples)
    largest = np.array([data.draw(values) for _ in range(looks)], dtype=np.float64)
    levels = sorted(data.draw(st.lists(st.floats(0, 1), min_size=looks, max_size=looks)))
    beyond = np.zeros(resamples, dtype=bool)
    for at_look, level in zip(largest, levels, strict=True):
        most = int(level * resamples + 1e-9)
        boundary = next(
            value
            for value in sorted({-1.0, *at_look[~beyond]})
            if (beyond | (at_look > value)).sum() <= most
        )
        beyond |= at_look > boundary
    assert _boundary(largest, levels) == boundary
