"""What a matrix will cost: runs, environment steps and hours, before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from harness.campaign.campaign_records import campaign_names, latest, record
from harness.campaign.matrices import matrix_of
from harness.core import effort, plan
from harness.core.joint_decisions import new_histories
from harness.core.ladder import advance
from harness.core.matrix import Cell, Matrix
from harness.core.record import CellRecord, RunRecord, RunResult, Status, TrialRecord
from harness.core.remaining import Remaining, counts_of, remaining
from harness.core.run import Run
from harness.core.search_budget import typical_trials
from harness.core.settings import Rung
from harness.errors import HarnessError
from harness.registry import Registry

__all__ = ["UNKNOWN_SPEED", "CellPlan", "MachineSpeed", "RungPlan", "machine_speed", "summarize"]


SAMPLES: Final = 64
"""Configurations that stand for what a search will try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RungPlan:
    """Runs of one rung.

    Attributes:
        runs, most_runs: At least and at most, as `harness.core.remaining` says.
        steps, most_steps: Environment steps they train in all.
        seconds: What the most should take one worker, on the machine of the cost model; of a search
            with a budget, what the budget does.
        typical: About how many runs a budget is used up by; None of other rungs.
    """

    runs: int
    most_runs: int
    steps: int
    most_steps: int
    seconds: float = 0.0
    typical: int | None = None

    @property
    def usual_runs(self) -> int:
        """The runs that the seconds are told of."""
        return self.most_runs if self.typical is None else self.typical


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlan:
    """What a cell will take.

    Attributes:
        name: Of the cell.
        rungs: Name -> runs and steps.
        curriculum: The levels of every training in words; empty without any.
    """

    name: str
    rungs: Mapping[str, RungPlan]
    curriculum: str = ""

    @property
    def runs(self) -> int:
        return sum(rung.runs for rung in self.rungs.values())

    @property
    def most_runs(self) -> int:
        return sum(rung.most_runs for rung in self.rungs.values())

    @property
    def steps(self) -> int:
        return sum(rung.steps for rung in self.rungs.values())

    @property
    def most_steps(self) -> int:
        return sum(rung.most_steps for rung in self.rungs.values())

    @property
    def seconds(self) -> float:
        return math.fsum(rung.seconds for rung in self.rungs.values())


def summarize(matrix: Matrix) -> tuple[CellPlan, ...]:
    """Runs, steps and seconds of every cell."""
    histories = new_histories(matrix.cells)
    cells = {cell.name: advance(cell, histories[cell.name]) for cell in matrix.cells}
    counts = counts_of(cells)
    return tuple(
        CellPlan(
            name=cell.name,
            rungs=_rungs(cell, remaining(counts[cell.name])),
            curriculum=_levels(cell),
        )
        for cell in matrix.cells
    )


def _levels(cell: Cell) -> str:
    curriculum = cell.scenario.curriculum
    return "" if curriculum is None else curriculum.describe(cell.scenario.name)


def _rungs(cell: Cell, left: Remaining) -> dict[str, RungPlan]:
    seconds, typical = _seconds(cell), {}
    if cell.search.budget is not None:
        typical[Rung.SEARCH] = typical_trials(cell)
    return {
        rung.value: RungPlan(
            runs=span.least,
            most_runs=span.most,
            steps=span.least * plan.steps_of(cell, rung),
            most_steps=span.most * plan.steps_of(cell, rung),
            seconds=typical.get(rung, span.most) * seconds[rung],
            typical=typical.get(rung),
        )
        for rung, span in left.rungs.items()
    }


def _seconds(cell: Cell) -> dict[Rung, float]:
    """Seconds of a run of each rung: of the default in part, of what a search tries in part."""

    def whole(arguments: Mapping[str, Any], rung: Rung) -> float:
        run = _sample(cell, arguments, rung)
        return effort.STARTUP + effort.effort(run) + effort.evaluation(run)

    def typical(rung: Rung) -> float:
        return math.fsum(whole(each, rung) for each in tried) / len(tried)

    tried = _tried(cell)
    given = plan.default_arguments(cell)
    default = {rung: whole(given, rung) for rung in (Rung.CONFIRM, Rung.TEST)}
    if cell.search.budget is not None:
        # Whatever they take, they share a budget that is counted in such runs.
        trial = whole(given, Rung.SEARCH)
        search = {Rung.SEARCH: trial, Rung.CONFIRM: trial}
        test = (default[Rung.TEST] + typical(Rung.TEST)) / 2
        return {**search, Rung.TEST: test, Rung.TRANSFER: typical(Rung.TRANSFER)}
    share = 1 / (cell.confirm.top + 1)
    return {
        Rung.SEARCH: typical(Rung.SEARCH),
        Rung.CONFIRM: share * default[Rung.CONFIRM] + (1 - share) * typical(Rung.CONFIRM),
        Rung.TEST: (default[Rung.TEST] + typical(Rung.TEST)) / 2,
        Rung.TRANSFER: typical(Rung.TRANSFER),
    }


def _sample(cell: Cell, arguments: Mapping[str, Any], rung: Rung) -> Run:
    """A run of a rung; its seed plays no part."""
    run = plan.retrain(cell, arguments, 0)
    if rung in {Rung.TEST, Rung.TRANSFER}:
        return run
    search = cell.search
    schedule = replace(run.schedule, evals=search.evals, episodes=search.episodes)
    return replace(run, steps=search.steps, schedule=schedule)


def _tried(cell: Cell) -> list[dict[str, Any]]:
    """Arguments of trials drawn evenly from the space, without those too expensive for a search."""
    random = np.random.default_rng(0)
    limit = cell.search.cost_aware
    sampled = []
    for _ in range(SAMPLES):
        values: dict[str, Any] = {}
        for parameter in cell.space.parameters:
            if cell.space.is_active(parameter, values):
                points = parameter.domain.grid(9)
                point = points[int(random.integers(len(points)))]
                values[parameter.name] = parameter.domain.from_axis(point)
        arguments = plan.arguments_of(cell, values)
        if limit is None or effort.relative(cell, arguments) <= limit:
            sampled.append(arguments)
    return sampled or [plan.default_arguments(cell)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpeed:
    """Seconds here for a second of the cost model.

    Attributes:
        low, middle, high: Tenth, half and nine tenths of the runs were quicker.
        runs: How many were measured; none where the numbers are a guess.
        campaign: The campaign they are from.
    """

    low: float
    middle: float
    high: float
    runs: int = 0
    campaign: str = ""


SHORTEST: Final = 0.5
"""Reference seconds of learning below which what is paid once hides the speed."""

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
    measured = [
        (result.cost.learn, effort.effort(run, result.steps))
        for each in measured_in.cells
        if each.name in cells
        for run, result in _finished(cells[each.name], each)
    ]
    ratios = [
        seconds / expected for seconds, expected in measured if seconds > 0 and expected >= SHORTEST
    ]
    if not ratios:
        return UNKNOWN_SPEED
    low, middle, high = np.quantile(ratios, [0.1, 0.5, 0.9])
    return MachineSpeed(
        low=float(low), middle=float(middle), high=float(high), runs=len(ratios), campaign=name
    )


def _finished(cell: Cell, known: CellRecord) -> Iterator[tuple[Run, RunResult]]:
    """Complete runs of all rungs; a seed plays no part in what they should take."""
    everything: tuple[TrialRecord | RunRecord, ...] = (*known.trials, *known.runs)
    for each in everything:
        if each.result is not None and each.result.status is Status.COMPLETE:
            yield plan.retrain(cell, each.arguments, 0), each.result
