"""One figure for many scenarios: aggregates and performance profiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.analysis.arms import known
from harness.analysis.pools import (
    Estimated,
    counted,
    estimated,
    held_out_scores,
    pools,
    references,
)
from harness.core.record import CampaignRecord

__all__ = ["AggregateRow", "Aggregates", "ProfileCurve", "aggregates", "profiles"]

POINTS = 101
"""Thresholds of a performance profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateRow:
    """What an algorithm's variant reaches over all its scenarios, in normalised scores.

    Attributes:
        algorithm: None for all cells of the campaign together.
        title: Name in reports.
        variant: ``default``, ``tuned`` or a named one.
        iqm, mean, median: With stratified bootstrap intervals; higher is better.
        optimality_gap: Mean shortfall from the reference; lower is better.
        cells: Names of the cells that count.
        runs, missing: Scores that exist; planned runs of these cells without one.
    """

    algorithm: str | None
    title: str
    variant: str
    iqm: Estimated
    mean: Estimated
    median: Estimated
    optimality_gap: Estimated
    cells: tuple[str, ...]
    runs: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregates:
    """All rows, and the cells that none counts because their scenario has no fixed references.

    Rows over different scenarios must not be compared: see `AggregateRow.cells`.
    """

    rows: tuple[AggregateRow, ...]
    left_out: tuple[str, ...]


def aggregates(
    record: CampaignRecord, *, resamples: int = stats.RESAMPLES, seed: int = 0
) -> Aggregates:
    """The whole campaign first, default before tuned, then algorithm by algorithm."""
    rows = []
    cells = {cell.name: cell for cell in record.cells}
    for pool in pools(record):
        found = stats.aggregate(pool.scores, resamples=resamples, seed=seed)
        names = counted(pool)
        # Cells may plan different numbers of seeds: what pads the array was never planned.
        planned = sum(len(held_out_scores(cells[name], pool.variant)) for name in names)
        rows.append(
            AggregateRow(
                algorithm=pool.algorithm,
                title=pool.title,
                variant=pool.variant,
                iqm=estimated(found.iqm),
                mean=estimated(found.mean),
                median=estimated(found.median),
                optimality_gap=estimated(found.optimality_gap),
                cells=names,
                runs=found.runs,
                missing=planned - found.runs,
            )
        )
    left_out = tuple(cell.name for cell in record.cells if references(cell) is None)
    return Aggregates(rows=tuple(rows), left_out=left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCurve:
    """A performance profile: share of runs above each normalised score.

    Attributes:
        algorithm, title, variant: As in `AggregateRow`.
        thresholds: Normalised scores, the same for every curve of a campaign.
        share: 0 .. 1, falling.
        low, high: Pointwise 95 % band; None where it does not exist.
    """

    algorithm: str | None
    title: str
    variant: str
    thresholds: tuple[float, ...]
    share: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


def profiles(
    record: CampaignRecord, *, resamples: int = stats.RESAMPLES, seed: int = 0
) -> tuple[ProfileCurve, ...]:
    """One curve per row of `aggregates`, over the normalised scores that occur, at most -1 .. 3."""
    given = pools(record)
    if not given:
        return ()
    lowest = min(float(np.nanmin(pool.scores)) for pool in given)
    highest = max(float(np.nanmax(pool.scores)) for pool in given)
    marks = np.linspace(min(0.0, max(lowest, -1.0)), max(1.0, min(highest, 3.0)), POINTS)
    curves = []
    for pool in given:
        found = stats.performance_profile(pool.scores, marks, resamples=resamples, seed=seed)
        curves.append(
            ProfileCurve(
                algorithm=pool.algorithm,
                title=pool.title,
                variant=pool.variant,
                thresholds=tuple(found.thresholds.tolist()),
                share=tuple(found.share.tolist()),
                low=tuple(known(value) for value in found.low.tolist()),
                high=tuple(known(value) for value in found.high.tolist()),
            )
        )
    return tuple(curves)
