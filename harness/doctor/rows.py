"""The ledger's rows: results, trials, plans and winners that can be read and fit together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from harness.core import carry, choice, plan
from harness.core.matrix import Cell
from harness.core.run import DEFAULT, PlannedRun, Variant
from harness.core.settings import Rung
from harness.doctor.finding import Finding, fail, fine
from harness.doctor.patient import Patient
from harness.errors import HarnessError
from harness.store import PlanRow

__all__ = ["rows"]

Look = Callable[[Patient, str, Cell | None], Iterator[Finding]]


def rows(patient: Patient) -> Iterator[Finding]:
    """Look at every row of the campaign."""
    yield _results(patient)
    yield from _of_cells(patient, "trials", _trials, "all readable, runs as computed")
    yield from _of_cells(patient, "plans", _plans, "runs as computed, trials known")
    yield from _of_cells(patient, "winners", _winner, "known")


def _results(patient: Patient) -> Finding:
    damaged = patient.audit.damaged
    if not damaged:
        return fine("results", f"{len(patient.audit.results)}, all readable")

    def drop() -> str:
        patient.audit.drop_results(damaged)
        return f"dropped {_count(damaged, 'damaged result')}; pending again: {', '.join(damaged)}"

    return fail("results", _count(damaged, "damaged result"), repair=drop)


def _of_cells(patient: Patient, check: str, look: Look, well: str) -> Iterator[Finding]:
    found = [
        finding
        for cell in patient.audit.cells
        for finding in look(patient, cell, patient.cells.get(cell))
    ]
    yield from found or [fine(check, well)]


def _trials(patient: Patient, name: str, cell: Cell | None) -> Iterator[Finding]:
    trials = patient.audit.trials(name)
    for place, row in enumerate(trials):
        wrong = ""
        if row.number != place:
            wrong = f"trial {place} is missing"
        elif row.record is None:
            wrong = f"trial {place} cannot be read"
        elif cell is not None and place < cell.search.trials:
            run = plan.plan_trial(cell, place, row.record.arguments, ()).run
            same = run.id == row.run_id and run.seed == row.record.seed
            wrong = "" if same else f"trial {place} is not the run its parameters make"
        if wrong:

            def drop(first: int = place) -> str:
                patient.audit.drop_trials(name, first)
                return f"{name}: dropped trials {first}.., to be asked again"

            yield fail("trials", f"{name}: {wrong}", repair=drop)
            return
    told = len(patient.told(name))
    if cell is not None and len(trials) > told + cell.search.in_flight:

        def forget() -> str:
            patient.audit.drop_trials(name, told + cell.search.in_flight)
            return f"{name}: dropped trials {told + cell.search.in_flight}.., asked too early"

        yield fail("trials", f"{name}: trials were asked before the {told} told", repair=forget)


def _plans(patient: Patient, name: str, cell: Cell | None) -> Iterator[Finding]:
    known = {row.number for row in patient.audit.trials(name)}
    for rung in (Rung.CONFIRM, Rung.TEST, Rung.TRANSFER):
        there = patient.audit.plan(name, rung)
        lost = sorted({row.trial for row in there if row.trial is not None} - known)
        wrong = f"trials {lost} are unknown" if lost else ""
        if not wrong and cell is not None:
            wrong = _differs(there, _expected(patient, cell, rung))
        if wrong:

            def drop(rung: Rung = rung) -> str:
                patient.audit.drop_plan(name, rung)
                return f"{name}: dropped the plan of the {rung.value} rung, to be made again"

            yield fail("plans", f"{name}, {rung.value}: {wrong}", repair=drop)


def _expected(patient: Patient, cell: Cell, rung: Rung) -> tuple[PlannedRun, ...] | None:
    """The rung's plan as the trials make it; None where they do not tell."""
    if rung is Rung.TRANSFER:
        return _carried(patient, cell)
    told = patient.told(cell.name)[: cell.search.trials]
    if len(told) < cell.search.trials:
        return None
    chosen = choice.candidates(cell, told)
    if rung is Rung.CONFIRM:
        return plan.plan_confirm(cell, chosen)
    winner = patient.audit.winners().get(cell.name)
    best = next((item for item in chosen if item.variant == winner), None)
    return plan.plan_test(cell, best) if best is not None or winner is None else None


def _carried(patient: Patient, cell: Cell) -> tuple[PlannedRun, ...] | None:
    planned: list[PlannedRun] = []
    for source in carry.sources(cell, list(patient.cells.values())):
        winner = patient.audit.winners().get(source.name)
        told = patient.told(source.name)[: source.search.trials]
        chosen = choice.candidates(source, told)
        best = next((item for item in chosen if item.variant == winner), None)
        if best is None:
            return None
        trial = best.variant.trial
        values = None if trial is None else told[trial].values
        setting = carry.Setting(cell=source, values=values, trial=trial)
        try:
            planned += carry.plan_transfer(cell, setting)
        except (ValueError, HarnessError):
            planned += carry.refused_transfer(cell, setting)
    return tuple(planned)


def _differs(there: tuple[PlanRow, ...], expected: tuple[PlannedRun, ...] | None) -> str:
    if not there or expected is None:
        return ""
    runs = {(row.variant, row.index): row.run_id for row in there}
    wanted = {(item.variant, item.index): item.run.id for item in expected}
    wrong = sorted(key for key in runs if runs[key] != wanted.get(key))
    return f"{len(wrong)} runs are not what the trials make them" if wrong else ""


def _winner(patient: Patient, name: str, _: Cell | None) -> Iterator[Finding]:
    winner = patient.audit.winners().get(name)
    known = {DEFAULT, *(Variant.of_trial(row.number) for row in patient.audit.trials(name))}
    if winner is None or winner in known:
        return

    def forget() -> str:
        patient.ledger.set_winner(patient.name, name, None)
        return f"{name}: took the winner back, to be decided again"

    yield fail("winners", f"{name}: `{winner}` is unknown", repair=forget)


def _count(items: Sequence[str], word: str) -> str:
    return f"{len(items)} {word}{'s' if len(items) != 1 else ''}"
