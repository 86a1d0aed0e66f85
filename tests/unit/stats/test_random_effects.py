"""Mean and spread of true effects behind noisy ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

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
    assert found.spread.value**2 == pytest.approx(0.309, abs=0.02)
    assert found.spread.low**2 == pytest.approx(0.120, abs=0.01)
    assert found.spread.high**2 == pytest.approx(1.111, abs=0.05)


def test_effects_that_do_not_differ_have_no_spread() -> None:
    found = stats.random_effects([1.0, 1.1, 0.9, 1.05], [0.5, 0.5, 0.5, 0.5])
    assert (found.spread.value, found.spread.low) == (0.0, 0.0)
    assert found.mean.low < 1 < found.mean.high


def test_two_effects_say_nothing_of_a_spread() -> None:
    found = stats.random_effects([1.0, 2.0, math.nan], [0.1, 0.1, 0.1])
    assert found.effects == 2
    assert math.isnan(found.mean.value)
