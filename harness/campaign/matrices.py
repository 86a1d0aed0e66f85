"""From a matrix file to cells, and what they will cost: nothing here runs anything."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from harness import config, envs
from harness.core import effort, plan
from harness.core.matrix import Cell, Matrix
from harness.core.protocol import Rung
from harness.core.unit import Unit
from harness.registry import Registry

__all__ = ["CellPlan", "RungPlan", "load", "matrix_of", "registry", "summarize"]

SAMPLES: Final = 64
"""Configurations that stand for what a search will try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RungPlan:
    """Units of one rung, the environment steps they train in all, and what they should take.

    Attributes:
        units, steps: In all.
        seconds: Of one worker, on the machine of the cost model.
    """

    units: int
    steps: int
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlan:
    """What a cell will take; `confirm` is at most this, when the search finds enough to confirm."""

    name: str
    rungs: Mapping[str, RungPlan]

    @property
    def units(self) -> int:
        return sum(rung.units for rung in self.rungs.values())

    @property
    def steps(self) -> int:
        return sum(rung.steps for rung in self.rungs.values())

    @property
    def seconds(self) -> float:
        return math.fsum(rung.seconds for rung in self.rungs.values())


@cache
def registry() -> Registry:
    """All that is installed, with any Gymnasium id as a scenario."""
    return Registry.installed(probe=envs.probe, suggest=envs.known_ids)


def load(source: str, *, profile: str | None = None, sets: Sequence[str] = ()) -> Matrix:
    """Read, lay over, validate and resolve a matrix.

    Raises:
        MatrixError: With everything that is wrong in it.
    """
    return config.load_matrix(source, registry(), profile=profile, sets=sets)


def matrix_of(name: str, document: Mapping[str, Any]) -> Matrix:
    """The matrix a campaign was last run with, from its ledger's document.

    Raises:
        MatrixError: It no longer holds, e.g. because a plug-in is missing.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.json")
        path.write_text(json.dumps(document), encoding="utf-8")
        return load(str(path))


def summarize(matrix: Matrix) -> tuple[CellPlan, ...]:
    """Units and steps of every cell."""
    return tuple(CellPlan(name=cell.name, rungs=_rungs(cell)) for cell in matrix.cells)


def _rungs(cell: Cell) -> dict[str, RungPlan]:
    named = {plan.DEFAULT, plan.TUNED, *(variant.name for variant in cell.variants)}
    arms = sum(variant in named for variant in cell.test.variants)
    units = {
        Rung.SEARCH: cell.search.trials,
        Rung.CONFIRM: (cell.confirm.top + 1) * len(plan.confirm_seeds(cell)),
        Rung.TEST: arms * len(plan.test_seeds(cell)),
    }
    each = _seconds(cell)
    return {
        rung.value: RungPlan(
            units=count,
            steps=count * (cell.test.steps if rung is Rung.TEST else cell.search.steps),
            seconds=count * each[rung],
        )
        for rung, count in units.items()
    }


def _seconds(cell: Cell) -> dict[Rung, float]:
    """Seconds of a unit of each rung: of the default in part, of what a search tries in part."""

    def whole(arguments: Mapping[str, Any], rung: Rung) -> float:
        unit = _sample(cell, arguments, rung)
        return effort.STARTUP + effort.effort(unit) + effort.evaluation(unit)

    def typical(rung: Rung) -> float:
        return math.fsum(whole(each, rung) for each in tried) / len(tried)

    tried = _tried(cell)
    default = {rung: whole(cell.arguments, rung) for rung in (Rung.CONFIRM, Rung.TEST)}
    share = 1 / (cell.confirm.top + 1)
    return {
        Rung.SEARCH: typical(Rung.SEARCH),
        Rung.CONFIRM: share * default[Rung.CONFIRM] + (1 - share) * typical(Rung.CONFIRM),
        Rung.TEST: (default[Rung.TEST] + typical(Rung.TEST)) / 2,
    }


def _sample(cell: Cell, arguments: Mapping[str, Any], rung: Rung) -> Unit:
    """A unit of a rung; its seed plays no part."""
    unit = plan.retrain(cell, arguments, 0)
    if rung is Rung.TEST:
        return unit
    search = cell.search
    schedule = replace(unit.schedule, evals=search.evals, episodes=search.episodes)
    return replace(unit, steps=search.steps, schedule=schedule)


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
        if limit is None or effort.relative(cell, arguments) <= limit.times:
            found.append(arguments)
    return found or [dict(cell.arguments)]
