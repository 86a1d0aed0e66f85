"""A plan as text and as JSON: what is trained, how long it takes, what a deadline leaves out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from harness.cli.console import Table, columns
from harness.cli.text_format import count, duration, size
from harness.core.printable_text import quantity
from harness.core.settings import Rung

if TYPE_CHECKING:
    from harness.campaign import CellPlan, Cut, DiskForecast, ImplicitBudget, MachineSpeed, RungPlan
    from harness.core.matrix import CellNote

_LONGER: Final = 1.25
"""Times what a search takes, from which on the cheapest one is worth a line."""

_SHOWN: Final = 3
"""Cells that are named as those that take most."""

_BUSY: Final = 0.8
"""Share of a core below which the machine had other work too."""

_WHOSE: Final = {
    "search.steps": "trials and confirm runs",
    "test.steps": "the runs of the test",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How long a campaign takes here.

    Attributes:
        plans: Its cells.
        speed: Of this machine.
        workers: That share the work.
        seconds: Until it is over: ``low``, ``middle``, ``high``.
        now: When it would be begun.
        deadline: When everything has to be over; None for no limit.
        cuts: What that leaves out.
    """

    plans: Sequence[CellPlan]
    speed: MachineSpeed
    workers: int
    seconds: dict[str, float]
    now: datetime
    deadline: datetime | None = None
    cuts: Sequence[Cut] = field(default=())


def plan_json(name: str, forecast: Forecast, disk: DiskForecast) -> dict[str, object]:
    """The plan as JSON: runs, steps and worker-hours per cell, per rung and in all.

    The most of runs and steps stands beside them where seeds may be added.
    """
    plans, speed, deadline = forecast.plans, forecast.speed, forecast.deadline
    more: dict[str, Any] = {}
    if deadline is not None:
        more["deadline"] = {
            "at": deadline.isoformat(timespec="seconds"),
            "cuts": [asdict(cut) for cut in forecast.cuts],
        }
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
        "workers": forecast.workers,
        "wall_hours": {name: round(each / 3600, 4) for name, each in forecast.seconds.items()},
        "measured": {
            "campaign": speed.campaign or None,
            "runs": speed.runs,
            "seconds": round(speed.training_seconds, 1),
            "cpu": round(speed.cpu, 3),
        },
        "disk": {name: round(getattr(disk, name)) for name in ("database", "report", "models")},
        "runs": sum(cell.runs for cell in plans),
        "most_runs": sum(cell.most_runs for cell in plans),
        "steps": sum(cell.steps for cell in plans),
        "most_steps": sum(cell.most_steps for cell in plans),
    } | more


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


def time_lines(forecast: Forecast) -> Iterator[str]:
    """About how long it takes, until when, how that is known, and what a deadline leaves out."""
    plans, speed, seconds = forecast.plans, forecast.speed, forecast.seconds
    if not seconds["middle"]:
        yield "nothing is left to do"
        return
    low, middle, high = (duration(seconds[name]) for name in ("low", "middle", "high"))
    some = quantity(forecast.workers, "worker")
    end = (forecast.now + timedelta(seconds=seconds["middle"])).astimezone()
    yield (
        f"on {some} about {middle} ({low} to {high}; {_source(speed)}); begun now it ends about "
        f"{_moment(end, forecast.now)}"
    )
    if speed.runs and speed.cpu < _BUSY:
        yield (
            f"the machine did other work too: a run had {speed.cpu:.0%} of a core; with more or "
            "less of that it takes less or more"
        )
    if len(plans) > 1:
        yield _longest_cells(plans, speed)
    yield from _deadline_lines(forecast)


def _moment(moment: datetime, now: datetime) -> str:
    """Day and time; the day of the week alone where it is the next of its name."""
    return f"{moment:%a %H:%M}" if moment - now < timedelta(days=6) else f"{moment:%a %d %b %H:%M}"


def _longest_cells(plans: Sequence[CellPlan], speed: MachineSpeed) -> str:
    """The cells that take most."""
    whole = speed.seconds(plans)["middle"] or 1.0
    shares = {cell.name: speed.seconds([cell])["middle"] / whole for cell in plans}
    most = sorted(shares, key=lambda name: -shares[name])[:_SHOWN]
    return "most of it: " + ", ".join(f"{name} {shares[name]:.0%}" for name in most)


def _deadline_lines(forecast: Forecast) -> Iterator[str]:
    plans = forecast.plans
    if forecast.deadline is None:
        return
    at = _moment(forecast.deadline.astimezone(), forecast.now)
    if not forecast.cuts:
        yield f"the deadline, {at}, leaves nothing out"
        return
    yield f"the deadline, {at}, leaves out about this much:"
    by_cell: dict[str, list[Cut]] = {}
    for cut in forecast.cuts:
        by_cell.setdefault(cut.cell, []).append(cut)
    rungs = {cell.name: [rung for rung in cell.rungs.values() if rung.most_runs] for cell in plans}
    for name, cuts in by_cell.items():
        if len(cuts) == len(rungs[name]) and not any(cut.done for cut in cuts):
            yield f"  {name}: all of it"
        else:
            yield f"  {name}: {', '.join(map(_cut_text, cuts))}"


