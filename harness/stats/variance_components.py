"""Variance components: how much of a score's variance lies at which level of an experiment.

The levels of a campaign are nested: episodes in evaluations, evaluations in runs, runs in
configurations, configurations in searches. Within a run the episodes are the same ones in every
evaluation, so that an episode has an effect of its own there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from harness.stats.bootstrap import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanSquare:
    """A sum of squares over its degrees of freedom.

    Attributes:
        value: 0 without freedom.
        freedom: Fewer than were counted where the deviations have heavy tails.
    """

    value: float
    freedom: float

    @classmethod
    def of(cls, deviations: Array, freedom: int, weight: float = 1.0) -> MeanSquare:
        """The mean square of deviations, each of which stands for `weight` of them.

        Source: Shoemaker (2003), Fixing the F test for equal variances: the freedom at which a
        variance of normal numbers is as uncertain as this one.
        """
        squares = deviations.ravel() ** 2
        if not freedom or not squares.any():
            return cls(value=0.0, freedom=freedom)
        excess = max(0.0, float((squares**2).mean() / squares.mean() ** 2) - 3)
        value = weight * float(squares.sum()) / freedom
        return cls(value=value, freedom=freedom / (1 + excess * freedom / (2 * squares.size)))


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceComponent:
    """The variance that one level adds.

    Attributes:
        variance: Not below 0; NaN where nothing tells it.
        low, high: Its interval, likewise.
        is_cut: Whether the estimate was negative: the levels below explain all there is.
    """

    variance: float
    low: float
    high: float
    is_cut: bool = False


NO_COMPONENT = VarianceComponent(variance=math.nan, low=math.nan, high=math.nan)

Term = tuple[float, MeanSquare]
"""A factor and the mean square that it multiplies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComponents:
    """What lies below configurations.

    Attributes:
        seeds: Between the true levels of runs of one configuration.
        evaluations: Between evaluations of one run; NaN with a single late one, where seeds hold
            it, and with one episode each it holds what episodes add.
        episodes: Between episodes of one evaluation; NaN with one each.
        scores: Mean square of runs' scores about their configuration: all three levels.
        noise: Variance of a run's score that its evaluations and episodes alone would make.
        episode_noise: The part of it that more episodes would take away.
        runs: Runs that have told it.
    """

    seeds: VarianceComponent
    evaluations: VarianceComponent
    episodes: VarianceComponent
    scores: MeanSquare
    noise: float
    episode_noise: float
    runs: int


def combined_squares(terms: Sequence[Term], confidence: float = 0.95) -> VarianceComponent:
    """A variance that is a sum or difference of multiples of independent mean squares.

    Args:
        terms: Factors, negative ones too, and mean squares; those without freedom count as absent.
        confidence: Coverage of the interval, for normal effects.

    Source: Searle, Casella and McCulloch (1992), Variance Components: the method of moments. The
    interval is the modified large-sample one of Ting, Burdick, Graybill, Jeyaratnam and Lu (1990),
    Confidence intervals on linear combinations of variance components that are unrestricted in
    sign, without the products of terms of one sign (Graybill and Wang 1980).
    """
    usable = [(factor, square) for factor, square in terms if square.freedom > 0]
    if not usable or len(usable) < len(terms):
        return NO_COMPONENT
    value = math.fsum(factor * square.value for factor, square in usable)
    tail = (1 - confidence) / 2
    plus = [(factor * square.value, square.freedom) for factor, square in usable if factor > 0]
    minus = [(-factor * square.value, square.freedom) for factor, square in usable if factor < 0]
    low = value - _reach(plus, minus, tail)
    high = value + _reach(minus, plus, tail)
    return VarianceComponent(
        variance=max(0.0, value), low=max(0.0, low), high=max(0.0, high), is_cut=value < 0
    )


def _reach(
    down: Sequence[tuple[float, float]], up: Sequence[tuple[float, float]], tail: float
) -> float:
    """How far the bound lies below, where `down` could be less and `up` could be more."""
    square = 0.0
    for size, freedom in down:
        square += (_shrinkage(freedom, tail) * size) ** 2
    for size, freedom in up:
        square += (_growth(freedom, tail) * size) ** 2
    for size, freedom in down:
        for other, other_freedom in up:
            ratio = float(special.fdtri(freedom, other_freedom, 1 - tail))
            own = (_shrinkage(freedom, tail) * ratio) ** 2 + _growth(other_freedom, tail) ** 2
            square += ((ratio - 1) ** 2 - own) / ratio * size * other
    return math.sqrt(max(0.0, square))


