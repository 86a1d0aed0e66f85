"""``harness plan``: what a matrix would train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.cli import console
from harness.cli.formats import count
from harness.cli.options import AsJson, MatrixSource, Profile, Sets
from harness.cli.tables import Column, Table
from harness.core.protocol import Rung

if TYPE_CHECKING:
    from harness.campaign import CellPlan

__all__ = ["plan"]


def plan(
    matrix: MatrixSource, profile: Profile = None, sets: Sets = None, as_json: AsJson = False
) -> None:
    """Show what a matrix would train; run nothing."""
    from harness import campaign

    loaded = campaign.load(matrix, profile=profile, sets=sets or [])
    plans = campaign.summarize(loaded)
    if as_json:
        console.emit(plan_json(loaded.name, plans))
        return
    console.show(plan_table(plans))
    console.note(f"\nnothing was run; start with: harness run --matrix {matrix}")


def plan_json(name: str, plans: Sequence[CellPlan]) -> dict[str, Any]:
    """The plan as JSON: units and environment steps per cell and rung, and in all."""
    return {
        "campaign": name,
        "cells": [
            {"cell": cell.name, **{rung.value: _cost(cell, rung) for rung in Rung}}
            for cell in plans
        ],
        "units": sum(units for units, _ in _all(plans)),
        "steps": sum(steps for _, steps in _all(plans)),
    }


def plan_table(plans: Sequence[CellPlan]) -> Table:
    """One row per cell, ``units x steps`` per rung, totals last."""
    rungs = [rung.value for rung in Rung]
    columns = [Column(title="cell"), *(Column(title=rung, right=True) for rung in rungs)]
    columns += [Column(title="units", right=True), Column(title="steps", right=True)]
    rows = [
        (cell.name, *(_product(*cell.rungs[rung]) for rung in Rung), *_sum([cell]))
        for cell in plans
    ]
    per_rung = [count(sum(cell.rungs[rung][0] for cell in plans)) for rung in Rung]
    return Table(
        columns=tuple(columns), rows=tuple(rows), footer=("total", *per_rung, *_sum(plans))
    )


def _product(units: int, steps: int) -> str:
    return f"{count(units)} x {count(steps // units)}" if units else "-"


def _cost(cell: CellPlan, rung: Rung) -> dict[str, int]:
    units, steps = cell.rungs[rung]
    return {"units": units, "steps": steps}


def _all(plans: Sequence[CellPlan]) -> list[tuple[int, int]]:
    return [cell.rungs[rung] for cell in plans for rung in Rung]


def _sum(plans: Sequence[CellPlan]) -> tuple[str, str]:
    every = _all(plans)
    return count(sum(units for units, _ in every)), count(sum(steps for _, steps in every))