def _cut_text(cut: Cut) -> str:
    noun = "trials of the search" if cut.rung is Rung.SEARCH else f"runs of the {cut.rung} rung"
    return f"{count(cut.planned - cut.done)} of {count(cut.planned)} {noun}"


def disk_line(disk: DiskForecast, free: int) -> str:
    """What it takes on the disk, and what that is computed from."""
    line = (
        f"disk: about {size(disk.database)} of database and {size(disk.report)} of report, with "
        f"--save-models {size(disk.models)} more (from {count(disk.runs)} runs, their episodes and "
        "the sizes of networks; what runs print comes on top)"
    )
    if disk.database + disk.report > free:
        line += f"\nonly {size(free)} are free there: the campaign would end with a full disk"
    elif disk.database + disk.report + disk.models > free:
        line += f"\nonly {size(free)} are free there: too little for --save-models"
    return line


def power_line(seeds: int, difference: float) -> str:
    """What the verdicts will be able to tell, see `harness.campaign.detectable_difference`."""
    if math.isnan(difference):
        return f"{seeds} held-out seeds per variant are too few for any verdict"
    return (
        f"{seeds} held-out seeds per variant find, four times in five, a difference of "
        f"{difference:.1f} standard deviations of a variant's scores"
    )


def _source(speed: MachineSpeed) -> str:
    if not speed.runs:
        return "a guess: too few runs here were long enough to tell this machine's pace"
    some = f"as {quantity(speed.runs, 'run')}"
    took = duration(speed.training_seconds)
    return (
        f"{some} of `{speed.campaign}` were, {took} in all"
        if speed.campaign
        else (f"{some} were now, {took} in all")
    )


def plan_table(plans: Sequence[CellPlan], speed: MachineSpeed) -> Table:
    """One row per cell, ``runs x steps`` per rung, totals last."""
    # The rung that few matrices have shows where one has it.
    rungs = [
        rung
        for rung in Rung
        if rung is not Rung.TRANSFER or any(cell.rungs[rung].runs for cell in plans)
    ]
    has_begun = any(cell.done for cell in plans)
    # Of a campaign that has begun, all but the first of these is what is left.
    titles = (*(["done"] if has_begun else []), *(rung.value for rung in rungs))
    titles = (*titles, "left" if has_begun else "runs", "steps", "worker time")
    rows = [
        (
            cell.name,
            *([count(cell.done)] if has_begun else []),
            *(_product(cell.rungs[rung]) for rung in rungs),
            *_extent([cell]),
            duration(speed.seconds([cell])["middle"]),
        )
        for cell in plans
    ]
    footer = (
        "total",
        *([count(sum(cell.done for cell in plans))] if has_begun else []),
        *(_runs([cell.rungs[rung] for cell in plans]) for rung in rungs),
        *_extent(plans),
        duration(speed.seconds(plans)["middle"]),
    )
    return Table(
        columns=columns("cell", *titles, right=titles),
        rows=tuple(rows),
        footer=footer,
    )


def _product(rung: RungPlan) -> str:
    return f"{_runs([rung])} x {count(rung.steps // rung.runs)}" if rung.runs else "-"


def _runs(rungs: Sequence[RungPlan]) -> str:
    """Runs in all; about, where some are those that a budget is used up by."""
    if any(rung.typical is not None for rung in rungs):
        return f"~{count(sum(rung.usual_runs for rung in rungs))}"
    return span(sum(rung.runs for rung in rungs), sum(rung.most_runs for rung in rungs))


def _extent(plans: Sequence[CellPlan]) -> tuple[str, str]:
    """Runs and steps of cells in all."""
    rungs = [rung for cell in plans for rung in cell.rungs.values()]
    if any(rung.typical is not None for rung in rungs):
        steps = sum(rung.usual_runs * (rung.steps // max(1, rung.runs)) for rung in rungs)
        return _runs(rungs), f"~{count(steps)}"
    least, most = sum(cell.steps for cell in plans), sum(cell.most_steps for cell in plans)
    return _runs(rungs), span(least, most)


def span(least: int, most: int) -> str:
    """``36``, or ``36..52``."""
    return count(least) if least == most else f"{count(least)}..{count(most)}"


def _cost(rung: RungPlan) -> dict[str, int]:
    cost = {"runs": rung.runs, "steps": rung.steps}
    grows = rung.most_runs > rung.runs
    cost |= {} if rung.typical is None else {"typical_runs": rung.typical}
    cost |= {} if rung.cheapest is None else {"cheapest_runs": rung.cheapest.runs}
    return cost | ({"most_runs": rung.most_runs, "most_steps": rung.most_steps} if grows else {})
