"""One order in a process of its own: started, watched, ended with all of its children."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from typing import Final, cast

from harness.core.run_result import RunResult
from harness.execution.run_outcome import MemoryLimitError, WorkerDiedError
from harness.execution.worker_process import (
    Order,
    adopt_orphans,
    end_children,
    end_strays,
    end_tree,
    is_stopped,
    lead_group,
    parent_of,
    picklable,
    resident_memory,
)

_LOOK: Final = 0.2
"""Seconds between two looks at the memory of a run that has a limit."""

_SHARE: Final = 50
"""Looking costs at most one part in this many of the watcher's time, however many processes."""

_TICK: Final = 1.0
"""Seconds between two looks at the time a run has left."""

_GRACE: Final = 5.0
"""Seconds for a process to leave after it has sent its result."""

_REAP_LOCK: Final = threading.Lock()
"""Starting a process also asks after the others, and an exit status can be read only once."""

_WORKERS: Final[set[int]] = set()
"""The worker processes of all futures, by their ids; changed with the lock held."""


_Answer = tuple[RunResult | None, BaseException | None, str]
"""Result, or the error and its traceback, as a worker process sends it."""


class ProcessFuture(Future[RunResult]):
    """The future of an order that a process of its own executes; cancelling it ends the process."""

    def __init__(
        self, context: ForkServerContext, function: Callable[[Order], RunResult], order: Order
    ) -> None:
        super().__init__()
        self._memory = order.run.memory
        self._seconds_left = order.run.timeout
        self._reason: Exception | None = None
        self._ending = threading.Lock()
        self._reader, writer = context.Pipe(duplex=False)
        # No daemon: those may have no children, and some environments are made of processes.
        self._process = context.Process(
            target=_serve, args=(writer, function, order), name=f"run-{order.run.id[:8]}"
        )
        with _REAP_LOCK:
            self._process.start()
            self._pid = cast("int", self._process.pid)  # it runs, so it has one
            _WORKERS.add(self._pid)
        writer.close()
        self._server = parent_of(self._pid)
        self._watcher = threading.Thread(target=self._watch, name="watch-run", daemon=True)
        self._watcher.start()

    def cancel(self) -> bool:
        """End the process; there will be no result."""
        is_cancelled = super().cancel()
        if is_cancelled:
            end_tree(self._pid)
        return is_cancelled

    def join(self) -> None:
        """Wait until the process and its children are gone."""
        self._watcher.join()

    def _end(self, reason: Exception) -> None:
        with self._ending:
            self._reason = self._reason or reason
        end_tree(self._pid)

    def _watch(self) -> None:
        """Wait for a result or the end of the process, whichever is first."""
        pause = self._pause()
        # The end of the pipe alone would not do: children of the run keep it open.
        while not wait([self._reader, self._process.sentinel], timeout=pause):
            self._charge(pause)
            pause = self._pause()
        answer = self._receive()
        if answer is not None:
            wait([self._process.sentinel], timeout=_GRACE)
        end_tree(self._pid)
        wait([self._process.sentinel])
        with _REAP_LOCK:
            self._process.join()
            _WORKERS.discard(self._pid)
            if self._server is not None:
                end_strays(self._server, _WORKERS)
        self._reader.close()
        self._settle(answer)

    def _pause(self) -> float | None:
        """Seconds until somebody must look at the run again; None for never."""
        limits = (
            self._look(),
            None if self._seconds_left is None else min(self._seconds_left, _TICK),
        )
        return min((limit for limit in limits if limit is not None), default=None)

    def _charge(self, seconds: float | None) -> None:
        """Take what was waited off the run's time, and end the run that has none left.

        It is charged what this process meant to wait, not what the clock says: nobody who stops
        the whole campaign and lets it go on shall find its runs overdue.
        """
        if self._seconds_left is None or seconds is None:
            return
        self._seconds_left -= seconds
        if self._seconds_left <= 0:
            self._seconds_left = None
            # Somebody stopped it: it did not use its time, and may try again.
            was_stopped = is_stopped(self._pid)
            self._end(WorkerDiedError(-signal.SIGSTOP) if was_stopped else FutureTimeoutError())

    def _look(self) -> float | None:
        """End the process if it holds too much; seconds until the next look, None for never."""
        if self._memory is None:
            return None
        start = time.monotonic()
        memory = resident_memory(self._pid)
        if memory > self._memory:
            self._end(MemoryLimitError(memory, self._memory))
        return max(_LOOK, _SHARE * (time.monotonic() - start))

    def _receive(self) -> _Answer | None:
        with contextlib.suppress(EOFError, OSError):
            if self._reader.poll():
                return cast("_Answer", self._reader.recv())
        return None

    def _settle(self, answer: _Answer | None) -> None:
        if not self.set_running_or_notify_cancel():
            return
        if answer is None:
            self.set_exception(self._reason or WorkerDiedError(self._process.exitcode))
            return
        result, error, trace = answer
        if result is not None:
            self.set_result(result)
        elif error is not None:
            error.add_note(trace)
            self.set_exception(error)


def _serve(writer: Connection, function: Callable[[Order], RunResult], order: Order) -> None:
    """In the new process: run the order and send what came of it."""
    lead_group()
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answer: _Answer
    try:
        answer = (function(order), None, "")
    except BaseException as error:  # noqa: BLE001 - sent to who asked
        answer = (None, picklable(error), traceback.format_exc())
    # Now, because nobody can tell whose they were once this process is gone.
    end_children(os.getpid())
    writer.send(answer)
    writer.close()
    threads = {*threading.enumerate()} - {threading.current_thread()}
    if not all(thread.daemon for thread in threads):
        # Nobody waits for what a run has left behind.
        os._exit(0)
