"""Runs as tasks of a Ray cluster: Ray finds the place, and the run runs there as it would here.

Ray neither retries nor keeps anything: the ledger counts attempts, and what a node sends back is
written on this machine.
"""

from __future__ import annotations

import logging
import math
import os
import pickle
import socket
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

from harness.core.opponents import models_of
from harness.core.run_result import RunResult
from harness.core.scenario import Scenario
from harness.core.settings import Resources
from harness.errors import MissingExtraError, UsageError
from harness.execution.executors import cores
from harness.execution.order_transport import Reply, keep, resolve
from harness.execution.ray_node import versions, work
from harness.execution.run_outcome import ExecutionError, WorkerDiedError
from harness.execution.worker_process import Order
from harness.saved_models import read_verified_content

# Read when Ray is imported: nothing is sent home, and Ray has nothing to say about GPUs.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

try:
    import ray
    from ray import exceptions
except ImportError as error:
    raise MissingExtraError(
        "the executor `ray` needs the package ray", help="pip install 'rl-harness[ray]'"
    ) from error

_LOCAL: Final = "local"

_STORE: Final = 256 * 2**20
"""Bytes of shared memory of a local cluster's object store; models pass through it."""

_LOST: Final = (
    exceptions.WorkerCrashedError,
    exceptions.NodeDiedError,
    exceptions.ObjectLostError,
    exceptions.OutOfMemoryError,
    exceptions.TaskCancelledError,
)
"""The run's process or machine is gone, or its result with the machine."""

_CONNECT_TIMEOUT: Final = 10.0
"""Seconds to wait for an answer of the cluster."""

_REFRESH_SECONDS: Final = 1.0
"""Seconds between two looks at the cluster's size."""


def on_cluster(*, workers: int | None, threads: int, address: str = "") -> RayExecutor:
    """Machines of a Ray cluster; without an address, one of its own here."""
    return RayExecutor(workers=workers, threads=threads, address=address)


class RayExecutor(Executor):
    """Runs every submitted order as a Ray task, in an isolated process on some node.

    `workers` None follows the cluster as it grows and shrinks; a number is asked for whatever the
    cluster's size, which makes an autoscaler act.
    """

    def __init__(self, *, workers: int | None, threads: int, address: str = "") -> None:
        self._workers = workers
        self._threads = threads
        self._versions = versions()
        self._address = address or os.environ.get("RAY_ADDRESS", "") or _LOCAL
        self._ours = _connect(self._address, workers)
        # Runs are isolated in processes of their own, so a worker may serve any number of them.
        options = {"max_retries": 0, "retry_exceptions": False, "max_calls": 0}
        self._task = ray.remote(**options)(work)
        self._sent: dict[str, object] = {}
        self._running: dict[_RayFuture, Order] = {}
        self._done: SimpleQueue[tuple[_RayFuture, Future[Any]] | None] = SimpleQueue()
        self._receiver = Thread(target=self._receive, name="ray-replies", daemon=True)
        self._receiver.start()
        self._view: tuple[float, list[Resources]] = (-math.inf, [])

    def capacity(self) -> Resources:
        """The cluster's CPUs and GPUs, or what `workers` asks for."""
        if self._workers is not None:
            return Resources(cpus=self._workers, gpus=math.inf)
        nodes = self._nodes()
        return Resources(cpus=sum(n.cpus for n in nodes), gpus=sum(n.gpus for n in nodes))

    def check(self, demand: Resources) -> None:
        """See that some node is big enough, unless the cluster is to grow by demand."""
        if self._workers is not None and self._address != _LOCAL:
            return
        nodes = self._nodes()
        if not any(node.cpus >= demand.cpus and node.gpus >= demand.gpus for node in nodes):
            supply = ", ".join(f"{node.cpus:g} and {node.gpus:g}" for node in nodes) or "no node"
            raise UsageError(
                f"no node of the cluster has {demand.cpus:g} CPUs and {demand.gpus:g} GPUs for "
                f"one run; there is: {supply}",
                help="ask for less in `resources`, add such a node, or give --workers if the "
                "cluster adds nodes by itself",
            )

    def submit(  # type: ignore[override]
        self, function: Callable[[Order], RunResult], /, order: Order
    ) -> Future[RunResult]:
        """Hand the order to Ray, which waits until a node has room."""
        run = order.run
        try:
            opponents = self._opponents(run.scenario)
        except UsageError as error:
            # As on one machine: the run fails with that reason.
            future: Future[RunResult] = Future()
            future.set_exception(error)
            return future
        task = self._task.options(
            num_cpus=run.resources.cpus,
            num_gpus=run.resources.gpus,
            scheduling_strategy="SPREAD",
            name=f"{run.algorithm.name}@{run.scenario.name}",
        )
        parcel = pickle.dumps((function, order))
        reference = task.remote(parcel, self._threads, self._versions, *opponents)
        outer = _RayFuture(reference)
        self._running[outer] = order
        reference.future().add_done_callback(lambda inner: self._done.put((outer, inner)))
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the running tasks if asked to, wait for them, and leave the cluster."""
        if cancel_futures:
            for future in list(self._running):
                future.cancel()
        if wait:
            _wait_for(self._running)
            if self._receiver.is_alive():
                self._done.put(None)
                self._receiver.join()
            if self._ours:
                self._ours = False
                ray.shutdown()

    def _opponents(self, scenario: Scenario) -> list[object]:
        """References to the saved models that play; Ray takes each to a node once.

        Raises:
            UsageError: A file cannot be read, or is another one by now.
        """
        models = models_of(scenario)
        for model in models:
            if model.sha256 not in self._sent:
                self._sent[model.sha256] = ray.put(pickle.dumps(read_verified_content(model)))
        return [self._sent[checksum] for checksum in {model.sha256: None for model in models}]

    def _nodes(self) -> list[Resources]:
        """Every living node; asked anew when the last answer is old."""
        instant, nodes = self._view
        if time.monotonic() - instant > _REFRESH_SECONDS:
            tables = [node["Resources"] for node in ray.nodes() if node["Alive"]]
            nodes = [Resources(cpus=n.get("CPU", 0.0), gpus=n.get("GPU", 0.0)) for n in tables]
            self._view = (time.monotonic(), nodes)
        return nodes

    def _receive(self) -> None:
        """Take replies in a thread of its own: Ray's must not wait for a disk."""
        while (pair := self._done.get()) is not None:
            outer, inner = pair
            order = self._running[outer]
            try:
                _finish(outer, inner, order)
            finally:
                self._running.pop(outer, None)


