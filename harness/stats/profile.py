"""Performance profiles: which share of runs scores above a threshold, for every threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.stats.bootstrap import (
    RESAMPLES,
    Array,
    Method,
    bounds,
    columns,
    draw_weights,
)

__all__ = ["Profile", "performance_profile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A score distribution, as arrays of shape (n_thresholds,).

    Attributes:
        thresholds: Normalised scores.
        share: Share of runs that score above, averaged over scenarios; 0 .. 1, falling.
        low, high: Pointwise interval of the share.
    """

    thresholds: Array
    share: Array
    low: Array
    high: Array


def performance_profile(
    scores: npt.ArrayLike,
    thresholds: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: Method = "percentile",
) -> Profile:
    """Share of runs above each threshold, with pointwise stratified bootstrap bands.

    Args:
        scores: Shape (n_seeds, n_scenarios), normalised; NaN = missing.
        thresholds: Shape (n_thresholds,).
        confidence, resamples, seed, method: As in `bootstrap`.

    Source: Dolan and More (2002); score distributions of Agarwal et al. (2021), section 4.2.
    """
    values, marks = columns(scores), np.asarray(thresholds, dtype=np.float64)
    generator = np.random.default_rng(seed)
    share, samples, counts = np.zeros(len(marks)), np.zeros((resamples, len(marks))), []
    for column in values.T:
        runs = column[~np.isnan(column)]
        above = (runs[:, None] > marks).astype(np.float64)
        share += above.mean(axis=0)
        samples += draw_weights(len(runs), resamples, generator) @ above
        counts.append(len(runs))
    if not counts:
        nothing = np.full(len(marks), np.nan)
        return Profile(thresholds=marks, share=nothing, low=nothing, high=nothing)
    low, high = bounds(samples / len(counts), counts, confidence, method)
    return Profile(thresholds=marks, share=share / len(counts), low=low, high=high)
