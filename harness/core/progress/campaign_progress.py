"""Progress: what the events of a running campaign add up to.

A pure fold, event by event. The log lines and the live table are two views of the same value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.core.events import (
    CampaignFinished,
    CampaignStarted,
    CellDecided,
    CellFinished,
    DeadlineReached,
    Event,
    InterimAnalysisDone,
    Interrupted,
    ListenerFailed,
    ReportWritten,
    RunFinished,
    RunStarted,
    SearchClosed,
    SearchFailed,
)
from harness.core.run import Variant
from harness.core.run_result import Status
from harness.core.settings import Rung

QUEUED = "queued"
DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProgress:
    """How far a cell is.

    Attributes:
        name: ``ppo@CartPole-v1``.
        total, done: Runs in all, and of these in the ledger.
        steps: Environment steps planned in all.
        steps_done: Of these, the steps of the runs in the ledger; an estimate after a resume.
        phase: ``queued``, a rung, or ``done``.
        pruned, failed: Of the runs in the ledger, those that ended so.
        worked, wall: Planned steps and wall seconds of the runs finished since the command began.
        trials: Best score and default's score of the search, by ``best`` and ``default``.
        tests: Scores of the test rung by variant.
        winner: What the confirm rung chose, once it has.
    """

    name: str
    total: int
    done: int
    steps: int
    steps_done: float
    phase: str = QUEUED
    pruned: int = 0
    failed: int = 0
    worked: int = 0
    wall: float = 0.0
    trials: Mapping[str, float] = field(default_factory=dict)
    tests: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    winner: Variant | None = None

    @property
    def algorithm(self) -> str:
        return self.name.partition("@")[0]

    @property
    def best(self) -> float | None:
        """Mean of `tuned` on the held-out seeds; before there is one, the search's best score."""
        variant = "default" if self.winner == "default" else "tuned"
        return self._mean_of_tests(variant) if variant in self.tests else self.trials.get("best")

    @property
    def default(self) -> float | None:
        """The default's number of the same rung as `best`."""
        variant = "default" if self.winner == "default" else "tuned"
        return (
            self._mean_of_tests("default") if variant in self.tests else self.trials.get("default")
        )

    def _mean_of_tests(self, variant: str) -> float | None:
        scores = self.tests.get(variant)
        return math.fsum(scores) / len(scores) if scores else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignProgress:
    """How far a campaign is.

    Attributes:
        campaign: Name.
        workers: Worker processes.
        cells: By name, in the order of the matrix.
        running: Places of the runs now with a worker.
        interrupts: How often Ctrl-C was pressed.
        last: The latest finished run.
    """

    campaign: str = ""
    workers: int = 1
    cells: Mapping[str, CellProgress] = field(default_factory=dict)
    running: frozenset[tuple[str, str, str, int]] = frozenset()
    interrupts: int = 0
    last: RunFinished | None = None

    @property
    def done(self) -> int:
        return sum(cell.done for cell in self.cells.values())

    @property
    def total(self) -> int:
        return sum(cell.total for cell in self.cells.values())

    @property
    def pruned(self) -> int:
        return sum(cell.pruned for cell in self.cells.values())

    @property
    def failed(self) -> int:
        return sum(cell.failed for cell in self.cells.values())


def add_event(progress: CampaignProgress, event: Event) -> CampaignProgress:
    """The progress after one more event."""
    match event:
        case CampaignStarted():
            after = _begin(event)
        case RunStarted(planned=planned_run):
            after = replace(_start(progress, event), running=progress.running | {planned_run.key})
        case RunFinished(planned=planned_run):
            running = progress.running - {planned_run.key}
            last = event if event.is_new else progress.last
            after = replace(_finish(progress, event), running=running, last=last)
        case CellDecided(cell=name, winner=winner):
            after = _with(progress, _decide(progress.cells[name], winner))
        case CellFinished(cell=name):
            after = _with(progress, _end(progress.cells[name], event))
        case InterimAnalysisDone():
            after = _grow(progress, event)
        case Interrupted(count=count):
            after = replace(progress, interrupts=count)
        case (
            SearchClosed() | SearchFailed() | DeadlineReached() | ReportWritten() | ListenerFailed()
        ):
            after = progress
        case CampaignFinished():
            after = replace(progress, running=frozenset())
    return after


def _decide(cell: CellProgress, winner: Variant) -> CellProgress:
    tests = dict(cell.tests)
    if cell.winner not in {None, winner}:
        # A search that was opened again has chosen another configuration.
        tests.pop("tuned", None)
    return replace(cell, winner=winner, tests=tests)


