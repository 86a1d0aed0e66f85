"""How likely one algorithm beats another, averaged over scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.stats.bootstrap import RESAMPLES, Array, bounds, resample_weights
from harness.stats.intervals import Estimate, t_quantile
from harness.stats.two_samples import probability_interval

WinMethod = Literal["newcombe", "percentile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementMatrix:
    """Row against column, as arrays of shape (n_algorithms, n_algorithms).

    Attributes:
        value: Probability that a run of the row beats one of the column; 0.5 on the diagonal, NaN
            where no scenario has scores of both.
        low, high: Interval.
        scenarios: How many scenarios have scores of both.
    """

    value: Array
    low: Array
    high: Array
    scenarios: npt.NDArray[np.int64]

    def estimate(self, row: int, column: int) -> Estimate:
        """One entry."""
        value, low, high = (float(each[row, column]) for each in (self.value, self.low, self.high))
        return Estimate(value=value, low=low, high=high)


def average_improvement(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    same: npt.ArrayLike | None = None,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: WinMethod = "newcombe",
) -> Estimate:
    """Probability that a run of `first` beats one of `second`, averaged over these scenarios.

    The Mann-Whitney statistic of each scenario that has scores of both, averaged; ties count half.
    It needs no normalisation.

    Args:
        first, second: Shape (n_seeds, n_scenarios), scenarios in the same order; NaN = missing.
        same: Scenarios on which both are the same runs, shape (n_scenarios,): an even chance, and
            nothing to be unsure of. None by default.
        confidence, resamples, seed: As in `bootstrap`.
        method: As in `improvement_matrix`.

    Source: Agarwal et al. (2021), section 4.3; Mann and Whitney (1947).
    """
    matrix = improvement_matrix(
        (first, second),
        same=same,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        method=method,
    )
    return Estimate(
        value=float(matrix.value[0, 1]), low=float(matrix.low[0, 1]), high=float(matrix.high[0, 1])
    )


def improvement_matrix(
    scores: Sequence[npt.ArrayLike],
    *,
    same: npt.ArrayLike | None = None,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    method: WinMethod = "newcombe",
) -> ImprovementMatrix:
    """`average_improvement` between all pairs, over the scenarios that each pair shares.

    Args:
        scores: One array (n_seeds, n_scenarios) per algorithm, scenarios in the same order; the
            numbers of seeds may differ.
        same: As in `average_improvement`.
        confidence, resamples, seed: As in `bootstrap`.
        method: ``newcombe`` joins the intervals of the scenarios, which have a width even where one
            side always wins, or takes Student's with the error of the placements where that reaches
            further; ``percentile`` is the plain bootstrap, which has none then.

    Raises:
        ValueError: The arrays have different numbers of scenarios.

    Source: Zou and Donner (2008), Construction of confidence limits about effect measures (the
    limits of a sum from those of its terms), with the intervals of `probability_interval`;
    DeLong, DeLong and Clarke-Pearson (1988), Comparing the areas under two or more correlated
    curves (placements); Satterthwaite (1946) for the degrees of freedom.
    """
    runs = [_runs(sample) for sample in scores]
    if len({len(columns) for columns in runs}) > 1:
        raise ValueError("every algorithm needs a column for every scenario, NaN where it has none")
    generator = np.random.default_rng(seed)
    weights = [
        [resample_weights(len(column), resamples, generator) for column in columns]
        for columns in (runs if method == "percentile" else ())
    ]
    is_same = np.zeros(len(runs[0]) if runs else 0, dtype=bool) | (False if same is None else same)
    size = len(runs)
    value, low, high = (np.full((size, size), np.nan) for _ in range(3))
    overlaps = np.zeros((size, size), dtype=np.int64)
    for i in range(size):
        overlaps[i, i] = sum(len(column) > 0 for column in runs[i])
        if overlaps[i, i]:
            value[i, i] = low[i, i] = high[i, i] = 0.5
        for j in range(i + 1, size):
            both = [s for s in range(len(runs[i])) if len(runs[i][s]) and len(runs[j][s])]
            overlaps[i, j] = overlaps[j, i] = len(both)
            if both:
                pair = [[runs[k][s] for s in both] for k in (i, j)]
                if method == "newcombe":
                    estimate = _joined_intervals(pair, is_same[both], confidence)
                else:
                    shares = [[weights[k][s] for s in both] for k in (i, j)]
                    estimate = _bootstrap(pair, shares, confidence)
                value[i, j], low[i, j], high[i, j] = estimate.value, estimate.low, estimate.high
                value[j, i], low[j, i], high[j, i] = 1 - value[i, j], 1 - high[i, j], 1 - low[i, j]
    return ImprovementMatrix(value=value, low=low, high=high, scenarios=overlaps)


def _joined_intervals(
    pair: list[list[Array]], is_same: npt.NDArray[np.bool_], confidence: float
) -> Estimate:
    """The estimate from both sides' scores, scenario by scenario."""
    parts = [
        Estimate(value=0.5, low=0.5, high=0.5) if same else probability_interval(a, b, confidence)
        for a, b, same in zip(*pair, is_same, strict=True)
    ]
    values, low, high = np.array([(part.value, part.low, part.high) for part in parts]).T
    value = float(values.mean())
    if np.isnan(low).all():
        return Estimate(value=value, low=np.nan, high=np.nan)
    # A scenario with one score on a side may have any probability.
    below = values - np.where(np.isnan(low), 0.0, low)
    above = np.where(np.isnan(high), 1.0, high) - values
    error, freedom = _placement_error(pair, is_same) if (~is_same).sum() > 1 else (0.0, 1.0)
    symmetric = float(t_quantile(0.5 + confidence / 2, freedom)) * error if error else 0.0
    reach = [
        max(symmetric, float(np.sqrt((part**2).sum())) / len(parts)) for part in (below, above)
    ]
    return Estimate(value=value, low=max(0.0, value - reach[0]), high=min(1.0, value + reach[1]))


