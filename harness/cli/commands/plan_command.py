"""``harness plan``: what a matrix would train."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.cli import console
from harness.cli.command_options import AsJson, MatrixSource, Profile, Runs, Safe, Sets
from harness.cli.console import Column, Table
from harness.cli.text_format import count, duration
from harness.core.settings import Rung

if TYPE_CHECKING:
    from harness.campaign import CellPlan, ImplicitBudget, MachineSpeed, RungPlan
    from harness.core.matrix import CellNote

__all__ = ["implicit_budget_lines", "note_lines", "plan"]

_WHOSE: Final = {
    "search.steps": "trials and confirm runs",
    "test.steps": "the runs of the test",
}


def plan(
    matrix: MatrixSource,
    profile: Profile = None,
    sets: Sets = None,
    safe: Safe = False,
    runs: Runs = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Show what a matrix would train; run nothing."""
    from harness import campaign

    names = campaign.safe_registry() if safe else campaign.registry()
    matrix_value = campaign.load(matrix, names, profile=profile, sets=sets or [])
    plans = campaign.summarize(matrix_value)
    # Another campaign names code too, and may be kept on a server.
    speed = campaign.UNKNOWN_SPEED if safe else campaign.machine_speed(matrix_value, runs, names)
    unverified = campaign.unverified(matrix_value) if safe else []
    implicit_budgets = campaign.implicit_budgets(matrix_value)
    if as_json:
        entries = [asdict(one) for one in implicit_budgets]
        notes = [asdict(note) for note in matrix_value.notes]
        figures = plan_json(matrix_value.name, plans, speed)
        more = {"unverified": unverified} if safe else {}
        console.emit(figures | {"implicit_budgets": entries, "notes": notes} | more)
        return
    console.show(plan_table(plans, speed))
    for line in curriculum_lines(plans):
        console.out(line)
    for line in implicit_budget_lines(implicit_budgets, len(plans)):
        console.note(f"\n{line}")
    for line in note_lines(matrix_value.notes, len(plans)):
        console.note(f"\n{line}")
    for line in unverified:
        console.note(f"\nnot verified: {line}")
    console.note(f"\n{_lasting(sum(cell.seconds for cell in plans), speed)}")
    console.note(f"\nnothing was run; start with: {_start(matrix, profile, sets or [])}")


def _start(matrix: str, profile: str | None, sets: Sequence[str]) -> str:
    words = ["harness", "run", "--matrix", matrix]
    words += [] if profile is None else ["--profile", profile]
    return shlex.join([*words, *(word for value in sets for word in ("--set", value))])


def plan_json(name: str, plans: Sequence[CellPlan], speed: MachineSpeed) -> dict[str, Any]:
    """The plan as JSON: runs, steps and worker-hours per cell, per rung and in all.

    The most of runs and steps stands beside them where seeds may be added; hours are those of
    the most.
    """
    return {
        "campaign": name,
        "cells": [
            {"cell": cell.name, **{rung.value: _cost(cell.rungs[rung]) for rung in Rung}}
            | {"hours": _hours(cell.seconds, speed)}
            | ({"curriculum": cell.curriculum} if cell.curriculum else {})
            for cell in plans
        ],
        "hours": _hours(sum(cell.seconds for cell in plans), speed),
        "measured": {"campaign": speed.campaign or None, "runs": speed.runs},
        "runs": sum(cell.runs for cell in plans),
        "most_runs": sum(cell.most_runs for cell in plans),
        "steps": sum(cell.steps for cell in plans),
        "most_steps": sum(cell.most_steps for cell in plans),
    }


def curriculum_lines(plans: Sequence[CellPlan]) -> list[str]:
    """What trainings go through, of the cells that have levels; with a heading."""
    lines = [f"{cell.name}  {cell.curriculum}" for cell in plans if cell.curriculum]
    return ["", "levels of a training:", *lines] if lines else []


def implicit_budget_lines(implicit_budgets: Sequence[ImplicitBudget], cells: int) -> list[str]:
    """What trainings' lengths are where the matrix names none; `cells` are all it has."""
    lines = []
    for one in implicit_budgets:
        some = "" if len(one.cells) == cells else f" for {len(one.cells)} of {cells} cells"
        lines.append(
            f"nothing here names `{one.key}`{some}: {_WHOSE[one.key]} have {count(one.steps)} "
            "environment steps, the default"
        )
    return lines


def note_lines(notes: Sequence[CellNote], cells: int) -> list[str]:
    """What is legal, but not what one might expect: each note once, with the cells it is about."""
    by_text: dict[tuple[str, str], list[str]] = {}
    for note in notes:
        by_text.setdefault((note.source, note.text), []).append(note.cell)
    lines = []
    for (source, text), names in by_text.items():
        some = names[0] if len(names) == 1 else f"{len(names)} of {cells} cells"
        lines.append(f"note: {some}: {text}" + (f" ({source})" if source else ""))
    return lines


def _hours(seconds: float, speed: MachineSpeed) -> dict[str, float]:
    return {
        name: round(seconds * factor / 3600, 4)
        for name, factor in (("low", speed.low), ("middle", speed.middle), ("high", speed.high))
    }


def _lasting(seconds: float, speed: MachineSpeed) -> str:
    """About how long one worker would take, and how that is known."""
    low, middle, high = (
        duration(seconds * factor) for factor in (speed.low, speed.middle, speed.high)
    )
    source = f"as {count(speed.runs)} runs of `{speed.campaign}` were" if speed.runs else "a guess"
    source += "" if speed.runs else ": no run here was long enough to tell this machine's pace"
    return f"about {middle} of one worker without pruning ({low} to {high}; {source})"


def plan_table(plans: Sequence[CellPlan], speed: MachineSpeed) -> Table:
    """One row per cell, ``runs x steps`` per rung, totals last."""
    # The rung that few matrices have shows where one has it.
    rungs = [
        rung
        for rung in Rung
        if rung is not Rung.TRANSFER or any(cell.rungs[rung].runs for cell in plans)
    ]
    titles = (*(rung.value for rung in rungs), "runs", "steps", "time")
    rows = [
        (
            cell.name,
            *(_product(cell.rungs[rung]) for rung in rungs),
            _span(cell.runs, cell.most_runs),
            _span(cell.steps, cell.most_steps),
            duration(cell.seconds * speed.middle),
        )
        for cell in plans
    ]
    footer = (
        "total",
        *(
            _span(
                sum(cell.rungs[rung].runs for cell in plans),
                sum(cell.rungs[rung].most_runs for cell in plans),
            )
            for rung in rungs
        ),
        _span(sum(cell.runs for cell in plans), sum(cell.most_runs for cell in plans)),
        _span(sum(cell.steps for cell in plans), sum(cell.most_steps for cell in plans)),
        duration(sum(cell.seconds for cell in plans) * speed.middle),
    )
    return Table(
        columns=(Column(title="cell"), *(Column(title=title, right=True) for title in titles)),
        rows=tuple(rows),
        footer=footer,
    )


def _product(rung: RungPlan) -> str:
    if not rung.runs:
        return "-"
    return f"{_span(rung.runs, rung.most_runs)} x {count(rung.steps // rung.runs)}"


def _span(least: int, most: int) -> str:
    return count(least) if least == most else f"{count(least)}..{count(most)}"


def _cost(rung: RungPlan) -> dict[str, int]:
    cost = {"runs": rung.runs, "steps": rung.steps}
    grows = rung.most_runs > rung.runs
    return cost | ({"most_runs": rung.most_runs, "most_steps": rung.most_steps} if grows else {})
