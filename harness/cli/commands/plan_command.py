"""``harness plan``: what a matrix would train."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from harness.cli import console
from harness.cli.command_options import (
    FLAG,
    AsJson,
    MatrixOption,
    MatrixSource,
    Profile,
    Runs,
    Safe,
    Sets,
    matrix_source,
)
from harness.cli.console import Column, Table
from harness.cli.text_format import budget as time_length
from harness.cli.text_format import count, duration, utc_now
from harness.core.settings import Rung
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.campaign import BudgetFit, CellPlan, ImplicitBudget, MachineSpeed, RungPlan
    from harness.core.matrix import CellNote, Matrix
    from harness.registry import Registry

__all__ = ["cheapest_lines", "implicit_budget_lines", "note_lines", "plan"]

_LONGER: Final = 1.25
"""Times what a search takes, from which on the cheapest one is worth a line."""

_WHOSE: Final = {
    "search.steps": "trials and confirm runs",
    "test.steps": "the runs of the test",
}


def plan(
    matrix: MatrixSource = None,
    matrix_option: MatrixOption = None,
    profile: Profile = None,
    sets: Sets = None,
    safe: Safe = False,
    fit: Annotated[
        str | None,
        typer.Option(
            "--fit",
            metavar="TIME",
            help="Find the `search.budget` that this machine is done with in 8h, 90m, ...",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="How many runs are executed at once.",
            show_default="the cores",
        ),
    ] = None,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate",
            metavar=FLAG,
            help="Train some seconds of each cell first, to learn this machine's pace.",
            show_default=False,
        ),
    ] = False,
    runs: Runs = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Show what a matrix would train, or what its campaign has left; run nothing."""
    from harness import campaign
    from harness.execution import cores

    source = matrix_source("plan", matrix, matrix_option)
    names = campaign.safe_registry() if safe else campaign.registry(runs=runs)
    sets, workers = list(sets or []), workers or cores()
    measure = _measurement(runs, names, safe=safe, calibrate=calibrate)
    fitted = None
    if fit is not None:
        fitted = _fit(source, names, profile, sets, measure, time=fit, workers=workers)
        sets.append(f"search.budget={fitted.budget}")
    matrix_value = (
        campaign.load(source, names, profile=profile, sets=sets)
        if fitted is None
        else fitted.matrix
    )
    # Another campaign names code too, and may be kept on a server.
    begun = None if safe else campaign.begun_campaign(matrix_value.name, runs)
    plans = campaign.summarize(matrix_value, begun)
    speed = measure(matrix_value)
    unverified = campaign.unverified(matrix_value) if safe else []
    implicit_budgets = campaign.implicit_budgets(matrix_value)
    if as_json:
        entries = [asdict(one) for one in implicit_budgets]
        notes = [asdict(note) for note in matrix_value.notes]
        figures = plan_json(matrix_value.name, plans, speed, workers)
        more: dict[str, Any] = {"unverified": unverified} if safe else {}
        more |= {} if fitted is None else {"fit": _fit_json(fitted)}
        console.emit(figures | {"implicit_budgets": entries, "notes": notes} | more)
        return
    console.show(plan_table(plans, speed))
    for line in curriculum_lines(plans):
        console.out(line)
    for line in implicit_budget_lines(implicit_budgets, len(plans)):
        console.note(f"\n{line}")
    for line in (*note_lines(matrix_value.notes, len(plans)), *cheapest_lines(plans, speed)):
        console.note(f"\n{line}")
    for line in unverified:
        console.note(f"\nnot verified: {line}")
    console.note(f"\n{_lasting(plans, speed, workers)}\n{_power(matrix_value)}")
    if fitted is not None:
        console.out("")
        console.out("\n".join(fit_lines(fitted, fit or "")))
    console.note(f"\nnothing was run; start with: {_start(source, profile, sets)}")


def _measurement(
    runs: Path, names: Registry, *, safe: bool, calibrate: bool
) -> Callable[[Matrix], MachineSpeed]:
    """What tells this machine's speed for a matrix, once.

    Raises:
        UsageError: Something is to be trained, and nothing is to be run.
    """
    from harness import campaign

    if safe and calibrate:
        raise UsageError(
            "--safe runs nothing, and --calibrate trains", help="leave one of them out"
        )

    def measure(matrix: Matrix) -> MachineSpeed:
        if safe:
            return campaign.UNKNOWN_SPEED
        if not calibrate:
            return campaign.machine_speed(matrix, runs, names)
        from harness.execution import Order
        from harness.execution.local import execute_alone

        console.note(f"training some seconds of {len(matrix.cells)} cells ...")
        return campaign.calibrate(matrix, lambda run: execute_alone(Order(run=run)))

    speeds: list[MachineSpeed] = []

    def measure_once(matrix: Matrix) -> MachineSpeed:
        if not speeds:
            speeds.append(measure(matrix))
        return speeds[0]

    return measure_once


