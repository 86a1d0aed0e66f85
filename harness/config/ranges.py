"""One entry of `space` in a matrix -> the domain of a parameter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.core.domain import Choice, Domain, Float, Int, PowerOfTwo, Scalar
from harness.core.space import Context, Parameter, Space

__all__ = ["default_among", "domain_of", "option_of"]


def domain_of(current: Domain | None, default: Any, entry: Mapping[str, Any]) -> Domain:
    """The domain an entry describes; what a partial one leaves out stays as it is.

    Args:
        current: The domain so far; None for a parameter not searched so far.
        default: The library's default.
        entry: ``low``, ``high``, ``log``, or ``choices``, ``powers_of_two``, ``value``.

    Raises:
        ValueError: The entry does not fit.
    """
    if "powers_of_two" in entry:
        low, high = entry["powers_of_two"]
        return PowerOfTwo(low=int(low), high=int(high))
    if "low" in entry or "high" in entry or "log" in entry:
        return _range(current, default, entry)
    options = entry["choices"] if "choices" in entry else [entry["value"]]
    return Choice(options=tuple(option_of(option) for option in options))


def _range(current: Domain | None, default: Any, entry: Mapping[str, Any]) -> Domain:
    bounds = _bounds(current, entry)
    if isinstance(current, PowerOfTwo) and "log" not in entry:
        return PowerOfTwo(low=_whole(bounds["low"]), high=_whole(bounds["high"]))
    log = bool(entry.get("log", getattr(current, "log", False)))
    if _counts(current, default, bounds):
        return Int(low=_whole(bounds["low"]), high=_whole(bounds["high"]), log=log)
    low, high = float(bounds["low"]), float(bounds["high"])
    if isinstance(current, Float):
        return replace(current, low=low, high=high, log=log)
    return Float(low=low, high=high, log=log)


def option_of(value: Any) -> Scalar:
    """A choice as a JSON scalar: lists and mappings become their text."""
    return json.dumps(value) if isinstance(value, list | Mapping) else value


def _bounds(current: Domain | None, entry: Mapping[str, Any]) -> dict[str, float]:
    bounds = {
        name: entry[name] if name in entry else getattr(current, name, None)
        for name in ("low", "high")
    }
    missing = [name for name, bound in bounds.items() if bound is None]
    if missing:
        raise ValueError(
            f"needs {' and '.join(f'`{name}`' for name in missing)}: it has no range so far"
        )
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _counts(current: Domain | None, default: Any, bounds: Mapping[str, float]) -> bool:
    """Whether the parameter takes whole numbers."""
    if isinstance(current, Int | PowerOfTwo):
        return True
    if isinstance(current, Float) or isinstance(default, float):
        return False
    return all(isinstance(bound, int) for bound in bounds.values())


def _whole(bound: float) -> int:
    if bound != int(bound):
        raise ValueError(f"takes whole numbers, not {bound:g}")
    return int(bound)


def default_among(space: Space, parameter: Parameter, domain: Domain, context: Context) -> Scalar:
    """The library's default as a value of a new domain, where it has one there.

    A network called ``small`` and one written ``[64, 64]`` are one default in two spellings.

    Raises:
        HarnessError: A rule of the space refuses a choice.
    """
    default = parameter.default
    if not isinstance(domain, Choice):
        return default
    decoded = {
        index: space.arguments({parameter.name: option}, context)
        for index, option in enumerate(domain.options)
    }
    if domain.contains(default):
        return default
    wanted = space.arguments({parameter.name: default}, context)
    same = [
        domain.options[index]
        for index, value in decoded.items()
        if value == wanted and isinstance(domain.options[index], str)
    ]
    return same[0] if same else default
