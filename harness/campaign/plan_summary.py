"""What a matrix will cost: runs, environment steps and hours, before anything runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from harness import stats
from harness.core import effort, plan
from harness.core.joint_decisions import new_histories
from harness.core.ladder import advance
from harness.core.matrix import Cell, Matrix
from harness.core.record import (
    CampaignRecord,
)
from harness.core.remaining import CellCounts, counts_in, counts_of, remaining
from harness.core.run import Run
from harness.core.search_budget import typical_trials
from harness.core.settings import Rung

__all__ = [
    "CellPlan",
    "CheapestCorner",
    "RungPlan",
    "summarize",
]


SAMPLES: Final = 64
"""Configurations that stand for what a search will try."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RungPlan:
    """Runs of one rung.

    Attributes:
        runs, most_runs: At least and at most, as `harness.core.remaining` says.
        steps, most_steps: Environment steps they train in all.
        seconds: What the most should take one worker, on the machine of the cost model; of a search
            with a budget, what the budget does.
        typical: About how many runs a budget is used up by; None of other rungs.
        cheapest: Of a whole search with a budget, its runs and seconds if all trials were as cheap
            as its space allows: evaluations and start-up of each stay the same.
    """

    runs: int
    most_runs: int
    steps: int
    most_steps: int
    seconds: float = 0.0
    typical: int | None = None
    cheapest: CheapestCorner | None = None

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
        done: Runs that the campaign has done already; those of the rungs are what is left.
    """

    name: str
    rungs: Mapping[str, RungPlan]
    curriculum: str = ""
    done: int = 0

    @property
    def algorithm(self) -> str:
        return self.name.partition("@")[0]

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


def summarize(matrix: Matrix, begun: CampaignRecord | None = None) -> tuple[CellPlan, ...]:
    """Runs, steps and seconds of every cell: all of them, or what a campaign has left.

    Args:
        matrix: The cells.
        begun: The campaign of that matrix, in brief too; cells that are others there count anew.
    """
    histories = new_histories(matrix.cells)
    counts = counts_of({cell.name: advance(cell, histories[cell.name]) for cell in matrix.cells})
    if begun is not None:
        identities = {cell.cell.name: cell.cell.identity() for cell in begun.cells}
        same = {cell.name for cell in matrix.cells if identities.get(cell.name) == cell.identity()}
        counts |= {name: each for name, each in counts_in(begun).items() if name in same}
    return tuple(
        CellPlan(
            name=cell.name,
            rungs=_rungs(cell, counts[cell.name]),
            curriculum=_levels(cell),
            done=sum(counts[cell.name].ended.values()),
        )
        for cell in matrix.cells
    )


def _levels(cell: Cell) -> str:
    curriculum = cell.scenario.curriculum
    return "" if curriculum is None else curriculum.describe(cell.scenario.name)


def _rungs(cell: Cell, counts: CellCounts) -> dict[str, RungPlan]:
    left, seconds, typical = remaining(counts), _seconds(cell), {}
    trainings = left.trainings
    if cell.search.budget is not None:
        more = left.rungs[Rung.SEARCH]
        trials = typical_trials(cell) - counts.ended[Rung.SEARCH]
        typical[Rung.SEARCH] = min(more.most, max(more.least, trials))
    return {
        rung.value: RungPlan(
            runs=span.least,
            most_runs=span.most,
            steps=trainings[rung].least * plan.steps_of(cell, rung),
            most_steps=trainings[rung].most * plan.steps_of(cell, rung),
            seconds=typical.get(rung, trainings[rung].most) * seconds[rung],
            typical=typical.get(rung),
            cheapest=_cheapest(cell) if rung in typical else None,
        )
        for rung, span in left.rungs.items()
    }


def _seconds(cell: Cell) -> dict[Rung, float]:
    """Seconds of a run of each rung: of the default in part, of what a search tries in part."""

    def whole(arguments: Mapping[str, Any], rung: Rung) -> float:
        run = _sample(cell, arguments, rung)
        one = effort.STARTUP + effort.effort(run) + effort.evaluation(run)
        return one * (cell.search.seeds if rung is Rung.SEARCH else 1)

    def typical(rung: Rung) -> float:
        return math.fsum(whole(each, rung) for each in tried) / len(tried)

    tried = _tried(cell)
    given = plan.default_arguments(cell)
    default = {rung: whole(given, rung) for rung in (Rung.CONFIRM, Rung.TEST)}
    if cell.search.budget is not None:
        # Whatever they take, they share a budget that is counted in such runs.
        search = {rung: whole(given, rung) for rung in (Rung.SEARCH, Rung.CONFIRM)}
        test = (default[Rung.TEST] + typical(Rung.TEST)) / 2
        return {**search, Rung.TEST: test, Rung.TRANSFER: typical(Rung.TRANSFER)}
    share = 1 / (cell.confirm.top + 1)
    return {
        Rung.SEARCH: typical(Rung.SEARCH),
        Rung.CONFIRM: share * default[Rung.CONFIRM] + (1 - share) * typical(Rung.CONFIRM),
        Rung.TEST: (default[Rung.TEST] + typical(Rung.TEST)) / 2,
        Rung.TRANSFER: typical(Rung.TRANSFER),
    }


def _cheapest(cell: Cell) -> CheapestCorner:
    """A search with a budget that stays in the cheapest corner of its space."""
    default_arguments = plan.default_arguments(cell)
    run = _sample(cell, default_arguments, Rung.SEARCH)
    multiple = min(1.0, *(effort.relative(cell, arguments) for arguments in _tried(cell)))
    # The first trial is the default, and the confirm rung is left its own.
    runs = min(cell.search.trials, 1 + int((typical_trials(cell) - 1) / multiple))
    each = effort.STARTUP + effort.evaluation(run) + multiple * effort.effort(run)
    each *= cell.search.seeds
    return CheapestCorner(multiple=multiple, runs=runs, seconds=runs * each)


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


def detectable_difference(matrix: Matrix) -> tuple[int, float]:
    """What a verdict can find with the held-out seeds of a matrix.

    Returns:
        The fewest seeds of a cell; and the true difference which the most severe of the corrected
        tests finds with 80 % power, in standard deviations of a variant's scores. NaN with fewer
        seeds than a verdict needs.
    """
    seeds = min(len(plan.test_seeds(cell)) for cell in matrix.cells)
    if seeds < stats.MIN_SEEDS:
        return seeds, math.nan
    scores = np.linspace(-1, 1, seeds)
    scores /= scores.std(ddof=1)
    alpha = stats.ALPHA / len(matrix.cells)
    return seeds, stats.smallest_detectable_difference(scores, scores, alpha=alpha)
