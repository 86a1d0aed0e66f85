"""Samplers and pruners by registered name, their options checked before Optuna sees them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from harness.core.settings import Component
from harness.errors import MissingExtraError, UnknownNameError, UsageError, did_you_mean
from harness.tuning.study import experimental

__all__ = ["Kind", "create", "find"]

Kind = Literal["sampler", "pruner"]


def find(kind: Kind, name: str) -> Callable[..., Any]:
    """The function registered under a name, the package's own or another's.

    Raises:
        UnknownNameError: There is none of that name.
        MissingExtraError: Its module needs a package that is not installed.
        UsageError: Its module does not define it.
    """
    points = _registered(kind)
    if name not in points:
        raise UnknownNameError(kind, name, list(points))
    try:
        function: Callable[..., Any] = points[name].load()
    except ImportError as error:
        raise MissingExtraError(
            f"{kind} `{name}` ({points[name].value}) cannot be imported: {error}",
            help=f"pip install {error.name or 'what its package asks for'}",
        ) from error
    except AttributeError as error:
        raise UsageError(
            f"{kind} `{name}` is registered as {points[name].value}, which is not there: {error}",
            help="correct the entry point of the package that registers it",
        ) from error
    return function


def create(
    kind: Kind, component: Component, function: Callable[..., Any], given: Mapping[str, Any]
) -> Any:
    """Call a sampler's or pruner's function with the options of the matrix.

    Args:
        kind: For the messages.
        component: Name and options.
        function: What `find` returned.
        given: What the harness itself passes, e.g. the seed; no option may be named so.

    Raises:
        UsageError: An option that is unknown, missing, of the wrong type or out of range.
    """
    options = {name: value for name, value in _defaults(function).items() if name not in given}
    label = f"{kind} `{component.name}`"
    for name, value in component.options.items():
        _check(label, name, value, options)
    missing = [
        name
        for name, default in options.items()
        if default is inspect.Parameter.empty and name not in component.options
    ]
    if missing:
        raise UsageError(f"{label} needs a value for `{missing[0]}`", help="add it to its options")
    try:
        with experimental():
            return function(**given, **component.options)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{label}: {error}", help=f"see its options: {_names(options)}") from error


def _check(label: str, name: str, value: object, options: Mapping[str, Any]) -> None:
    if name not in options:
        hint = did_you_mean(name, list(options)) or f"its options: {_names(options)}"
        raise UsageError(f"{label} has no option `{name}`", help=hint)
    default = options[name]
    if default is None or default is inspect.Parameter.empty:
        return
    kinds = (int, float) if isinstance(default, float) else (type(default),)
    # True is an int to Python, but not to a reader of the matrix.
    if not isinstance(value, kinds) or isinstance(value, bool) != isinstance(default, bool):
        raise UsageError(
            f"{label}: `{name}` = {value!r} is no {type(default).__name__}",
            help=f"the default is {default!r}",
        )


def _names(options: Mapping[str, Any]) -> str:
    return ", ".join(options) or "none"


@lru_cache  # every ask makes its sampler anew
def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    return {name: p.default for name, p in inspect.signature(function).parameters.items()}


@lru_cache(maxsize=2)
def _registered(kind: Kind) -> dict[str, EntryPoint]:
    points = entry_points(group=f"harness.{kind}s")
    return {point.name: point for point in sorted(points, key=lambda point: point.name)}
