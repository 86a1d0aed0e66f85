"""Scores of one sample, and intervals of its mean and of a proportion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import special

from harness.core.printable_text import quantity

Scores = npt.NDArray[np.float64]
"""Shape (n_seeds,), in the environment's return; NaN marks a run without a score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its interval; the bounds are NaN where too few scores exist for one."""

    value: float
    low: float
    high: float


NO_ESTIMATE = Estimate(value=np.nan, low=np.nan, high=np.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval(Estimate):
    """A mean with its confidence interval, all in the units of the scores.

    Attributes:
        value: The mean; NaN without any score.
        low, high: Bounds; NaN with fewer than two scores.
        sd: Sample standard deviation (n - 1); NaN with fewer than two scores.
        n: Scores that exist.
    """

    sd: float
    n: int

    @property
    def mean(self) -> float:
        return self.value


def as_scores(scores: npt.ArrayLike) -> Scores:
    """Scores as floats, NaN where one is missing.

    Raises:
        ValueError: A score is infinite; infinity is a diverged run, not a number to average.
    """
    values = np.asarray(scores, dtype=np.float64)
    if np.isinf(values).any():
        raise ValueError("a score is infinite; record the run as failed instead")
    return values


def finite(scores: npt.ArrayLike) -> Scores:
    """The scores that exist: shape (n,) with NaN left out; raises what `as_scores` does."""
    values = as_scores(scores).ravel()
    return values[~np.isnan(values)]


def midranks(scores: npt.ArrayLike) -> Scores:
    """Ranks from 1 on, of the shape of the scores flattened; equal scores share the mean of theirs.

    As ``scipy.stats.rankdata``; for the reason of `t_quantile`.
    """
    _, index, counts = np.unique(scores, return_inverse=True, return_counts=True)
    return (counts.cumsum() - (counts - 1) / 2)[index.ravel()]


def t_quantile(probability: float, freedom: float | Scores) -> Any:
    """Quantile of Student's distribution, of the shape of the degrees of freedom.

    The same digits as ``scipy.stats.t.ppf``. Importing `scipy.stats` takes a second, a sixth of a
    small campaign: here only those functions load it that no other module has.
    """
    return special.stdtrit(freedom, probability)


def mean_interval(scores: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    """Student's t interval of the mean.

    Args:
        scores: Shape (n_seeds,); NaN = missing.
        confidence: Coverage of the interval, between 0 and 1.

    Raises:
        ValueError: A score is infinite.

    Source: Student (1908), The probable error of a mean.
    """
    values = finite(scores)
    n = len(values)
    if n == 0:
        return Interval(value=np.nan, low=np.nan, high=np.nan, sd=np.nan, n=0)
    mean = float(values.mean())
    if n == 1:
        return Interval(value=mean, low=np.nan, high=np.nan, sd=np.nan, n=1)
    sd = float(values.std(ddof=1))
    half = float(t_quantile(0.5 + confidence / 2, n - 1)) * sd / float(np.sqrt(n))
    return Interval(value=mean, low=mean - half, high=mean + half, sd=sd, n=n)


FEW_SEEDS: Final = 5
"""With fewer scores no interval of a mean holds 95 % whatever the distribution."""


def interval_caveat(scores: npt.ArrayLike) -> str:
    """What an interval of means cannot know from so few scores, for the place beside it.

    Runs that are all alike do not tell what others would do: a kind of run that one in two, or one
    in seven, is may be missing from the sample. The one rule for all intervals of scores.

    Args:
        scores: Shape (n_seeds,), or (n_seeds, n_scenarios) for a figure over scenarios; NaN =
            missing.

    Returns:
        A few words; empty where the interval holds what it promises, as simulated in
        docs/statistics.md.
    """
    values = np.asarray(scores, dtype=np.float64)
    columns = [finite(column) for column in np.atleast_2d(values.T)]
    columns = [column for column in columns if len(column)]
    if not columns:
        return ""
    fewest = min(map(len, columns))
    alike = sum(len(column) > 1 and np.ptp(column) == 0 for column in columns)
    if alike and values.ndim == 1:
        # There is no interval.
        return f"{fewest} runs alike: up to {unseen_share(fewest) * 100:.0f} % could end otherwise"
    texts = []
    if fewest < FEW_SEEDS and max(map(len, columns)) > 1:
        texts.append(f"{quantity(fewest, 'seed')}: may hold less than 95 %")
    if alike:
        texts.append(
            f"blind where runs are all alike: {alike} of {quantity(len(columns), 'sample')}"
        )
    return "; ".join(texts)


def unseen_share(seeds: int, confidence: float = 0.95) -> float:
    """The largest share of all runs that a kind of run may have of which a sample shows none.

    Args:
        seeds: Size of the sample.
        confidence: Chance that a larger share would have shown itself.

    Source: Clopper and Pearson (1934), The use of confidence or fiducial limits, without a success.
    """
    return float(1 - (1 - confidence) ** (1 / seeds))


def proportion(successes: int, total: int, confidence: float = 0.95) -> Estimate:
    """A proportion with Wilson's interval, 0 .. 1; NaN without any case.

    Args:
        successes, total: Numbers of cases.
        confidence: Coverage of the interval.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    if total == 0:
        return NO_ESTIMATE
    value, z = successes / total, float(special.ndtri(0.5 + confidence / 2))
    whole = 2 * (total + z**2)
    center = (2 * total * value + z**2) / whole
    half = z / whole * float(np.sqrt(4 * total * value * (1 - value) + z**2))
    low = 0.0 if successes == 0 else center - half
    high = 1.0 if successes == total else center + half
    return Estimate(value=value, low=low, high=high)
