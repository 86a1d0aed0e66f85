"""Imported once by the fork server, so that each worker process starts with everything loaded."""

from __future__ import annotations

import gc
import importlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from harness.execution.tether import end_with_coordinator
from harness.training import preload

__all__ = ["for_good"]


@contextmanager
def for_good() -> Iterator[None]:
    """What is imported inside the block stays, here and in all workers.

    None of it is garbage, and looking for some took a quarter of the time. Afterwards workers do
    not look at it either, which would copy its pages.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


# A process group of its own keeps the terminal's Ctrl-C away from the workers.
os.setpgid(0, 0)
# One that came before is forgotten; runs may use the signal for children of theirs.
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
signal.signal(signal.SIGINT, signal.default_int_handler)
end_with_coordinator()
with for_good():
    preload()
    importlib.import_module("harness.tuning.replay")