def _finish(outer: _RayFuture, inner: Future[Reply | str], order: Order) -> None:
    error = inner.exception()
    if outer.ending:
        Future.cancel(outer)
        outer.set_running_or_notify_cancel()
    elif isinstance(error, _LOST):
        reason = " ".join(str(error).split("\n")[0].split())
        outer.set_exception(WorkerDiedError(None, f"{type(error).__name__}: {reason}"))
    elif error is not None:
        outer.set_exception(_make_error(error))
    elif isinstance(reply := inner.result(), str):
        outer.set_exception(
            ExecutionError(
                reply,
                help="install the same packages on every node: results of other versions are "
                "never pooled. The same command goes on from here",
            )
        )
    else:
        try:
            keep(reply, order)
            resolve(reply, outer)
        except Exception as loss:  # noqa: BLE001 - this thread must live, and the future be done
            outer.set_exception(ExecutionError(f"a run's reply cannot be kept: {loss}"))


def _make_error(error: BaseException) -> ExecutionError:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return ExecutionError(
        f"Ray cannot run runs: {type(error).__name__}: {lines[-1].strip() if lines else ''}",
        help="see that rl-harness and all plug-ins are installed on every node; "
        "the same command goes on from here",
    )


def _wait_for(running: dict[_RayFuture, Order]) -> None:
    while running:
        wait(list(running))
        time.sleep(0.01)


def _connect(address: str, workers: int | None) -> bool:
    """Join the cluster, or start one; False if this process was in one already.

    Raises:
        ExecutionError: There is no cluster at that address, or it does not let us in.
    """
    if ray.is_initialized():
        return False
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    _check_reachable(address)
    if address == _LOCAL:
        options |= {
            "num_cpus": workers or cores(),
            "include_dashboard": False,
            "object_store_memory": _STORE,
        }
    try:
        ray.init(address, **options)
    except (exceptions.RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:
        text = str(error).strip().splitlines()
        raise _unreachable_error(address, text[0].strip("'") if text else repr(error)) from error
    return True


def _check_reachable(address: str) -> None:
    """See that a cluster answers there; Ray itself would try for many minutes."""
    host, colon, port = address.rpartition("//")[2].rpartition(":")
    if not (colon and port.isdecimal()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_TIMEOUT).close()
    except (OSError, OverflowError) as error:
        raise _unreachable_error(address, str(error)) from error


def _unreachable_error(address: str, reason: str) -> ExecutionError:
    return ExecutionError(
        f"no Ray cluster can be joined at `{address}`: {reason}",
        help="start one with `ray start --head` and give its address: `auto` on one of its "
        "machines, `ray://HOST:10001` from elsewhere",
    )


class _RayFuture(Future[RunResult]):
    """A task can be cancelled while it waits and while it runs: its process is ended.

    Attributes:
        ending: It was cancelled, whatever Ray says of it.
    """

    def __init__(self, reference: object) -> None:
        super().__init__()
        self._reference = reference
        self.ending = False

    def cancel(self) -> bool:
        if self.done():
            return self.cancelled()
        self.ending = True
        ray.cancel(self._reference, force=True)
        return True
