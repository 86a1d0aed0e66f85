"""Executors by registered name."""

from __future__ import annotations

from concurrent.futures import Executor
from importlib import import_module

from harness.core.protocol import Component
from harness.errors import UsageError
from harness.registry import Registry

__all__ = ["open_executor"]


def open_executor(
    registry: Registry, component: Component, *, workers: int, threads: int
) -> Executor:
    """The executor of that name, ready to take units.

    Raises:
        UnknownNameError: No executor has that name.
        UsageError: It is no `concurrent.futures.Executor`.
    """
    made = registry.component("executor", component.name)
    module, _, function = made.path.partition(":")
    executor = getattr(import_module(module), function)(
        workers=workers, threads=threads, **component.options
    )
    if not isinstance(executor, Executor):
        raise UsageError(
            f"executor `{component.name}` ({made.path}) made a {type(executor).__name__}",
            help="it must return a concurrent.futures.Executor",
        )
    return executor
