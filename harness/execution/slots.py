"""What an executor may do beyond executing runs: tell its size, get ready for them."""

from __future__ import annotations

import os
from concurrent.futures import Executor
from typing import Protocol, runtime_checkable

from harness.core.settings import Resources

__all__ = ["Preparing", "Sized", "admit", "capacity", "cores", "prepare"]


@runtime_checkable
class Sized(Protocol):
    """An executor that knows its size; one that does not has as many slots as workers."""

    def capacity(self) -> Resources:
        """What runs may occupy in all, now; asked again and again, so it may grow and shrink."""

    def check(self, wanted: Resources) -> None:
        """Raise `UsageError` when a run that occupies this could never run here."""


@runtime_checkable
class Preparing(Protocol):
    """An executor that can get ready before the first run comes."""

    def prepare(self, *, plain: bool) -> None:
        """Begin, and do not wait for the end.

        Args:
            plain: Whether runs are to be expected that train by plain stable-baselines3.
        """


def prepare(executor: Executor, *, plain: bool) -> None:
    """Tell an executor that can get ready that runs will come."""
    if isinstance(executor, Preparing):
        executor.prepare(plain=plain)


def capacity(executor: Executor, workers: int | None) -> Resources:
    """What runs may occupy in all at this moment."""
    if isinstance(executor, Sized):
        return executor.capacity()
    return Resources(cpus=workers or cores())


def admit(executor: Executor, wanted: Resources) -> None:
    """See that a run that occupies this can run at all.

    Raises:
        UsageError: It cannot.
    """
    if isinstance(executor, Sized):
        executor.check(wanted)


def cores() -> int:
    """The cores this process may use, which taskset or a container may limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
