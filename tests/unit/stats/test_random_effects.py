"""Mean and spread of true effects behind noisy ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, t

from harness import stats

BCG = np.array(
    [-0.89, -1.59, -1.35, -1.44, -0.22, -0.79, -1.62, 0.01, -0.47, -1.37, -0.34, 0.45, -0.02]
)
BCG_VARIANCES = np.array(
    [0.326, 0.195, 0.415, 0.020, 0.051, 0.007, 0.223, 0.004, 0.056, 0.073, 0.012, 0.533, 0.071]
)
"""Log risk ratios of thirteen trials of a vaccine: Colditz et al. (1994)."""


def test_a_published_meta_analysis() -> None:
    found = stats.random_effects(BCG, BCG_VARIANCES)
    # Viechtbauer (2007) and the R package metafor give these of the unrounded data.
    assert found.mean.value == pytest.approx(-0.71, abs=0.02)
    assert found.spread.value**2 == pytest.approx(0.318, abs=0.005)
    assert found.spread.low**2 == pytest.approx(0.120, abs=0.01)
    assert found.spread.high**2 == pytest.approx(1.111, abs=0.05)


def test_effects_that_are_equally_well_known_have_closed_forms() -> None:
    effects, variance = np.array([1.0, 3.0, 4.0, 8.0, 9.0]), 2.0
    found = stats.random_effects(effects, np.full(5, variance), confidence=0.9)
    square = effects.var(ddof=1)
    assert found.spread.value == pytest.approx(math.sqrt(square - variance))
    student = stats.mean_interval(effects, 0.9)
    assert (found.mean.low, found.mean.high) == pytest.approx((student.low, student.high))
    ends = [math.sqrt(4 * square / chi2.ppf(p, 4) - variance) for p in (0.95, 0.05)]
    assert (found.spread.low, found.spread.high) == pytest.approx(ends)
    # Effects that scatter less than their errors would make are no surer than these errors.
    alike = stats.random_effects(effects / 100, np.full(5, variance))
    half = t.ppf(0.975, 4) * math.sqrt(variance / 5)
    assert alike.mean.high - alike.mean.value == pytest.approx(half)


def test_effects_that_do_not_differ_have_no_spread() -> None:
    found = stats.random_effects([1.0, 1.1, 0.9, 1.05], [0.5, 0.5, 0.5, 0.5])
    assert (found.spread.value, found.spread.low) == (0.0, 0.0)
    assert found.mean.low < 1 < found.mean.high


def test_two_effects_say_nothing_of_a_spread() -> None:
    found = stats.random_effects([1.0, 2.0, math.nan], [0.1, 0.1, 0.1])
    assert found.effects == 2
    assert math.isnan(found.mean.value)
    assert stats.random_effects([1.0, 2.0, 4.0], [0.1, 0.1, 0.1]).mean.value == pytest.approx(7 / 3)
    assert stats.random_effects([1.0, 2.0, 4.0], [0.1, 0.1, 0.0]).effects == 2


def test_one_effect_that_is_known_exactly_does_not_speak_for_all() -> None:
    """Five tasks of a published campaign; in one of them nothing is learned, to five digits."""
    effects = [0.669, 0.365, 0.255, 0.372, 0.00004]
    errors = np.array([0.082, 0.046, 0.030, 0.120, 0.00001])
    found = stats.random_effects(effects, errors**2)
    assert 0.2 < found.mean.value < 0.45
    assert found.spread.low < found.spread.value < found.spread.high


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(1e-6, 10)), min_size=3, max_size=12).map(
        np.array
    )
)
def test_a_spread_lies_in_its_interval(rows: np.ndarray) -> None:
    found = stats.random_effects(rows[:, 0], rows[:, 1])
    tolerance = 1e-5
    assert found.spread.low - tolerance <= found.spread.value <= found.spread.high + tolerance
    assert rows[:, 0].min() <= found.mean.value + tolerance
    assert found.mean.value <= rows[:, 0].max() + tolerance
