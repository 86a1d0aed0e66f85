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
from harness.core import plan
from harness.core.matrix import Cell, Matrix
from harness.core.protocol import Rung
from harness.registry import Registry

__all__ = ["CellPlan", "RungPlan", "load", "matrix_of", "registry", "summarize"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RungPlan:
    """Units of one rung and the environment steps they train in all."""

    units: int
    steps: int


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
    def steps(self) -> int:
        return sum(rung.steps for rung in self.rungs.values())


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


def summarize(matrix: Matrix) -> tuple[CellPlan, ...]:
    """Units and steps of every cell."""
    return tuple(
        CellPlan(name=cell.name, rungs=_rungs(cell), curriculum=_levels(cell))
        for cell in matrix.cells
    )


def _levels(cell: Cell) -> str:
    curriculum = cell.scenario.curriculum
    return "" if curriculum is None else curriculum.describe(cell.scenario.name)


def _rungs(cell: Cell) -> dict[str, RungPlan]:
    named = {plan.DEFAULT, plan.TUNED, *(variant.name for variant in cell.variants)}
    arms = sum(variant in named for variant in cell.test.variants)
    units = {
        Rung.SEARCH: cell.search.trials,
        Rung.CONFIRM: (cell.confirm.top + 1) * len(plan.confirm_seeds(cell)),
        Rung.TEST: arms * len(plan.test_seeds(cell)),
    }
    return {
        rung.value: RungPlan(
            units=count,
            steps=count * (cell.test.steps if rung is Rung.TEST else cell.search.steps),
        )
        for rung, count in units.items()
    }
