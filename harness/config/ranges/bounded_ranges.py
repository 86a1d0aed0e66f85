"""Ranges cut to what the rules leave of them, so that rules rarely move what is suggested."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Final

from harness.core.arguments import is_number
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Domain, Float, Int, PowerOfTwo
from harness.core.spaces.parameter import Parameter
from harness.core.spaces.value_rules import Context

_POINTS: Final = 12
"""Points of a space that stand for all of it."""


@dataclass(frozen=True, kw_only=True)  # no slots: its points are drawn once
class _TiedSpace:
    """A space whose rules also see the numbers that are fixed."""

    space: Space
    context: Context
    numbers: Mapping[str, Any]

    def with_parameter(self, parameter: Parameter) -> _TiedSpace:
        return replace(self, space=self.space.with_parameter(parameter))

    @cached_property
    def points(self) -> list[dict[str, Any]]:
        """Numbers all over the space, the largest and the smallest of each first."""
        numeric = {p.name: _numbers(p.domain) for p in self.space.parameters}
        numeric = {name: numbers for name, numbers in numeric.items() if numbers}
        draw = random.Random(0)  # noqa: S311 - the same points every time
        return [
            {name: max(numbers) for name, numbers in numeric.items()},
            {name: min(numbers) for name, numbers in numeric.items()},
            *(
                {name: draw.choice(numbers) for name, numbers in numeric.items()}
                for _ in range(_POINTS)
            ),
        ]

    @cached_property
    def moving_names(self) -> frozenset[str]:
        """Parameters that rules move at some point."""
        pairs = [(point, self.apply_rules(point)) for point in self.points]
        return frozenset(n for point, outcome in pairs for n in point if outcome[n] != point[n])

    def apply_rules(self, values: Mapping[str, object]) -> dict[str, Any]:
        """What is trained of some numbers of the space."""
        return self.space.trained_values({**self.numbers, **values}, self._context)

    @cached_property
    def _context(self) -> Context:
        domains = {parameter.name: parameter.domain for parameter in self.space.parameters}
        return replace(self.context, domains=domains)


@dataclass(frozen=True, slots=True)
class _Question:
    """What cutting ranges depends on; equal where all of it reads the same."""

    text: str
    space: Space = field(compare=False)
    context: Context = field(compare=False)
    numbers: Mapping[str, Any] = field(compare=False)


def bound_ranges(space: Space, context: Context, numbers: Mapping[str, object]) -> Space:
    """The space with every range cut to what may be trained of it.

    A range of which nothing is left becomes the one value that rules move all of it to. Where no
    power of two, or none of the steps, can be trained, e.g. because a fixed rollout has no such
    divisor, whole numbers between the same bounds are searched.

    Args:
        space: The space of a cell, without faults.
        context: The cell's; its domains play no part.
        numbers: Fixed numbers by the names under which rules know them.
    """
    # Most cells of a matrix ask the same, and an answer takes as long as all else of a cell.
    context = replace(context, domains={})
    return _bound(_Question(repr((space, context, numbers)), space, context, numbers))


@lru_cache(maxsize=1024)
def _bound(question: _Question) -> Space:
    space = question.space
    tied_space = _TiedSpace(space=space, context=question.context, numbers=question.numbers)
    moving = tied_space.moving_names
    for parameter in space.parameters:
        name, domain = parameter.name, parameter.domain
        if name not in moving:
            continue
        part = _with_cut(tied_space, parameter, domain)
        if isinstance(domain, Int | PowerOfTwo) and _is_outside(part, part.space[name]):
            whole = Int(low=domain.low, high=domain.high, log=isinstance(domain, PowerOfTwo))
            part = _with_cut(tied_space, parameter, whole)
        if isinstance(domain, Int | PowerOfTwo) and _is_outside(part, part.space[name]):
            only = _single_value(tied_space.apply_rules(tied_space.points[0])[name], domain)
            part = tied_space.with_parameter(replace(parameter, domain=only, full_domain=domain))
        tied_space = part
    return tied_space.space


def _with_cut(tied_space: _TiedSpace, parameter: Parameter, domain: Domain) -> _TiedSpace:
    """The space in which a parameter has what may be trained of a domain."""
    full = parameter.domain
    cut = _cut(
        tied_space.with_parameter(replace(parameter, domain=domain)), parameter.name, domain, full
    )
    if cut == full:
        return tied_space
    return tied_space.with_parameter(replace(parameter, domain=cut, full_domain=full))


def _is_outside(tied_space: _TiedSpace, parameter: Parameter) -> bool:
    """Whether no value of the parameter is trained as one of its range."""
    name, domain = parameter.name, parameter.domain
    return not any(
        domain.contains(tied_space.apply_rules(point)[name]) for point in tied_space.points
    )


def _cut(tied_space: _TiedSpace, name: str, domain: Domain, full: Domain) -> Domain:
    """What may be trained of a parameter's range; if nothing, one value of the full one's kind."""
    numbers = _numbers(domain)
    if isinstance(domain, Float) or not numbers:
        return domain
    greatest = tied_space.points[0]
    most = tied_space.apply_rules(greatest)[name]
    if isinstance(domain, Choice):
        part = _keep_options(tied_space, name, domain)
    else:
        ends = min(numbers), max(numbers)
        least = min(
            tied_space.apply_rules(point | {name: ends[0]})[name] for point in tied_space.points
        )
        most = max(
            tied_space.apply_rules(point | {name: ends[1]})[name] for point in tied_space.points
        )
        part = domain.within(max(least, ends[0]), min(most, ends[1]))
    return part or _single_value(most, full)


def _keep_options(tied_space: _TiedSpace, name: str, domain: Choice) -> Domain | None:
    """The options that are trained as they are at some point of the space."""
    numbers = _numbers(domain)
    fixed_points = {
        number
        for number in numbers
        if any(
            tied_space.apply_rules(point | {name: number})[name] == number
            for point in tied_space.points
        )
    }
    options = tuple(o for o in domain.options if o not in numbers or o in fixed_points)
    return Choice(options=options) if options else None


def _single_value(value: Any, domain: Domain) -> Domain:
    """A range of one value, of the kind of another one."""
    if isinstance(domain, Choice):
        return Choice(options=(value,))
    if isinstance(domain, PowerOfTwo) and int(value).bit_count() == 1:
        return PowerOfTwo(low=value, high=value)
    return Int(low=value, high=value)


def _numbers(domain: Domain) -> list[Any]:
    """Numbers all over a domain, both ends among them; none where it has no order."""
    values = [domain.from_axis(coordinate) for coordinate in domain.grid(17)]
    return [v for v in values if is_number(v)]
