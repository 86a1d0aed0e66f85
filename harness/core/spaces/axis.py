"""The axis on which an optimiser moves, and the steps and the shares of a range on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from harness.core.arguments import is_finite_number

_DECIMALS: Final = 14
"""Decimals of numbers below 1 that are floats to the last one."""

Scalar = Any
"""A JSON scalar: str, int, float, bool or None. Lists appear as their JSON text."""


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
        return inside if self.step is None else on_steps(inside, self.low, self.step)


def range_problems(low: float, high: float, *, log: bool, step: float | None = None) -> list[str]:
    """What is wrong with the bounds of a range; empty for nothing."""
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


def on_steps(value: float, low: float, step: float) -> float:
    """The nearest value that is a whole number of steps above `low`."""
    count = round((value - low) / step)
    # In decimals as they are written: 0.1 + 2 * 0.1 is 0.3, and -0.3 + 3 * 0.1 is 0.
    return float(Decimal(str(low)) + count * Decimal(str(step)))


def round_decimals(value: float, greatest: float) -> float:
    """A number with decimals of which sums up to `greatest` are floats to the last digit.

    Optuna counts steps in decimals: where low and high are not whole steps apart in those, it takes
    the last step away.
    """
    digits = 0 if greatest == 0 else math.ceil(math.log10(abs(greatest)))
    return round(value, _DECIMALS - digits)


def _count_steps(low: float, high: float, step: float) -> int:
    """How many whole steps a range holds."""
    # 0.3 - 0.1 is a little less than 0.2, and holds a step of that.
    return math.floor((high - low) / step + 1e-9)


def last_step(low: float, high: float, step: float | None) -> float:
    """The highest value that is a whole number of steps above `low`."""
    return high if step is None else on_steps(low + _count_steps(low, high, step) * step, low, step)


def whole_steps(low: float, high: float, step: float | None) -> float:
    """The same, but that bounds without a step between them stay: `problems` says so."""
    if step is None or not (step > 0 and 0 < high - low < math.inf):
        return high
    return last_step(low, high, step) if _count_steps(low, high, step) else high


def fraction(value: float, low: float, high: float, *, log: bool) -> float:
    """Share of a range that lies below a value."""
    if high == low:
        return 0.5
    if log:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def spread(low: float, high: float, points: int, *, log: bool) -> list[float]:
    """So many numbers from `low` to `high`, evenly spaced."""
    if points <= 1 or low == high:
        return [low]
    shares = [i / (points - 1) for i in range(points)]
    if log:
        inner = [low * (high / low) ** share for share in shares]
    else:
        inner = [low + (high - low) * share for share in shares]
    return [low, *inner[1:-1], high]


def step_text(step: float | None) -> str:
    """What a description of a range says of its step."""
    return "" if step is None else f" (steps of {step:g})"
