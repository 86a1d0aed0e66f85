"""What happens inside a worker process, one order and one result, and how its process tree ends."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import Final

import psutil

from harness.call_watch import WATCH
from harness.core.run import Run
from harness.core.run_result import RunResult
from harness.errors import StorageError
from harness.registry import Registry, component_paths, load_function

_PR_SET_PDEATHSIG: Final = 1
"""From Linux' ``prctl.h``: the signal that a process gets when its parent dies."""

_PR_SET_CHILD_SUBREAPER: Final = 36
"""Descendants whose parent dies become children of this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A run and what is done around it; nothing here changes a number.

    Attributes:
        run: The work.
        log: File that takes what the training prints; None leaves the output alone.
        save_to: The ``.zip`` to save the model to; None for nowhere.
        pruner: The registered function of the run's pruner, ``module:function``, so that a worker
            need not look for it; empty for what the worker's own packages offer under the name.
    """

    run: Run
    log: Path | None = None
    save_to: Path | None = None
    pruner: str = ""


def execute_run(order: Order) -> RunResult:
    """Train one run; with a pruning rule, give it up where the study would have."""
    from harness.training import train
    from harness.tuning.pruning_replay import PruningReplay, SeedRace

    die_with_parent()
    if order.log is not None:
        _redirect_output(order.log)
    if multiprocessing.parent_process() is not None:
        WATCH.start()
    run = order.run
    if run.pruning is None:
        return train(run, save_to=order.save_to)
    name = run.pruning.pruner.name
    path = order.pruner or Registry(pruners=component_paths("pruner")).path(
        "pruner", run.pruning.pruner.reference
    )
    function = load_function("pruner", name, path, run.pruning.pruner.version)
    replay = PruningReplay(run.pruning, run.steps, run.schedule.evals, function)
    evals = len(run.parts[0].evaluation_steps)
    judge = SeedRace(run.pruning, evals).judge if run.replicas else None
    # What compares seeds says nothing within the first one.
    within = None if run.replicas and name == "wilcoxon" else replay.report
    result = train(run, should_stop=within, judge=judge, save_to=order.save_to)
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
    descriptor = open_log(log)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def picklable(error: BaseException) -> BaseException:
    """The error itself where it survives pickling, else one that says the same."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - whatever a foreign error's pickling raises
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def open_log(log: Path) -> int:
    """A descriptor of a run's log, to add to it.

    Raises:
        StorageError: It cannot be written, which says nothing about the run.
    """
    try:
        log.parent.mkdir(exist_ok=True)
        return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        raise StorageError(
            f"cannot write the log {log}: {error.strerror}",
            help="see that its folder is there and can be written; the same command goes on",
        ) from error


def lead_group() -> None:
    """Make this process the leader of a session and a group of its own."""
    with contextlib.suppress(PermissionError):  # it is one already
        os.setsid()


def adopt_orphans() -> None:
    """Have descendants whose parent ends become children of this process, where that is possible.

    So that nobody is out of reach who has left the group and outlived its parent.
    """
    _set_process_option(_PR_SET_CHILD_SUBREAPER, 1)


def signal_at_parent_death(number: int) -> bool:
    """Have this process get a signal when its parent dies; whether that is possible."""
    return _set_process_option(_PR_SET_PDEATHSIG, number)


def _set_process_option(option: int, value: int) -> bool:
    return sys.platform == "linux" and not ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def end_children(pid: int) -> None:
    """Kill the descendants of a process that lives."""
    for process in _descendants(pid):
        with contextlib.suppress(psutil.Error):
            process.kill()


def end_strays(pid: int, workers: Collection[int]) -> None:
    """Kill the children of a fork server that have groups of their own and are none of its workers.

    It has adopted them from workers that are gone. A process that is no child of this one is not
    its fork server, and is left alone.
    """
    if parent_of(pid) != os.getpid():
        return
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        group = os.getpgid(pid)
        for child in psutil.Process(pid).children():
            with contextlib.suppress(ProcessLookupError):
                if child.pid not in workers and os.getpgid(child.pid) != group:
                    end_tree(child.pid)


def end_tree(pid: int) -> None:
    """Kill a group's leader, all of its group, and its descendants that left the group.

    Whoever has left the group and outlived its parent belongs to whoever adopts orphans.
    """
    end_children(pid)
    # Also where the leader is gone: its number stays taken as long as a member lives.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    # It may not have come to lead its group yet.
    for process in _process(pid):
        with contextlib.suppress(psutil.Error):
            process.kill()


def parent_of(pid: int) -> int | None:
    """The parent of a process; None for one that is gone."""
    return next((process.ppid() for process in _process(pid)), None)


def is_stopped(pid: int) -> bool:
    """Whether a signal has suspended the process."""
    return any(process.status() == psutil.STATUS_STOPPED for process in _process(pid))


def resident_memory(pid: int) -> int:
    """Bytes of physical memory that a process and its descendants hold.

    A process alone counts in full, with the pages that it shares with the fork server. In a tree
    shared pages are counted once, as far as the system tells.
    """
    alone = sum(_memory_of(process, counts_shared=True) for process in _process(pid))
    children = _descendants(pid)
    return alone + sum(_memory_of(child, counts_shared=False) for child in children)


def _memory_of(process: psutil.Process, *, counts_shared: bool) -> int:
    try:
        if counts_shared:
            return int(process.memory_info().rss)
        return int(process.memory_full_info().pss)
    except AttributeError:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _process(pid: int) -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        yield psutil.Process(pid)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
