"""How fast this machine is, in seconds for a second of the cost model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import numpy as np

from harness.campaign.campaign_records import campaign_names, latest, record
from harness.campaign.matrices import matrix_of
from harness.campaign.plans.plan_summary import CellPlan, Foresight, RungPlan, no_foresight
from harness.campaign.plans.training_seconds import sample, sample_arguments
from harness.core.costs import effort
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell, Matrix
from harness.core.record import CellRecord, RunRecord, TrialRecord
from harness.core.run import Run
from harness.core.run_result import Cost, RunResult, Status
from harness.core.settings import Rung
from harness.errors import HarnessError
from harness.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpeed:
    """Seconds here for a second of the cost model.

    Attributes:
        low, middle, high: Tenth, half and nine tenths of the trainings were quicker.
        runs: How many were measured; none where the numbers are a guess.
        training_seconds: Seconds that they learned, in all.
        campaign: The campaign they are from; empty for a calibration.
        by_algorithm: Algorithm -> that of its trainings together, where they were enough.
        by_scenario: Scenario -> that of its evaluations, whose episodes end as policies do.
        starts: That of what a run takes beside both, its process included; None for the middle.
        cpu: Share of a core that a worker had; less than one where others use the machine too.
    """

    low: float
    middle: float
    high: float
    runs: int = 0
    training_seconds: float = 0.0
    campaign: str = ""
    by_algorithm: Mapping[str, float] = field(default_factory=dict)
    by_scenario: Mapping[str, float] = field(default_factory=dict)
    starts: float | None = None
    cpu: float = 1.0

    def training(self, cell: CellPlan, rung: RungPlan) -> float:
        """What one whole training of a rung takes one worker here."""
        pace = self.by_algorithm.get(cell.algorithm, self.middle)
        each = rung.training
        evaluation = each.evaluation * self.by_scenario.get(cell.scenario, pace)
        start = each.start * (pace if self.starts is None else self.starts)
        return each.learning * pace + evaluation + start

    def seconds(self, plans: Iterable[CellPlan]) -> dict[str, float]:
        """What one worker takes for cells here.

        Returns:
            ``middle``; ``low``, if machine and decisions are kind: as quick as the quickest, as few
            runs as can be; and ``high``, if neither is.
        """
        totals = dict.fromkeys(("low", "middle", "high"), 0.0)
        for cell in plans:
            for rung in cell.rungs.values():
                each = self.training(cell, rung)
                low, high = rung.training.spread
                totals["low"] += rung.least * each * low * self.low / self.middle
                totals["middle"] += rung.usual * each
                totals["high"] += rung.most * each * high * self.high / self.middle
        return totals


SHORTEST: Final = 0.5
"""Reference seconds of learning below which what is paid once hides the speed."""

_ENOUGH_RUNS: Final = 10
_ENOUGH_SECONDS: Final = 30.0
"""So many runs, or so long ones together, tell a pace; fewer are an accident."""

_PROCESS: Final = 0.05
"""Seconds in which a run's process starts, sends its result and makes way for the next."""

_SURENESS: Final = 1.15
"""Nobody knows a pace better than to this factor: a machine is not the same all night."""

UNKNOWN_SPEED: Final = MachineSpeed(low=0.5, middle=1.0, high=2.5)
"""Of a machine on which nothing was measured."""


@dataclass(frozen=True, slots=True)
class _Measurement:
    """A complete run: what it took, and what the cost model says of it."""

    algorithm: str
    scenario: str
    cost: Cost
    learning: float
    evaluation: float
    start: float

    @property
    def pace(self) -> float:
        return self.cost.learn / self.learning

    @property
    def overhead(self) -> float:
        """Seconds of the run that were neither learning nor evaluation."""
        return max(0.0, self.cost.wall - self.cost.learn - self.cost.evaluate)


def machine_speed(matrix: Matrix, runs: Path, names: Registry) -> MachineSpeed:
    """From the campaign of that matrix if it has begun, else from the latest one under `runs`.

    What cannot be read, e.g. because a plug-in is gone, tells nothing.
    """
    try:
        name = matrix.name if matrix.name in campaign_names(runs) else latest(runs)
        campaign = record(name, runs)
        cells = {cell.name: cell for cell in matrix_of(name, campaign.document, names).cells}
    except HarnessError:
        return UNKNOWN_SPEED
    measurements = [
        one
        for each in campaign.cells
        if each.name in cells
        for one in _complete_runs(cells[each.name], each)
        if one.cost.learn > 0 and one.learning >= SHORTEST
    ]
    return _speed_of(measurements, campaign=name) if _are_enough(measurements) else UNKNOWN_SPEED


def _are_enough(measurements: Sequence[_Measurement]) -> bool:
    seconds = math.fsum(each.cost.learn for each in measurements)
    return len(measurements) >= _ENOUGH_RUNS or seconds >= _ENOUGH_SECONDS


def _complete_runs(cell: Cell, record: CellRecord) -> Iterator[_Measurement]:
    """Complete runs of all rungs; a seed plays no part in what they should take."""
    everything: tuple[TrialRecord | RunRecord, ...] = (*record.trials, *record.runs)
    for each in everything:
        result = each.result
        if result is not None and result.status is Status.COMPLETE:
            rung = Rung.SEARCH if isinstance(each, TrialRecord) else each.rung
            seeds = cell.search.seeds if rung is Rung.SEARCH else 1
            yield _measure(cell, sample(cell, each.arguments, rung), result, seeds)


