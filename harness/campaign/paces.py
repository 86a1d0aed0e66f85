"""The pace of a machine: what runs took there, against what they were expected to take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from harness.campaign.matrices import matrix_of
from harness.campaign.places import kept
from harness.campaign.records import latest, record
from harness.core import plan
from harness.core.effort import effort
from harness.core.matrix import Cell, Matrix
from harness.core.record import CellRecord, RunRecord, RunResult, Status, TrialRecord
from harness.core.run import Run
from harness.errors import HarnessError

__all__ = ["UNKNOWN", "Pace", "pace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds here for a second of the cost model.

    Attributes:
        low, middle, high: Tenth, half and nine tenths of the runs were quicker.
        runs: How many were measured; none where the numbers are a guess.
        campaign: Whose.
    """

    low: float
    middle: float
    high: float
    runs: int = 0
    campaign: str = ""


SHORTEST: Final = 0.5
"""Reference seconds of learning below which what is paid once hides the pace."""

UNKNOWN: Final = Pace(low=0.5, middle=1.0, high=2.5)
"""Of a machine on which nothing was measured."""


def pace(matrix: Matrix, runs: Path) -> Pace:
    """From the campaign of that matrix if it has begun, else from the latest one under `runs`.

    What cannot be read, e.g. because a plug-in is gone, tells nothing.
    """
    try:
        name = matrix.name if matrix.name in kept(runs) else latest(runs)
        found = record(name, runs)
        cells = {cell.name: cell for cell in matrix_of(name, found.document).cells}
    except HarnessError:
        return UNKNOWN
    measured = [
        (result.cost.learn, effort(run) * result.steps / run.steps)
        for each in found.cells
        if each.name in cells
        for run, result in _finished(cells[each.name], each)
    ]
    paces = [took / expected for took, expected in measured if took > 0 and expected >= SHORTEST]
    if not paces:
        return UNKNOWN
    low, middle, high = np.quantile(paces, [0.1, 0.5, 0.9])
    return Pace(
        low=float(low), middle=float(middle), high=float(high), runs=len(paces), campaign=name
    )


def _finished(cell: Cell, known: CellRecord) -> Iterator[tuple[Run, RunResult]]:
    """Complete runs of all rungs; a seed plays no part in what they should take."""
    everything: tuple[TrialRecord | RunRecord, ...] = (*known.trials, *known.runs)
    for each in everything:
        if each.result is not None and each.result.status is Status.COMPLETE:
            yield plan.retrain(cell, each.arguments, 0), each.result
