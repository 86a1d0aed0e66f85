"""``harness plan``: what a matrix would train."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import console
from harness.cli.command_options import (
    AsJson,
    MatrixOption,
    MatrixSource,
    Profile,
    Runs,
    Safe,
    Sets,
    Workers,
    flag,
    matrix_source,
)
from harness.cli.plan_text import (
    Forecast,
    cheapest_lines,
    curriculum_lines,
    disk_line,
    implicit_budget_lines,
    note_lines,
    plan_json,
    plan_table,
    power_line,
    span,
    time_lines,
)
from harness.cli.text_format import budget as time_length
from harness.cli.text_format import count, duration, ending, utc_now
from harness.core.printable_text import quantity
from harness.core.settings import Rung
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.campaign import BudgetFit, CellPlan, Foresight, ImplicitBudget, MachineSpeed
    from harness.core.matrix import Cell, Matrix
    from harness.core.record import CampaignRecord
    from harness.core.run import Run
    from harness.core.run_result import RunResult
    from harness.registry import Registry


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
    workers: Workers = None,
    deadline: Annotated[
        str | None,
        typer.Option(
            "--deadline", metavar="TIME", help="Say what `harness run --deadline` would leave out."
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option("--budget", metavar="TIME", help="The same after 8h, 90m, 1h30m."),
    ] = None,
    calibrate: Annotated[
        bool,
        flag(
            "--calibrate",
            help="Train some seconds of each cell first, to learn this machine's pace.",
        ),
    ] = False,
    runs: Runs = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Show what a matrix would train, or what its campaign has left; run nothing."""
    from harness import campaign
    from harness.execution import cores

    source, now = matrix_source("plan", matrix, matrix_option), utc_now()
    end = ending(deadline, budget, now)
    names = campaign.safe_registry() if safe else campaign.registry(runs=runs)
    sets, workers = sets or [], workers or cores()
    measure = _measurement(runs, names, workers, safe=safe, calibrate=calibrate)
    budget_fit: BudgetFit | None = None

    def foresight_of(matrix: Matrix) -> Callable[[Cell], Foresight]:
        return campaign.no_foresight if safe else campaign.foresight(matrix, names)

    if fit is None:
        seconds = None if end is None else (end - now).total_seconds()

        def load(sizes: Mapping[str, object]) -> Matrix:
            return campaign.load(source, names, profile=profile, sets=sets, sizes=sizes)

        matrix_value = campaign.fit_to_time(load, runs=runs, seconds=seconds, workers=workers)
    else:
        budget_fit = _fit(
            source, names, profile, sets, measure, foresight_of, time=fit, workers=workers
        )
        matrix_value = budget_fit.matrix
    # Another campaign names code too, and may be kept on a server.
    earlier = None if safe else campaign.read_if_begun(matrix_value.name, runs)
    if budget_fit is not None and earlier is None:
        plans = budget_fit.plans
    else:
        plans = campaign.summarize(matrix_value, earlier, foresight_of(matrix_value))
    forecast = _forecast(plans, measure(matrix_value), workers, end)
    disk = campaign.forecast_disk(matrix_value, plans)
    gaps = _list_unverified(matrix_value, runs) if safe else []
    implicit_budgets = campaign.implicit_budgets(matrix_value)
    if as_json:
        answer = plan_json(matrix_value.name, forecast, disk)
        answer["implicit_budgets"] = [asdict(one) for one in implicit_budgets]
        answer["notes"] = [asdict(note) for note in matrix_value.notes]
        answer |= {"unverified": gaps} if safe else {}
        answer |= {} if budget_fit is None else {"fit": _fit_json(budget_fit)}
        console.emit(answer)
        return
    changes = _note_changes(matrix_value, earlier)
    if earlier is None and not safe and matrix_value.name in campaign.campaign_names(runs):
        changes.append(
            f"note: campaign `{matrix_value.name}` has begun and cannot be read (`harness status "
            f"{matrix_value.name}` says why): all is planned anew"
        )
    if earlier is None and (idle := campaign.idle_note(matrix_value, workers)):
        changes.append(idle)
    unverified = [f"not verified: {line}" for line in gaps]
    _show(matrix_value, forecast, implicit_budgets, [*changes, *unverified])
    console.note(disk_line(disk, campaign.free_bytes(runs)))
    console.note(power_line(*campaign.detectable_difference(matrix_value)))
    if budget_fit is not None:
        console.out("")
        console.out("\n".join(fit_lines(budget_fit, fit or "")))
    fit_sets = [] if budget_fit is None else _fit_sets(budget_fit)
    start = _start(source, profile, [*sets, *fit_sets], deadline=deadline, budget=budget)
    console.note(f"\nnothing was run; start with: {start}")


def _show(
    matrix: Matrix,
    forecast: Forecast,
    implicit_budgets: Sequence[ImplicitBudget],
    more_notes: Sequence[str],
) -> None:
    """The table of the cells, what is to be said of them, and how long they take."""
    plans = forecast.plans
    console.show(plan_table(plans, forecast.speed))
    for line in curriculum_lines(plans):
        console.out(line)
    for note in (
        *implicit_budget_lines(implicit_budgets, len(plans)),
        *note_lines(matrix.notes, len(plans)),
        *cheapest_lines(plans, forecast.speed),
        *more_notes,
    ):
        console.note(f"\n{note}")
    console.note("")
    for line in time_lines(forecast):
        console.note(line)


