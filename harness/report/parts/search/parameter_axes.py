"""Positions of a hyperparameter's values on an axis from 0 to 1, with ticks in readable values."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.analysis import SearchedParameter
from harness.core.spaces.domain import Choice, Domain, Float, Int, PowerOfTwo
from harness.report import number_format

_MOST_TICKS = 7
_NARROW = 150
"""CSS pixels of the narrowest panel: three of them side by side on paper."""
_LETTER, _SPACE = 7, 6


def axis_position(domain: Domain, value: object) -> float | None:
    """A value's position in 0 .. 1; the options of a choice are spread evenly, each in its slot."""
    if value is None or not domain.contains(value):
        return None
    if isinstance(domain, Choice):
        index = next(
            index
            for index, option in enumerate(domain.options)
            if type(option) is type(value) and option == value
        )
        return (index + 0.5) / len(domain.options)
    return domain.position(value)


def ticks(parameter: SearchedParameter, *, in_a_row: bool = False) -> tuple[list[float], list[str]]:
    """Positions and labels for an axis; the ends of a range and all options are among them.

    Args:
        parameter: The parameter that the axis shows.
        in_a_row: Whether the labels stand side by side in a panel that may be narrow.
    """
    domain = parameter.domain
    options = _values(domain)
    labels = ((axis_position(domain, option), number_format.value(option)) for option in options)
    candidates = sorted((x, label) for x, label in labels if x is not None)
    if in_a_row and isinstance(domain, Choice):
        return [x for x, _ in candidates], [label for _, label in candidates]
    ticks: list[tuple[float, str]] = []
    for tick in candidates:
        last = tick == candidates[-1]
        while last and len(ticks) > 1 and _is_crowded(ticks[-1], tick, in_a_row):
            ticks.pop()
        if last or not ticks or not _is_crowded(ticks[-1], tick, in_a_row):
            ticks.append(tick)
    return [x for x, _ in ticks], [label for _, label in ticks]


def _is_crowded(one: tuple[float, str], next_one: tuple[float, str], in_a_row: bool) -> bool:
    letters = (len(one[1]) + len(next_one[1])) / 2
    least = (_LETTER * letters + _SPACE) / _NARROW if in_a_row else 0.08
    return next_one[0] - one[0] < least


def _values(domain: Domain) -> Sequence[object]:
    if isinstance(domain, Choice):
        return domain.options
    if isinstance(domain, PowerOfTwo):
        exponents = range(domain.to_axis(domain.low), domain.to_axis(domain.high) + 1)
        step = math.ceil(len(exponents) / _MOST_TICKS)
        return [*(1 << exponent for exponent in exponents[::step]), domain.high]
    if isinstance(domain, Float | Int):
        return _numeric(domain)
    return ()


def _numeric(domain: Float | Int) -> list[object]:
    axis = domain.axis("")
    inner = _decades(axis.low, axis.high) if axis.log else _round_steps(axis.low, axis.high)
    coordinates = [axis.low, *inner, axis.high]
    values = [domain.from_axis(coordinate) for coordinate in coordinates]
    return [value for value in values if domain.contains(value)]


def _decades(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    step = max(1, math.ceil((last - first + 1) / _MOST_TICKS))
    decades = [10.0**power for power in range(first, last + 1, step)]
    if len(decades) >= 2:
        return decades
    return [m * 10.0**p for p in range(first - 1, last + 1) for m in (2, 5) if low < m * 10**p]


def _round_steps(low: float, high: float) -> list[float]:
    if high <= low:
        return []
    raw = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= raw)
    first = math.ceil(low / step)
    return [round(step * i, 12) for i in range(first, math.floor(high / step) + 1)]
