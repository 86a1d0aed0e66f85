"""The search space of one cell: the algorithm's, less what is fixed, with the matrix' ranges."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from harness.config.argument_clashes import Entries, clashes, idle_entries, joined, rivals
from harness.config.foreign_names import hyperparameter_hint
from harness.config.nodes import Node, build, location_of, plain, problem
from harness.config.search_sizes import chosen_parameters
from harness.core.algorithm import Algorithm
from harness.core.argument_types import ARGUMENTS, Number
from harness.core.domain import Choice, Domain, Float, Int, PowerOfTwo, Scalar
from harness.core.plan import merge
from harness.core.space import Context, Parameter, Space, look_up
from harness.errors import HarnessError, Problem, did_you_mean

__all__ = ["Tailored", "default_among", "domain_of", "has_parameter", "option_of", "tailor"]


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
    scenario_ranges: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    document: Node | None = None,
) -> Tailored:
    """The space of a cell.

    The algorithm's ranges, over them the scenario's, over them the matrix'. A range replaces the
    one below it; a value alone takes the parameter out of the search and fixes it for every
    variant. A parameter that is no constructor argument itself (a schedule's name, a ratio) can
    only be held in the search: the library default knows nothing of it. Where the matrix ranges
    over an argument that parameters of the algorithm's space come to, those leave the search.

    Args:
        algorithm: With its registered space.
        parameters: The constructor's parameters and their defaults.
        context: The cell's.
        arguments: Constructor arguments that `arguments` fixes.
        settings: The cell's settings; its `space` holds the ranges.
        scenario_ranges: The scenario's own ranges.
        document: What `arguments` overrule of: its ranges, and its `search.parameters`, are for all
            algorithms.
    """
    space = algorithm.space.for_actions(context.action).with_defaults(parameters)
    space = _with_scenario_ranges(space, scenario_ranges)
    unusable = frozenset(algorithm.space.names) - frozenset(space.names)
    node = settings.get("space")
    ranges = {str(n): r for n, r in node.children.items() if n not in unusable} if node else {}
    faults = {n: _misplaced(n, r, algorithm, parameters, arguments) for n, r in ranges.items()}
    ranges = {name: node for name, node in ranges.items() if faults[name] is None}
    problems = [*filter(None, faults.values()), *clashes(algorithm, ranges)]
    space = space.without(frozenset().union(*(rivals(algorithm, name) for name in ranges)))
    entries = _with_ranges(Entries(space=space), ranges, parameters, context, problems)
    entries = joined(entries, ranges, context)
    space, fixed = entries.space, merge(entries.fixed, arguments)
    for parameter in algorithm.space.parameters:
        space = _without_fixed(space, parameter, fixed)
    if fixed:
        space = _without_effect(space, fixed, parameters, context)
    document = build({}) if document is None else document
    document_ranges = document.get("space")
    if not problems:
        shared = document_ranges.children if document_ranges is not None else {}
        own = {n: r for n, r in ranges.items() if n not in entries.names and r is not shared.get(n)}
        problems += idle_entries(algorithm, own, space, fixed, arguments)
    names, faults_of_names = chosen_parameters(algorithm, space, settings, document)
    problems += faults_of_names
    space = space if names is None else space.only(names)
    return Tailored(
        space=space,
        arguments=fixed,
        problems=(*problems, *_faults(space, settings)),
    )


def _with_scenario_ranges(space: Space, ranges: Mapping[str, Mapping[str, Any]]) -> Space:
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
    location = node.key or node.location
    if not has_parameter(algorithm, parameters, name):
        known = [*algorithm.space.names, *parameters]
        hint = hyperparameter_hint(name, known) or did_you_mean(name, known)
        hint = hint or f"it searches: {', '.join(algorithm.space.names)}"
        return problem(f"`{algorithm.name}` has no hyperparameter `{name}`", location, help=hint)
    if name in arguments:
        hint = f"remove `{name}` from `arguments`, or the range"
        return problem(f"`{name}` is fixed by `arguments` and has a range", location, help=hint)
    return None


def _with_ranges(
    entries: Entries,
    ranges: Mapping[str, Node],
    parameters: Mapping[str, Any],
    context: Context,
    problems: list[Problem],
) -> Entries:
    """The entries with all ranges that fit; why others do not is added to `problems`."""
    for name, node in ranges.items():
        try:
            entries = _with_range(entries, name, plain(node), parameters, context)
        except ValueError as error:
            problems.append(problem(f"`{name}` {error}", node.key or node.location))
        except HarnessError as error:
            problems.append(problem(error.message, node.location, help=error.help))
    return entries


def _with_range(
    entries: Entries, name: str, entry: Any, parameters: Mapping[str, Any], context: Context
) -> Entries:
    """The entries with one more.

    Raises:
        ValueError: The entry does not fit the parameter, or the entries before it.
        HarnessError: A rule of the space refuses a choice.
    """
    space = entries.space
    entry = _in_whole_numbers(name, entry if isinstance(entry, Mapping) else {"value": entry})
    known = next((p for p in space.parameters if p.name == name), None)
    default = parameters.get(name) if known is None else known.default
    if "value" in entry:
        fixed = _arguments_of_value(space, name, entry["value"], parameters, context)
        if fixed:
            arguments = merge(entries.fixed, fixed)
            if arguments != merge(fixed, entries.fixed):
                raise ValueError("fixes what another range fixes otherwise")
            return replace(entries, fixed=arguments, names=entries.names | {name})
    domain = domain_of(None if known is None else known.domain, default, entry)
    if known is None:
        known = Parameter(name=name, domain=domain, default=default)
    default = default_among(space, known, domain, context)
    space = space.with_parameter(replace(known, domain=domain, default=default))
    return replace(entries, space=space)


def _arguments_of_value(
    space: Space, name: str, value: Any, parameters: Mapping[str, Any], context: Context
) -> dict[str, Any]:
    """The constructor arguments that one value comes to; none if it takes others as well."""
    target = next((p.target for p in space.parameters if p.name == name), "") or name
    if target == name and name in parameters:
        return {name: value}
    # The rules know what a label of the space stands for, e.g. the name of a network.
    arguments = space.arguments({name: option_of(value)}, context)
    return arguments if target != name and look_up(arguments, target)[0] else {}


def _without_fixed(space: Space, parameter: Parameter, fixed: Mapping[str, Any]) -> Space:
    """The space without the parameter, if an argument fixes what it stands for.

    What the fixed value would have activated stays and no longer depends on anything.
    """
    is_fixed, value = look_up(fixed, parameter.target or parameter.name)
    if not is_fixed:
        return space
    freed = tuple(
        replace(p, when=None)
        if p.when is not None and p.when.parameter == parameter.name and value in p.when.values
        else p
        for p in space.parameters
    )
    return replace(space, parameters=freed).without(frozenset({parameter.name}))


def _without_effect(
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
        bound = settings.get("space", name, "high" if message.startswith("high") else "low")
        location = location_of(bound, settings.get("space", name), settings)
        yield problem(f"`{name}`: {message}", location)


def _in_whole_numbers(name: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The entry with the bounds and choices of a count as such, however they were written."""
    kind = ARGUMENTS.get(name)
    if not isinstance(kind, Number):
        return entry
    return {
        key: [*map(kind.normal, value)] if isinstance(value, list) else kind.normal(value)
        for key, value in entry.items()
    }


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


def _counts(current: Domain | None, default: object, bounds: Mapping[str, float]) -> bool:
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