def _note_changes(matrix: Matrix, earlier: CampaignRecord | None) -> list[str]:
    """That the campaign of this name has other cells."""
    from harness import campaign

    names = [] if earlier is None else campaign.find_changed_cells(matrix, earlier)
    return [
        f"note: {name} is another one in the campaign `{matrix.name}` that has begun: its runs "
        "there count no more; `--set name=...` begins a new campaign"
        for name in names
    ]


def _list_unverified(matrix: Matrix, runs: Path) -> list[str]:
    """What the plan cannot know of a matrix of which nothing is run, and of its campaign."""
    from harness import campaign

    lines = campaign.list_unverified(matrix)
    if matrix.name in campaign.campaign_names(runs):
        lines.append(f"what campaign `{matrix.name}` in {runs}/ has done: all is planned anew")
    return lines


def _forecast(
    plans: Sequence[CellPlan], speed: MachineSpeed, workers: int, end: datetime | None
) -> Forecast:
    """How long it takes from now on."""
    from harness import campaign

    now = utc_now()
    seconds = None if end is None else (end - now).total_seconds()
    return Forecast(
        plans=plans,
        speed=speed,
        workers=workers,
        seconds=campaign.ending(plans, speed, workers),
        now=now,
        deadline=end,
        cuts=() if seconds is None else campaign.deadline_cuts(plans, speed, workers, seconds),
    )


def _measurement(
    runs: Path, names: Registry, workers: int, *, safe: bool, calibrate: bool
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
        from harness.execution.local import execute_together

        def execute(batch: Sequence[Run]) -> list[RunResult]:
            return execute_together([Order(run=run) for run in batch], workers=workers)

        console.note(f"training some seconds of {len(matrix.cells)} cells ...")
        foresee = campaign.foresight(matrix, names)
        return campaign.calibrate(matrix, execute, workers=workers, foresee=foresee)

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
    foresight_of: Callable[[Matrix], Callable[[Cell], Foresight]],
    *,
    time: str,
    workers: int,
) -> BudgetFit:
    """The budget that is used up in a length of time."""
    from harness import campaign

    def load(budget: float, sizes: Mapping[str, object]) -> Matrix:
        fit = {"--fit": f"search.budget={budget:g}"}
        return campaign.load(matrix, names, profile=profile, sets=sets, options=fit, sizes=sizes)

    seconds = time_length(time, "--fit").total_seconds()
    return campaign.fit_budget(
        load, measure, foresight_of=foresight_of, seconds=seconds, workers=workers
    )


def _fit_json(budget_fit: BudgetFit) -> dict[str, object]:
    return {
        "budget": budget_fit.budget,
        "in_flight": budget_fit.in_flight,
        "workers": budget_fit.workers,
        "hours": round(budget_fit.seconds / 3600, 4),
        "line": _fit_line(budget_fit),
    }


def _fit_sets(budget_fit: BudgetFit) -> list[str]:
    in_flight = budget_fit.in_flight
    more = [] if in_flight is None else [f"search.in_flight={in_flight}"]
    return [f"search.budget={budget_fit.budget}", *more]


def _fit_line(budget_fit: BudgetFit) -> str:
    in_flight = budget_fit.in_flight
    more = "" if in_flight is None else f", in_flight: {in_flight}"
    return f"search: {{budget: {budget_fit.budget} runs{more}}}"


def fit_lines(budget_fit: BudgetFit, time: str) -> list[str]:
    """What fits, what it buys in each cell, and what to write."""
    rungs = [cell.rungs for cell in budget_fit.plans if cell.rungs[Rung.SEARCH].typical is not None]
    trials = sorted({each[Rung.SEARCH].usual_runs for each in rungs})
    confirm = sorted({each[Rung.CONFIRM].most_runs for each in rungs})
    some = quantity(budget_fit.workers, "worker")
    buys = f"about {_ends(trials)} trials and {_ends(confirm)} confirm runs, then the test"
    return [
        (
            f"{time} of {some} here hold a budget of {count(budget_fit.budget)} runs; "
            f"in each cell: {buys}"
        ),
        f"about {duration(budget_fit.seconds)} in all; what pruning saves is spent on more trials",
        "write into the matrix, in place of `trials`:",
        f"  {_fit_line(budget_fit)}",
    ]


def _ends(numbers: Sequence[int]) -> str:
    return span(numbers[0], numbers[-1])


def _start(
    matrix: str,
    profile: str | None,
    sets: Sequence[str],
    *,
    deadline: str | None,
    budget: str | None,
) -> str:
    words = ["harness", "run", "--matrix", matrix]
    for option, value in (("--profile", profile), ("--deadline", deadline), ("--budget", budget)):
        words += [] if value is None else [option, value]
    return shlex.join([*words, *(word for value in sets for word in ("--set", value))])
