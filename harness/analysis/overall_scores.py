"""One figure for many scenarios: aggregates, profiles and probabilities of improvement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.analysis.variant_scores import (
    IntervalEstimate,
    algorithms,
    held_out_scores,
    interval_estimate,
    none_for_nan,
    pad_columns,
    references,
    score_matrices,
    scored_cells,
)
from harness.core.record import CampaignRecord
from harness.core.run import DEFAULT, TUNED

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
        caveat: What the intervals cannot know; may be empty.
        cells: Names of the cells that count.
        runs, missing: Scores that exist; planned runs of these cells without one.
    """

    algorithm: str | None
    title: str
    variant: str
    iqm: IntervalEstimate
    mean: IntervalEstimate
    median: IntervalEstimate
    optimality_gap: IntervalEstimate
    caveat: str
    cells: tuple[str, ...]
    runs: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregates:
    """All rows, and the cells that are in no row because their scenario has no fixed references.

    Rows over different scenarios must not be compared: see `AggregateRow.cells`.
    """

    rows: tuple[AggregateRow, ...]
    left_out: tuple[str, ...]


def aggregates(record: CampaignRecord, *, resamples: int = stats.RESAMPLES) -> Aggregates:
    """The whole campaign first, default before tuned, then algorithm by algorithm."""
    rows = []
    cells = {cell.name: cell for cell in record.first_searches}
    for matrix in score_matrices(record):
        aggregate = stats.aggregate(matrix.scores, resamples=resamples)
        names = scored_cells(matrix)
        # Cells may plan different numbers of seeds: what pads the array was never planned.
        run_count = sum(len(held_out_scores(cells[name], matrix.variant)) for name in names)
        rows.append(
            AggregateRow(
                algorithm=matrix.algorithm,
                title=matrix.title,
                variant=matrix.variant,
                iqm=interval_estimate(aggregate.iqm),
                mean=interval_estimate(aggregate.mean),
                median=interval_estimate(aggregate.median),
                optimality_gap=interval_estimate(aggregate.optimality_gap),
                caveat=aggregate.caveat,
                cells=names,
                runs=aggregate.runs,
                missing=run_count - aggregate.runs,
            )
        )
    without_references = tuple(
        cell.name for cell in record.first_searches if references(cell) is None
    )
    return Aggregates(rows=tuple(rows), left_out=without_references)


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
    record: CampaignRecord, *, resamples: int = stats.RESAMPLES
) -> tuple[ProfileCurve, ...]:
    """One curve per row of `aggregates`, over the normalised scores that occur, at most -1 .. 3."""
    matrices = score_matrices(record)
    if not matrices:
        return ()
    lowest = min(float(np.nanmin(matrix.scores)) for matrix in matrices)
    highest = max(float(np.nanmax(matrix.scores)) for matrix in matrices)
    marks = np.linspace(min(0.0, max(lowest, -1.0)), max(1.0, min(highest, 3.0)), POINTS)
    curves = []
    for matrix in matrices:
        profile = stats.performance_profile(matrix.scores, marks, resamples=resamples)
        curves.append(
            ProfileCurve(
                algorithm=matrix.algorithm,
                title=matrix.title,
                variant=matrix.variant,
                thresholds=tuple(profile.thresholds.tolist()),
                share=tuple(profile.share.tolist()),
                low=tuple(none_for_nan(value) for value in profile.low.tolist()),
                high=tuple(none_for_nan(value) for value in profile.high.tolist()),
            )
        )
    return tuple(curves)


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvements:
    """Probabilities of improvement between algorithms.

    Attributes:
        variant: Variant of each algorithm that is compared.
        algorithms, titles: Rows and columns.
        chances: Row by row, the probability that a run of the row's algorithm beats one of the
            column's on a scenario that both were tested on.
        scenarios: How many scenarios each pair shares.
    """

    variant: str
    algorithms: tuple[str, ...]
    titles: tuple[str, ...]
    chances: tuple[tuple[IntervalEstimate, ...], ...]
    scenarios: tuple[tuple[int, ...], ...]


def improvement_matrix(record: CampaignRecord, variant: str = TUNED) -> Improvements:
    """Between all algorithms of the campaign, on raw returns: ranks need no normalisation."""
    names = algorithms(record)
    scenarios = {cell.cell.scenario.name: None for cell in record.first_searches}
    cells = {
        (cell.cell.algorithm.name, cell.cell.scenario.name): cell for cell in record.first_searches
    }
    scores = [
        pad_columns(
            [
                held_out_scores(cells[name, scenario], variant) if (name, scenario) in cells else []
                for scenario in scenarios
            ]
        )
        for name in names
    ]
    matrix = stats.improvement_matrix(scores)
    size = range(len(names))
    return Improvements(
        variant=variant,
        algorithms=tuple(names),
        titles=tuple(names.values()),
        chances=tuple(tuple(interval_estimate(matrix.estimate(i, j)) for j in size) for i in size),
        scenarios=tuple(tuple(int(n) for n in row) for row in matrix.scenarios),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementRow:
    """How likely a tuned run beats a default run, averaged over an algorithm's cells.

    Attributes:
        algorithm: None for all cells of the campaign together.
        title: Name in reports.
        chance: Probability; 0.5 where tuned is as good as default.
        cells: Names of the cells that count: those with scores of both.
    """

    algorithm: str | None
    title: str
    chance: IntervalEstimate
    cells: tuple[str, ...]


def improvements(record: CampaignRecord) -> tuple[ImprovementRow, ...]:
    """Tuned over default, the whole campaign first, then algorithm by algorithm."""
    matrices = {
        (matrix.algorithm, matrix.variant): matrix
        for matrix in score_matrices(record, normalised=False)
    }
    winners = {cell.name: cell.winner for cell in record.first_searches}
    rows = []
    names: list[tuple[str | None, str]] = [(None, "all"), *algorithms(record).items()]
    for name, title in names:
        tuned, default = matrices.get((name, TUNED)), matrices.get((name, DEFAULT))
        if tuned is None or default is None:
            continue
        is_default = [winners[cell] == DEFAULT for cell in tuned.cells]
        chance = stats.average_improvement(tuned.scores, default.scores, same=is_default)
        both = set(scored_cells(tuned)) & set(scored_cells(default))
        cells = tuple(cell for cell in tuned.cells if cell in both)
        rows.append(
            ImprovementRow(
                algorithm=name, title=title, chance=interval_estimate(chance), cells=cells
            )
        )
    return tuple(rows)