def _fit(
    matrix: str,
    names: Registry,
    profile: str | None,
    sets: Sequence[str],
    measure: Callable[[Matrix], MachineSpeed],
    *,
    time: str,
    workers: int,
) -> BudgetFit:
    """The budget that is used up in a length of time."""
    from harness import campaign

    def load(budget: float) -> Matrix:
        more = [*sets, f"search.budget={budget:g}"]
        return campaign.load(matrix, names, profile=profile, sets=more)

    seconds = time_length(time, "--fit").total_seconds()
    return campaign.fit_budget(load, measure, seconds=seconds, workers=workers)


def _fit_json(fitted: BudgetFit) -> dict[str, Any]:
    return {
        "budget": fitted.budget,
        "workers": fitted.workers,
        "hours": round(fitted.seconds / 3600, 4),
        "line": _fit_line(fitted),
    }


def _fit_line(fitted: BudgetFit) -> str:
    return f"search: {{budget: {fitted.budget} runs}}"


def fit_lines(fitted: BudgetFit, time: str) -> list[str]:
    """What fits, what it buys in each cell, and what to write."""
    rungs = [cell.rungs for cell in fitted.plans if cell.rungs[Rung.SEARCH].typical is not None]
    trials = sorted({each[Rung.SEARCH].usual_runs for each in rungs})
    confirm = sorted({each[Rung.CONFIRM].most_runs for each in rungs})
    some = f"{fitted.workers} worker{'s' if fitted.workers > 1 else ''}"
    buys = f"about {_ends(trials)} trials and {_ends(confirm)} confirm runs, then the test"
    return [
        f"{time} of {some} here hold a budget of {count(fitted.budget)} runs; in each cell: {buys}",
        f"about {duration(fitted.seconds)} in all; what pruning saves is spent on more trials",
        "write into the matrix, in place of `trials`:",
        f"  {_fit_line(fitted)}",
    ]


def _ends(numbers: Sequence[int]) -> str:
    return _span(numbers[0], numbers[-1])


def _start(matrix: str, profile: str | None, sets: Sequence[str]) -> str:
    words = ["harness", "run", "--matrix", matrix]
    words += [] if profile is None else ["--profile", profile]
    return shlex.join([*words, *(word for value in sets for word in ("--set", value))])


