"""An executor that trains nothing: results follow from the run alone, at random moments."""

import contextlib
import hashlib
import random
import threading
from concurrent.futures import Executor, Future
from pathlib import Path
from queue import Empty
from typing import NamedTuple

import greenlet

from harness.analysis import export_csv
from harness.campaign import Outcome, RunOptions, Services, run_campaign
from harness.campaign.campaign_records import record
from harness.campaign.options import Answer
from harness.core.evaluation import late_mean
from harness.core.events import RunFinished
from harness.core.record import CampaignRecord
from harness.core.run_result import Evaluation, Failure, RunResult, Status
from harness.doctor import Severity, examine_campaign
from harness.registry import Registry, component_paths
from harness.tuning.pruning_replay import PruningReplay

REGISTRY = Registry(samplers=component_paths("sampler"), pruners=component_paths("pruner"))


class Crash(BaseException):
    """Stands for a coordinator that dies."""


def crash_after(runs):
    """A listener with which a coordinator dies at once, and after so many runs again and again."""
    ended = 0

    def listen(event):
        nonlocal ended
        ended += isinstance(event, RunFinished)
        if not ended % runs:
            ended += 1
            raise Crash

    return listen


def fake_result(run):
    """A result that depends on nothing but the run, pruning included; some runs fail."""
    draw = random.Random(hashlib.sha256(run.id.encode()).digest())
    if draw.random() < 0.08:
        return RunResult(
            run_id=run.id,
            status=Status.FAILED,
            score=None,
            steps=0,
            failure=Failure(kind="diverged", message="NaN in the reward", step=3),
        )
    quality = float(run.arguments.get("lr", 1e-3)) ** 0.1
    replay = None
    if run.pruning is not None:
        function = REGISTRY.function("pruner", run.pruning.pruner.name)
        replay = PruningReplay(run.pruning, run.steps, run.schedule.evals, function)
    evaluations = []
    points = run.evaluation_steps
    status = Status.COMPLETE
    for place, step in enumerate(points, start=1):
        value = quality * place + draw.gauss(0, 0.3)
        evaluations.append(Evaluation(step=step, returns=(value,), lengths=(1,)))
        if place < len(points) and replay is not None and replay.report(value):
            status = Status.PRUNED
            break
    return RunResult(
        run_id=run.id,
        status=status,
        score=late_mean([e.mean for e in evaluations], run.schedule.evals),
        steps=evaluations[-1].step,
        evaluations=tuple(evaluations),
        pruner_attrs={} if replay is None else replay.attrs,
    )


class FakeExecutor(Executor):
    """Finishes orders in random order, a few milliseconds after they came.

    Attributes:
        started: Run ids, in the order in which they were handed over.
    """

    def __init__(self, seed=0, result=fake_result):
        self.started = []
        self._random = random.Random(seed)
        self._result = result
        self._open = set()

    def submit(self, function, /, order):
        future = Future()
        self.started.append(order.run.id)
        self._open.add(future)
        timer = threading.Timer(self._random.uniform(0, 0.004), self._finish, (future, order))
        timer.daemon = True
        timer.start()
        return future

    def _finish(self, future, order):
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(self._result(order.run))
            except Exception as error:  # noqa: BLE001 - the future's, not ours
                future.set_exception(error)
        self._open.discard(future)

    def shutdown(self, wait=True, *, cancel_futures=False):
        for future in list(self._open):
            if cancel_futures:
                future.cancel()


class PromptExecutor(Executor):
    """Finishes an order while it is handed over: one thread, one order of events."""

    def __init__(self, result=fake_result):
        self.started = []
        self._result = result

    def submit(self, function, /, order):
        self.started.append(order.run.id)
        future = Future()
        future.set_result(self._result(order.run))
        return future


class SteppedExecutor(Executor):
    """Finishes nothing by itself: whoever holds it decides what ends next.

    It stands for the coordinator's queue of ended runs as well: when the coordinator asks that
    for the next one, control goes to the greenlet that started it, which switches back with it.

    Attributes:
        open: Run id -> the future and the order of what runs.
        started: Run ids, in the order in which they were handed over.
    """

    def __init__(self):
        self.open = {}
        self.started = []

    def submit(self, function, /, order):
        future = Future()
        self.started.append(order.run.id)
        self.open[order.run.id] = (future, order)
        return future

    def put(self, future):
        """Told when it is asked for."""

    def get(self, block=True, timeout=None):
        return greenlet.getcurrent().parent.switch()

    def get_nowait(self):
        raise Empty

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.open.clear()


def services(executor, *, queue=None, **more):
    """Has `run_campaign` use this executor, and write no report."""
    own = {} if queue is None else {"make_queue": lambda: queue}
    return Services(
        open_executor=lambda *_, **__: executor,
        report=lambda record, options: (options.reports / record.name, Answer()),
        **own,
        **more,
    )


class Played(NamedTuple):
    """What a campaign left: its CSV files, who ran it, how it ended, its record and its folder."""

    files: dict[str, bytes]
    executor: FakeExecutor
    outcome: Outcome
    record: CampaignRecord
    folder: Path


def play(
    matrix, folder, *, workers=2, seed=0, listener=lambda event: None, result=fake_result, **more
):
    """Run a campaign in a folder, or go on with the one that is there."""
    places = {"runs": folder / "runs", "reports": folder / "reports"}
    options = RunOptions(workers=workers, **places, **more)
    executor = FakeExecutor(seed, result)
    outcome = run_campaign(matrix, options, listener, services(executor))
    ended = record(matrix.name, folder / "runs")
    export_csv(ended, folder / "csv")
    names = ("scores.csv", "trials.csv", "evaluations.csv")
    files = {name: (folder / "csv" / name).read_bytes() for name in names}
    return Played(files, executor, outcome, ended, folder)


def play_with_crashes(matrix, folder, crashes, *, workers, moments=RunFinished):
    """What a campaign left whose coordinator died at the so many-th of these moments, each time.

    What was recorded before is not run again.
    """
    recorded = set()
    for seed, number in enumerate(crashes):
        moments_left = [number]

        def die(event, left=moments_left):
            if isinstance(event, RunFinished):
                recorded.add(event.result.run_id)
            left[0] -= isinstance(event, moments)
            if left[0] <= 0:
                raise Crash

        with contextlib.suppress(Crash):
            play(matrix, folder, workers=workers, seed=seed, listener=die)
    end = play(matrix, folder, workers=workers, seed=99)
    assert not recorded & set(end.executor.started)
    return end


def play_dying(matrix, folder, runs, result=fake_result):
    """What a campaign left whose coordinator died four times, after so many runs; it is sound."""
    die = crash_after(runs)
    for seed in range(4):
        with contextlib.suppress(Crash):
            play(matrix, folder, seed=seed, listener=die, result=result)
    end = play(matrix, folder, result=result)
    findings = examine_campaign(matrix.name, folder / "runs", None)
    assert Severity.FAIL not in {each.state for each in findings}
    return end
