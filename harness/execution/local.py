"""Worker processes on this machine: one fresh process per unit, from a preloaded fork server.

pebble starts, times out and kills the processes; each has a pipe of its own, so that one worker's
death touches no other.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from typing import Any, Final

from pebble import ProcessExpired, ProcessFuture, concurrent

from harness.core.record import RunResult
from harness.core.resources import Resources
from harness.errors import UsageError
from harness.execution.devices import Gpus, Pinned
from harness.execution.outcome import WorkerDiedError
from harness.execution.slots import cores
from harness.execution.worker import Order

__all__ = ["LocalExecutor", "local"]

_THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def local(*, workers: int | None, threads: int) -> LocalExecutor:
    """Worker processes on this machine, one per core by default."""
    return LocalExecutor(workers=workers, threads=threads)


class LocalExecutor(Executor):
    """Runs every submitted order in a process of its own, at once; the caller counts the slots."""

    def __init__(self, *, workers: int | None, threads: int) -> None:
        self.workers = workers or cores()
        self._gpus = Gpus(())
        # The fork server inherits the environment; torch reads it when it is first imported.
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["harness.execution.preload"])
        self._running: dict[Future[RunResult], ProcessFuture[RunResult]] = {}

    def capacity(self) -> Resources:
        """As many slots as workers, and the GPUs if `check` was asked for one."""
        return Resources(cpus=self.workers, gpus=len(self._gpus))

    def check(self, wanted: Resources) -> None:
        """See that there is a GPU where one is wanted; a unit wider than all slots runs alone."""
        if not wanted.gpus or len(self._gpus):
            return
        from harness.training import gpus

        self._gpus = Gpus.visible(gpus())
        if not len(self._gpus):
            raise UsageError(
                f"the matrix asks for `gpus: {wanted.gpus:g}`, but torch sees no GPU here",
                help="take a machine with a GPU and a CUDA build of torch, `--executor ray` with "
                "such a cluster, or `--set resources.gpus=0`",
            )

    def submit(  # type: ignore[override]
        self, function: Callable[[Order], RunResult], /, order: Order
    ) -> Future[RunResult]:
        """Start a process for the order; its `unit.timeout` is a hard wall-clock limit."""
        # pebble reads `context`, though its signature says `mp_context`.
        start: Any = concurrent.process(  # type: ignore[call-overload]
            context=self._context, timeout=order.unit.timeout
        )
        share = order.unit.resources.gpus
        gpu = self._gpus.take(share) if share and len(self._gpus) else None
        run = function if gpu is None else Pinned(function, gpu)
        inner: ProcessFuture[RunResult] = start(run)(order)
        outer = _CancellableFuture(inner)
        self._running[outer] = inner
        if gpu is not None:
            inner.add_done_callback(lambda _: self._gpus.give_back(gpu, share))
        inner.add_done_callback(partial(self._finish, outer))
        return outer

    def _finish(self, outer: Future[RunResult], inner: Future[RunResult]) -> None:
        self._running.pop(outer, None)
        try:
            outer.set_result(inner.result())
        except CancelledError:
            Future.cancel(outer)
            outer.set_running_or_notify_cancel()
        except FutureTimeoutError as error:
            outer.set_exception(error)
        except ProcessExpired as error:
            outer.set_exception(WorkerDiedError(error.exitcode))
        except Exception as error:  # noqa: BLE001 - whatever the unit raised belongs to the future
            outer.set_exception(error)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the running processes if asked to, and wait for them."""
        if cancel_futures:
            for future in list(self._running):
                future.cancel()
        if wait:
            for process in multiprocessing.active_children():
                process.join()


class _CancellableFuture(Future[RunResult]):
    """A running unit can be cancelled: its process is ended."""

    def __init__(self, inner: ProcessFuture[Any]) -> None:
        super().__init__()
        self._inner = inner

    def cancel(self) -> bool:
        return bool(self._inner.cancel())  # type: ignore[no-untyped-call]
