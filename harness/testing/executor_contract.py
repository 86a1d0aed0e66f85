"""What every executor has to hold, built in or third party.

A package that offers an executor runs the suite in its own tests::

    class TestMine(ExecutorContract):
        @pytest.fixture
        def new_executor(self):
            return lambda: mine(workers=2, threads=1)

Its workers must be able to import this package. The suite trains two runs of 64 steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, wait
from dataclasses import replace
from pathlib import Path

import pytest

from harness.core.run_result import Cost, RunResult
from harness.core.settings import Resources
from harness.execution import Sized, WorkerDiedError, capacity, outcome
from harness.testing import executor_orders as orders
from harness.testing import expect
from harness.testing.executor_orders import order

NewExecutor = Callable[[], Executor]

_LONG = 600.0
"""Seconds after which a future that should be done is given up."""


class ExecutorContract:
    """Tests of one executor; the fixture `new_executor` makes a new one with two workers."""

    @pytest.fixture
    def executor(self, new_executor: NewExecutor) -> Iterator[Executor]:
        executor = new_executor()
        yield executor
        executor.shutdown(wait=True, cancel_futures=True)

    def test_a_result_comes_back(self, executor: Executor) -> None:
        requests = [order(seed) for seed in range(3)]
        futures = [executor.submit(orders.answer, each) for each in requests]
        results = [future.result(_LONG) for future in futures]
        expect([r.score for r in results] == [0.0, 1.0, 2.0], "results are mixed up")
        expect(
            [r.run_id for r in results] == [each.run.id for each in requests], "runs are mixed up"
        )

    def test_an_exception_comes_back_with_its_traceback(self, executor: Executor) -> None:
        future = executor.submit(orders.fail, order())
        error = future.exception(_LONG)
        expect(isinstance(error, ArithmeticError), f"it became {error!r}")
        result = outcome(order().run, future, attempts=1)
        failure = result.failure
        expect(failure is not None and failure.kind == "exception", f"recorded as {failure}")
        expect(
            failure is not None and "orders.py" in failure.traceback, "the traceback says not where"
        )

    def test_a_timeout_ends_the_run(self, executor: Executor) -> None:
        error = executor.submit(orders.sleep, order(timeout=1.0)).exception(_LONG)
        expect(isinstance(error, TimeoutError), f"it became {error!r}")

    def test_a_death_harms_nobody_else(self, executor: Executor) -> None:
        dying = executor.submit(orders.die, order(1))
        living = executor.submit(orders.answer, order(2))
        error = dying.exception(_LONG)
        expect(isinstance(error, WorkerDiedError), f"it became {error!r}")
        expect(living.result(_LONG).score == 2.0, "another run was lost")
        expect(executor.submit(orders.answer, order(3)).result(_LONG).score == 3.0, "no more runs")

    def test_a_running_run_is_cancelled(self, executor: Executor) -> None:
        future = executor.submit(orders.sleep, order())
        time.sleep(1.0)
        future.cancel()
        expect_cancellation(future)
        expect(executor.submit(orders.answer, order(1)).result(_LONG).score == 1.0, "no more runs")

    def test_shutdown_ends_what_runs_and_can_be_repeated(self, new_executor: NewExecutor) -> None:
        executor = new_executor()
        future = executor.submit(orders.sleep, order())
        time.sleep(1.0)
        executor.shutdown(wait=True, cancel_futures=True)
        expect_cancellation(future)
        executor.shutdown(wait=True)

    def test_training_is_the_same_as_here_and_leaves_log_and_model(
        self, executor: Executor, tmp_path: Path
    ) -> None:
        log, save_to = tmp_path / "runs.log", tmp_path / "models" / "m.zip"
        training = order(7, log=log, save_to=save_to)
        future: Future[RunResult] = executor.submit(orders.train, training)
        again = executor.submit(orders.train, replace(training, save_to=None))
        second, first = again.result(_LONG), future.result(_LONG)
        expect(without_cost(second) == without_cost(first), "two trainings of one run differ")
        expect(first.cost.host != "", "nobody says where it ran")
        expect(log.read_text().count("trained with seed 7") == 2, "the log is lost")
        expect(save_to.stat().st_size > 0, "the model is lost")
        names = sorted(path.name for path in save_to.parent.iterdir())
        whole = all(name.startswith("m.zip") for name in names)
        expect(whole, f"half-written files are left: {names}")

    def test_its_size_is_said_if_it_knows_it(self, executor: Executor) -> None:
        expect(capacity(executor, 2).cpus >= 1, "no run could run")
        if isinstance(executor, Sized):
            executor.check(Resources())


def without_cost(result: RunResult) -> RunResult:
    return replace(result, cost=Cost())


def expect_cancellation(future: Future[RunResult]) -> None:
    done, _ = wait([future], timeout=_LONG)
    expect(future in done, "a cancelled run is waited for in vain")
    with pytest.raises(CancelledError):
        future.result(timeout=0)
