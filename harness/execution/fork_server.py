"""What the fork server loads, once, so that each worker process starts with everything in memory.

`multiprocessing` has one hook for this: it imports the modules that are to be preloaded. So this
module prepares the process that imports it, but only where that process is a fork server; anywhere
else importing it changes nothing.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from harness.execution.worker_process import adopt_orphans, signal_at_parent_death
from harness.training import preload

COMPILER_VARIABLE: Final = "HARNESS_PRELOAD_COMPILER"
"""Environment variable that has the fork server load torch's compiler too, for plain learners."""

SAFE_PATH_VARIABLE: Final = "PYTHONSAFEPATH"
SAFE_PATH: Final = "fork server"
"""Python's variable that keeps the current folder out of `sys.path`, and its value where it is
for the fork server alone."""


def is_fork_server() -> bool:
    """Whether this process was started as a fork server, by its command line."""
    return any("multiprocessing.forkserver" in word for word in sys.orig_argv)


def prepare_fork_server() -> None:
    """Leave the terminal's process group, end with the coordinator, and load what runs need."""
    if os.environ.get(SAFE_PATH_VARIABLE) == SAFE_PATH:
        # Scripts that a run starts find what lies beside them.
        del os.environ[SAFE_PATH_VARIABLE]
    # A process group of its own keeps the terminal's Ctrl-C away from the workers.
    os.setpgid(0, 0)
    # One that came before is forgotten; runs may use the signal for children of theirs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _end_with_coordinator()
    # What a run leaves behind comes here, and the coordinator ends it.
    adopt_orphans()
    warnings.filterwarnings("ignore", message="forkserver: waitpid returned unexpected pid")
    with permanent_imports():
        preload(compiler=bool(os.environ.get(COMPILER_VARIABLE)))
        importlib.import_module("harness.tuning.pruning_replay")
        importlib.import_module("harness.tuning.pruners")


@contextmanager
def permanent_imports() -> Iterator[None]:
    """Keep what is imported inside the block out of garbage collection, here and in all workers.

    None of it is garbage, and looking for some took a quarter of the time. Afterwards workers do
    not look at it either, which would copy its pages.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _end_with_coordinator() -> None:
    """End the fork server when the coordinator is gone, which wakes the workers.

    A worker that finds the coordinator gone ends itself and its children, but not while somebody
    has stopped it. Until then it would keep the fork server too, which waits for everybody who
    could still ask it for a process. Only Linux can wake them.
    """
    coordinator, server = os.getppid(), os.getpid()
    if not signal_at_parent_death(signal.SIGCONT):
        return

    def exit_if_orphaned(_: int, __: FrameType | None) -> None:
        # Anybody may send this signal, and so does a mere thread of the coordinator that ends.
        if os.getppid() != coordinator:
            os._exit(0)

    def follow_server() -> None:
        # Not in what the workers fork.
        if os.getppid() == server:
            signal.signal(signal.SIGCONT, signal.SIG_DFL)
            signal_at_parent_death(signal.SIGCONT)

    signal.signal(signal.SIGCONT, exit_if_orphaned)
    os.register_at_fork(after_in_child=follow_server)


if is_fork_server():
    prepare_fork_server()
