"""The values one parameter may take, and the axis on which an optimiser moves.

A domain states its range in *values* (``gamma`` in 0.9 .. 0.9999) and knows the *axis* on which
that range is best searched (``1-gamma``, logarithmic). Optimisers see axes, people see values.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, Final, Literal, Protocol

from harness.core.arguments import is_finite_number

Scalar = Any
"""A JSON scalar: str, int, float, bool or None. Lists appear as their JSON text."""

MISSING: Final[Any] = "<missing>"
"""Marks a default that has to be read from the constructor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What an optimiser sees of a parameter.

    Attributes:
        name: Unique in the space, e.g. ``log2(n_steps)``.
        kind: ``float``, ``int`` or ``categorical``.
        low, high: Inclusive bounds; 0 for a categorical axis.
        log: Whether distances are ratios.
        step: Distance between values; None for the finest there is.
        choices: The options of a categorical axis.
    """

    name: str
    kind: Literal["float", "int", "categorical"]
    low: float = 0
    high: float = 0
    log: bool = False
    step: float | None = None
    choices: tuple[Scalar, ...] = ()

    def nearest(self, coordinate: float) -> float:
        """The coordinate of a numeric axis that is nearest to a number."""
        inside = min(max(coordinate, self.low), self.high)
        return inside if self.step is None else _on_steps(inside, self.low, self.step)


class Domain(Protocol):
    """The values one parameter may take."""

    def axis(self, name: str) -> Axis:
        """The axis of a parameter of that name."""

    def to_axis(self, value: Scalar) -> Scalar:
        """Coordinate of a value."""

    def from_axis(self, coordinate: Scalar) -> Scalar:
        """The inverse of `to_axis`, up to the last decimals of a complement."""

    def contains(self, value: Scalar) -> bool:
        """Whether the parameter may take this value, its type included."""

    def problems(self) -> list[str]:
        """What is wrong with the range; empty when it can be searched."""

    def grid(self, points: int) -> list[Scalar]:
        """Coordinates, evenly spaced on the axis: at most `points`, or every option of a choice."""

    def position(self, value: Scalar) -> float | None:
        """Position of a value on the axis in 0 .. 1, or None where positions have no order."""

    def within(self, least: float, most: float) -> Domain | None:
        """The domain without numbers below `least` and above `most`; None if nothing is left."""

    def describe(self) -> str:
        """For people, in values."""

    def to_json(self) -> dict[str, Any]:
        """Its type and all of its attributes; `domain_from_json` reads it."""


class _AsJson:
    __slots__ = ()

    def to_json(self: Any) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        # Options are a list; there need be no step.
        values = {
            n: [*v] if isinstance(v, tuple) else v for n, v in values.items() if v is not None
        }
        return {"type": _TYPES[type(self)], **values}


def _range_problems(low: float, high: float, *, log: bool, step: float | None = None) -> list[str]:
    problems = []
    if step is not None:
        if not (is_finite_number(step) and step > 0):
            problems.append(f"step {step!r} must be a number above 0")
        elif log:
            problems.append("a logarithmic range has no `step`")
        elif high > low and not _count_steps(low, high, step):
            problems.append(f"step {step:g} is larger than the range from {low:g} to {high:g}")
    if low > high:
        problems.append(f"low {low:g} is above high {high:g}")
    if log and low <= 0:
        problems.append(f"a logarithmic range cannot start at {low:g}; it must be above 0")
    return problems


def _on_steps(value: float, low: float, step: float) -> float:
    """The nearest value that is a whole number of steps above `low`."""
    count = round((value - low) / step)
    # In decimals as they are written: 0.1 + 2 * 0.1 is 0.3, and -0.3 + 3 * 0.1 is 0.
    return float(Decimal(str(low)) + count * Decimal(str(step)))


def _count_steps(low: float, high: float, step: float) -> int:
    """How many whole steps a range holds."""
    # 0.3 - 0.1 is a little less than 0.2, and holds a step of that.
    return math.floor((high - low) / step + 1e-9)


def _last_step(low: float, high: float, step: float | None) -> float:
    """The highest value that is a whole number of steps above `low`."""
    return (
        high if step is None else _on_steps(low + _count_steps(low, high, step) * step, low, step)
    )


def _whole_steps(low: float, high: float, step: float | None) -> float:
    """The same, but that bounds without a step between them stay: `problems` says so."""
    if step is None or not (step > 0 and 0 < high - low < math.inf):
        return high
    return _last_step(low, high, step) if _count_steps(low, high, step) else high


def _fraction(value: float, low: float, high: float, *, log: bool) -> float:
    if high == low:
        return 0.5
    if log:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def _spread(low: float, high: float, points: int, *, log: bool) -> list[float]:
    if points <= 1 or low == high:
        return [low]
    shares = [i / (points - 1) for i in range(points)]
    if log:
        inner = [low * (high / low) ** share for share in shares]
    else:
        inner = [low + (high - low) * share for share in shares]
    return [low, *inner[1:-1], high]


def _step_text(step: float | None) -> str:
    return "" if step is None else f" (steps of {step:g})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Float(_AsJson):
    """A real number.

    Attributes:
        low, high: Inclusive bounds, in values.
        log: Search ratios instead of differences.
        complement: Search 1 - value, e.g. a discount factor close to 1.
        step: Only values a whole number of steps above `low`; None for all.
    """

    low: float
    high: float
    log: bool = False
    complement: bool = False
    step: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "high", _whole_steps(self.low, self.high, self.step))

    def axis(self, name: str) -> Axis:
        low, high = self.low, self.high
        if self.complement:
            name, low, high = f"1-{name}", self.to_axis(high), self.to_axis(low)
        return Axis(name=name, kind="float", low=low, high=high, log=self.log, step=self.step)

    def to_axis(self, value: Scalar) -> float:
        # 12 decimals hide the rounding of 1 - 0.99 and are finer than any discount in use.
        return round(1 - float(value), 12) if self.complement else float(value)

    def from_axis(self, coordinate: Scalar) -> float:
        value = round(1 - float(coordinate), 12) if self.complement else float(coordinate)
        return value if self.step is None else _on_steps(value, self.low, self.step)

    def contains(self, value: Scalar) -> bool:
        inside = is_finite_number(value) and self.low <= value <= self.high
        return inside and (
            self.step is None or math.isclose(value, _on_steps(value, self.low, self.step))
        )

    def problems(self) -> list[str]:
        if not (is_finite_number(self.low) and is_finite_number(self.high)):
            return [f"bounds {self.low!r} .. {self.high!r} are not finite numbers"]
        if self.complement and self.high >= 1 and self.log:
            return [f"high {self.high:g} must be below 1: 1 - value is searched by ratios"]
        log = self.log and (not self.complement or self.step is not None)
        return _range_problems(self.low, self.high, log=log, step=self.step)

    def grid(self, points: int) -> list[Scalar]:
        axis = self.axis("")
        spread = _spread(axis.low, axis.high, points, log=self.log)
        if self.step is None:
            return list(spread)
        values = {self.from_axis(coordinate) for coordinate in spread}
        return sorted(map(self.to_axis, values))

    def position(self, value: Scalar) -> float | None:
        axis = self.axis("")
        share = _fraction(self.to_axis(value), axis.low, axis.high, log=self.log)
        return 1 - share if self.complement else share

    def within(self, least: float, most: float) -> Float | None:
        low, high = max(self.low, least), min(self.high, most)
        if self.step is not None and low > self.low:
            count = math.ceil((low - self.low) / self.step - 1e-9)
            low = _on_steps(self.low + count * self.step, self.low, self.step)
        high = _last_step(low, high, self.step)
        return None if low > high else replace(self, low=low, high=high)

    def describe(self) -> str:
        distance = ", by distance from 1" if self.complement else ""
        scale = f" (log{distance})" if self.log else ""
        return f"{self.low:g} .. {self.high:g}{scale}{_step_text(self.step)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Int(_AsJson):
    """A whole number between inclusive bounds; `log` searches ratios, `step` only every so many."""

    low: int
    high: int
    log: bool = False
    step: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "high", int(_whole_steps(self.low, self.high, self.step)))

    def axis(self, name: str) -> Axis:
        return Axis(
            name=name, kind="int", low=self.low, high=self.high, log=self.log, step=self.step
        )

    def to_axis(self, value: Scalar) -> int:
        return int(value)

    def from_axis(self, coordinate: Scalar) -> int:
        return int(coordinate)

    def contains(self, value: Scalar) -> bool:
        inside = is_finite_number(value) and value == int(value) and self.low <= value <= self.high
        return inside and (self.step is None or not (value - self.low) % self.step)

    def problems(self) -> list[str]:
        return _range_problems(self.low, self.high, log=self.log, step=self.step)

    def grid(self, points: int) -> list[Scalar]:
        spread = _spread(self.low, self.high, points, log=self.log)
        if self.step is not None:
            spread = [_on_steps(value, self.low, self.step) for value in spread]
        return sorted({round(value) for value in spread})

    def position(self, value: Scalar) -> float | None:
        return _fraction(value, self.low, self.high, log=self.log)

    def within(self, least: float, most: float) -> Int | None:
        low, high = math.ceil(max(self.low, least)), math.floor(min(self.high, most))
        if self.step is not None:
            low = self.low - (self.low - low) // self.step * self.step
        high = int(_last_step(low, high, self.step))
        return None if low > high else replace(self, low=low, high=high)

    def describe(self) -> str:
        return f"{self.low} .. {self.high}{' (log)' if self.log else ''}{_step_text(self.step)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerOfTwo(_AsJson):
    """1, 2, 4, ... between two powers of two; the exponent is searched."""

    low: int
    high: int

    def axis(self, name: str) -> Axis:
        low, high = self.to_axis(self.low), self.to_axis(self.high)
        return Axis(name=f"log2({name})", kind="int", low=low, high=high)

    def to_axis(self, value: Scalar) -> int:
        return int(value).bit_length() - 1

    def from_axis(self, coordinate: Scalar) -> int:
        return 1 << int(coordinate)

    def contains(self, value: Scalar) -> bool:
        inside = is_finite_number(value) and value == int(value) and self.low <= value <= self.high
        return inside and int(value).bit_count() == 1

    def problems(self) -> list[str]:
        for limit in (self.low, self.high):
            if limit < 1 or int(limit) != limit or int(limit).bit_count() != 1:
                return [f"{limit!r} is not a power of two"]
        return _range_problems(self.low, self.high, log=False)

    def grid(self, points: int) -> list[Scalar]:
        low, high = self.to_axis(self.low), self.to_axis(self.high)
        return sorted({round(value) for value in _spread(low, high, points, log=False)})

    def position(self, value: Scalar) -> float | None:
        low, high = self.to_axis(self.low), self.to_axis(self.high)
        return _fraction(math.log2(value), low, high, log=False)

    def within(self, least: float, most: float) -> PowerOfTwo | None:
        low, high = math.ceil(max(self.low, least)), math.floor(min(self.high, most))
        low, high = 1 << (low - 1).bit_length(), (1 << max(high, 0).bit_length()) >> 1
        return None if low > high else replace(self, low=low, high=high)

    def describe(self) -> str:
        return f"{self.low} .. {self.high} (powers of two)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(_AsJson):
    """One of some JSON scalars. A list option, e.g. a network, is written as its JSON text."""

    options: tuple[Scalar, ...]

    def axis(self, name: str) -> Axis:
        return Axis(name=name, kind="categorical", choices=self.options)

    def to_axis(self, value: Scalar) -> Scalar:
        return value

    def from_axis(self, coordinate: Scalar) -> Scalar:
        return coordinate

    def contains(self, value: Scalar) -> bool:
        # True == 1 in Python, but not in a configuration.
        return any(type(value) is type(option) and value == option for option in self.options)

    def problems(self) -> list[str]:
        if not self.options:
            return ["has no choices"]
        # 1 and 1.0 are one number.
        whole = (o for o in self.options if type(o) is float and o.is_integer())
        same = {option: int(option) for option in whole}
        counts = Counter(
            json.dumps(same.get(o, o) if type(o) is float else o) for o in self.options
        )
        return [f"choice {text} appears twice" for text in sorted(counts) if counts[text] > 1]

    def grid(self, points: int) -> list[Scalar]:
        return list(self.options)

    def position(self, value: Scalar) -> float | None:
        return None

    def within(self, least: float, most: float) -> Choice | None:
        options = tuple(o for o in self.options if not is_finite_number(o) or least <= o <= most)
        return Choice(options=options) if options else None

    def describe(self) -> str:
        return " | ".join(json.dumps(option) for option in self.options)


_TYPES: Final[Mapping[type, str]] = {
    Float: "float",
    Int: "int",
    PowerOfTwo: "power_of_two",
    Choice: "choice",
}


def domain_from_json(data: Mapping[str, Any]) -> Domain:
    """The inverse of `to_json`.

    Raises:
        ValueError: `type` names no domain.
    """
    kinds: dict[str, type[Any]] = {name: kind for kind, name in _TYPES.items()}
    if data["type"] not in kinds:
        raise ValueError(f"`{data['type']}` is no domain")
    attributes = {key: value for key, value in data.items() if key != "type"}
    if "options" in attributes:
        attributes["options"] = tuple(attributes["options"])
    domain: Domain = kinds[data["type"]](**attributes)
    return domain
