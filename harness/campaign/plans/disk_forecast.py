"""The bytes that a campaign will take: database, report, and the models if they are saved."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.campaign.plans.plan_summary import CellPlan
from harness.core.costs import effort
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell, Matrix
from harness.core.settings import Rung

_KIB: Final = 1024
_DATABASE: Final = 160 * _KIB
_CELL_ROWS: Final = 14 * _KIB
_TRIAL_ROWS: Final = 6 * _KIB
_RUN_ROWS: Final = 1.3 * _KIB
_EPISODE_ROWS: Final = 24
"""Bytes of the tables: of a campaign, a cell, a trial, a run, an episode of an evaluation."""

_REPORT: Final = 4.8 * _KIB * _KIB
_CELL_PAGE: Final = 100 * _KIB
_RUN_PAGE: Final = 3.5 * _KIB
"""Bytes of a report: what draws its figures, a cell's page, and a run in the pages and the data."""

_MODEL: Final = 25 * _KIB
_PARAMETER: Final = {True: 12, False: 24}
"""Bytes of a model, and of a parameter of actor and critic, on policy and off: itself, Adam's two
moments and, off policy, a second critic and the targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskForecast:
    """Bytes; what runs print is kept too, and nobody knows how much that is.

    Attributes:
        database, report: Whatever is asked for.
        models: With `--save-models`.
        runs: What all three are computed from.
    """

    database: float
    report: float
    models: float
    runs: int


def forecast_disk(matrix: Matrix, plans: Sequence[CellPlan]) -> DiskForecast:
    """What the whole campaign takes in the end, from its runs, episodes and networks."""
    rows, pages, models, runs = float(_DATABASE), float(_REPORT), 0.0, 0
    for cell, plan in zip(matrix.cells, plans, strict=True):
        sizes = {Rung(name): rung.usual_runs for name, rung in plan.rungs.items()}
        count = sum(sizes.values()) + plan.done
        # What is done is no longer told by rung; most of it is as what is left.
        trials = sizes[Rung.SEARCH] * count / max(1, sum(sizes.values()))
        tests = round(plan.rungs[Rung.TEST].usual)
        rows += _CELL_ROWS + trials * _TRIAL_ROWS
        rows += count * (_RUN_ROWS + _EPISODE_ROWS * _episodes(cell))
        pages += _CELL_PAGE + count * _RUN_PAGE
        # The best one is kept a second time.
        models += (tests + 1) * _model_bytes(cell)
        runs += count
    return DiskForecast(database=rows, report=pages, models=models, runs=runs)


def _episodes(cell: Cell) -> float:
    return max(cell.search.evals * cell.search.episodes, cell.test.evals * cell.test.episodes)


def _model_bytes(cell: Cell) -> float:
    arguments = cell_arguments.default_arguments(cell)
    count = effort.parameters_of(cell.algorithm, cell.scenario, arguments)
    return _MODEL + count * _PARAMETER[cell.algorithm.on_policy]


def free_bytes(folder: Path) -> int:
    """What the disk has left under a folder that may not be there yet."""
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return shutil.disk_usage(existing).free
