"""What a matrix will cost: runs, environment steps and hours, told before anything runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from harness.core import carry, effort, plan
from harness.core.matrix import Cell, Matrix
from harness.core.run import Run
from harness.core.settings import Rung

__all__ = ["CellPlan", "RungPlan", "summarize"]

SAMPLES: Final = 64
"""Configurations that stand for what a search will try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RungPlan:
    """Runs of one rung.

    Attributes:
        runs, most_runs: At least, and at most where seeds may be added.
        steps, most_steps: Environment steps they train in all.
        seconds: What the most should take one worker, on the machine of the cost model.
    """

    runs: int
    most_runs: int
    steps: int
    most_steps: int
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlan:
    """What a cell will take; `confirm` is at most this, when the search finds enough to confirm.

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


def summarize(
    matrix: Matrix, seeds: Mapping[str, int] | None = None, *, timed: bool = True
) -> tuple[CellPlan, ...]:
    """Runs, steps and seconds of every cell.

    Args:
        matrix: The matrix.
        seeds: Cell name -> held-out seeds it has so far; None for those it begins with.
        timed: Whether to tell the seconds too, which takes longer than all the rest.
    """
    known = seeds or {}
    return tuple(
        CellPlan(
            name=cell.name,
            rungs=_rungs(cell, matrix, known.get(cell.name), timed=timed),
            curriculum=_levels(cell),
        )
        for cell in matrix.cells
    )


def _levels(cell: Cell) -> str:
    curriculum = cell.scenario.curriculum
    return "" if curriculum is None else curriculum.describe(cell.scenario.name)


def _rungs(cell: Cell, matrix: Matrix, seeds: int | None, *, timed: bool) -> dict[str, RungPlan]:
    named = {plan.DEFAULT, plan.TUNED, *(variant.name for variant in cell.variants)}
    arms = sum(variant in named for variant in cell.test.variants)
    sources = carry.sources(cell, matrix.cells)
    search, test = cell.search.steps, cell.test.steps
    confirm = (cell.confirm.top + 1) * len(plan.confirm_seeds(cell))
    least, most = seeds or plan.first_seeds(cell), len(plan.test_seeds(cell))
    transfers = len(sources) * cell.transfer.seeds
    counts = {
        Rung.SEARCH: (cell.search.trials, cell.search.trials, search),
        Rung.CONFIRM: (confirm, confirm, search),
        Rung.TEST: (arms * least, arms * most, test),
        Rung.TRANSFER: (transfers, transfers, test),
    }
    each = _seconds(cell) if timed else dict.fromkeys(Rung, 0.0)
    return {
        rung.value: RungPlan(
            runs=runs,
            most_runs=most_runs,
            steps=runs * steps,
            most_steps=most_runs * steps,
            seconds=most_runs * each[rung],
        )
        for rung, (runs, most_runs, steps) in counts.items()
    }


def _seconds(cell: Cell) -> dict[Rung, float]:
    """Seconds of a run of each rung: of the default in part, of what a search tries in part."""

    def whole(arguments: Mapping[str, Any], rung: Rung) -> float:
        run = _sample(cell, arguments, rung)
        return effort.STARTUP + effort.effort(run) + effort.evaluation(run)

    def typical(rung: Rung) -> float:
        return math.fsum(whole(each, rung) for each in tried) / len(tried)

    tried = _tried(cell)
    default = {rung: whole(cell.arguments, rung) for rung in (Rung.CONFIRM, Rung.TEST)}
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
    """Arguments of trials drawn evenly from the space, without those too dear for a search."""
    random = np.random.default_rng(0)
    limit = cell.search.cost_aware
    found = []
    for _ in range(SAMPLES):
        values: dict[str, Any] = {}
        for parameter in cell.space.parameters:
            if cell.space.is_active(parameter, values):
                points = parameter.domain.grid(9)
                drawn = points[int(random.integers(len(points)))]
                values[parameter.name] = parameter.domain.from_axis(drawn)
        arguments = plan.arguments_of(cell, values)
        if limit is None or effort.relative(cell, arguments) <= limit:
            found.append(arguments)
    return found or [dict(cell.arguments)]