def plan_json(
    name: str, plans: Sequence[CellPlan], speed: MachineSpeed, workers: int
) -> dict[str, Any]:
    """The plan as JSON: runs, steps and worker-hours per cell, per rung and in all.

    The most of runs and steps stands beside them where seeds may be added; hours are those of
    the most.
    """
    return {
        "campaign": name,
        "cells": [
            {"cell": cell.name, **{rung.value: _cost(cell.rungs[rung]) for rung in Rung}}
            | {"done": cell.done, "hours": _hours([cell], speed)}
            | ({"curriculum": cell.curriculum} if cell.curriculum else {})
            for cell in plans
        ],
        "done": sum(cell.done for cell in plans),
        "hours": _hours(plans, speed),
        "workers": workers,
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


def cheapest_lines(plans: Sequence[CellPlan], speed: MachineSpeed) -> list[str]:
    """What searches with a budget would take longer if all of their trials were cheap ones."""
    lines = []
    for cell in plans:
        rung = cell.rungs[Rung.SEARCH]
        corner = rung.cheapest
        if corner is not None and not cell.done and corner.seconds > _LONGER * rung.seconds:
            factor = speed.seconds([cell])["middle"] / (cell.seconds or 1.0)
            usual, most = duration(factor * rung.seconds), duration(factor * corner.seconds)
            lines.append(
                f"note: {cell.name}: a search that stays where trials are cheapest "
                f"({corner.multiple:.2g} of the default's effort) has {count(corner.runs)} of them "
                f"and takes {most} instead of {usual}: each is evaluated, and evaluations are not "
                "in the budget"
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


def _hours(plans: Sequence[CellPlan], speed: MachineSpeed) -> dict[str, float]:
    return {name: round(each / 3600, 4) for name, each in speed.seconds(plans).items()}


def _lasting(plans: Sequence[CellPlan], speed: MachineSpeed, workers: int) -> str:
    """About how long it takes, until when, and how that is known."""
    whole = speed.seconds(plans)
    low, middle, high = (duration(whole[name] / workers) for name in ("low", "middle", "high"))
    some = f"{workers} worker{'s' if workers > 1 else ''}"
    end = (utc_now() + timedelta(seconds=whole["middle"] / workers)).astimezone()
    text = f"about {middle} of {some} without pruning ({low} to {high}; {_source(speed)})"
    text += f"; begun now it ends about {end:%a %H:%M}"
    if len(plans) > 1:
        dearest = max(plans, key=lambda cell: speed.seconds([cell])["middle"])
        share = speed.seconds([dearest])["middle"] / (whole["middle"] or 1.0)
        text += f"\n{share:.0%} of it is {dearest.name}"
    return text


def _power(matrix: Matrix) -> str:
    """What the verdicts will be able to tell."""
    from harness.campaign import detectable_difference

    seeds, size = detectable_difference(matrix)
    if math.isnan(size):
        return f"{seeds} held-out seeds per variant are too few for any verdict"
    return (
        f"{seeds} held-out seeds per variant find, four times in five, a difference of {size:.1f} "
        "standard deviations of a variant's scores"
    )


def _source(speed: MachineSpeed) -> str:
    if speed.runs and not speed.campaign:
        return f"as {count(speed.runs)} runs of some seconds were now"
    if speed.runs:
        return f"as {count(speed.runs)} runs of `{speed.campaign}` were"
    return "a guess: too few runs here were long enough to tell this machine's pace"


def plan_table(plans: Sequence[CellPlan], speed: MachineSpeed) -> Table:
    """One row per cell, ``runs x steps`` per rung, totals last."""
    # The rung that few matrices have shows where one has it.
    rungs = [
        rung
        for rung in Rung
        if rung is not Rung.TRANSFER or any(cell.rungs[rung].runs for cell in plans)
    ]
    begun = any(cell.done for cell in plans)
    # Of a campaign that has begun, all but the first of these is what is left.
    titles = (*(["done"] if begun else []), *(rung.value for rung in rungs))
    titles = (*titles, "left" if begun else "runs", "steps", "time")
    rows = [
        (
            cell.name,
            *([count(cell.done)] if begun else []),
            *(_product(cell.rungs[rung]) for rung in rungs),
            *_extent([cell]),
            duration(speed.seconds([cell])["middle"]),
        )
        for cell in plans
    ]
    footer = (
        "total",
        *([count(sum(cell.done for cell in plans))] if begun else []),
        *(_runs([cell.rungs[rung] for cell in plans]) for rung in rungs),
        *_extent(plans),
        duration(speed.seconds(plans)["middle"]),
    )
    return Table(
        columns=(Column(title="cell"), *(Column(title=title, right=True) for title in titles)),
        rows=tuple(rows),
        footer=footer,
    )


def _product(rung: RungPlan) -> str:
    return f"{_runs([rung])} x {count(rung.steps // rung.runs)}" if rung.runs else "-"


def _runs(rungs: Sequence[RungPlan]) -> str:
    """Runs in all; about, where some are those that a budget is used up by."""
    if any(rung.typical is not None for rung in rungs):
        return f"~{count(sum(rung.usual_runs for rung in rungs))}"
    return _span(sum(rung.runs for rung in rungs), sum(rung.most_runs for rung in rungs))


def _extent(plans: Sequence[CellPlan]) -> tuple[str, str]:
    """Runs and steps of cells in all."""
    rungs = [rung for cell in plans for rung in cell.rungs.values()]
    if any(rung.typical is not None for rung in rungs):
        steps = sum(rung.usual_runs * (rung.steps // max(1, rung.runs)) for rung in rungs)
        return _runs(rungs), f"~{count(steps)}"
    least, most = sum(cell.steps for cell in plans), sum(cell.most_steps for cell in plans)
    return _runs(rungs), _span(least, most)


def _span(least: int, most: int) -> str:
    return count(least) if least == most else f"{count(least)}..{count(most)}"


def _cost(rung: RungPlan) -> dict[str, int]:
    cost = {"runs": rung.runs, "steps": rung.steps}
    grows = rung.most_runs > rung.runs
    cost |= {} if rung.typical is None else {"typical_runs": rung.typical}
    cost |= {} if rung.cheapest is None else {"cheapest_runs": rung.cheapest.runs}
    return cost | ({"most_runs": rung.most_runs, "most_steps": rung.most_steps} if grows else {})
