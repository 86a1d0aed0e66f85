"""One figure for many scenarios: aggregates, profiles and probabilities of improvement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.analysis.variant_scores import (
    Estimated,
    algorithms,
    counted,
    estimated,
    held_out_scores,
    known,
    pools,
    references,
    stacked,
)
from harness.core.plan import DEFAULT, TUNED
from harness.core.record import CampaignRecord

__all__ = [
    "AggregateRow",
    "Aggregates",
    "ImprovementRow",
    "Improvements",
    "ProfileCurve",
    "aggregates",
    "improvement_matrix",
    "improvements",
    "profiles",
]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvements:
    """Who beats whom.

    Attributes:
        variant: Which variant of each algorithm stands here.
        algorithms, titles: Rows and columns.
        chances: Row by row, the probability that a run of the row's algorithm beats one of the
            column's on a scenario that both were tested on.
        scenarios: How many scenarios each pair shares.
    """

    variant: str
    algorithms: tuple[str, ...]
    titles: tuple[str, ...]
    chances: tuple[tuple[Estimated, ...], ...]
    scenarios: tuple[tuple[int, ...], ...]


def improvement_matrix(
    record: CampaignRecord,
    variant: str = TUNED,
    *,
    resamples: int = stats.RESAMPLES,
    seed: int = 0,
) -> Improvements:
    """Between all algorithms of the campaign, on raw returns: ranks need no normalisation."""
    names = algorithms(record)
    places = {cell.cell.scenario.name: None for cell in record.cells}
    cells = {(cell.cell.algorithm.name, cell.cell.scenario.name): cell for cell in record.cells}
    scores = [
        stacked(
            [
                held_out_scores(cells[name, place], variant) if (name, place) in cells else []
                for place in places
            ]
        )
        for name in names
    ]
    found = stats.improvement_matrix(scores, resamples=resamples, seed=seed)
    size = range(len(names))
    return Improvements(
        variant=variant,
        algorithms=tuple(names),
        titles=tuple(names.values()),
        chances=tuple(
            tuple(
                Estimated(
                    value=known(float(found.value[i, j])),
                    low=known(float(found.low[i, j])),
                    high=known(float(found.high[i, j])),
                )
                for j in size
            )
            for i in size
        ),
        scenarios=tuple(tuple(int(n) for n in row) for row in found.scenarios),
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
    chance: Estimated
    cells: tuple[str, ...]


def improvements(
    record: CampaignRecord, *, resamples: int = stats.RESAMPLES, seed: int = 0
) -> tuple[ImprovementRow, ...]:
    """Tuned over default, the whole campaign first, then algorithm by algorithm."""
    found = {(pool.algorithm, pool.variant): pool for pool in pools(record, normalised=False)}
    rows = []
    names: list[tuple[str | None, str]] = [(None, "all"), *algorithms(record).items()]
    for name, title in names:
        tuned, default = found.get((name, TUNED)), found.get((name, DEFAULT))
        if tuned is None or default is None:
            continue
        chance = stats.average_improvement(
            tuned.scores, default.scores, resamples=resamples, seed=seed
        )
        both = set(counted(tuned)) & set(counted(default))
        cells = tuple(cell for cell in tuned.cells if cell in both)
        rows.append(
            ImprovementRow(algorithm=name, title=title, chance=estimated(chance), cells=cells)
        )
    return tuple(rows)
