"""The process tree of a run: how much memory it holds, and how it is ended whole."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import psutil

__all__ = ["end_children", "end_tree", "is_stopped", "lead_group", "resident_memory"]


def lead_group() -> None:
    """Make this process the leader of a session and a group of its own."""
    with contextlib.suppress(PermissionError):  # it is one already
        os.setsid()


def end_children(pid: int) -> None:
    """Kill the descendants of a process that lives."""
    for process in _descendants(pid):
        with contextlib.suppress(psutil.Error):
            process.kill()


def end_tree(pid: int) -> None:
    """Kill a group's leader, all of its group, and its descendants that left the group.

    Whoever has left the group and outlived its parent is out of reach.
    """
    end_children(pid)
    # Also where the leader is gone: its number stays taken as long as a member lives.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    # It may not have come to lead its group yet.
    for process in _one(pid):
        with contextlib.suppress(psutil.Error):
            process.kill()


def is_stopped(pid: int) -> bool:
    """Whether a signal has suspended the process."""
    return any(process.status() == psutil.STATUS_STOPPED for process in _one(pid))


def resident_memory(pid: int) -> int:
    """Bytes of physical memory that a process and its descendants hold.

    A process alone counts in full, with the pages that it shares with the fork server. In a tree
    shared pages are counted once, as far as the system tells.
    """
    alone = sum(_held(process, shared=True) for process in _one(pid))
    children = _descendants(pid)
    return alone + sum(_held(child, shared=False) for child in children)


def _held(process: psutil.Process, *, shared: bool) -> int:
    try:
        if shared:
            return int(process.memory_info().rss)
        return int(process.memory_full_info().pss)
    except AttributeError:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _one(pid: int) -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        yield psutil.Process(pid)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
