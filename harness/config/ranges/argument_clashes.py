"""Entries of `space` that decide the same constructor argument, and such that decide none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.config.documents.nodes import Node, problem
from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.core.spaces.domain import Choice
from harness.core.spaces.parameter import Parameter, When, look_up
from harness.core.spaces.search_words import decided_path
from harness.core.spaces.value_rules import Context
from harness.errors import Problem


def rivals(algorithm: Algorithm, name: str) -> frozenset[str]:
    """Parameters of the algorithm's space that decide what an argument outside it decides.

    `gradient_steps`, for one, which a replay ratio comes to, or the schedule of a learning rate.
    Such parameters leave the search where a matrix searches the argument.
    """
    if name in algorithm.space:
        return frozenset()
    targets = {p.name: p.target or p.name for p in algorithm.space.parameters}
    is_part = name.endswith((".schedule", ".final"))
    return frozenset(
        own
        for own, target in targets.items()
        if (target == name if is_part else are_nested(target, name))
    )


def are_nested(one: str, other: str) -> bool:
    """Whether two dotted paths are the same, or one leads to the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def clashes(algorithm: Algorithm, ranges: Mapping[str, Node]) -> Iterator[Problem]:
    """Entries that decide the same argument as another one."""
    for name, node in ranges.items():
        for rival in sorted(rivals(algorithm, name) & ranges.keys()):
            message = f"`{name}` and `{rival}` decide the same argument"
            yield problem(message, node.start, help="keep one of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What the ranges of a matrix have made of a space so far.

    Attributes:
        space: What is searched.
        constants: Constructor arguments that ranges of one value fix.
        names: Of those ranges.
    """

    space: Space
    constants: Mapping[str, Any] = field(default_factory=dict)
    names: frozenset[str] = frozenset()


def with_separate_targets(space: Space, ranges: Mapping[str, Node]) -> tuple[Space, list[Problem]]:
    """The space in which an argument that several parameters decide is never decided by two.

    The algorithm's own range counts where none of those that the matrix gives it does; two of the
    matrix have to exclude each other by their conditions.
    """
    problems: list[Problem] = []
    for base in dict.fromkeys(p.stands_for for p in space.parameters if p.stands_for):
        others = [p for p in space.parameters if p.stands_for == base]
        if base in space and base in ranges:
            others.append(space[base])
        elif base in space:
            space = _with_the_rest(space, base, others)
        for index, one in enumerate(others):
            for other in others[:index]:
                if not _exclude(one.when, other.when):
                    node = ranges[one.name]
                    message = f"`{other.name}` and `{one.name}` both decide `{base}`"
                    hint = "keep one of them, or let them exclude each other by `when`"
                    problems.append(problem(message, node.start, help=hint))
    return space, problems


def without_parts(
    algorithm: Algorithm, space: Space, ranges: Mapping[str, Node]
) -> tuple[Space, list[Problem]]:
    """The space without ranges that decide what others decide too, or a part of it."""
    problems: list[Problem] = []
    own = [p for p in space.parameters if p.name in ranges and p.name not in algorithm.space]
    own = [p for p in own if not p.stands_for and not p.name.endswith((".schedule", ".final"))]
    for index, one in enumerate(own):
        for other in own[:index]:
            is_part = are_nested(decided_path(one), decided_path(other))
            if is_part and not _exclude(one.when, other.when):
                node = ranges[one.name]
                message = f"`{other.name}` and `{one.name}` decide the same argument"
                problems.append(problem(message, node.start, help="keep one of them"))
                space = space.without(frozenset({one.name}))
    return space, problems


def _exclude(one: When | None, other: When | None) -> bool:
    """Whether two conditions never hold together."""
    return any(
        first.parameter == second.parameter and not {*first.values} & {*second.values}
        for first in (one.every if one is not None else ())
        for second in (other.every if other is not None else ())
    )


def _with_the_rest(space: Space, base: str, others: Iterable[Parameter]) -> Space:
    """The space in which a parameter counts where none of the others does, as far as one can say.

    Where their conditions are on several parameters it counts always, and they lie over it.
    """
    conditions = [parameter.when for parameter in others]
    if None in conditions:
        return space.without(frozenset({base}))
    every = [each for when in conditions if when is not None for each in when.every]
    owners = {each.parameter for each in every}
    owner = min(owners)
    domain = space[owner].domain if owner in space else None
    if len(owners) > 1 or not isinstance(domain, Choice):
        return space
    values = [value for each in every for value in each.values]
    rest = tuple(option for option in domain.options if option not in values)
    if not rest:
        return space.without(frozenset({base}))
    when = When(parameter=owner, values=rest, further=space[base].when)
    return space.with_parameter(replace(space[base], when=when))


def join_constants(entries: Entries, ranges: Iterable[str], context: Context) -> Entries:
    """The entries, where values that are no argument themselves have become part of a fixed one.

    A rate that is fixed together with its schedule is a fixed schedule.
    """
    space, constants, names = entries.space, dict(entries.constants), set(entries.names)
    by_root: dict[str, dict[str, object]] = {}
    for name in space.names:
        domain, target = space[name].domain, space[name].target
        is_value = name in ranges and isinstance(domain, Choice) and len(domain.options) == 1
        root = target.partition(".")[0]
        if is_value and (look_up(constants, target)[0] or (root != target and root in constants)):
            by_root.setdefault(root, {})[name] = domain.from_axis(domain.grid(1)[0])
    for root, values in by_root.items():
        outcome = space.arguments({**constants, **values}, context)
        if root in outcome:
            constants[root] = outcome[root]
            names |= values.keys()
    return Entries(space=space, constants=constants, names=frozenset(names))


def idle_entries(
    parameters: Mapping[str, Parameter],
    ranges: Mapping[str, Node],
    space: Space,
    constants: Mapping[str, object],
    arguments: Mapping[str, object],
) -> Iterator[Problem]:
    """Ranges of the matrix that change no argument.

    Args:
        parameters: Everything that could be searched, by name.
        ranges: Name -> entry; those that have become arguments are not among them.
        space: What is left to search.
        constants: Constructor arguments that are fixed, be it by a range of one value.
        arguments: Those of them that `arguments` fixes.
    """
    for name, node in ranges.items():
        is_network = any(each.startswith(f"{name}.") for each in space.names)
        if name in space or is_network:
            continue
        parameter = parameters.get(name)
        target = name if parameter is None else decided_path(parameter)
        root = target.partition(".")[0]
        fixed = target if root.endswith("_kwargs") else root
        when = None if parameter is None else parameter.when
        hint = f"take `{name}` out"
        if look_up(constants, fixed)[0]:
            by = " by `arguments`" if look_up(arguments, fixed)[0] else ""
            reason = f"`{fixed}` is fixed{by}"
            hint += f", or what fixes `{fixed}`"
        elif when is not None and not when.parameters <= frozenset(space.names):
            missing = next(each for each in when.every if each.parameter not in space)
            reason = f"it counts only with another `{missing.parameter}`"
            value = missing.values[0]
            text = value if isinstance(value, str) else json.dumps(value)
            hint += f", or write `{missing.parameter}: {text}` beside it"
        elif parameter is None:
            reason = "another parameter takes its place"
        else:
            reason = "its values come to the same, or what it is taken from is fixed"
        yield problem(f"`{name}` decides nothing: {reason}", node.start, help=hint)
