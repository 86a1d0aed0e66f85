"""What became of a future: a result, a recorded failure, or nothing to record."""

from __future__ import annotations

import signal
import traceback
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from typing import Final

from harness.core.run import Run
from harness.core.run_result import Cost, Failure, RunResult, Status
from harness.errors import HarnessError, StorageError

ATTEMPTS: Final = 3
"""Starts of a run, or of a question about user code, whose process is killed: most often that is
the machine's doing, not its own."""


class ExecutionError(HarnessError):
    """The executor cannot go on; that says nothing of the run it was to execute."""


class WorkerDiedError(HarnessError):
    """A worker process ended without a result.

    Attributes:
        exit_status: Negative for a signal; None where nobody saw it.
        reason: What is known instead, e.g. that its machine was lost.
    """

    def __init__(self, exit_status: int | None, reason: str = "") -> None:
        self.exit_status = exit_status
        self.reason = reason
        super().__init__(f"worker process died: {reason or _describe(exit_status)}")

    def __reduce__(self) -> tuple[type[WorkerDiedError], tuple[int | None, str]]:
        return (type(self), (self.exit_status, self.reason))


class MemoryLimitError(HarnessError):
    """A run held more memory than it may. `held` and `limit` are bytes."""

    def __init__(self, usage: int, limit: int) -> None:
        self.held = usage
        self.limit = limit
        super().__init__(
            f"held {usage / 2**20:,.0f} MiB of memory, the limit is {limit / 2**20:,.0f} MiB"
        )

    def __reduce__(self) -> tuple[type[MemoryLimitError], tuple[int, int]]:
        return (type(self), (self.held, self.limit))


def _describe(status: int | None) -> str:
    if status is None:
        return "no exit status"
    if status < 0:
        name = signal.Signals(-status).name
        return f"killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"exit status {status}"


def outcome(run: Run, future: Future[RunResult], *, attempts: int, wall: float = 0.0) -> RunResult:
    """The result of a done, not cancelled future; every way to fail becomes a `Failure`.

    Args:
        future: What was submitted for it.
        wall: Seconds since its last start, for a run that cannot say so itself.

    Raises:
        StorageError: The run's files could not be written; that is no fault of the run.
    """
    error = future.exception()
    if error is None:
        result = future.result()
        return replace(result, cost=replace(result.cost, attempts=attempts))
    peak = 0
    if isinstance(error, StorageError):
        # A disk that is full or gone says nothing about the run.
        raise error
    if isinstance(error, FutureTimeoutError):
        failure = Failure(kind="timeout", message=f"no result after {run.timeout:g} s")
    elif isinstance(error, MemoryLimitError):
        failure = Failure(kind="memory", message=error.message)
        peak = error.held
    elif isinstance(error, WorkerDiedError):
        failure = Failure(kind="died", message=f"{error.message}; {_starts(attempts)}")
    else:
        failure = Failure(
            kind="exception",
            message=": ".join(filter(None, (type(error).__name__, str(error)))),
            traceback="".join(traceback.format_exception(error)),
        )
    return RunResult(
        run_id=run.id,
        status=Status.FAILED,
        score=None,
        steps=0,
        failure=failure,
        backend=run.backend,
        cost=Cost(wall=wall, peak_memory=peak, attempts=attempts),
    )


def _starts(attempts: int) -> str:
    return "started once" if attempts == 1 else f"started {attempts} times"
