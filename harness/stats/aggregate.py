"""One figure for many scenarios: scores of shape (n_seeds, n_scenarios), normalised, NaN = missing.

Each scenario weighs the same, however many of its runs are missing. A scenario without any score is
left out: say so beside the figure. Every function also takes leading axes (..., seeds, scenarios).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from harness.stats.bootstrap import (
    RESAMPLES,
    Array,
    Estimate,
    Method,
    bounds,
    columns,
    resampled,
)

__all__ = [
    "Aggregate",
    "aggregate",
    "iqm",
    "mean_score",
    "median_score",
    "optimality_gap",
]


def _means(scores: Array) -> Array:
    """Mean of each scenario over its seeds: shape (..., n_scenarios)."""
    there = ~np.isnan(scores)
    total = np.where(there, scores, 0.0).sum(axis=-2)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / there.sum(axis=-2))


def mean_score(scores: npt.ArrayLike) -> Array:
    """Mean over scenarios of the mean over seeds: shape (...)."""
    return np.asarray(np.nanmean(_means(np.asarray(scores, dtype=np.float64)), axis=-1))


def median_score(scores: npt.ArrayLike) -> Array:
    """Median over scenarios of the mean over seeds: shape (...)."""
    return np.asarray(np.nanmedian(_means(np.asarray(scores, dtype=np.float64)), axis=-1))


def optimality_gap(scores: npt.ArrayLike, target: float = 1.0) -> Array:
    """How far runs fall short of `target` on average: shape (...), at least 0.

    What exceeds the target counts as reaching it.

    Source: Agarwal et al. (2021), section 4.3.
    """
    capped = np.minimum(np.asarray(scores, dtype=np.float64), target)
    return np.asarray(target - mean_score(capped))


def iqm(scores: npt.ArrayLike) -> Array:
    """Interquartile mean: the mean of the middle half of all runs of all scenarios.

    From n runs ``floor(n / 4)`` are cut at each end. Where scenarios have unequal numbers of runs,
    a run weighs one over its scenario's number, and the same share of the weight is cut.

    Source: Agarwal et al. (2021), section 4.3.
    """
    given = np.asarray(scores, dtype=np.float64)
    flat = given.reshape(*given.shape[:-2], -1)
    there = ~np.isnan(given.reshape(-1, *given.shape[-2:])[0])
    number = int(there.sum())
    if number == 0:
        return np.full(flat.shape[:-1], np.nan)
    cut = number // 4
    if there.all():
        ordered = np.sort(flat, axis=-1)
        return np.asarray(ordered[..., cut : number - cut].mean(axis=-1))
    weights = np.where(there, 1 / np.maximum(there.sum(axis=0), 1), 0.0).ravel()
    return _weighted_middle(flat, weights / weights.sum(), cut / number)


def _weighted_middle(flat: Array, weights: Array, cut: float) -> Array:
    """Weighted mean without the lowest and the highest `cut` of the weight."""
    order = np.argsort(flat, axis=-1)  # NaN goes last
    upper = np.cumsum(weights[order], axis=-1)
    lower = upper - weights[order]
    kept = np.clip(np.minimum(upper, 1 - cut) - np.maximum(lower, cut), 0.0, None)
    values = np.nan_to_num(np.take_along_axis(flat, order, axis=-1))
    return np.asarray((values * kept).sum(axis=-1) / kept.sum(axis=-1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """What an algorithm reaches over all scenarios, in normalised scores.

    Attributes:
        iqm, mean, median: Higher is better.
        optimality_gap: Lower is better.
        scenarios: Scenarios with at least one score.
        runs, missing: Scores that exist, and runs of these scenarios without one.
    """

    iqm: Estimate
    mean: Estimate
    median: Estimate
    optimality_gap: Estimate
    scenarios: int
    runs: int
    missing: int


def aggregate(
    scores: npt.ArrayLike,
    *,
    target: float = 1.0,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: Method = "expanded",
) -> Aggregate:
    """The four figures with stratified bootstrap intervals from one set of resamples.

    Args:
        scores: Shape (n_seeds, n_scenarios), normalised; NaN = missing.
        target: Score beyond which the optimality gap counts no gain.
        confidence, resamples, seed, method: As in `bootstrap`.
    """
    values = columns(scores)
    counts = (~np.isnan(values)).sum(axis=0)
    statistics: tuple[Callable[[Array], Array], ...] = (
        iqm,
        mean_score,
        median_score,
        partial(optimality_gap, target=target),
    )
    if not values.size:
        nothing = Estimate(value=np.nan, low=np.nan, high=np.nan)
        found = [nothing] * 4
    else:
        drawn = [[s(piece) for s in statistics] for piece in resampled(values, resamples, seed)]
        samples = np.stack([np.concatenate(column) for column in zip(*drawn, strict=True)], axis=1)
        low, high = bounds(samples, counts.tolist(), confidence, method)
        found = [
            Estimate(value=float(s(values)), low=float(low[k]), high=float(high[k]))
            for k, s in enumerate(statistics)
        ]
    return Aggregate(
        iqm=found[0],
        mean=found[1],
        median=found[2],
        optimality_gap=found[3],
        scenarios=values.shape[1],
        runs=int(counts.sum()),
        missing=int(values.size - counts.sum()),
    )
