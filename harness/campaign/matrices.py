"""From a matrix file to cells, and what they will cost: nothing here runs anything."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import config, envs
from harness.core import carry, plan
from harness.core.matrix import Cell, Matrix
from harness.core.protocol import Rung
from harness.registry import Registry

__all__ = ["CellPlan", "RungPlan", "load", "matrix_of", "registry", "summarize"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RungPlan:
    """Units of one rung.

    Attributes:
        units, most_units: At least, and at most where seeds may be added.
        steps, most_steps: Environment steps they train in all.
    """

    units: int
    most_units: int
    steps: int
    most_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlan:
    """What a cell will take; `confirm` is at most this, when the search finds enough to confirm.

    Attributes:
        name: Of the cell.
        rungs: Name -> units and steps.
        curriculum: The levels of every training in words; empty without any.
    """

    name: str
    rungs: Mapping[str, RungPlan]
    curriculum: str = ""

    @property
    def units(self) -> int:
        return sum(rung.units for rung in self.rungs.values())

    @property
    def most_units(self) -> int:
        return sum(rung.most_units for rung in self.rungs.values())

    @property
    def steps(self) -> int:
        return sum(rung.steps for rung in self.rungs.values())

    @property
    def most_steps(self) -> int:
        return sum(rung.most_steps for rung in self.rungs.values())


@cache
def registry() -> Registry:
    """All that is installed, with any Gymnasium id as a scenario."""
    return Registry.installed(probe=envs.probe, suggest=envs.known_ids, spaces=envs.spaces_of)


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


def summarize(matrix: Matrix, seeds: Mapping[str, int] | None = None) -> tuple[CellPlan, ...]:
    """Units and steps of every cell.

    Args:
        matrix: The matrix.
        seeds: Cell name -> held-out seeds it has so far; None for those it begins with.
    """
    known = seeds or {}
    return tuple(
        CellPlan(
            name=cell.name,
            rungs=_rungs(cell, matrix, known.get(cell.name)),
            curriculum=_levels(cell),
        )
        for cell in matrix.cells
    )


def _levels(cell: Cell) -> str:
    curriculum = cell.scenario.curriculum
    return "" if curriculum is None else curriculum.describe(cell.scenario.name)


def _rungs(cell: Cell, matrix: Matrix, seeds: int | None) -> dict[str, RungPlan]:
    named = {plan.DEFAULT, plan.TUNED, *(variant.name for variant in cell.variants)}
    arms = sum(variant in named for variant in cell.test.variants)
    sources = carry.sources(cell, matrix.cells)
    search, test = cell.search.steps, cell.test.steps
    confirm = (cell.confirm.top + 1) * len(plan.confirm_seeds(cell))
    least, most = seeds or plan.first_seeds(cell), len(plan.test_seeds(cell))
    return {
        Rung.SEARCH.value: _rung(cell.search.trials, search),
        Rung.CONFIRM.value: _rung(confirm, search),
        Rung.TEST.value: _rung(arms * least, test, arms * most),
        Rung.TRANSFER.value: _rung(len(sources) * cell.transfer.seeds, test),
    }


def _rung(units: int, steps: int, most: int | None = None) -> RungPlan:
    most = units if most is None else most
    return RungPlan(units=units, most_units=most, steps=units * steps, most_steps=most * steps)
