"""Sensitivity to hyperparameters, one configuration for all scenarios, the surface of scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness import stats

NAN = math.nan


def test_sensitivity_of_known_matrices() -> None:
    assert stats.sensitivity([[1.0, 0.0], [0.0, 1.0]]) == pytest.approx(0.5)
    assert stats.sensitivity([[1.0, 0.2], [0.8, 0.1]]) == 0
    # The second setting was not tried everywhere.
    assert stats.sensitivity([[1.0, NAN, 0.5], [0.0, 9.0, 0.7]]) == pytest.approx(0.85 - 0.6)
    assert math.isnan(stats.sensitivity([[NAN, 1.0], [1.0, NAN]]))
    with pytest.raises(ValueError, match="n_configurations"):
        stats.sensitivity([1.0])


@given(st.integers(0, 500))
def test_sensitivity_is_never_negative(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(generator.integers(1, 5), generator.integers(1, 5)))
    assert stats.sensitivity(scores) >= -1e-12


def test_a_sensitivity_scored_on_other_seeds_is_near_0_where_nothing_differs() -> None:
    """`sensitivity` of the same scores is above 0 every time."""
    generator, simulations, values, excluded, plain = np.random.default_rng(0), 60, [], 0, []
    for number in range(simulations):
        scores = generator.normal(0, 1, (8, 4, 5))
        found = stats.held_out_sensitivity(scores, splits=30, seed=number)
        values.append(found.value)
        excluded += found.low > 0 or found.high < 0
        plain.append(stats.sensitivity(scores.mean(axis=0)))
    assert abs(np.mean(values)) < 3 * np.std(values) / math.sqrt(simulations)
    assert excluded / simulations <= 0.05
    assert np.mean(plain) > 0.1


def test_a_sensitivity_scored_on_other_seeds_finds_what_there_is() -> None:
    scores = np.random.default_rng(0).normal(0, 0.05, (6, 3, 3)) + np.eye(3)
    found = stats.held_out_sensitivity(scores)
    assert 0 < found.low <= found.value <= found.high
    assert found.value == pytest.approx(2 / 3, abs=0.1)
    # A configuration with a single score somewhere cannot be chosen and scored.
    scores[1:, 0, 2] = NAN
    assert stats.held_out_sensitivity(scores).value == pytest.approx(1 / 3, abs=0.1)
    assert math.isnan(stats.held_out_sensitivity(scores[:1]).value)
    assert stats.held_out_sensitivity(scores[:2, :, :2]).value == pytest.approx(1 / 3, abs=0.1)
    with pytest.raises(ValueError, match="n_configurations"):
        stats.held_out_sensitivity(scores[0])


@pytest.mark.parametrize("seeds", [4, 6])
def test_the_interval_of_a_held_out_sensitivity_is_welchs(seeds: int) -> None:
    """Each scenario has a configuration of its own, and a third one serves both: halvings used
    both ways score the same difference, and only how sure it is depends on the spread."""
    noise = np.random.default_rng(5).normal(0, [[0.01] * 3, [0.03] * 3], (seeds, 2, 3))
    scores = noise + np.array([[1.0, 0.0, 0.8], [0.0, 1.0, 0.8]])
    found = stats.held_out_sensitivity(scores, splits=10)
    means = scores.mean(axis=0)
    assert found.value == pytest.approx((means[0, 0] + means[1, 1] - means[:, 2].sum()) / 2)
    variances = scores.var(axis=0, ddof=1).mean(axis=1)
    # Of each scenario two means over half of the seeds, one from the other, over two scenarios.
    parts = variances * (2 / (seeds / 2)) / 2**2
    freedom = 3 * (seeds - 1)
    quantile = scipy_stats.t.ppf(0.975, parts.sum() ** 2 / (parts**2 / freedom).sum())
    half = quantile * math.sqrt(parts.sum())
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))


def test_cdf_normalisation_ranks_within_the_scenario() -> None:
    placed = stats.cdf_normalise([[10.0, 20.0, 20.0, NAN], [-5.0, 1e9, 0.0, 3.0]])
    assert placed[0, :3].tolist() == pytest.approx([1 / 3, 1, 1])
    assert math.isnan(placed[0, 3])
    assert placed[1].tolist() == [0.25, 1.0, 0.5, 0.75]


def test_best_single_setting_is_not_swayed_by_units() -> None:
    scores = np.array([[1.0, 3.0, 2.0], [1e6, 0.0, 9e5]])
    found = stats.best_single_configuration(scores)
    assert found.index == 2 or found.scores[found.index] >= found.scores[2]
    assert found.scores == pytest.approx([(1 / 3 + 1) / 2, (1 + 1 / 3) / 2, 2 / 3])
    scores[0, 0] = NAN
    assert math.isnan(stats.best_single_configuration(scores).scores[0])
    assert stats.best_single_configuration([[NAN, 1.0], [1.0, NAN]]).index is None


def test_best_single_setting_takes_seeds_one_by_one() -> None:
    scores = np.zeros((2, 1, 2))
    scores[:, 0, 0], scores[:, 0, 1] = [4.0, 3.0], [1.0, 2.0]
    found = stats.best_single_configuration(scores)
    assert (found.index, found.score) == (0, pytest.approx((1 + 3 / 4) / 2))


def test_held_out_sensitivity_without_spread_is_the_value() -> None:
    # Three scenarios, two configurations: the axes are not to be mistaken for one another.
    scores = np.repeat([[[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]], 6, axis=0)
    found = stats.held_out_sensitivity(scores, splits=20)
    assert found.value == pytest.approx(1 - 2 / 3)
    assert (found.low, found.high) == pytest.approx((found.value, found.value))


def test_surface_follows_the_scores_and_stays_blank_far_away() -> None:
    surface = stats.kernel_surface([0.1, 0.9], [0.1, 0.9], [1.0, 5.0], points=11)
    assert surface.shape == (11, 11)
    assert surface[1, 1] == pytest.approx(1.0, abs=1e-6)
    assert surface[9, 9] == pytest.approx(5.0, abs=1e-6)
    assert math.isnan(surface[0, 10])
    assert np.isnan(stats.kernel_surface([], [], [])).all()


def test_a_surface_is_the_gaussian_mean_within_two_widths():
    surface = stats.kernel_surface([0.0, 0.5], [0.0, 0.0], [1.0, 3.0], points=11, width=0.2)
    near, far = np.exp(-((0.1 / 0.2) ** 2) / 2), np.exp(-((0.4 / 0.2) ** 2) / 2)
    assert surface[0, 1] == pytest.approx((near * 1 + far * 3) / (near + far))
    # Rows go along y: one score is 0.4 away, and 0.5 are more than two widths.
    assert np.isfinite(surface[4, 0])
    assert np.isnan(surface[5, 0])
