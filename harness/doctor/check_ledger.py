"""The ledger's rows: results, trials, plans and winners that can be read and fit together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.core.decisions import plan
from harness.core.ladder import advance
from harness.core.matrix import Cell
from harness.core.printable_text import quantity
from harness.core.progress.ladder_progress import Progress
from harness.core.run import DEFAULT, PlannedRun, Variant
from harness.core.settings import Rung
from harness.doctor.finding import CampaignCheck, Finding, fail, fine
from harness.store import PlanRow

Look = Callable[[CampaignCheck, str, Cell | None], Iterator[Finding]]


def check_ledger(check: CampaignCheck) -> Iterator[Finding]:
    """Look at every row of the campaign."""
    yield _results(check)
    yield from _of_cells(check, "trials", _trials, "all readable, runs as computed")
    yield from _of_cells(check, "plans", _plans, "runs as computed, trials known")
    yield from _of_cells(check, "winners", _winner, "known")


def _results(check: CampaignCheck) -> Finding:
    run_ids = check.audit.damaged
    if not run_ids:
        return fine("results", f"{len(check.audit.results)}, all readable")

    damage = quantity(len(run_ids), "damaged result")

    def drop() -> str:
        check.audit.drop_results(run_ids)
        return f"dropped {damage}; pending again: {', '.join(run_ids)}"

    return fail("results", damage, repair=drop)


def _of_cells(check: CampaignCheck, title: str, look: Look, well: str) -> Iterator[Finding]:
    findings = [
        finding
        for cell in check.audit.cells
        for finding in look(check, cell, check.cells.get(cell))
    ]
    yield from findings or [fine(title, well)]


def _trials(check: CampaignCheck, name: str, cell: Cell | None) -> Iterator[Finding]:
    trials = check.audit.trials(name)
    for number, row in enumerate(trials):
        wrong = ""
        if row.number != number:
            wrong = f"trial {number} is missing"
        elif row.record is None:
            wrong = f"trial {number} cannot be read"
        elif cell is not None and number < cell.search.trials:
            run = plan.plan_trial(cell, number, row.record.arguments, ()).run
            same = run.id == row.run_id and run.seed == row.record.seed
            wrong = "" if same else f"trial {number} is not the run its parameters make"
        if wrong:

            def drop(first: int = number) -> str:
                check.audit.drop_trials(name, first)
                return f"{name}: dropped trials {first}.., to be suggested again"

            yield fail("trials", f"{name}: {wrong}", repair=drop)
            return
    result_count = len(check.leading_trials(name))
    if cell is not None and len(trials) > result_count + cell.search.in_flight:
        first = result_count + cell.search.in_flight

        def forget() -> str:
            check.audit.drop_trials(name, first)
            return f"{name}: dropped trials {first}.., suggested too early"

        wrong = f"trials {first}.. were suggested with only {result_count} finished"
        yield fail("trials", f"{name}: {wrong}", repair=forget)


def _plans(check: CampaignCheck, name: str, cell: Cell | None) -> Iterator[Finding]:
    numbers = {row.number for row in check.audit.trials(name)}
    for rung in (Rung.CONFIRM, Rung.TEST, Rung.TRANSFER):
        rows = check.audit.plan(name, rung)
        strangers = sorted({row.trial for row in rows if row.trial is not None} - numbers)
        wrong = f"trials {strangers} are unknown" if strangers else ""
        if not wrong and cell is not None:
            wrong = _difference(rows, _make_plan(check.progress[name], rung))
        if wrong:

            def drop(rung: Rung = rung) -> str:
                check.audit.drop_plan(name, rung)
                return f"{name}: dropped the plan of the {rung.value} rung, to be made again"

            yield fail("plans", f"{name}, {rung.value}: {wrong}", repair=drop)


def _make_plan(progress: Progress, rung: Rung) -> tuple[PlannedRun, ...] | None:
    """The rung's plan as the ladder makes it; None where the results do not tell it."""
    if rung is Rung.TRANSFER:
        is_open = progress.awaited_sources or progress.awaits_across
        return None if is_open else progress.planned.get(rung, ())
    if progress.searching:
        return None
    if rung is Rung.CONFIRM:
        return progress.planned[rung]
    # Whichever of the seeds an interim analysis has granted.
    every = replace(progress.history, seeds=len(plan.test_seeds(progress.cell)))
    return advance(progress.cell, every).planned[rung]


def _difference(rows: tuple[PlanRow, ...], runs: tuple[PlannedRun, ...] | None) -> str:
    if not rows or runs is None:
        return ""
    ledger_ids = {(row.variant, row.index): row.run_id for row in rows}
    ladder_ids = {(item.variant, item.index): item.run.id for item in runs}
    wrong = [key for key in ledger_ids if ledger_ids[key] != ladder_ids.get(key)]
    return f"{len(wrong)} runs are not what the trials make them" if wrong else ""


def _winner(check: CampaignCheck, name: str, cell: Cell | None) -> Iterator[Finding]:
    winner = check.audit.winners().get(name)
    candidates = {DEFAULT, *(Variant.of_trial(row.number) for row in check.audit.trials(name))}
    choice = None if cell is None else check.progress[name].winner
    wrong = ""
    if winner is not None and winner not in candidates:
        wrong = f"`{winner}` is unknown"
    elif winner is not None and choice is not None and choice.variant != winner:
        wrong = f"`{winner}` is not what the confirm runs choose, `{choice.variant}`"
    if not wrong:
        return

    def forget() -> str:
        check.ledger.set_winner(check.name, name, None)
        return f"{name}: took the winner back, to be decided again"

    yield fail("winners", f"{name}: {wrong}", repair=forget)
