"""Campaigns of fake runs for the benchmarks: real coordinator, ledger and Optuna, no training."""

import hashlib
import heapq
import random
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from queue import Empty

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders import cell

from harness.campaign import Services
from harness.campaign.options import Answer
from harness.core.evaluation import evaluation_steps, late_mean
from harness.core.matrix import Matrix
from harness.core.run_result import Cost, Evaluation, RunResult, Status
from harness.core.scenario import Scenario
from harness.core.search_settings import Component, Search
from harness.core.settings import Confirm, Test


def matrix(cells, trials, *, sampler="tpe", in_flight=2, name="fake"):
    """A matrix of `cells` equal cells with the ladder's usual budgets."""

    def toy(number):
        label = f"Toy{number:04d}-v0"
        return cell(
            scenario=Scenario(name=label, env=label, action="Discrete"),
            search=Search(
                trials=trials,
                steps=100_000,
                evals=10,
                episodes=10,
                in_flight=in_flight,
                sampler=Component(name=sampler),
                pruner=Component(name="median"),
            ),
            confirm=Confirm(top=3, seeds=4),
            test=Test(seeds=10, steps=100_000, evals=10, episodes=20),
        )

    return Matrix(name=name, cells=tuple(toy(number) for number in range(cells)), seed=7)


def runs(asked):
    """Runs of a matrix if no default wins."""
    each = asked.cells[0]
    tested = len(each.test.variants) * each.test.seeds
    confirmed = (each.confirm.top + 1) * each.confirm.seeds
    return len(asked.cells) * (each.search.trials + confirmed + tested)


def fake_result(run):
    """As large as a real result, decided by the run alone."""
    draw = random.Random(hashlib.sha256(run.id.encode()).digest())
    quality = 100 + 10 * float(run.arguments.get("lr", 1e-3)) ** 0.1
    episodes = run.schedule.episodes
    evaluations = tuple(
        Evaluation(
            step=step,
            returns=tuple(quality * place + draw.gauss(0, 5) for _ in range(episodes)),
            lengths=tuple(draw.randrange(10, 500) for _ in range(episodes)),
        )
        for place, step in enumerate(evaluation_steps(run.steps, run.schedule.evals), start=1)
    )
    return RunResult(
        run_id=run.id,
        status=Status.COMPLETE,
        score=late_mean([e.mean for e in evaluations], run.schedule.evals),
        steps=run.steps,
        evaluations=evaluations,
        cost=Cost(wall=100.0, cpu=100.0, started="2026-01-01T00:00:00+00:00", host="node"),
    )


def slow_result(seconds, order):
    """A run that keeps its process for `seconds` of wall clock."""
    time.sleep(seconds)
    return fake_result(order.run)


class Processes(Executor):
    """Worker processes that sleep instead of training."""

    def __init__(self, workers, seconds):
        self._seconds = seconds
        self._pool = ProcessPoolExecutor(workers, mp_context=get_context("forkserver"))
        for future in [self._pool.submit(time.sleep, 0.2) for _ in range(workers)]:
            future.result()

    def submit(self, function, /, order):
        return self._pool.submit(slow_result, self._seconds, order)

    def shutdown(self, wait=True, *, cancel_futures=False):
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


class Simulated(Executor):
    """Any number of workers on a clock of their own, which also runs while the coordinator works.

    Runs end in the order of their durations. It stands for the coordinator's queue of ended runs
    too: there time jumps to the next end, or by the CPU time the coordinator has had since.

    Attributes:
        now: Seconds on the clock.
        busy: Worker-seconds of the runs so far.
        own: CPU seconds that the simulation itself took.
        most: Runs that ran at once, at most.
    """

    def __init__(self, seconds, spread=0.5, seed=0):
        self.now, self.busy, self.own, self.most = 0.0, 0.0, 0.0, 0
        self._seconds, self._spread = seconds, spread
        self._random = random.Random(seed)
        self._ends = []
        self._number = 0
        self._since = time.process_time()

    def submit(self, function, /, order):
        begun = self._work()
        future = Future()
        seconds = self._seconds * self._random.uniform(1 - self._spread, 1 + self._spread)
        self.busy += seconds
        self._number += 1
        heapq.heappush(self._ends, (self.now + seconds, self._number, future, order.run))
        self.most = max(self.most, len(self._ends))
        self._rest(begun)
        return future

    def put(self, future):
        """The coordinator hears of an end when it asks for the next one."""

    def get(self, block=True, timeout=None):
        begun = self._work()
        end, _, future, run = heapq.heappop(self._ends)
        self.now = max(self.now, end)
        future.set_result(fake_result(run))
        self._rest(begun)
        return future

    def get_nowait(self):
        raise Empty

    def shutdown(self, wait=True, *, cancel_futures=False):
        pass

    def _work(self):
        """The coordinator has worked until now."""
        begun = time.process_time()
        self.now += begun - self._since
        return begun

    def _rest(self, begun):
        self._since = time.process_time()
        self.own += self._since - begun


def simulated(executor):
    """Has `harness.campaign.run_campaign` use a simulated executor and its clock."""
    return replace(executed_by(executor), make_queue=lambda: executor)


def executed_by(executor):
    """Has `harness.campaign.run_campaign` use this executor, and write no report."""
    return Services(
        open_executor=lambda *_, **__: executor,
        report=lambda record, options: (options.reports / record.name, Answer()),
    )
