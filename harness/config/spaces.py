"""The search space of one cell: the algorithm's, less what is fixed, with the matrix' ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from harness.config.habits import hyperparameter_hint
from harness.config.nodes import Node, Place, place_of, plain, problem
from harness.config.ranges import default_among, domain_of, option_of
from harness.core.algorithm import Algorithm
from harness.core.plan import merge
from harness.core.space import Context, Parameter, Space
from harness.errors import HarnessError, Problem, did_you_mean

__all__ = ["Tailored", "has_parameter", "tailor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tailored:
    """What came of tailoring a space.

    Attributes:
        space: What is left to search.
        arguments: Constructor arguments that are fixed, by `arguments` or by the space.
        problems: What does not hold.
    """

    space: Space
    arguments: Mapping[str, Any]
    problems: tuple[Problem, ...]


def has_parameter(algorithm: Algorithm, parameters: Mapping[str, Any], name: str) -> bool:
    """Whether the algorithm searches the parameter or could."""
    return name in algorithm.space or name in parameters


def tailor(
    algorithm: Algorithm,
    parameters: Mapping[str, Any],
    context: Context,
    arguments: Mapping[str, Any],
    settings: Node,
    *,
    suited: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Tailored:
    """The space of a cell.

    The algorithm's ranges, over them the scenario's, over them the matrix'. A range replaces the
    one below it; a value alone takes the parameter out of the search and fixes it for every
    variant. A parameter that is no constructor argument itself (a schedule's name, a ratio) can
    only be held in the search: the library default knows nothing of it.

    Args:
        algorithm: With its registered space.
        parameters: The constructor's parameters and their defaults.
        context: The cell's.
        arguments: Constructor arguments that `arguments` fixes.
        settings: The cell's settings; its `space` holds the ranges.
        suited: The scenario's own ranges.
    """
    space = algorithm.space.for_actions(context.action).with_defaults(parameters)
    space = _suited(space, suited)
    left_out = frozenset(algorithm.space.names) - frozenset(space.names)
    fixed = dict(arguments)
    problems: list[Problem] = []
    ranges = settings.get("space")
    for name, node in ranges.value.items() if ranges is not None else ():
        if name in left_out:
            continue
        fault = _misplaced(name, node, algorithm, parameters, arguments)
        if fault is not None:
            problems.append(fault)
            continue
        try:
            space, held = _with_range(space, name, plain(node), parameters, context)
            fixed = merge(held, fixed)
        except ValueError as error:
            problems.append(problem(f"`{name}` {error}", node.key or node.place))
        except HarnessError as error:
            problems.append(problem(error.message, node.place, help=error.help))
    for parameter in algorithm.space.parameters:
        space = _less_fixed(space, parameter, fixed)
    if fixed:
        space = _less_idle(space, fixed, parameters, context)
    return Tailored(
        space=space,
        arguments=fixed,
        problems=(*problems, *_faults(space, settings)),
    )


def _suited(space: Space, ranges: Mapping[str, Mapping[str, Any]]) -> Space:
    """The space with a scenario's own ranges, where it has those parameters."""
    for name, entry in ranges.items():
        if name in space:
            known = space[name]
            domain = domain_of(known.domain, known.default, entry)
            space = space.with_parameter(replace(known, domain=domain))
    return space


def _misplaced(
    name: str,
    node: Node,
    algorithm: Algorithm,
    parameters: Mapping[str, Any],
    arguments: Mapping[str, Any],
) -> Problem | None:
    place = node.key or node.place
    if not has_parameter(algorithm, parameters, name):
        known = [*algorithm.space.names, *parameters]
        hint = hyperparameter_hint(name, known) or did_you_mean(name, known)
        hint = hint or f"it searches: {', '.join(algorithm.space.names)}"
        return problem(f"`{algorithm.name}` has no hyperparameter `{name}`", place, help=hint)
    if name in arguments:
        hint = f"remove `{name}` from `arguments`, or the range"
        return problem(f"`{name}` is fixed by `arguments` and has a range", place, help=hint)
    return None


def _with_range(
    space: Space, name: str, entry: Any, parameters: Mapping[str, Any], context: Context
) -> tuple[Space, dict[str, Any]]:
    """The space with one entry applied, and the arguments that the entry fixes.

    Raises:
        ValueError: The entry does not fit the parameter.
        HarnessError: A rule of the space refuses a choice.
    """
    entry = entry if isinstance(entry, Mapping) else {"value": entry}
    known = next((p for p in space.parameters if p.name == name), None)
    default = parameters.get(name) if known is None else known.default
    held = _held(space, name, entry["value"], parameters, context) if "value" in entry else {}
    if held:
        return space, held
    domain = domain_of(None if known is None else known.domain, default, entry)
    if known is None:
        known = Parameter(name=name, domain=domain, default=default)
    default = entry.get("value", default_among(space, known, domain, context))
    return space.with_parameter(replace(known, domain=domain, default=default)), {}


def _held(
    space: Space, name: str, value: Any, parameters: Mapping[str, Any], context: Context
) -> dict[str, Any]:
    """The constructor arguments that one value comes to; none if it takes others as well."""
    target = next((p.target for p in space.parameters if p.name == name), "") or name
    if target == name and name in parameters:
        return {name: value}
    # The rules know what a label of the space stands for, e.g. the name of a network.
    arguments = space.arguments({name: option_of(value)}, context)
    return arguments if target != name and _lookup(arguments, target)[0] else {}


def _less_fixed(space: Space, parameter: Parameter, fixed: Mapping[str, Any]) -> Space:
    """The space without the parameter, if its place among the arguments is taken.

    What the fixed value would have activated stays and no longer depends on anything.
    """
    found, value = _lookup(fixed, parameter.target or parameter.name)
    if not found:
        return space
    freed = tuple(
        replace(p, when=None)
        if p.when is not None and p.when.parameter == parameter.name and value in p.when.values
        else p
        for p in space.parameters
    )
    return replace(space, parameters=freed).without(frozenset({parameter.name}))


def _lookup(arguments: Mapping[str, Any], target: str) -> tuple[bool, Any]:
    """Whether the place is taken, be it by a plain value further up, and by what."""
    value: Any = arguments
    for part in target.split("."):
        if not isinstance(value, Mapping):
            return True, None
        if part not in value:
            return False, None
        value = value[part]
    return True, value


def _less_idle(
    space: Space, fixed: Mapping[str, Any], parameters: Mapping[str, Any], context: Context
) -> Space:
    """The space without parameters that change no argument any more.

    A ratio of gradient steps to steps is idle, for one, when the steps themselves are fixed.
    """
    for parameter in space.parameters:
        known = parameter in space.parameters and not parameter.domain.problems()
        own = parameter.name in parameters and parameter.target in {"", parameter.name}
        if own or not known:
            continue
        values = space.default_values()
        if parameter.when is not None:
            values[parameter.when.parameter] = parameter.when.values[0]
        domain = parameter.domain
        outcomes = [
            merge(space.arguments(values | {parameter.name: value}, context), fixed)
            for value in map(domain.from_axis, domain.grid(3))
        ]
        if len(outcomes) > 1 and all(outcome == outcomes[0] for outcome in outcomes):
            space = space.without(frozenset({parameter.name}))
    return space


def _faults(space: Space, settings: Node) -> Iterator[Problem]:
    for name, message in space.problems():
        entry = settings.get("space", name)
        bound = settings.get("space", name, "high" if message.startswith("high") else "low")
        place = place_of(bound, entry, settings)
        hint = ""
        if message.startswith("default"):
            place = _key_place(entry, place)
            hint = "the search begins at the library default: widen the range, or fix a value"
            if entry is not None and "choices" in entry.children:
                hint = "the search begins at the library default: add it to the choices"
        yield problem(f"`{name}`: {message}", place, help=hint)


def _key_place(entry: Node | None, otherwise: Place) -> Place:
    return entry.key if entry is not None and entry.key is not None else otherwise
