"""Many comparisons at once: adjusted p-values, the level that decides on each, shrunken effects."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from harness.stats.intervals import NO_ESTIMATE, Estimate, t_quantile
from harness.stats.random_effects import between_variance

SERIES: Final = 30
"""Comparisons in a row in which the chance of any false finding is held at the level."""


def holm(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Adjusted p-values that keep the chance of any false finding below the level.

    Args:
        p_values: Shape (n_comparisons,); NaN = no test was made, does not count as one.

    Returns:
        Same shape, in 0 .. 1, NaN where the input is.

    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    raw = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(raw.shape, np.nan)
    testable = np.flatnonzero(~np.isnan(raw))
    order = testable[np.argsort(raw[testable], kind="stable")]
    weights = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(weights * raw[order]))
    return adjusted


def benjamini_hochberg(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Adjusted p-values that keep the expected share of false findings below the level.

    Args:
        p_values: Shape (n_comparisons,); NaN = no test was made, does not count as one.

    Source: Benjamini and Hochberg (1995), Controlling the false discovery rate.
    """
    raw = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(raw.shape, np.nan)
    testable = ~np.isnan(raw)
    if testable.any():
        adjusted[testable] = scipy.stats.false_discovery_control(raw[testable])
    return adjusted


def holm_levels(p_values: npt.ArrayLike, alpha: float) -> npt.NDArray[np.float64]:
    """The level below which each p-value would be found, the others being what they are.

    ``alpha / (m - k)`` of m comparisons, where k others are found without this one's help.

    Args:
        p_values: Shape (n_comparisons,); NaN = no test was made.
        alpha: Chance of any false finding.

    Returns:
        Same shape, NaN where the input is.

    Source: Holm (1979), as in `holm`.
    """
    raw = np.asarray(p_values, dtype=np.float64)
    levels = np.full(raw.shape, np.nan)
    testable = np.flatnonzero(~np.isnan(raw))
    steps = alpha / np.arange(len(testable), 0, -1)
    for index in testable:
        others = np.sort(raw[testable[testable != index]])
        rejections = int(np.logical_and.accumulate(others < steps[:-1]).sum())
        levels[index] = steps[rejections]
    return levels


def series_share(number: int) -> float:
    """Share of the level that one of a series of comparisons without an end may spend.

    Half of the level is for the first ones, ``3 / (pi n)^2`` each, which add up to it however many
    there are; half is spread evenly over every `SERIES` in a row. So a change early in the series
    can be found, and one after years too. A finding stays one, whatever comes later.

    Args:
        number: Of the comparison, from 1.

    Source: the union bound; spending a level over a sequence as in Foster and Stine (2008),
        alpha-investing: a procedure for sequential control of expected false discoveries.
    """
    return 3 / (math.pi * number) ** 2 + 1 / (2 * SERIES)


def shrunken_effects(
    effects: npt.ArrayLike,
    variances: npt.ArrayLike,
    freedom: npt.ArrayLike = np.inf,
    confidence: float = 0.95,
) -> tuple[Estimate, ...]:
    """Effects drawn towards their common mean, as far as they could be noise around it.

    The largest of many noisy effects is too large; that of a model in which the true effects are
    scattered about a mean is not, whether it was picked for its size or not.

    Args:
        effects: Shape (n_comparisons,), on one scale; NaN = none.
        variances: Of their errors.
        freedom: Degrees of freedom behind each variance, for Student's quantiles.
        confidence: Coverage of the intervals, on average over the comparisons.

    Returns:
        One per effect; nothing without one, and with fewer than four of them.

    Source: Morris (1983), Parametric empirical Bayes inference, sections 4 and 5; the scatter of
    the true effects by Paule and Mandel (1982), Consensus values and weighting factors.
    """
    y, v = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    present = np.flatnonzero(~np.isnan(y) & (v > 0))
    estimates = [NO_ESTIMATE] * len(y)
    m = len(present)
    if m < 4:
        return tuple(estimates)
    y, v = y[present], v[present]
    weights = 1 / (v + between_variance(y, v))
    mean = float((weights * y).sum() / weights.sum())
    shrinkage = (m - 3) / (m - 1) * v * weights
    centre = y - shrinkage * (y - mean)
    spread = v * (1 - (m - 1) / m * shrinkage) + 2 / (m - 3) * (shrinkage * (y - mean)) ** 2
    degrees = np.broadcast_to(np.asarray(freedom, dtype=np.float64), (len(estimates),))[present]
    half = t_quantile(0.5 + confidence / 2, degrees) * np.sqrt(spread)
    for k, value, width in zip(present, centre.tolist(), half.tolist(), strict=True):
        estimates[k] = Estimate(value=value, low=value - width, high=value + width)
    return tuple(estimates)
