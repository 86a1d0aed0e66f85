"""One figure for many scenarios: scores of shape (n_seeds, n_scenarios), normalised, NaN = missing.

Each scenario weighs the same, however many of its runs are missing. A scenario without any score is
left out: say so beside the figure. The four figures also take leading axes (..., seeds, scenarios).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from harness.stats.bootstrap import (
    RESAMPLES,
    Array,
    Method,
    bounds,
    columns,
    hull,
    resample_weights,
    resamples_of,
    studentised_bounds,
    studentised_ratios,
    wider_interval,
)
from harness.stats.intervals import NO_ESTIMATE, Estimate, interval_caveat


def normalise(score: float, random: float, reference: float) -> float:
    """Position of a score between a random policy (0) and a published strong one (1).

    The two ends are constants of the scenario, never taken from the entrants, so that adding an
    algorithm moves nobody's score. Values below 0 and above 1 are kept.

    Args:
        score: Mean return; NaN stays NaN.
        random, reference: Mean returns that mean 0 and 1; reference may lie below random.

    Returns:
        Dimensionless; NaN if the two ends coincide.

    Source: Mnih et al. (2015), Human-level control through deep RL, human-normalised score.
    """
    if math.isclose(random, reference, rel_tol=1e-12):
        return math.nan
    return (score - random) / (reference - random)


def shrunk_mean(best: Array, others: Sequence[Array]) -> float:
    """Mean of the best of some groups, drawn towards the mean of all groups' means.

    The best of several noisy means is too high on average. Of its distance from the mean of all,
    only the share ``1 - noise / spread`` is taken for real (none if that is below 0): *spread* is
    the variance between the groups' means, *noise* the mean squared standard error of one.

    Args:
        best: Scores of the group, by seed; NaN for a run without a score.
        others: Those of the groups that it was chosen from, itself left out.

    Returns:
        In the unit of the scores; NaN where no group has two scores, so that noise is not known,
        or nothing was chosen from.

    Source: James and Stein (1961), Estimation with quadratic loss; towards a common mean by
        moments as in Efron and Morris (1975), Data analysis using Stein's estimator.
    """
    groups = [group[~np.isnan(group)] for group in (best, *others)]
    means = np.array([group.mean() for group in groups if len(group)])
    several = [group.var(ddof=1) / len(group) for group in groups if len(group) > 1]
    if not len(groups[0]) or len(means) < 2 or not several:
        return math.nan
    spread, noise = float(means.var(ddof=1)), float(np.mean(several))
    real = max(0.0, 1 - noise / spread) if spread > 0 else 0.0
    return float(means.mean() + real * (groups[0].mean() - means.mean()))


def _means(scores: Array) -> Array:
    """Mean of each scenario over its seeds: shape (..., n_scenarios)."""
    present = ~np.isnan(scores)
    total = np.where(present, scores, 0.0).sum(axis=-2)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / present.sum(axis=-2))


def mean_score(scores: npt.ArrayLike) -> Array:
    """Mean over scenarios of the mean over seeds: shape (...)."""
    return np.asarray(np.nanmean(_means(np.asarray(scores, dtype=np.float64)), axis=-1))


def median_score(scores: npt.ArrayLike) -> Array:
    """Median over scenarios of the mean over seeds: shape (...)."""
    return np.asarray(np.nanmedian(_means(np.asarray(scores, dtype=np.float64)), axis=-1))


def optimality_gap(scores: npt.ArrayLike, target: float = 1.0) -> Array:
    """How far runs fall short of `target` on average: shape (...), at least 0.

    What indicators the target counts as reaching it.

    Source: Agarwal et al. (2021), section 4.3.
    """
    capped_scores = np.minimum(np.asarray(scores, dtype=np.float64), target)
    return np.asarray(target - mean_score(capped_scores))


def iqm(scores: npt.ArrayLike) -> Array:
    """Interquartile mean: the mean of the middle half of all runs of all scenarios.

    From n runs ``floor(n / 4)`` are cut at each end. Where scenarios have unequal numbers of runs,
    a run weighs one over its scenario's number, and the same share of the weight is cut.

    Source: Agarwal et al. (2021), section 4.3.
    """
    values = np.asarray(scores, dtype=np.float64)
    flat = values.reshape(*values.shape[:-2], -1)
    present = ~np.isnan(values.reshape(-1, *values.shape[-2:])[0])
    number = int(present.sum())
    if number == 0:
        return np.full(flat.shape[:-1], np.nan)
    cut = number // 4
    if present.all():
        ranking = np.sort(flat, axis=-1)
        return np.asarray(ranking[..., cut : number - cut].mean(axis=-1))
    weights = np.where(present, 1 / np.maximum(present.sum(axis=0), 1), 0.0).ravel()
    return _weighted_middle(flat, weights / weights.sum(), cut / number)


def _weighted_middle(flat: Array, weights: Array, cut: float) -> Array:
    """Weighted mean without the lowest and the highest `cut` of the weight."""
    order = np.argsort(flat, axis=-1)  # NaN goes last
    upper = np.cumsum(weights[order], axis=-1)
    lower = upper - weights[order]
    shares = np.clip(np.minimum(upper, 1 - cut) - np.maximum(lower, cut), 0.0, None)
    values = np.nan_to_num(np.take_along_axis(flat, order, axis=-1))
    return np.asarray((values * shares).sum(axis=-1) / shares.sum(axis=-1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """What an algorithm reaches over all scenarios, in normalised scores.

    Attributes:
        iqm, mean, median: Higher is better.
        optimality_gap: Lower is better.
        caveat: What their intervals cannot know; may be empty.
        scenarios: Scenarios with at least one score.
        runs, missing: Scores that exist, and runs of these scenarios without one.
    """

    iqm: Estimate
    mean: Estimate
    median: Estimate
    optimality_gap: Estimate
    caveat: str
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

    Raises:
        ValueError: Another number of axes, or an infinite score.

    Source: Agarwal et al. (2021), section 4.
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
        figures = [NO_ESTIMATE] * 4
    else:
        figures = _figures(values, statistics, target, confidence, resamples, seed, method)
        # No gap is below 0, whatever a symmetric error says.
        figures[3] = replace(figures[3], low=np.maximum(figures[3].low, 0.0))
    return Aggregate(
        iqm=figures[0],
        mean=figures[1],
        median=figures[2],
        optimality_gap=figures[3],
        caveat=interval_caveat(values),
        scenarios=values.shape[1],
        runs=int(counts.sum()),
        missing=int(values.size - counts.sum()),
    )


_Statistic = Callable[[Array], Array]


def _figures(
    values: Array,
    statistics: Sequence[_Statistic],
    target: float,
    confidence: float,
    resamples: int,
    seed: int,
    method: Method,
) -> list[Estimate]:
    """IQM, mean, median and optimality gap from one set of resamples."""
    weights = np.full(values.shape[1], 1 / values.shape[1])
    samples: list[list[Array]] = [[] for _ in statistics]
    ratios: list[list[Array]] = [[], []]
    for piece in resamples_of(values, resamples, seed):
        for figure, statistic in zip(samples, statistics, strict=True):
            figure.append(statistic(piece))
        if method == "expanded":
            for each, cap in zip(ratios, (np.inf, target), strict=True):
                capped_pair = np.minimum(values, cap), np.minimum(piece, cap)
                each.append(studentised_ratios(*capped_pair, weights))
    table = np.stack([np.concatenate(figure) for figure in samples], axis=1)
    low, high = bounds(table, (~np.isnan(values)).sum(axis=0).tolist(), confidence, method)
    figures = [
        wider_interval(values, s, (low[k], high[k]), confidence, method)
        for k, s in enumerate(statistics)
    ]
    if method == "expanded":
        mean, capped_mean = (
            studentised_bounds(np.minimum(values, cap), np.concatenate(each), weights, confidence)
            for each, cap in zip(ratios, (np.inf, target), strict=True)
        )
        figures[1] = hull(figures[1], mean)
        figures[3] = hull(figures[3], (target - capped_mean[1], target - capped_mean[0]))
    return figures


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
    values, cuts = columns(scores), np.asarray(thresholds, dtype=np.float64)
    generator = np.random.default_rng(seed)
    share, samples, counts = np.zeros(len(cuts)), np.zeros((resamples, len(cuts))), []
    for column in values.T:
        runs = column[~np.isnan(column)]
        indicators = (runs[:, None] > cuts).astype(np.float64)
        share += indicators.mean(axis=0)
        samples += resample_weights(len(runs), resamples, generator) @ indicators
        counts.append(len(runs))
    if not counts:
        nan = np.full(len(cuts), np.nan)
        return Profile(thresholds=cuts, share=nan, low=nan, high=nan)
    low, high = bounds(samples / len(counts), counts, confidence, method)
    return Profile(thresholds=cuts, share=share / len(counts), low=low, high=high)
