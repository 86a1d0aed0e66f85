"""Executors by registered name, and what they may do beyond executing runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Executor
from importlib import import_module
from typing import Protocol, runtime_checkable

from harness.constructors import REQUIRED
from harness.core.search_settings import Component
from harness.core.settings import Resources
from harness.errors import UsageError, did_you_mean
from harness.registry import Registry

_RESERVED = ("workers", "threads")


def open_executor(
    registry: Registry, component: Component, *, workers: int | None, threads: int
) -> Executor:
    """The executor of that name, ready to take runs.

    Raises:
        UnknownNameError: No executor has that name.
        MissingExtraError: It needs a package that is not installed.
        UsageError: It has no such option, or it is no `concurrent.futures.Executor`.
    """
    constructor = registry.component("executor", component.name)
    _check_options(component, constructor.parameters)
    module, _, function = constructor.path.partition(":")
    executor = getattr(import_module(module), function)(
        workers=workers, threads=threads, **component.options
    )
    if not isinstance(executor, Executor):
        raise UsageError(
            f"executor `{component.name}` ({constructor.path}) made a {type(executor).__name__}",
            help="it must return a concurrent.futures.Executor",
        )
    return executor


def _check_options(component: Component, parameters: Mapping[str, object]) -> None:
    options = {name: value for name, value in parameters.items() if name not in _RESERVED}
    for name in component.options:
        if name not in options:
            hint = did_you_mean(name, list(options))
            none = "it has none; `harness list executors` shows the others'"
            hint = hint or (f"it has: {', '.join(options)}" if options else none)
            raise UsageError(f"executor `{component.name}` has no option `{name}`", help=hint)
    for name, default in options.items():
        if default == REQUIRED and name not in component.options:
            raise UsageError(
                f"executor `{component.name}` needs the option `{name}`",
                help=f"add `--executor-option {name}=...`",
            )


@runtime_checkable
class Sized(Protocol):
    """An executor that knows its size; one that does not has as many slots as workers."""

    def capacity(self) -> Resources:
        """What runs may occupy in all, now; asked again and again, so it may grow and shrink."""

    def check(self, resources: Resources) -> None:
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


def admit(executor: Executor, resources: Resources) -> None:
    """See that a run that occupies this can run at all.

    Raises:
        UsageError: It cannot.
    """
    if isinstance(executor, Sized):
        executor.check(resources)


def cores() -> int:
    """The cores this process may use, which taskset or a container may limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
