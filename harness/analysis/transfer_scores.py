"""A cell's winner trained on the algorithm's other scenarios.

Reads runs of a rung named ``transfer``: a run in the record of cell ``ppo@B`` with the variant
``ppo@A`` trained the configuration that cell ``ppo@A`` shipped, on scenario B, with the test rung's
steps and evaluations. The diagonal (``ppo@B`` in its own cell) and the column of the default come
from the test rung unless the rung ran them itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness import stats
from harness.analysis.variant_scores import (
    Array,
    IntervalEstimate,
    algorithms,
    interval_estimate,
    none_for_nan,
    pad_columns,
    references,
)
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED
from harness.core.settings import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmTransfer:
    """What an algorithm's tuned settings reach in each other's scenarios.

    Attributes:
        algorithm, title: Name of the algorithm, and its name in reports.
        scenarios: Rows: where it was trained and tested.
        settings: Columns: scenario the setting was tuned for, and ``default`` last.
        means: Mean return, row by row; None where nothing was trained.
        normalised: The same, 0 = random policy, 1 = reference; None without these.
        runs: Scores behind each mean.
        phi: What choosing a setting per scenario gains over the best single setting, both chosen on
            half of the seeds and scored on the other, in normalised scores, over the scenarios that
            have references and the settings tried in all of them.
        single: The setting that serves all scenarios best, by mean rank among all scores of a
            scenario; None if no setting was tried in every scenario.
        places: Mean rank of every setting, 0 .. 1; None if not tried in every scenario.
    """

    algorithm: str
    title: str
    scenarios: tuple[str, ...]
    settings: tuple[str, ...]
    means: tuple[tuple[float | None, ...], ...]
    normalised: tuple[tuple[float | None, ...], ...]
    runs: tuple[tuple[int, ...], ...]
    phi: IntervalEstimate
    single: str | None
    places: tuple[float | None, ...]


def transfer(record: CampaignRecord) -> tuple[AlgorithmTransfer, ...]:
    """One entry per algorithm that has finished runs of the transfer rung."""
    rows = []
    for name, title in algorithms(record).items():
        cells = [cell for cell in record.first_searches if cell.cell.algorithm.name == name]
        ran = any(run.rung == Rung.TRANSFER and run.result for cell in cells for run in cell.runs)
        if ran:
            rows.append(_entry(name, title, cells))
    return tuple(rows)


def _entry(name: str, title: str, cells: Sequence[CellRecord]) -> AlgorithmTransfer:
    sources = [cell.name for cell in cells]
    scores = _scores(cells, [*sources, DEFAULT])
    normalised, has_references = (
        _normalised(cells, scores),
        [bool(references(cell)) for cell in cells],
    )
    phi = stats.held_out_sensitivity(normalised[:, has_references])
    best = stats.best_single_configuration(scores)
    names = (*(cell.cell.scenario.name for cell in cells), DEFAULT)
    return AlgorithmTransfer(
        algorithm=name,
        title=title,
        scenarios=names[:-1],
        settings=names,
        means=_table(scores),
        normalised=_table(normalised),
        runs=tuple(tuple(int(n) for n in row) for row in (~np.isnan(scores)).sum(axis=0)),
        phi=interval_estimate(phi),
        single=None if best.index is None else names[best.index],
        places=tuple(none_for_nan(float(score)) for score in best.scores),
    )


def _scores(cells: Sequence[CellRecord], settings: Sequence[str]) -> Array:
    """Shape (n_seeds, n_scenarios, n_settings); NaN = missing."""
    columns = [_column(cell, setting) for cell in cells for setting in settings]
    return pad_columns(columns).reshape(-1, len(cells), len(settings))


def _column(cell: CellRecord, setting: str) -> list[float]:
    runs = cell.runs_of(Rung.TRANSFER, setting)
    if not runs and setting in {cell.name, DEFAULT}:
        runs = cell.runs_of(Rung.TEST, TUNED if setting == cell.name else DEFAULT)
    return [np.nan if run.score is None else run.score for run in runs]


def _normalised(cells: Sequence[CellRecord], scores: Array) -> Array:
    normalised = np.full(scores.shape, np.nan)
    for index, cell in enumerate(cells):
        ends = references(cell)
        if ends is not None:
            normalised[:, index] = (scores[:, index] - ends[0]) / (ends[1] - ends[0])
    return normalised


def _table(scores: Array) -> tuple[tuple[float | None, ...], ...]:
    present = ~np.isnan(scores)
    with np.errstate(invalid="ignore"):
        means = np.where(present, scores, 0.0).sum(axis=0) / present.sum(axis=0)
    return tuple(tuple(none_for_nan(float(mean)) for mean in row) for row in means)
