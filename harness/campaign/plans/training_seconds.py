"""What a training of a cell should take, on the machine of the cost model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from harness.core.costs import effort
from harness.core.costs.search_budget import typical_trials
from harness.core.decisions import plan
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.run import Run
from harness.core.settings import Rung

SAMPLES: Final = 64
"""Configurations that stand for what a search will try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSeconds:
    """What a training should take, on the machine of the cost model.

    Attributes:
        learning: Without its evaluations.
        evaluation: All of its evaluations.
        start: Before its first step and after its last.
        spread: Of nine configurations in ten more than the first times as much, of nine in ten less
            than the other; for a rung that trains one of those that were searched.
    """

    learning: float
    evaluation: float
    start: float
    spread: tuple[float, float] = (1.0, 1.0)

    @property
    def total(self) -> float:
        return self.learning + self.evaluation + self.start


NO_TRAINING: Final = TrainingSeconds(learning=0.0, evaluation=0.0, start=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheapestCorner:
    """A search whose trials are all as cheap as can be.

    Attributes:
        multiple: Effort of a trial in multiples of the default's.
        runs: Trials that the budget then holds.
        seconds: What they take, as in `RungPlan`.
    """

    multiple: float
    runs: int
    seconds: float


def trainings(
    cell: Cell, suggestions: Sequence[Mapping[str, object]] = (), result_count: int = 0
) -> dict[Rung, TrainingSeconds]:
    """A training of each rung: of the default in part, of what a search tries in part.

    Args:
        suggestions: Arguments of its first trials; none where any of the space may be tried.
        result_count: Trials that need no training any more.
    """
    samples = suggestions or sample_arguments(cell)
    # Whatever they take, trials and confirm runs share a budget that is counted in default runs.
    has_budget = cell.search.budget is not None
    share = 1.0 if has_budget else 1 / (cell.confirm.top + 1)
    return {
        Rung.SEARCH: _mix(
            cell, Rung.SEARCH, 1.0 if has_budget else 0.0, samples[result_count:] or samples
        ),
        Rung.CONFIRM: _mix(cell, Rung.CONFIRM, share, samples),
        Rung.TEST: _mix(cell, Rung.TEST, 0.5, samples),
        Rung.TRANSFER: _mix(cell, Rung.TRANSFER, 0.0, samples),
    }


def _mix(
    cell: Cell, rung: Rung, share: float, samples: Sequence[Mapping[str, object]]
) -> TrainingSeconds:
    """A training of a rung, if that share of them is the default's."""
    ours = sample(cell, cell_arguments.default_arguments(cell), rung)
    others = [sample(cell, arguments, rung) for arguments in samples]
    efforts = np.array([effort.effort(run) for run in others])
    # All trials are trained, but of the few that are confirmed and the one that is tested most are
    # none of those that take many times what the others do.
    is_all = rung is Rung.SEARCH
    usual = float(efforts.mean() if is_all else np.median(efforts))
    default = effort.effort(ours)
    seeds = cell.search.seeds if rung is Rung.SEARCH else 1
    learning = share * default + (1 - share) * usual
    low, high = (
        (share * default + (1 - share) * float(each)) / learning
        for each in ((usual, usual) if is_all else np.quantile(efforts, [0.1, 0.9]))
    )
    return TrainingSeconds(
        learning=seeds * learning,
        evaluation=seeds * effort.evaluation(ours),
        start=seeds * effort.STARTUP,
        spread=(low, high),
    )


def cheapest_corner(cell: Cell) -> CheapestCorner:
    """A search with a budget that stays in the cheapest corner of its space."""
    default_arguments = cell_arguments.default_arguments(cell)
    run = sample(cell, default_arguments, Rung.SEARCH)
    multiple = min(1.0, *(effort.relative(cell, arguments) for arguments in sample_arguments(cell)))
    # The first trial is the default, and the confirm rung is left its own.
    runs = min(cell.search.trials, 1 + int((typical_trials(cell) - 1) / multiple))
    each = effort.STARTUP + effort.evaluation(run) + multiple * effort.effort(run)
    each *= cell.search.seeds
    return CheapestCorner(multiple=multiple, runs=runs, seconds=runs * each)


def sample(cell: Cell, arguments: Mapping[str, object], rung: Rung) -> Run:
    """A run of a rung; its seed plays no part."""
    run = plan.retrain(cell, arguments, 0)
    if rung in {Rung.TEST, Rung.TRANSFER}:
        return run
    search = cell.search
    schedule = replace(run.schedule, evals=search.evals, episodes=search.episodes)
    return replace(run, steps=search.steps, schedule=schedule)


def sample_arguments(cell: Cell) -> list[dict[str, object]]:
    """Arguments of trials drawn evenly from the space, without those too expensive for a search."""
    random = np.random.default_rng(0)
    limit = cell.search.cost_aware
    samples = []
    for _ in range(SAMPLES):
        values: dict[str, Any] = {}
        for parameter in cell.space.parameters:
            if cell.space.is_active(parameter, values):
                points = parameter.domain.grid(9)
                point = points[int(random.integers(len(points)))]
                values[parameter.name] = parameter.domain.from_axis(point)
        arguments = cell_arguments.arguments_of(cell, values)
        if limit is None or effort.relative(cell, arguments) <= limit:
            samples.append(arguments)
    return samples or [cell_arguments.default_arguments(cell)]
