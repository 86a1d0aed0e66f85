"""What happens on a node of a Ray cluster: the run has a process of its own, as anywhere.

The Ray worker process only waits: it keeps a fork server with torch loaded from one task
to the next. Its death ends the run's process, see `execute_run`.
"""

from __future__ import annotations

import os
import pickle
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points, version
from pathlib import Path

from harness.core.run_result import RunResult
from harness.execution.local import VISIBLE, LocalExecutor, PinnedToGpu
from harness.execution.order_transport import Reply, perform
from harness.execution.worker_process import Order, die_with_parent
from harness.training import gpus, numeric_versions


def versions() -> dict[str, str]:
    """What has to be the same on every node: all that decides digits, plug-ins included."""
    plugins = {
        point.dist.name: point.dist.version
        for group in ("harness.scenarios", "harness.algorithms")
        for point in entry_points(group=group)
        if point.dist is not None
    }
    return numeric_versions() | plugins | {"rl-harness": version("rl-harness")}


def work(
    parcel: bytes, threads: int, coordinator: Mapping[str, str], *opponents: bytes
) -> Reply | str:
    """Run the pickled (function, order) here.

    Args:
        parcel: Opened only on a node with the right versions.
        threads: Numerical threads of one run.
        coordinator: The coordinator's `versions`.
        opponents: Pickled contents of the saved models that play in the run.

    Returns:
        What came of it, or why this node is refused.
    """
    mine = versions()
    other = [
        f"{name} {mine.get(name, 'missing')} instead of {coordinator.get(name, 'none')}"
        for name in sorted({*mine, *coordinator})
        if mine.get(name) != coordinator.get(name)
    ]
    if other:
        return f"node `{platform.node()}` has other versions: {', '.join(other)}"
    function, order = pickle.loads(parcel)  # noqa: S301 - from the coordinator
    if order.run.resources.gpus:
        if not gpus():
            return f"torch sees no GPU on node `{platform.node()}`, where Ray counts one"
        # The fork server was started for an earlier task, which may have had another GPU.
        function = PinnedToGpu(function, os.environ.get(VISIBLE, "0"))
    tied_function = _EndWithRayWorker(function)
    models = [pickle.loads(content) for content in opponents]  # noqa: S301 - likewise
    return perform(_executor(threads), tied_function, order, Path(tempfile.gettempdir()), models)


@dataclass(frozen=True, slots=True)
class _EndWithRayWorker:
    """Runs an order in a process that ends with its Ray worker, which Ray ends to cancel it."""

    function: Callable[[Order], RunResult]

    def __call__(self, order: Order) -> RunResult:
        die_with_parent()
        return self.function(order)


@cache
def _executor(threads: int) -> LocalExecutor:
    # A process of multiprocessing runs the main module of its parent first: Ray's, which would
    # import Ray anew for every run.
    vars(sys.modules["__main__"]).pop("__file__", None)
    return LocalExecutor(workers=1, threads=threads)