def _shrinkage(freedom: float, tail: float) -> float:
    return 1 - freedom / float(special.chdtri(freedom, tail))


def _growth(freedom: float, tail: float) -> float:
    return freedom / float(2 * special.gammaincinv(freedom / 2, tail)) - 1


def run_components(groups: Sequence[Sequence[npt.ArrayLike]]) -> RunComponents:
    """Seeds, evaluations and episodes, from the late evaluations of runs.

    Args:
        groups: For each configuration the returns of each of its runs, all of one shape
            (n_evaluations, n_episodes).

    Source: as in `combined_squares`; within a run evaluations and episodes are crossed.
    """
    runs = [[np.asarray(run, dtype=np.float64) for run in group] for group in groups if len(group)]
    every = [run for group in runs for run in group]
    if not every:
        return _unknown_components()
    evaluations, episodes = every[0].shape
    size = evaluations * episodes
    scores = pooled_square([np.array([run.mean() for run in group]) for group in runs])
    rest, by_evaluation, by_episode = _within(np.stack(every))
    noise: list[Term] = []
    if evaluations > 1:
        noise.append((1 / size, by_evaluation))
    if episodes > 1:
        noise.append((1 / size, by_episode))
    if evaluations > 1 and episodes > 1:
        noise.append((-1 / size, rest))
    within = [(1 / evaluations, by_episode)]
    if evaluations > 1:
        within.append((1 - 1 / evaluations, rest))
    path: list[Term] = [(1 / episodes, by_evaluation)]
    if episodes > 1:
        path.append((-1 / episodes, rest))
    along = combined_squares(path)
    return RunComponents(
        seeds=combined_squares([(1.0, scores), *((-factor, square) for factor, square in noise)]),
        evaluations=along,
        episodes=combined_squares(within),
        scores=scores,
        noise=by_episode.value / size + (along.variance / evaluations if evaluations > 1 else 0.0),
        episode_noise=by_episode.value / size,
        runs=len(every),
    )


def _unknown_components() -> RunComponents:
    return RunComponents(
        seeds=NO_COMPONENT,
        evaluations=NO_COMPONENT,
        episodes=NO_COMPONENT,
        scores=MeanSquare(value=0.0, freedom=0),
        noise=0.0,
        episode_noise=0.0,
        runs=0,
    )


def _within(runs: Array) -> tuple[MeanSquare, MeanSquare, MeanSquare]:
    """Mean squares within runs: what is left, of evaluations, and of episodes.

    Args:
        runs: Shape (n_runs, n_evaluations, n_episodes).
    """
    count, evaluations, episodes = runs.shape
    deviations = runs - runs.mean(axis=(1, 2), keepdims=True)
    rows, columns = deviations.mean(axis=2), deviations.mean(axis=1)
    rest = deviations - rows[:, :, None] - columns[:, None, :]
    return (
        MeanSquare.of(rest, count * (evaluations - 1) * (episodes - 1)),
        MeanSquare.of(rows, count * (evaluations - 1), episodes),
        MeanSquare.of(columns, count * (episodes - 1), evaluations),
    )


def pooled_square(groups: Sequence[Array]) -> MeanSquare:
    """Variance within groups of scores, all together."""
    if not groups:
        return MeanSquare(value=0.0, freedom=0)
    deviations = np.concatenate([group - group.mean() for group in groups])
    return MeanSquare.of(deviations, len(deviations) - len(groups))


def between_groups(
    families: Sequence[Sequence[npt.ArrayLike]], within: MeanSquare
) -> VarianceComponent:
    """The variance between groups of scores beyond what their own runs would make.

    Args:
        families: Groups that are compared with one another, and the scores of each; groups may
            differ in size, families in their level.
        within: Of scores about their group, measured on other runs too.

    Source: the unweighted means of Searle, Casella and McCulloch (1992).
    """
    scores = [[np.asarray(group, dtype=np.float64) for group in family] for family in families]
    means = pooled_square([np.array([group.mean() for group in f]) for f in scores if f])
    every = [group for family in scores for group in family]
    if not means.freedom:
        return NO_COMPONENT
    share = math.fsum(1 / len(group) for group in every) / len(every)
    return combined_squares([(1.0, means), (-share, within)])
