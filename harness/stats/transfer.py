"""Settings carried from one scenario to another: how much does tuning per scenario matter?

Arrays have shape (n_scenarios, n_settings): the mean score of a setting in a scenario, or nothing
(NaN).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.stats.bootstrap import (
    RESAMPLES,
    Array,
    Estimate,
    Method,
    bounds,
    draw_weights,
)

__all__ = [
    "SingleSetting",
    "best_single_setting",
    "cdf_normalise",
    "sensitivity",
    "sensitivity_interval",
]


def _means(scores: npt.ArrayLike) -> Array:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"scores need the shape (n_scenarios, n_settings), not {values.shape}")
    return values


def sensitivity(scores: npt.ArrayLike, *, complete: bool = True) -> float:
    """Phi: what tuning for every scenario gains over the best setting for all of them.

    ``mean_e max_h G(e, h) - max_h mean_e G(e, h)``; 0 means that one setting serves everywhere.

    Args:
        scores: Shape (n_scenarios, n_settings), normalised so that scenarios can be averaged.
            Settings that were not tried in every scenario are left out, of both terms.
        complete: False leaves them out of the second term only, as the authors' own analysis does:
            what failed elsewhere may then be a scenario's best, and Phi is larger.

    Returns:
        In normalised scores, at least 0; NaN without a setting that was tried everywhere.

    Source: Adkins, Bowling, White (2024), A method for evaluating hyperparameter sensitivity in
    reinforcement learning.
    """
    values = _means(scores)
    everywhere = values[:, ~np.isnan(values).any(axis=0)]
    if not everywhere.size:
        return float("nan")
    best = everywhere if complete else values
    return float(np.nanmax(best, axis=1).mean() - everywhere.mean(axis=0).max())


def sensitivity_interval(
    scores: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: Method = "percentile",
) -> Estimate:
    """Phi with its stratified bootstrap interval.

    A maximum over noisy means is too high, Phi too: an interval close to 0 can be noise.

    Args:
        scores: Shape (n_seeds, n_scenarios, n_settings), normalised; NaN = missing.
        confidence, resamples, seed, method: As in `bootstrap`.

    Raises:
        ValueError: Another number of axes.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 3:
        raise ValueError(
            f"scores need the shape (n_seeds, n_scenarios, n_settings), not {values.shape}"
        )
    counts = (~np.isnan(values)).sum(axis=0)
    kept = (counts > 0).all(axis=0)
    values, counts = values[:, :, kept], counts[:, kept]
    if not values.size:
        return Estimate(value=np.nan, low=np.nan, high=np.nan)
    generator = np.random.default_rng(seed)
    samples = np.zeros((resamples, *counts.shape))
    for place in np.ndindex(*counts.shape):
        runs = values[:, *place]
        runs = runs[~np.isnan(runs)]
        samples[:, *place] = draw_weights(len(runs), resamples, generator) @ runs
    phi = samples.max(axis=2).mean(axis=1) - samples.mean(axis=1).max(axis=1)
    low, high = bounds(phi, counts.ravel().tolist(), confidence, method)
    return Estimate(value=sensitivity(np.nanmean(values, axis=0)), low=float(low), high=float(high))


def cdf_normalise(scores: npt.ArrayLike) -> Array:
    """Place of each score among all of its scenario: the share of scores at or below it.

    Args:
        scores: Shape (n_scenarios, ...); NaN = missing.

    Returns:
        Same shape, above 0 up to 1; a rank, which no outlier and no unit of return can tilt.

    Source: Patterson et al. (2024), The cross-environment hyperparameter setting benchmark for
    reinforcement learning.
    """
    values = np.asarray(scores, dtype=np.float64)
    placed = np.full(values.shape, np.nan)
    for row, out in zip(values, placed, strict=True):
        there = ~np.isnan(row)
        pooled = np.sort(row[there])
        out[there] = np.searchsorted(pooled, row[there], side="right") / max(1, len(pooled))
    return placed


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleSetting:
    """The setting that serves all scenarios best.

    Attributes:
        setting: Its place; None without a setting that was tried everywhere.
        score: Its mean place among all scores, 0 .. 1.
        scores: The same for every setting, shape (n_settings,); NaN = not tried everywhere.
    """

    setting: int | None
    score: float
    scores: Array


def best_single_setting(scores: npt.ArrayLike) -> SingleSetting:
    """The one setting with the best mean after `cdf_normalise`, the first of equals.

    Its score is that of a winner, so it is too high: train it again on fresh seeds to publish it.

    Args:
        scores: Shape (n_scenarios, n_settings) or (n_seeds, n_scenarios, n_settings), raw returns.

    Raises:
        ValueError: Another number of axes.

    Source: Patterson et al. (2024), as in `cdf_normalise`.
    """
    values = np.asarray(scores, dtype=np.float64)
    values = _means(values)[None] if values.ndim == 2 else values
    placed = np.moveaxis(cdf_normalise(np.moveaxis(values, 1, 0)), 0, 1)
    tried = (~np.isnan(placed)).any(axis=0).all(axis=0)
    total = np.full(values.shape[2], np.nan)
    if tried.any():
        total[tried] = np.nanmean(placed[:, :, tried], axis=0).mean(axis=0)
    if not tried.any():
        return SingleSetting(setting=None, score=float("nan"), scores=total)
    best = int(np.nanargmax(total))
    return SingleSetting(setting=best, score=float(total[best]), scores=total)
