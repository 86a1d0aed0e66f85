"""Configurations that a file holds, as values of another search.

What a file holds is what was trained: all arguments of the constructor, fixed ones among them. A
search begins there only if its own values and what its matrix fixes come to the same arguments.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.core.algorithm import Algorithm
from harness.core.arguments import RESERVED, is_schedule
from harness.core.learner_arguments.cell_arguments import (
    complete_arguments,
    merge,
    plain_argument,
    spelling,
)
from harness.core.space import Space
from harness.core.spaces.axis import Scalar
from harness.core.spaces.parameter import Parameter, assign, look_up
from harness.core.spaces.value_rules import Context

_POINTS: Final = 65
"""Values of a range that are tried where only what they come to is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FineSearch:
    """The search of a cell that begins with known configurations.

    Attributes:
        algorithm: Of the cell.
        parameters: Of its constructor, with their defaults.
        space: What is searched.
        constants: What the matrix fixes.
        context: The cell's.
    """

    algorithm: Algorithm
    parameters: Mapping[str, Any]
    space: Space
    constants: Mapping[str, Any]
    context: Context

    def arguments(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Constructor arguments of values of the search."""
        return complete_arguments(self.space, self.algorithm, self.constants, values, self.context)


def values_of(
    search: FineSearch, values: Mapping[str, object], arguments: Mapping[str, object] | None
) -> dict[str, object]:
    """Values of the search that come nearest to a configuration of another one.

    Args:
        values: What the other search knew.
        arguments: What was trained; None where the file does not say it.
    """
    own_values: dict[str, object] = {}
    for parameter in search.space.parameters:
        if not search.space.is_active(parameter, own_values):
            continue
        name, value = parameter.name, parameter.default
        if name in values:
            value = spelling(search.space, parameter, values[name], search.context)
        elif arguments is not None:
            value = _value_of(search, parameter, own_values, arguments)
        own_values[name] = value
    return own_values


def _value_of(
    search: FineSearch,
    parameter: Parameter,
    values: Mapping[str, object],
    arguments: Mapping[str, Any],
) -> Scalar:
    """The value of a parameter that was fixed, or left alone, in another search."""
    path = parameter.target or parameter.name
    exists, argument = look_up(arguments, path)
    if path == parameter.name:
        argument = argument if exists else search.parameters.get(path, parameter.default)
        return argument["initial"] if is_schedule(argument) else argument
    root = path.partition(".")[0]
    # Options of a policy or a buffer stand for themselves; what others make of one is seen whole.
    whole = path if root.endswith("_kwargs") else root
    _, target = look_up(_comparable(search, arguments), whole)
    options = [parameter.default, *map(parameter.domain.from_axis, parameter.domain.grid(_POINTS))]
    if exists and isinstance(argument, str | int | float):
        options.insert(0, argument)
    open_options = []
    for option in filter(parameter.domain.contains, options):
        outcome = search.space.arguments({**values, parameter.name: option}, search.context)
        if root not in outcome:
            open_options.append(option)
        elif look_up(_comparable(search, merge(arguments, outcome)), whole)[1] == target:
            return option
    return open_options[0] if open_options else parameter.default


def argument_differences(
    search: FineSearch, values: Mapping[str, object], arguments: Mapping[str, object]
) -> Iterator[str]:
    """Where what the search would train differs from what was trained, in words."""
    own = _comparable(search, search.arguments(values))
    yield from _differences(_comparable(search, arguments), own)


def _differences(other: Mapping[str, Any], own: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for name in dict.fromkeys([*other, *own]):
        theirs, ours = other.get(name), own.get(name)
        if theirs == ours:
            continue
        if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
            yield from _differences(theirs, ours, f"{path}{name}.")
        else:
            own_text = json.dumps(ours) if name in own else "the learner's own"
            yield f"`{path}{name}` {json.dumps(theirs)}, here {own_text}"


def _comparable(search: FineSearch, arguments: Mapping[str, object]) -> dict[str, object]:
    """Arguments with the defaults of what they leave out, each in one spelling."""
    defaults: dict[str, object] = {"policy_kwargs": {}}
    for parameter in search.algorithm.space.parameters:
        if parameter.target.startswith("policy_kwargs."):
            assign(defaults, parameter.target, parameter.default)
    own = {name: v for name, v in search.parameters.items() if name not in RESERVED}
    values = {name: value for name, value in arguments.items() if value is not None}
    full = merge({**own, **defaults}, values)
    return {name: plain_argument(value) for name, value in full.items()}
