"""The range or the choices that an entry of `space` says -> the domain of a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from harness.core.space import Space
from harness.core.spaces.axis import Scalar
from harness.core.spaces.domain import Choice, Domain, Float, Int, PowerOfTwo, option_of
from harness.core.spaces.parameter import Parameter
from harness.core.spaces.value_rules import Context

BOUNDS: Final = frozenset({"low", "high", "log", "step"})
"""What an entry says of a range."""


def domain_of(current: Domain | None, default: object, entry: Mapping[str, Any]) -> Domain:
    """The domain an entry describes; what a partial one leaves out stays as it is.

    Args:
        current: The domain so far; None for a parameter not searched so far.
        entry: ``low``, ``high``, ``log``, ``step``, or ``choices``, ``powers_of_two``, ``value``.

    Raises:
        ValueError: The entry does not fit.
    """
    if "powers_of_two" in entry:
        low, high = entry["powers_of_two"]
        return PowerOfTwo(low=int(low), high=int(high))
    if entry.keys() & BOUNDS:
        return _range(current, default, entry)
    if "choices" not in entry and "value" not in entry:
        if current is None:
            raise ValueError("needs a range: it has none of its own")
        return current
    options = entry["choices"] if "choices" in entry else [entry["value"]]
    return Choice(options=tuple(option_of(option) for option in options))


def _range(current: Domain | None, default: object, entry: Mapping[str, Any]) -> Domain:
    bounds = _bounds(current, entry)
    step = entry.get("step", getattr(current, "step", None))
    if isinstance(current, PowerOfTwo) and not entry.keys() & {"log", "step"}:
        powers = PowerOfTwo(low=_whole_number(bounds["low"]), high=_whole_number(bounds["high"]))
        # Both bounds by hand, and no powers of two: whoever wrote them means whole numbers.
        if not {"low", "high"} <= entry.keys() or not powers.problems():
            return powers
    log = bool(entry.get("log", "step" not in entry and getattr(current, "log", False)))
    if "log" not in entry and {"low", "high"} <= entry.keys() and not _has_ratios(current, bounds):
        log = False
    if _counts(current, default, bounds) and (step is None or step == int(step)):
        ends = _whole_number(bounds["low"]), _whole_number(bounds["high"])
        whole = None if step is None else int(step)
        return Int(low=ends[0], high=ends[1], log=log, step=whole)
    if isinstance(current, Int | PowerOfTwo):
        raise ValueError(f"takes whole numbers: no `step` of {step:g}")  # noqa: TRY004
    low, high = float(bounds["low"]), float(bounds["high"])
    if isinstance(current, Float):
        complement = current.complement and step is None
        return replace(current, low=low, high=high, log=log, step=step, complement=complement)
    return Float(low=low, high=high, log=log, step=step)


def _bounds(current: Domain | None, entry: Mapping[str, Any]) -> dict[str, float]:
    bounds = {
        name: entry[name] if name in entry else getattr(current, name, None)
        for name in ("low", "high")
    }
    missing = [name for name, value in bounds.items() if value is None]
    if missing:
        raise ValueError(
            f"needs {' and '.join(f'`{name}`' for name in missing)}: it has no range so far"
        )
    return {name: value for name, value in bounds.items() if value is not None}


def _counts(current: Domain | None, default: object, bounds: Mapping[str, float]) -> bool:
    """Whether the parameter takes whole numbers."""
    if isinstance(current, Int | PowerOfTwo):
        return True
    if isinstance(current, Float) or isinstance(default, float):
        return False
    return all(isinstance(value, int) for value in bounds.values())


def _has_ratios(current: Domain | None, bounds: Mapping[str, float]) -> bool:
    """Whether a range with these bounds can be searched by ratios; 0 has none."""
    is_complement = isinstance(current, Float) and current.complement
    return is_complement or bounds["low"] > 0


def _whole_number(value: float) -> int:
    if value != int(value):
        raise ValueError(f"takes whole numbers, not {value:g}")
    return int(value)


def default_among(space: Space, parameter: Parameter, domain: Domain, context: Context) -> Scalar:
    """The library's default as a value of a new domain, where it has one there.

    A network called ``small`` and one written ``[64, 64]`` are one default in two spellings.

    Raises:
        HarnessError: A rule of the space refuses a choice.
    """
    default = parameter.default
    if not isinstance(domain, Choice):
        return default
    by_option = {
        index: space.arguments({parameter.name: option}, context)
        for index, option in enumerate(domain.options)
    }
    if domain.contains(default):
        return default
    default_arguments = space.arguments({parameter.name: default}, context)
    same = [
        domain.options[index]
        for index, value in by_option.items()
        if value and value == default_arguments and isinstance(domain.options[index], str)
    ]
    return same[0] if same else default
