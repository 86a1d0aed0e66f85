"""The constructor arguments that the configurations of a cell are trained with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.core.algorithm import Algorithm
from harness.core.arguments import NETWORKS, is_number, is_schedule
from harness.core.matrix import Cell
from harness.core.space import Space
from harness.core.spaces.axis import Scalar
from harness.core.spaces.domain import Choice
from harness.core.spaces.parameter import Parameter, look_up
from harness.core.spaces.value_rules import Context
from harness.errors import HarnessError


def trained_values(cell: Cell, values: Mapping[str, object]) -> dict[str, object]:
    """What is trained of searched values: the rules may move some of them."""
    outcome = cell.space.trained_values({**_fixed_numbers(cell), **values}, cell.context())
    return {name: outcome[name] for name in values}


def arguments_of(cell: Cell, values: Mapping[str, object]) -> dict[str, object]:
    """Constructor arguments of searched values, with the matrix' fixed arguments laid over them."""
    return complete_arguments(cell.space, cell.algorithm, cell.arguments, values, cell.context())


def complete_arguments(
    space: Space,
    algorithm: Algorithm,
    constants: Mapping[str, Any],
    values: Mapping[str, object],
    context: Context,
) -> dict[str, object]:
    """Constructor arguments of values of a space, with fixed ones laid over them."""
    # Rules that tie parameters together must see the fixed ones too, e.g. `n_steps`.
    numbers = fixed_numbers(algorithm.space, constants)
    arguments = space.arguments({**numbers, **values}, context)
    # What lies below an argument the rules know by a name that no constructor has.
    own = {n: v for n, v in arguments.items() if n not in numbers or n in constants}
    return merge(own, constants)


def _fixed_numbers(cell: Cell) -> dict[str, object]:
    return fixed_numbers(cell.algorithm.space, cell.arguments)


def within_budget(cell: Cell, arguments: Mapping[str, object]) -> dict[str, object]:
    """Constructor arguments of the default or a named variant, with rollouts the budget holds.

    A rule that searched values are held to for the budget's sake moves these as well; nothing that
    the matrix fixes is moved.

    Args:
        arguments: What the constructor is given beside its own defaults.
    """
    constants = (each.parameter for each in cell.space.held)
    every = (*cell.space.parameters, *constants)
    defaults = {p.name: p.default for p in every if is_number(p.default)}
    values = defaults | fixed_numbers(cell.algorithm.space, arguments)
    # The ranges are the search's: what is nobody's suggestion need not keep to them.
    n_envs = cell.scenario.environment_count(arguments)
    context = replace(cell.context(), domains={}, n_envs=n_envs)
    outcome = dict(values)
    for rule in cell.space.budget_rules:
        outcome = rule(outcome, context)
        if outcome == values:
            break  # the budget holds its rollouts, and the others only follow from those
    changes = {name: value for name, value in outcome.items() if value != values.get(name)}
    return merge(arguments, changes)


def default_arguments(cell: Cell) -> dict[str, object]:
    """Constructor arguments of the default: what the matrix fixes, and what the budget asks for."""
    return within_budget(cell, cell.arguments)


def default_values(cell: Cell) -> dict[str, object]:
    """The default as it is trained, by searched parameter; values may lie outside their ranges."""
    values = cell.space.default_values()
    return values | {n: v for n, v in default_arguments(cell).items() if n in values}


def configuration(
    cell: Cell, number: int, coordinates: Mapping[str, object]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values and constructor arguments that a trial trains.

    Args:
        number: Trial number; the default and those that the matrix names come first.
        coordinates: What was suggested for any other.
    """
    if number == 0:
        # The default is the library's own: nothing is passed but what it has to be.
        return default_values(cell), default_arguments(cell)
    first = cell.search.first
    proposal = first[number - 1] if number <= len(first) else cell.space.decode(coordinates)
    values = trained_values(cell, proposal)
    return values, arguments_of(cell, values)


def merge(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """Nested mappings laid over one another; `above` wins."""
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            result[key] = merge(under, value)
        else:
            result[key] = value
    return result


def fixed_numbers(space: Space, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers among constructor arguments, by the names under which rules know them."""
    numbers = {name: v for name, v in arguments.items() if isinstance(v, int | float)}
    for parameter in space.parameters:
        if "." in parameter.target:
            _, value = look_up(arguments, parameter.target)
            numbers |= {parameter.name: value} if isinstance(value, int | float) else {}
    return numbers


def spelling(space: Space, parameter: Parameter, value: Scalar, context: Context) -> Scalar:
    """The option of a choice that comes to the same argument as a value; else the value itself."""
    domain = parameter.domain
    if not isinstance(domain, Choice) or domain.contains(value):
        return value

    def outcome_of(option: Scalar) -> Any:
        return plain_argument(space.arguments({parameter.name: option}, context))

    try:
        outcome = outcome_of(value)
        options = domain.options if outcome else ()
        return next((option for option in options if outcome_of(option) == outcome), value)
    except (HarnessError, ValueError):
        return value  # one that a rule refuses has no other spelling


def plain_argument(value: object) -> Any:
    """An argument, or some, in one spelling."""
    if isinstance(value, str) and value in NETWORKS:
        return list(NETWORKS[value])
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        return plain_argument(json.loads(value))  # an option of a choice
    if isinstance(value, list | tuple):
        return value[0] if len(value) == 2 and value[1] == "step" else [*map(plain_argument, value)]
    if not isinstance(value, Mapping):
        return value
    if is_schedule(value):
        constant = value["schedule"] == "constant"
        return value.get("initial") if constant else {"final": 0, **value}
    plain = {key: plain_argument(part) for key, part in value.items()}
    network = plain.get("net_arch")
    if isinstance(network, Mapping) and len(network) > 1:
        parts = list(network.values())
        plain["net_arch"] = parts[0] if all(part == parts[0] for part in parts) else network
    return plain
