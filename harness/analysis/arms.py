"""One variant of a cell over its seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness import stats
from harness.core.record import CellRecord, Failure, RunRecord

__all__ = ["Arm", "FailedRun", "arm", "known", "runs_of", "scores_array"]


def known(value: float) -> float | None:
    """None for NaN: plain data has no NaN."""
    return None if math.isnan(value) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun:
    """A training run without a score.

    Attributes:
        variant: What was trained.
        index, seed: Place among the variant's seeds, and the seed.
        failure: Why.
    """

    variant: str
    index: int
    seed: int
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A variant's training runs in one rung.

    Attributes:
        variant: ``default``, ``tuned``, ``trial-<number>`` or a named variant.
        seeds: Training seed of each planned run.
        scores: Score of each planned run in the same order; None = failed or still to do.
        mean, low, high: Mean with its 95 % t interval, in returns; None where it does not exist.
        sd: Sample standard deviation over seeds.
        failed: Runs without a score, with reasons.
        pending: Runs still to do.
    """

    variant: str
    seeds: tuple[int, ...]
    scores: tuple[float | None, ...]
    mean: float | None
    low: float | None
    high: float | None
    sd: float | None
    failed: tuple[FailedRun, ...]
    pending: int

    @property
    def finished(self) -> int:
        return sum(score is not None for score in self.scores)


def runs_of(cell: CellRecord, rung: str, variant: str) -> tuple[RunRecord, ...]:
    """The planned runs of a variant in a rung, by place of the seed."""
    found = [run for run in cell.runs if run.rung == rung and run.variant == variant]
    return tuple(sorted(found, key=lambda run: run.index))


def arm(variant: str, runs: Sequence[RunRecord]) -> Arm:
    """Sum a variant's runs up; none of them is dropped."""
    results = [run.result for run in runs]
    scores = tuple(None if result is None else result.score for result in results)
    interval = stats.mean_interval(_array(scores))
    failed = tuple(
        FailedRun(variant=variant, index=run.index, seed=run.seed, failure=run.result.failure)
        for run in runs
        if run.result is not None and run.result.failure is not None
    )
    return Arm(
        variant=variant,
        seeds=tuple(run.seed for run in runs),
        scores=scores,
        mean=known(interval.mean),
        low=known(interval.low),
        high=known(interval.high),
        sd=known(interval.sd),
        failed=failed,
        pending=sum(result is None for result in results),
    )


def scores_array(given: Arm) -> npt.NDArray[np.float64]:
    """Scores as the statistics want them: shape (n_seeds,), NaN = missing."""
    return _array(given.scores)


def _array(scores: Sequence[float | None]) -> npt.NDArray[np.float64]:
    return np.array([math.nan if score is None else score for score in scores], dtype=np.float64)
