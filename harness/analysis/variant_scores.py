"""Scores of a variant over its seeds, in one cell and over many, as statistics take them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from harness import stats
from harness.core.record import CampaignRecord, CellRecord, RunRecord
from harness.core.run import DEFAULT, TUNED
from harness.core.run_result import Failure
from harness.core.settings import Rung


def none_for_nan(value: float) -> float | None:
    """None for NaN: plain data has no NaN."""
    return None if math.isnan(value) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun:
    """A training run without a score.

    Attributes:
        variant: The variant that was trained.
        index, seed: Index among the variant's seeds, and the seed.
        failure: The reason.
    """

    variant: str
    index: int
    seed: int
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantScores:
    """Scores of a variant's training runs in one rung.

    Attributes:
        variant: ``default``, ``tuned``, ``trial-<number>`` or a named variant.
        seeds: Training seed of each planned run.
        scores: Score of each planned run in the same order; None = failed or still to do.
        mean, low, high: Mean with its 95 % interval, in returns; None where it does not exist.
        sd: Sample standard deviation over seeds.
        caveat: What the interval cannot know of so few scores; may be empty.
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
    caveat: str
    failed: tuple[FailedRun, ...]
    pending: int

    @property
    def finished(self) -> int:
        return sum(score is not None for score in self.scores)


def variant_scores(variant: str, runs: Sequence[RunRecord]) -> VariantScores:
    """Summarise a variant's runs; failed and pending ones are counted as such."""
    scores = tuple(run.score for run in runs)
    interval = _interval(scores)
    failures = tuple(
        FailedRun(variant=variant, index=run.index, seed=run.seed, failure=run.result.failure)
        for run in runs
        if run.result is not None and run.result.failure is not None
    )
    return VariantScores(
        variant=variant,
        seeds=tuple(run.seed for run in runs),
        scores=scores,
        mean=none_for_nan(interval.mean),
        low=none_for_nan(interval.low),
        high=none_for_nan(interval.high),
        sd=none_for_nan(interval.sd),
        caveat=stats.interval_caveat(nan_array(scores)),
        failed=failures,
        pending=sum(run.result is None for run in runs),
    )


def confirm_scores(cell: CellRecord, variant: str) -> VariantScores:
    """Scores of a variant on the cell's confirm seeds."""
    return variant_scores(variant, cell.runs_of(Rung.CONFIRM, variant))


def test_scores(cell: CellRecord, variant: str) -> VariantScores:
    """Scores of a variant on the cell's held-out seeds."""
    return variant_scores(variant, cell.runs_of(Rung.TEST, variant))


@lru_cache(maxsize=4096)
def _interval(scores: tuple[float | None, ...]) -> stats.Interval:
    """Mean with its interval; cached, as a report asks for the same variant many times."""
    return stats.run_mean(nan_array(scores))


def scores_array(variant: VariantScores) -> npt.NDArray[np.float64]:
    """Scores as the statistics want them: shape (n_seeds,), NaN = missing."""
    return nan_array(variant.scores)


def nan_array(scores: Sequence[float | None]) -> npt.NDArray[np.float64]:
    """Scores with NaN where there is none."""
    return np.array([math.nan if score is None else score for score in scores], dtype=np.float64)


Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalEstimate:
    """A figure with its 95 % interval; None where it does not exist."""

    value: float | None
    low: float | None
    high: float | None


def interval_estimate(estimate: stats.Estimate) -> IntervalEstimate:
    """The estimate with None instead of NaN, and without an interval that has no width.

    Values that are all equal do not tell how far off they are.
    """
    has_width = estimate.low != estimate.high
    return IntervalEstimate(
        value=none_for_nan(estimate.value),
        low=none_for_nan(estimate.low) if has_width else None,
        high=none_for_nan(estimate.high) if has_width else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreMatrix:
    """Test scores of one variant over cells.

    Attributes:
        algorithm, title: Name and title; the name is None for the cells of all algorithms together.
        variant: The variant that was trained.
        cells: Names, one per column.
        scores: Shape (n_seeds, n_cells); NaN = missing.
    """

    algorithm: str | None
    title: str
    variant: str
    cells: tuple[str, ...]
    scores: Array


def algorithms(record: CampaignRecord) -> dict[str, str]:
    """Name -> title, in the order of the matrix."""
    return {cell.cell.algorithm.name: cell.cell.algorithm.title for cell in record.first_searches}


def references(cell: CellRecord) -> tuple[float, float] | None:
    """Returns that mean 0 and 1 on the normalised scale; None if the scenario has not both."""
    random, reference = cell.cell.scenario.random, cell.cell.scenario.reference
    if random is None or reference is None:
        return None
    ends = random.value, reference.value
    return None if math.isnan(stats.normalise(0.0, *ends)) else ends


def score_matrices(record: CampaignRecord, *, normalised: bool = True) -> tuple[ScoreMatrix, ...]:
    """Scores of default and tuned over all cells, then of each algorithm's variants over its own.

    Args:
        normalised: Whether 0 is a random policy and 1 the reference; cells without these fixed
            scores are left out then. Else raw returns.
    """
    cells = [cell for cell in record.first_searches if not normalised or references(cell)]
    matrices = [
        _score_matrix(cells, variant, None, "all", normalised) for variant in (DEFAULT, TUNED)
    ]
    for name, title in algorithms(record).items():
        own = [cell for cell in cells if cell.cell.algorithm.name == name]
        matrices += [
            _score_matrix(own, variant, name, title, normalised) for variant in _variants(own)
        ]
    return tuple(matrix for matrix in matrices if not np.isnan(matrix.scores).all())


def _variants(cells: Iterable[CellRecord]) -> tuple[str, ...]:
    extra_names = (name for cell in cells for name in cell.tested_variants)
    return tuple(dict.fromkeys((DEFAULT, TUNED, *extra_names)))


def _score_matrix(
    cells: Sequence[CellRecord], variant: str, algorithm: str | None, title: str, normalised: bool
) -> ScoreMatrix:
    return ScoreMatrix(
        algorithm=algorithm,
        title=title,
        variant=variant,
        cells=tuple(cell.name for cell in cells),
        scores=pad_columns(
            [held_out_scores(cell, variant, normalised=normalised) for cell in cells]
        ),
    )


def held_out_scores(cell: CellRecord, variant: str, *, normalised: bool = False) -> list[float]:
    """Scores of a variant on the held-out seeds, NaN where a run failed or is still to do."""
    ends = references(cell) if normalised else None
    scores = []
    for run in cell.runs_of(Rung.TEST, variant):
        value = math.nan if run.score is None else run.score
        scores.append(value if ends is None else stats.normalise(value, *ends))
    return scores


def pad_columns(lists: Sequence[Sequence[float]]) -> Array:
    """The lists as columns, padded with NaN at the end: shape (longest, n_lists)."""
    columns = np.full((max(map(len, lists), default=0), len(lists)), np.nan)
    for index, values in enumerate(lists):
        columns[: len(values), index] = values
    return columns


def scored_cells(matrix: ScoreMatrix) -> tuple[str, ...]:
    """Names of the cells that have at least one score."""
    columns = zip(matrix.cells, matrix.scores.T, strict=True)
    return tuple(name for name, scores in columns if not np.isnan(scores).all())