def _end(cell: CellProgress, event: CellFinished) -> CellProgress:
    if event.closed is None:
        # A winner that is the default, e.g., needs no test of its own.
        total = cell.total if event.runs is None else event.runs
        cell = replace(cell, total=total, done=total)
    return replace(cell, phase=DONE, steps_done=cell.steps)


def eta(progress: CampaignProgress) -> float | None:
    """Seconds until the campaign ends, or None before anything has been measured."""
    if progress.cells and all(cell.phase == DONE for cell in progress.cells.values()):
        return 0.0
    seconds = estimate_work(progress)
    return sum(seconds.values()) / max(1, progress.workers) if seconds else None


def estimate_work(progress: CampaignProgress) -> dict[str, float]:
    """Cell name -> seconds of one worker that are left; empty before anything has been measured.

    A cell's remaining steps take as long per step as its finished ones did; a cell without any
    borrows the pace of the same algorithm elsewhere, then the mean pace. Pruned trials make the
    pace faster, as they should.
    """
    active = [cell for cell in progress.cells.values() if cell.worked]
    if not active:
        return {}
    mean = _pace(active)
    seconds = {}
    for cell in progress.cells.values():
        relatives = [other for other in active if other.algorithm == cell.algorithm]
        pace = _pace([cell]) if cell.worked else _pace(relatives) if relatives else mean
        seconds[cell.name] = pace * max(0.0, cell.steps - cell.steps_done)
    return seconds


def _pace(cells: list[CellProgress]) -> float:
    return sum(cell.wall for cell in cells) / sum(cell.worked for cell in cells)


def _begin(event: CampaignStarted) -> CampaignProgress:
    cells = {}
    for name, total in event.cells.items():
        done, steps = event.done.get(name, 0), event.steps.get(name, 0)
        share = done / total if total else 1.0
        cells[name] = CellProgress(
            name=name,
            total=total,
            done=done,
            steps=steps,
            steps_done=steps * share,
            phase=DONE if name in event.finished else QUEUED,
            pruned=event.pruned.get(name, 0),
            failed=event.failed.get(name, 0),
            trials=event.trials.get(name, {}),
            tests=event.tests.get(name, {}),
            winner=event.winners.get(name),
        )
    return CampaignProgress(campaign=event.campaign, workers=event.workers, cells=cells)


def _grow(progress: CampaignProgress, event: InterimAnalysisDone) -> CampaignProgress:
    for name, runs in event.added.items():
        cell = progress.cells[name]
        more = replace(cell, total=cell.total + runs, steps=cell.steps + event.steps[name])
        progress = _with(progress, more)
    return progress


def _start(progress: CampaignProgress, event: RunStarted) -> CampaignProgress:
    cell = progress.cells[event.planned.cell]
    rung = event.planned.rung
    # The default's test runs depend on nothing and fill idle time, and other cells' winners come
    # when they come; before the cell's own winner is known they are no phase of their own.
    last = rung in {Rung.TEST, Rung.TRANSFER}
    filling = last and cell.winner is None and cell.phase != QUEUED
    return progress if filling else _with(progress, replace(cell, phase=rung.value))


def _finish(progress: CampaignProgress, event: RunFinished) -> CampaignProgress:
    planned_run, result = event.planned, event.result
    cell = progress.cells[planned_run.cell]
    steps = planned_run.run.planned_steps
    # What was not trained here, or never began, says nothing of the pace.
    measured = steps if event.is_new and result.cost.wall else 0
    return _with(
        progress,
        replace(
            _add_score(cell, event),
            total=max(cell.total, cell.done + 1),
            done=cell.done + 1,
            steps_done=min(float(cell.steps), cell.steps_done + steps),
            pruned=cell.pruned + (result.status is Status.PRUNED),
            failed=cell.failed + (result.status is Status.FAILED),
            worked=cell.worked + measured,
            wall=cell.wall + (result.cost.wall if measured else 0.0),
        ),
    )


def _add_score(cell: CellProgress, event: RunFinished) -> CellProgress:
    planned_run, result = event.planned, event.result
    if result.score is None or result.status is not Status.COMPLETE:
        return cell
    if planned_run.rung is Rung.TEST:
        scores = (*cell.tests.get(planned_run.variant, ()), result.score)
        return replace(cell, tests={**cell.tests, planned_run.variant: scores})
    if planned_run.rung is Rung.SEARCH:
        best = max(result.score, cell.trials.get("best", -math.inf))
        own = {"default": result.score} if planned_run.variant == "default" else {}
        return replace(cell, trials={**cell.trials, **own, "best": best})
    return cell


def _with(progress: CampaignProgress, cell: CellProgress) -> CampaignProgress:
    return replace(progress, cells={**progress.cells, cell.name: cell})
