"""A campaign in invented time: no process, no database, no waiting."""

import heapq
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from queue import Empty

from fakes import fake_result

from harness.analysis.interim_analyses import judge
from harness.campaign.cell_histories import CellHistories
from harness.campaign.coordinator_activity import CoordinatorActivity
from harness.campaign.scheduler import Scheduler
from harness.campaign.stores import CampaignStores
from harness.core.events import CellDecided, RunFinished, RunStarted, SearchClosed
from harness.core.ledger import CellState
from harness.core.record import Suggestion
from harness.core.run_result import Cost, RunResult, Status
from harness.store.memory_ledger import MemoryLedger


class World(Executor):
    """An executor, a clock and the queue of ended runs, all of one invented time.

    Attributes:
        now: Seconds since the world began.
        spans: Run id -> (begin, end) of what was started; the end is None for what was cut off.
    """

    def __init__(self, seconds, result=fake_result):
        self.now = 0.0
        self.spans = {}
        self._seconds = seconds
        self._result = result
        self._open = []

    def clock(self):
        return self.now

    def submit(self, function, /, order):
        future, run = Future(), order.run
        result = self._result(run)
        # Who is pruned or fails ends early.
        share = 1.0 if result.status is Status.COMPLETE else max(0.1, result.steps / run.steps)
        wall = self._seconds(run) * share
        result = replace(result, cost=Cost(wall=wall))
        heapq.heappush(self._open, (self.now + wall, len(self.spans), future, result))
        self.spans[run.id] = (self.now, None)
        return future

    def put(self, future):
        """Told when it is asked for."""

    def get_nowait(self):
        raise Empty

    def get(self, block=True, timeout=None):
        if not self._open or self._open[0][0] > self.now + timeout:
            self.now += max(timeout, 1e-6)  # or rounding stops the time
            raise Empty
        self.now, _, future, result = heapq.heappop(self._open)
        self.spans[result.run_id] = (self.spans[result.run_id][0], self.now)
        future.set_result(result)
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        for _, _, future, _ in self._open:
            future.cancel()
        self._open = []


class Interrupts:
    """A user who stops a night after so many results, or never."""

    def __init__(self, night, stop_after):
        self._night = night
        self._stop_after = stop_after

    @property
    def stopping(self):
        return self._stop_after is not None and len(self._night.finished) >= self._stop_after

    @property
    def draining(self):
        return self.stopping

    @property
    def count(self):
        return 2 * self.stopping

    def raise_to(self, count):
        self._stop_after = 0


class FakeTuner:
    """Suggests without Optuna and keeps no study.

    Attributes:
        recorded: Cell -> numbers of the trials it was told.
    """

    def __init__(self):
        self.recorded = {}

    def follow(self, cell, finished):
        self.recorded[cell.name] = [trial.number for trial in finished]

    def record(self, cell, trial):
        self.recorded[cell.name].append(trial.number)

    def suggest(self, cell, finished, running):
        return suggest(cell, finished, running)

    def importances(self, cell, finished):
        return {}

    def transaction(self):
        return nullcontext()


def suggest(cell, finished, running):
    """A configuration that depends on nothing but the finished trials."""
    number = len(finished) + len(running)
    assert len(finished) == max(0, number - cell.search.in_flight + 1)
    seen = sum(trial.result.score or 0.0 for trial in finished)
    rate = 1e-5 * (1 + (number * 7919 + int(seen * 1000)) % 9973)
    return Suggestion(number=number, coordinates={"lr": rate, "net": "small"})


class Night:
    """One run of a campaign in invented time.

    Attributes:
        cells: Cell name -> where it stands afterwards.
        closed: Cell name -> trials its search was closed with, the last time.
        first_closed: The same of the first time, before any search was opened again.
    """

    def __init__(
        self,
        cells,
        seconds,
        *,
        workers,
        deadline=None,
        ledger=None,
        result=fake_result,
        stop_after=None,
    ):
        """Run it; with `stop_after`, until a user stops it after that many results."""
        self.ledger = ledger or MemoryLedger()
        states = [CellState(cell=cell, study=cell.name) for cell in cells]
        self.ledger.begin(
            "c", environment="e", document={}, origins={}, provenance={}, cells=states
        )
        self.world = World(seconds, result)
        self.workers = workers
        self.events = []
        stores = CampaignStores(
            campaign="c", ledger=self.ledger, tuner=FakeTuner(), environment="e"
        )
        self.histories = CellHistories(
            cells,
            {cell.name: cell.name for cell in cells},
            stores,
            judge=judge,
            listener=self._hear,
        )
        scheduler = Scheduler(
            self.histories,
            self.ledger,
            self.world,
            CoordinatorActivity(self.ledger, "c", self.world.clock),
            folder=Path(),
            save_models=False,
            listener=self._hear,
            workers=workers,
            pruner_path=str,
            clock=self.world.clock,
            ended_runs=self.world,
            deadline=deadline,
        )
        scheduler.run(Interrupts(self, stop_after))
        self.cells = self.histories.progress

    @property
    def results(self):
        return self.ledger.results("e")

    @property
    def record(self):
        return self.ledger.record("c")

    @property
    def started(self):
        return [(moment, e.planned) for moment, e in self.events if isinstance(e, RunStarted)]

    @property
    def finished(self):
        runs = (event for _, event in self.events if isinstance(event, RunFinished))
        return [event.planned for event in runs if event.planned.run.id in self.world.spans]

    @property
    def closed(self):
        return {e.cell: e.finished for _, e in self.events if isinstance(e, SearchClosed)}

    @property
    def first_closed(self):
        return {e.cell: e.finished for _, e in self.events[::-1] if isinstance(e, SearchClosed)}

    @property
    def decided(self):
        return [event.cell for _, event in self.events if isinstance(event, CellDecided)]

    def _hear(self, event):
        self.events.append((self.world.now, event))


def certain(run):
    """Every run runs to its end."""
    return RunResult(run_id=run.id, status=Status.COMPLETE, score=1.0, steps=run.steps)
