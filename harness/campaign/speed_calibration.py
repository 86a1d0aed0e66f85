"""How fast this machine is, in seconds for a second of the cost model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from harness.campaign.campaign_records import campaign_names, latest, record
from harness.campaign.matrices import matrix_of
from harness.campaign.plan_summary import CellPlan
from harness.core import effort, plan
from harness.core.matrix import Cell, Matrix
from harness.core.record import CellRecord, RunRecord, RunResult, Status, TrialRecord
from harness.core.run import Run
from harness.errors import HarnessError
from harness.registry import Registry

__all__ = ["UNKNOWN_SPEED", "MachineSpeed", "calibrate", "machine_speed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpeed:
    """Seconds here for a second of the cost model.

    Attributes:
        low, middle, high: Tenth, half and nine tenths of the runs were quicker.
        runs: How many were measured; none where the numbers are a guess.
        campaign: The campaign they are from.
        by_algorithm: Algorithm -> the middle of its runs, where they were enough.
    """

    low: float
    middle: float
    high: float
    runs: int = 0
    campaign: str = ""
    by_algorithm: Mapping[str, float] = field(default_factory=dict)

    def seconds(self, plans: Iterable[CellPlan]) -> dict[str, float]:
        """What one worker takes for cells here, by ``low``, ``middle`` and ``high``."""
        middle = math.fsum(
            cell.seconds * self.by_algorithm.get(cell.algorithm, self.middle) for cell in plans
        )
        scales = {"low": self.low, "middle": self.middle, "high": self.high}
        return {name: middle * factor / self.middle for name, factor in scales.items()}


SHORTEST: Final = 0.5
"""Reference seconds of learning below which what is paid once hides the speed."""

_ENOUGH_RUNS: Final = 10
_ENOUGH_SECONDS: Final = 30.0
"""So many runs, or so long ones together, tell a pace; fewer are an accident."""

UNKNOWN_SPEED: Final = MachineSpeed(low=0.5, middle=1.0, high=2.5)
"""Of a machine on which nothing was measured."""


def machine_speed(matrix: Matrix, runs: Path, names: Registry) -> MachineSpeed:
    """From the campaign of that matrix if it has begun, else from the latest one under `runs`.

    What cannot be read, e.g. because a plug-in is gone, tells nothing.
    """
    try:
        name = matrix.name if matrix.name in campaign_names(runs) else latest(runs)
        measured_in = record(name, runs)
        cells = {cell.name: cell for cell in matrix_of(name, measured_in.document, names).cells}
    except HarnessError:
        return UNKNOWN_SPEED
    measured: dict[str, list[tuple[float, float]]] = {}
    for each in measured_in.cells:
        for run, result in _finished(cells[each.name], each) if each.name in cells else ():
            expected, seconds = effort.effort(run, result.steps), result.cost.learn
            if seconds > 0 and expected >= SHORTEST:
                pairs = measured.setdefault(run.algorithm.name, [])
                pairs.append((seconds, seconds / expected))
    every = [pair for pairs in measured.values() for pair in pairs]
    if not _are_enough(every):
        return UNKNOWN_SPEED
    return _speed_of(measured, campaign=name)


def _are_enough(measured: Sequence[tuple[float, float]]) -> bool:
    seconds = math.fsum(seconds for seconds, _ in measured)
    return len(measured) >= _ENOUGH_RUNS or seconds >= _ENOUGH_SECONDS


def _finished(cell: Cell, known: CellRecord) -> Iterator[tuple[Run, RunResult]]:
    """Complete runs of all rungs; a seed plays no part in what they should take."""
    everything: tuple[TrialRecord | RunRecord, ...] = (*known.trials, *known.runs)
    for each in everything:
        if each.result is not None and each.result.status is Status.COMPLETE:
            yield plan.retrain(cell, each.arguments, 0), each.result


_TRIED_SECONDS: Final = 5.0
"""Reference seconds of each cell's default that a calibration trains."""


def calibrate(matrix: Matrix, execute: Callable[[Run], RunResult]) -> MachineSpeed:
    """Train each cell's default for some seconds, and see how long they take here.

    Args:
        matrix: The cells.
        execute: Trains a run.

    Returns:
        The speed; a guess where no training came to its end.
    """
    measured: dict[str, list[tuple[float, float]]] = {}
    for cell in matrix.cells:
        arguments = plan.default_arguments(cell)
        rate = effort.effort(plan.retrain(cell, arguments, 0)) / cell.test.steps
        steps = max(1, min(cell.test.steps, round(_TRIED_SECONDS / rate)))
        run = plan.retrain(cell, arguments, 0, steps)
        result = execute(run)
        if result.status is Status.COMPLETE and result.cost.learn > 0:
            pair = (result.cost.learn, result.cost.learn / effort.effort(run, result.steps))
            measured.setdefault(cell.algorithm.name, []).append(pair)
    return _speed_of(measured, campaign="")


def _speed_of(
    measured: Mapping[str, Sequence[tuple[float, float]]], *, campaign: str
) -> MachineSpeed:
    """From pairs of seconds and seconds per second of the cost model, by algorithm."""
    ratios = [ratio for pairs in measured.values() for _, ratio in pairs]
    if not ratios:
        return UNKNOWN_SPEED
    low, middle, high = np.quantile(ratios, [0.1, 0.5, 0.9])
    return MachineSpeed(
        low=float(low),
        middle=float(middle),
        high=float(high),
        runs=len(ratios),
        campaign=campaign,
        by_algorithm={
            algorithm: float(np.median([ratio for _, ratio in pairs]))
            for algorithm, pairs in measured.items()
            if not campaign or _are_enough(pairs)
        },
    )