def _placement_error(
    pair: list[list[Array]], is_same: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """Standard error of the average and its degrees of freedom, from how runs place themselves."""
    placements = []
    for first, second, same in zip(*pair, is_same, strict=True):
        if not same:
            wins = _wins(first, second)
            placements += [wins.mean(axis=1), wins.mean(axis=0)]
    terms = [(float(p.var(ddof=1)) / len(p), len(p) - 1) for p in placements if len(p) > 1]
    total = sum(term for term, _ in terms)
    if not total:
        return 0.0, 1.0
    return total**0.5 / len(is_same), total**2 / sum(t**2 / freedom for t, freedom in terms)


def _bootstrap(pair: list[list[Array]], weights: list[list[Array]], confidence: float) -> Estimate:
    """The estimate from both sides' scores and the weights of their resamples, by scenario."""
    wins = [_wins(a, b) for a, b in zip(*pair, strict=True)]
    samples = np.zeros(len(weights[0][0]))
    for win, ours, theirs in zip(wins, *weights, strict=True):
        samples += ((ours @ win) * theirs).sum(axis=1) / len(wins)
    counts = [len(column) for columns in pair for column in columns]
    low, high = np.clip(bounds(samples, counts, confidence, "percentile"), 0.0, 1.0)
    value = float(np.mean([win.mean() for win in wins]))
    return Estimate(value=value, low=float(low), high=float(high))


def _runs(scores: npt.ArrayLike) -> list[Array]:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"scores need the shape (n_seeds, n_scenarios), not {values.shape}")
    return [column[~np.isnan(column)] for column in values.T]


def _wins(first: Array, second: Array) -> Array:
    gaps = first[:, None] - second[None, :]
    return np.asarray((gaps > 0) + 0.5 * (gaps == 0))
