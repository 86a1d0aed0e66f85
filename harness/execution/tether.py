"""The fork server's tie to the coordinator: whoever is stopped when it dies wakes up and leaves."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from types import FrameType
from typing import Final

__all__ = ["end_with_coordinator"]

_PR_SET_PDEATHSIG: Final = 1
"""From Linux' ``prctl.h``: the signal that a process gets when its parent dies."""


def end_with_coordinator() -> None:
    """In the fork server: end when the coordinator is gone, which wakes the workers.

    A worker that finds the coordinator gone ends itself and its children, but not while somebody
    has stopped it. Until then it would keep the fork server too, which waits for everybody who
    could still ask it for a process. Only Linux can wake them.
    """
    coordinator, server = os.getppid(), os.getpid()
    if not _wake_without_parent():
        return

    def leave_orphaned(_: int, __: FrameType | None) -> None:
        # Anybody may send this signal, and so does a mere thread of the coordinator that ends.
        if os.getppid() != coordinator:
            os._exit(0)

    def in_child() -> None:
        # Not in what the workers fork.
        if os.getppid() == server:
            signal.signal(signal.SIGCONT, signal.SIG_DFL)
            _wake_without_parent()

    signal.signal(signal.SIGCONT, leave_orphaned)
    os.register_at_fork(after_in_child=in_child)


def _wake_without_parent() -> bool:
    """Have this process continued when its parent dies; whether that is possible."""
    if sys.platform != "linux":
        return False
    return not ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGCONT, 0, 0, 0)