def _measure(cell: Cell, run: Run, result: RunResult, seeds: int = 1) -> _Measurement:
    return _Measurement(
        algorithm=cell.algorithm.name,
        scenario=cell.scenario.name,
        cost=result.cost,
        learning=effort.effort(run, result.steps),
        evaluation=seeds * effort.evaluation(run),
        start=seeds * effort.STARTUP,
    )


_TRIED_SECONDS: Final = 5.0
"""Reference seconds that each training of a calibration lasts at most."""


def calibrate(
    matrix: Matrix,
    execute: Callable[[Sequence[Run]], Sequence[RunResult]],
    *,
    workers: int,
    foresee: Callable[[Cell], Foresight] = no_foresight,
) -> MachineSpeed:
    """Train some seconds of the cells, as many at once as there are workers, and see how long.

    Each algorithm is trained until it has ten runs or thirty seconds; of each cell the default
    comes first, then what its search will train, the most expensive first: few of those take most
    of a night, and what is cheap tells little of them.

    Args:
        execute: Trains some runs at once.
        workers: Runs that run at once.
        foresee: What is likely of a search.

    Returns:
        The speed; a guess where no training came to its end.
    """
    measurements: list[_Measurement] = []
    turns = {cell.name: _short_runs(cell, foresee(cell)) for cell in matrix.cells}
    for _ in range(_ENOUGH_RUNS):
        lacking = [
            cell for cell in matrix.cells if not _are_enough(_of_algorithm(cell, measurements))
        ]
        if not lacking:
            break
        cells = list(islice(cycle(lacking), max(workers, len(lacking))))
        short_runs = [next(turns[cell.name]) for cell in cells]
        for cell, run, result in zip(cells, short_runs, execute(short_runs), strict=True):
            if result.status is Status.COMPLETE and result.cost.learn > 0:
                measurements.append(_measure_short(cell, run, result))
    return _speed_of(measurements, campaign="")


def _of_algorithm(cell: Cell, measurements: Sequence[_Measurement]) -> list[_Measurement]:
    return [each for each in measurements if each.algorithm == cell.algorithm.name]


def _short_runs(cell: Cell, foresight: Foresight) -> Iterator[Run]:
    """Runs like those of the search, each cut to some seconds; the default first."""
    samples = foresight.arguments or sample_arguments(cell)
    longest = sorted(samples, key=lambda arguments: -effort.relative(cell, arguments))
    for arguments in cycle([cell_arguments.default_arguments(cell), *longest]):
        run = sample(cell, arguments, Rung.SEARCH)
        steps = max(1, min(run.steps, round(_TRIED_SECONDS / effort.effort(run, 1))))
        evals = max(1, round(run.schedule.evals * steps / run.steps))
        yield replace(run, steps=steps, schedule=replace(run.schedule, evals=evals))


def _measure_short(cell: Cell, run: Run, result: RunResult) -> _Measurement:
    """Measure a run that was cut short: its episodes are not as long as those of a whole one."""
    measurement = _measure(cell, run, result)
    if run.steps == cell.search.steps:
        return measurement
    steps = sum(sum(evaluation.lengths) for evaluation in result.evaluations)
    return replace(measurement, evaluation=steps * effort.action_seconds(run.scenario))


def _speed_of(measurements: Sequence[_Measurement], *, campaign: str) -> MachineSpeed:
    if not measurements:
        return UNKNOWN_SPEED
    low, middle, high = np.quantile([each.pace for each in measurements], [0.1, 0.5, 0.9])
    by_algorithm = _groups(measurements, lambda each: each.algorithm)
    return MachineSpeed(
        low=min(float(low), float(middle) / _SURENESS),
        middle=float(middle),
        high=max(float(high), float(middle) * _SURENESS),
        runs=len(measurements),
        training_seconds=math.fsum(each.cost.learn for each in measurements),
        campaign=campaign,
        by_algorithm={
            name: _ratio(runs, lambda each: each.cost.learn, lambda each: each.learning)
            for name, runs in by_algorithm.items()
            if _are_enough(runs)
        },
        by_scenario={
            name: _ratio(runs, lambda each: each.cost.evaluate, lambda each: each.evaluation)
            for name, runs in _groups(measurements, lambda each: each.scenario).items()
            if any(each.evaluation for each in runs)
        },
        starts=float(np.median([(each.overhead + _PROCESS) / each.start for each in measurements])),
        cpu=min(1.0, _ratio(measurements, lambda each: each.cost.cpu, lambda each: each.cost.wall)),
    )


def _groups(
    measurements: Iterable[_Measurement], name: Callable[[_Measurement], str]
) -> dict[str, list[_Measurement]]:
    groups: dict[str, list[_Measurement]] = {}
    for each in measurements:
        groups.setdefault(name(each), []).append(each)
    return groups


def _ratio(
    measurements: Sequence[_Measurement],
    above: Callable[[_Measurement], float],
    below: Callable[[_Measurement], float],
) -> float:
    """The ratio of two sums over runs: long runs decide how long a night is."""
    return math.fsum(map(above, measurements)) / (math.fsum(map(below, measurements)) or 1.0)
