"""What became of a future: a result, a recorded failure, or nothing to record."""

from __future__ import annotations

import signal
import traceback
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace

from harness.core.record import Cost, Failure, RunResult, Status
from harness.core.unit import Unit
from harness.errors import HarnessError

__all__ = ["WorkerDiedError", "outcome"]


class WorkerDiedError(HarnessError):
    """A worker process ended without a result. `exit_status` is negative for a signal."""

    def __init__(self, exit_status: int | None) -> None:
        self.exit_status = exit_status
        super().__init__(f"worker process died: {_describe(exit_status)}")

    def __reduce__(self) -> tuple[type[WorkerDiedError], tuple[int | None]]:
        return (type(self), (self.exit_status,))


def _describe(status: int | None) -> str:
    if status is None:
        return "no exit status"
    if status < 0:
        name = signal.Signals(-status).name
        return f"killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"exit status {status}"


def outcome(unit: Unit, future: Future[RunResult], *, attempts: int) -> RunResult:
    """The result of a done, not cancelled future; every way to fail becomes a `Failure`."""
    error = future.exception()
    if error is None:
        result = future.result()
        return replace(result, cost=replace(result.cost, attempts=attempts))
    if isinstance(error, FutureTimeoutError):
        failure = Failure(kind="timeout", message=f"no result after {unit.timeout:g} s")
    elif isinstance(error, WorkerDiedError):
        failure = Failure(kind="died", message=error.message)
    else:
        failure = Failure(
            kind="exception",
            message=f"{type(error).__name__}: {error}",
            traceback="".join(traceback.format_exception(error)),
        )
    return RunResult(
        unit=unit.id,
        status=Status.FAILED,
        score=None,
        steps=0,
        failure=failure,
        backend=unit.backend,
        cost=Cost(attempts=attempts),
    )
