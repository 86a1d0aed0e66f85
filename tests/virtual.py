"""A campaign in invented time: no process, no database, no waiting."""

import heapq
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from dataclasses import replace
from queue import Empty
from types import SimpleNamespace

import pytest
from fakes import fake_result

from harness.campaign.books import Books
from harness.campaign.coordinator import Coordinator
from harness.campaign.ladder import Climb
from harness.core import carry
from harness.core.events import CellDecided, RunFinished, RunStarted, SearchClosed
from harness.core.record import Cost, RunResult, Status, Suggestion

INTERRUPTS = SimpleNamespace(count=0, draining=False, stopping=False)


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

    def get(self, timeout):
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


class MemoryLedger:
    """Keeps what a campaign writes, as long as the test."""

    url = ""

    def __init__(self):
        self.kept = {}
        self.asked = {}
        self.closed = {}

    def results(self, environment, run_ids):
        return {run_id: self.kept[run_id] for run_id in run_ids if run_id in self.kept}

    def result(self, run_id, environment):
        return self.kept.get(run_id)

    def add_results(self, results, *, environment):
        return {each.run_id for each in results if self.kept.setdefault(each.run_id, each) is each}

    def transaction(self):
        return nullcontext()

    def trials(self, study, environment):
        asked = self.asked.get(study, [])
        return tuple(replace(trial, result=self.kept.get(trial.run_id)) for trial in asked)

    def add_trial(self, campaign, cell, study, trial):
        known = self.asked.setdefault(study, [])
        if trial.number == len(known):
            known.append(trial)
        assert known[trial.number].run_id == trial.run_id

    def close_search(self, campaign, cell, told):
        self.closed[cell] = told

    def reopen_search(self, campaign, cell):
        self.closed.pop(cell, None)

    def check(self):
        pass

    def set_plan(self, *_):
        pass

    set_winner = set_importances = set_plan


class Night:
    """One run of a campaign in invented time.

    Attributes:
        climbs: Cell name -> its climb, afterwards.
        closed: Cell name -> trials its search was closed with.
    """

    def __init__(self, cells, seconds, *, workers, deadline=None, ledger=None, result=fake_result):
        self.ledger = ledger or MemoryLedger()
        self.world = World(seconds, result)
        self.workers = workers
        self.closed = {}
        self.started = []
        self.finished = []
        self.decided = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("harness.campaign.coordinator.SimpleQueue", lambda: self.world)
            patch.setattr("harness.campaign.timekeeper.instant", self.world.clock)
            patch.setattr("harness.campaign.trials.Projection", NoProjection)
            patch.setattr("harness.campaign.trials.Suggester", FakeSuggester)
            patch.setattr("harness.campaign.ladder.importances", lambda *_, **__: {})
            books = Books(ledger=self.ledger, tables=NoTables(), registry=None, environment="e")
            climbs = [
                Climb(
                    "c",
                    cell,
                    study=cell.name,
                    books=books,
                    sources=[source.name for source in carry.sources(cell, cells)],
                )
                for cell in cells
            ]
            self.coordinator = Coordinator(
                climbs,
                books,
                folder=None,
                save_models=False,
                listener=self._hear,
                workers=workers,
                deadline=deadline,
            )
            self.coordinator._order = lambda planned: SimpleNamespace(run=planned.run)
            self.coordinator.begin()
            self.coordinator.run(self.world, INTERRUPTS)
        self.climbs = {climb.cell.name: climb for climb in climbs}

    @property
    def results(self):
        return self.ledger.kept

    def _hear(self, event):
        if isinstance(event, RunStarted):
            self.started.append((self.world.now, event.planned))
        if isinstance(event, RunFinished):
            self.finished.append(event.planned)
        if isinstance(event, SearchClosed):
            self.closed[event.cell] = event.told
        if isinstance(event, CellDecided):
            self.decided.append(event.cell)


class NoTables:
    def transaction(self):
        return nullcontext()


class NoProjection:
    def __init__(self, *_):
        pass

    def sync(self, told):
        pass

    def add(self, trial):
        pass


class FakeSuggester:
    """Suggests a configuration that depends on nothing but the finished trials."""

    def __init__(self, registry, campaign, cell):
        self._cell = cell

    def suggest(self, finished, running):
        number = len(finished) + len(running)
        assert len(finished) == max(0, number - self._cell.search.in_flight + 1)
        total = sum(trial.result.score or 0.0 for trial in finished)
        rate = 1e-5 * (1 + (number * 7919 + int(total * 1000)) % 9973)
        return Suggestion(number=number, coordinates={"lr": rate, "net": "small"})


def certain(run):
    """Every run runs to its end."""
    return RunResult(run_id=run.id, status=Status.COMPLETE, score=1.0, steps=run.steps)
