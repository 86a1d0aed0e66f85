"""Executors by registered name."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from importlib import import_module
from typing import Any

from harness.constructors import REQUIRED
from harness.core.settings import Component
from harness.errors import UsageError, did_you_mean
from harness.registry import Registry

__all__ = ["open_executor"]

_GIVEN = ("workers", "threads")


def open_executor(
    registry: Registry, component: Component, *, workers: int | None, threads: int
) -> Executor:
    """The executor of that name, ready to take runs.

    Raises:
        UnknownNameError: No executor has that name.
        MissingExtraError: It needs a package that is not installed.
        UsageError: It has no such option, or it is no `concurrent.futures.Executor`.
    """
    made = registry.component("executor", component.name)
    _check_options(component, made.parameters)
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


def _check_options(component: Component, parameters: Mapping[str, Any]) -> None:
    options = {name: value for name, value in parameters.items() if name not in _GIVEN}
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
