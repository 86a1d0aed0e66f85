"""What happens inside a worker process: one order, one result."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from pathlib import Path

from harness.core.record import RunResult
from harness.core.run import Run
from harness.execution.processes import end_tree

__all__ = ["Order", "die_with_parent", "execute_run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A run and what is done around it; nothing here changes a number.

    Attributes:
        run: The work.
        log: File that takes what the training prints; None leaves the output alone.
        save_to: The ``.zip`` to save the model to; None for nowhere.
    """

    run: Run
    log: Path | None = None
    save_to: Path | None = None


def execute_run(order: Order) -> RunResult:
    """Train one run; with a pruning rule, give it up where the study would have."""
    from harness.training import train
    from harness.tuning import Replay

    die_with_parent()
    if order.log is not None:
        _redirect_output(order.log)
    run = order.run
    if run.pruning is None:
        return train(run, save_to=order.save_to)
    replay = Replay(run.pruning, run.schedule.evals)
    result = train(run, should_stop=replay.report, save_to=order.save_to)
    return replace(result, pruner_attrs=replay.attrs)


def die_with_parent() -> None:
    """End this process when the coordinator is gone: nobody is left to take the result."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        end_tree(os.getpid())

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()


def _redirect_output(log: Path) -> None:
    # At the level of file descriptors, because simulators print from C.
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
