"""Worker processes on this machine: one fresh process per run, from a preloaded fork server.

Each has a pipe, a watcher and a process group of its own, so that one worker's death touches no
other and its children go with it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from typing import Final

from harness.core.run_result import RunResult
from harness.core.settings import SB3, Resources
from harness.errors import HarnessError, UsageError
from harness.execution.executors import cores
from harness.execution.fork_server import COMPILER_VARIABLE, SAFE_PATH, SAFE_PATH_VARIABLE
from harness.execution.process_future import ProcessFuture
from harness.execution.run_outcome import outcome
from harness.execution.worker_process import Order, execute_run

_PRELOAD: Final = ("harness.execution.fork_server", "harness.cli")
"""What a run needs, and what the `harness` script imports: every process runs those imports again,
and finds them done."""

_NO_SERVER: Final = (EOFError, ConnectionError)
"""What starting a process raises when the fork server dies while it is asked."""

_PATIENCE: Final = 60.0
"""Seconds in which a fork server is asked again and again, and replaced where it died."""

_BETWEEN_TRIES: Final = 0.05

_THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def local(*, workers: int | None, threads: int) -> LocalExecutor:
    """Worker processes on this machine, one per core by default."""
    return LocalExecutor(workers=workers, threads=threads)


def execute_alone(order: Order) -> RunResult:
    """The result of one order; see `execute_together`."""
    (result,) = execute_together([order], workers=1)
    return result


def execute_together(orders: Sequence[Order], *, workers: int) -> list[RunResult]:
    """The results of orders, in processes that are gone with all of their children afterwards.

    What they print goes to stderr.

    Args:
        orders: In the order in which they begin.
        workers: How many are executed at once.

    Raises:
        UsageError: One needs a GPU, and there is none.
        StorageError: A run's files could not be written.
    """
    executor = local(workers=workers, threads=max(order.run.threads for order in orders))
    for order in orders:
        executor.check(order.run.resources)
    executor.prepare(plain=all(order.run.backend == SB3 for order in orders))
    futures: list[Future[RunResult]] = []
    try:
        for order in orders:
            open_ones = [future for future in futures if not future.done()]
            if len(open_ones) >= workers:
                wait(open_ones, return_when=FIRST_COMPLETED)
            futures.append(executor.submit(_execute_aside, order))
        return [outcome(o.run, f, attempts=1) for o, f in zip(orders, futures, strict=True)]
    finally:
        executor.shutdown(cancel_futures=True)


def _execute_aside(order: Order) -> RunResult:
    # At the level of file descriptors, because simulators print from C.
    os.dup2(2, 1)
    return execute_run(order)


class LocalExecutor(Executor):
    """Runs every submitted order in a process of its own, at once; the caller counts the slots."""

    def __init__(
        self, *, workers: int | None, threads: int, preload: Sequence[str] = _PRELOAD
    ) -> None:
        """Start nothing yet.

        Args:
            workers: Slots, which the caller counts; None for the cores.
            threads: Numerical threads of each process.
            preload: Modules the fork server imports before the first run.
        """
        self.workers = workers or cores()
        self._gpus = Gpus(())
        # The fork server inherits the environment; torch reads it when it is first imported.
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
        # Nor shall it import what lies in the current folder, a `random.py` of the user's.
        self._server_variables = {SAFE_PATH_VARIABLE: SAFE_PATH, COMPILER_VARIABLE: "1"}
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))
        self._running: set[ProcessFuture] = set()

    def capacity(self) -> Resources:
        """As many slots as workers, and the GPUs if `check` was asked for one."""
        return Resources(cpus=self.workers, gpus=len(self._gpus))

    def prepare(self, *, plain: bool) -> None:
        """Have the fork server begin to load what runs need."""
        if not plain:
            self._server_variables.pop(COMPILER_VARIABLE, None)
        # Starting this one unblocks the signals that are blocked here.
        resource_tracker.ensure_running()
        # A Ctrl-C is the coordinator's; the server hears it again once it has left the group.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with self._environment_of_server():
                forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def check(self, resources: Resources) -> None:
        """See that there is a GPU where one is wanted; a run wider than all slots runs alone."""
        if not resources.gpus or len(self._gpus):
            return
        from harness.training import gpus

        self._gpus = Gpus.visible(gpus())
        if not len(self._gpus):
            raise UsageError(
                f"the matrix asks for `gpus: {resources.gpus:g}`, but torch sees no GPU here",
                help="take a machine with a GPU and a CUDA build of torch, `--executor ray` with "
                "such a cluster, or `--set resources.gpus=0`",
            )

    def submit(  # type: ignore[override]
        self, function: Callable[[Order], RunResult], /, order: Order
    ) -> Future[RunResult]:
        """Start a process for the order; `run.timeout` and `run.memory` are hard limits."""
        share = order.run.resources.gpus
        gpu = self._gpus.take(share) if share and len(self._gpus) else None
        try:
            future = self._start(function if gpu is None else PinnedToGpu(function, gpu), order)
        except HarnessError:
            if gpu is not None:
                self._gpus.release(gpu, share)
            raise
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        if gpu is not None:
            future.add_done_callback(lambda _: self._gpus.release(gpu, share))
        return future

    def _start(self, function: Callable[[Order], RunResult], order: Order) -> ProcessFuture:
        """A process for the order, from another fork server if somebody kills this one."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                with self._environment_of_server():
                    return ProcessFuture(self._context, function, order)
            except _NO_SERVER as error:
                # No fault of the run, which would be recorded as failed for good.
                if time.monotonic() > deadline:
                    raise HarnessError(
                        "the server that starts worker processes dies whenever it is asked",
                        help="free some memory, then repeat the command: it goes on from there",
                    ) from error
            # A process that is being killed refuses connections before it can be replaced.
            time.sleep(_BETWEEN_TRIES)

    @contextlib.contextmanager
    def _environment_of_server(self) -> Iterator[None]:
        """Variables for a fork server that starts in here, and for no other child process."""
        variables = {
            name: value for name, value in self._server_variables.items() if name not in os.environ
        }
        os.environ.update(variables)
        try:
            yield
        finally:
            for name in variables:
                os.environ.pop(name, None)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the running processes if asked to, and wait until they and their children are gone.

        Without `wait` a cancelled process is still killed, only not waited for.
        """
        running = list(self._running)
        if cancel_futures:
            for future in running:
                future.cancel()
        if wait:
            for future in running:
                future.join()


VISIBLE: Final = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class PinnedToGpu:
    """Runs an order in a process that sees only the GPUs `visible`."""

    function: Callable[[Order], RunResult]
    visible: str

    def __call__(self, order: Order) -> RunResult:
        os.environ[VISIBLE] = self.visible
        return self.function(order)


class Gpus:
    """The GPUs of this machine and the shares of them that are taken."""

    def __init__(self, names: Sequence[str]) -> None:
        self._shares = dict.fromkeys(names, 0.0)

    @classmethod
    def visible(cls, count: int) -> Gpus:
        """Those that this process sees, by the names that its environment gives them."""
        names = os.environ.get(VISIBLE, "")
        return cls(names.split(",")[:count] if names else [str(index) for index in range(count)])

    def __len__(self) -> int:
        return len(self._shares)

    def take(self, share: float) -> str:
        """The GPU with most left."""
        name = min(self._shares, key=lambda name: self._shares[name])
        self._shares[name] += share
        return name

    def release(self, name: str, share: float) -> None:
        self._shares[name] -= share
