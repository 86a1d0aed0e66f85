"""The values one parameter may take.

A domain states its range in *values* (``gamma`` in 0.9 .. 0.9999) and knows the *axis* on which
that range is best searched (``1-gamma``, logarithmic). Optimisers see axes, people see values.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Protocol

from harness.core.arguments import is_finite_number
from harness.core.spaces.axis import (
    Axis,
    Scalar,
    fraction,
    last_step,
    on_steps,
    range_problems,
    round_decimals,
    spread,
    step_text,
    whole_steps,
)

MISSING: Final[Any] = "<missing>"
"""Marks a default that has to be read from the constructor."""


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
        object.__setattr__(self, "high", whole_steps(self.low, self.high, self.step))

    def axis(self, name: str) -> Axis:
        name = f"1-{name}" if self.complement else name
        low, high = sorted(map(self.to_axis, (self.low, self.high)))
        step = None if self.step is None else self._round(self.step)
        return Axis(name=name, kind="float", low=low, high=high, log=self.log, step=step)

    def to_axis(self, value: Scalar) -> float:
        coordinate = self._coordinate(value)
        if self.step is None:
            return coordinate
        lowest = self._coordinate(self.high if self.complement else self.low)
        return on_steps(coordinate, self._round(lowest), self._round(self.step))

    def _coordinate(self, value: float) -> float:
        """Coordinate of a value that need not lie on a step."""
        # 12 decimals hide the rounding of 1 - 0.99 and are finer than any discount in use.
        return round(1 - float(value), 12) if self.complement else float(value)

    def _round(self, number: float) -> float:
        return round_decimals(number, max(abs(self.low), abs(self.high)))

    def from_axis(self, coordinate: Scalar) -> float:
        value = round(1 - float(coordinate), 12) if self.complement else float(coordinate)
        return value if self.step is None else on_steps(value, self.low, self.step)

    def contains(self, value: Scalar) -> bool:
        inside = is_finite_number(value) and self.low <= value <= self.high
        return inside and (
            self.step is None or math.isclose(value, on_steps(value, self.low, self.step))
        )

    def problems(self) -> list[str]:
        if not (is_finite_number(self.low) and is_finite_number(self.high)):
            return [f"bounds {self.low!r} .. {self.high!r} are not finite numbers"]
        if self.complement and self.high >= 1 and self.log:
            return [f"high {self.high:g} must be below 1: 1 - value is searched by ratios"]
        log = self.log and (not self.complement or self.step is not None)
        return range_problems(self.low, self.high, log=log, step=self.step)

    def grid(self, points: int) -> list[Scalar]:
        axis = self.axis("")
        numbers = spread(axis.low, axis.high, points, log=self.log)
        if self.step is None:
            return list(numbers)
        values = {self.from_axis(coordinate) for coordinate in numbers}
        return sorted(map(self.to_axis, values))

    def position(self, value: Scalar) -> float | None:
        axis = self.axis("")
        share = fraction(self._coordinate(value), axis.low, axis.high, log=self.log)
        return 1 - share if self.complement else share

    def within(self, least: float, most: float) -> Float | None:
        low, high = max(self.low, least), min(self.high, most)
        if self.step is not None and low > self.low:
            count = math.ceil((low - self.low) / self.step - 1e-9)
            low = on_steps(self.low + count * self.step, self.low, self.step)
        high = last_step(low, high, self.step)
        return None if low > high else replace(self, low=low, high=high)

    def describe(self) -> str:
        distance = ", by distance from 1" if self.complement else ""
        scale = f" (log{distance})" if self.log else ""
        return f"{self.low:g} .. {self.high:g}{scale}{step_text(self.step)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Int(_AsJson):
    """A whole number between inclusive bounds; `log` searches ratios, `step` only every so many."""

    low: int
    high: int
    log: bool = False
    step: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "high", int(whole_steps(self.low, self.high, self.step)))

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
        return range_problems(self.low, self.high, log=self.log, step=self.step)

    def grid(self, points: int) -> list[Scalar]:
        numbers = spread(self.low, self.high, points, log=self.log)
        if self.step is not None:
            numbers = [on_steps(value, self.low, self.step) for value in numbers]
        return sorted({round(value) for value in numbers})

    def position(self, value: Scalar) -> float | None:
        return fraction(value, self.low, self.high, log=self.log)

    def within(self, least: float, most: float) -> Int | None:
        low, high = math.ceil(max(self.low, least)), math.floor(min(self.high, most))
        if self.step is not None:
            low = self.low - (self.low - low) // self.step * self.step
        high = int(last_step(low, high, self.step))
        return None if low > high else replace(self, low=low, high=high)

    def describe(self) -> str:
        return f"{self.low} .. {self.high}{' (log)' if self.log else ''}{step_text(self.step)}"


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
        return range_problems(self.low, self.high, log=False)

    def grid(self, points: int) -> list[Scalar]:
        low, high = self.to_axis(self.low), self.to_axis(self.high)
        return sorted({round(value) for value in spread(low, high, points, log=False)})

    def position(self, value: Scalar) -> float | None:
        low, high = self.to_axis(self.low), self.to_axis(self.high)
        return fraction(math.log2(value), low, high, log=False)

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


def option_of(value: object) -> Scalar:
    """A choice as a JSON scalar: lists and mappings become their text."""
    return json.dumps(value) if isinstance(value, list | Mapping) else value


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
