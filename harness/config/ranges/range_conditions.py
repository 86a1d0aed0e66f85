"""Conditions of ranges: what they depend on, in which spelling, and what cannot be."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from harness.core.arguments import NETWORKS
from harness.core.space import Space
from harness.core.spaces.axis import Scalar
from harness.core.spaces.domain import Choice, option_of
from harness.core.spaces.parameter import Parameter, When, look_up
from harness.core.spaces.search_words import NO_RANGE, SCHEDULE_OF_RATE, SWITCH, Vocabulary
from harness.errors import did_you_mean


def resolve_conditions(
    space: Space, constants: Mapping[str, object], vocabulary: Vocabulary, own: Collection[str]
) -> tuple[Space, list[tuple[str, str, str]]]:
    """The space with its conditions looked up where what they depend on is not searched.

    Parameters come after those that they depend on. One whose condition never holds leaves.

    Args:
        constants: Constructor arguments that are fixed.
        vocabulary: What names stand for.
        own: Parameters whose ranges are for this algorithm alone: it has to know all they name.

    Returns:
        The space, and (name, message, help) of every condition that makes no sense.
    """
    problems: list[tuple[str, str, str]] = []
    parameters: list[Parameter] = []
    for parameter in space.parameters:
        if parameter.when is None:
            parameters.append(parameter)
            continue
        outside = [each for each in parameter.when.every if each.parameter not in space]
        present = {
            each.parameter: _present(each.parameter, constants, vocabulary) for each in outside
        }
        if parameter.name in own:
            problems += _unknown_owners(parameter, present, space, vocabulary)
        if not all(is_among(present[each.parameter], each.values) for each in outside):
            continue
        parameters.append(replace(parameter, when=parameter.when.without(present)))
        problems += _impossible(parameter, space)
    in_order, faults = _sort(parameters)
    return replace(space, parameters=in_order), problems + faults


def with_spelled_conditions(space: Space) -> Space:
    """The space with the values of its conditions as what they depend on has them."""
    return replace(
        space,
        parameters=tuple(
            p if p.when is None else replace(p, when=_spell(p.when, space))
            for p in space.parameters
        ),
    )


def with_switched_schedules(space: Space) -> Space:
    """The space in which the schedule of what may have no value counts where it has one."""
    parameters = []
    for parameter in space.parameters:
        base, _, ending = parameter.name.rpartition(".")
        switch = f"{base}{SWITCH}"
        if ending in {"schedule", "final"} and switch in space:
            when = When(parameter=switch, values=(True,), further=parameter.when)
            parameters.append(replace(parameter, when=when))
        else:
            parameters.append(parameter)
    return replace(space, parameters=tuple(parameters))


def _spell(when: When, space: Space) -> When:
    """A condition as the space has it: a network by its label, no value by its switch."""
    further = None if when.further is None else _spell(when.further, space)
    name, values = when.parameter, when.values
    if name in SCHEDULE_OF_RATE and name not in space:
        name = next((each for each in SCHEDULE_OF_RATE if each in space), name)
    switch = f"{name}{SWITCH}"
    if values == (None,) and switch in space:
        return When(parameter=switch, values=(False,), further=further)
    domain = space[name].domain if name in space else None
    if isinstance(domain, Choice):
        # A list is a list of values, or the one value that it is.
        options = {_canonical(option): option for option in domain.options}
        whole = _canonical(json.dumps(list(values)))
        own = [options.get(_canonical(value), value) for value in values]
        is_one = whole in options and not any(value in domain.options for value in own)
        values = (options[whole],) if is_one else tuple(own)
    return When(parameter=name, values=values, further=further)


def _canonical(value: Scalar) -> Scalar:
    """A network in one spelling; any other value as it is."""
    return json.dumps(NETWORKS[value]) if isinstance(value, str) and value in NETWORKS else value


def is_among(value: object, values: Sequence[Scalar]) -> bool:
    """Whether what is fixed is one of the values of a condition, or the list that they are."""
    own = _canonical(option_of(value))
    return own in map(_canonical, values) or own == json.dumps(list(values))


def _present(name: str, constants: Mapping[str, object], vocabulary: Vocabulary) -> object:
    """The value of something that is not searched: what fixes it, or its default."""
    own = {parameter.name: parameter for parameter in vocabulary.space.parameters}
    word = None if name in own else vocabulary.find(name)
    if name not in own and word is None:
        return NO_RANGE
    parameter = own[name] if word is None else word.parameter
    is_fixed, value = look_up(constants, parameter.target or name)
    return value if is_fixed else parameter.default


def _unknown_owners(
    parameter: Parameter, present: Mapping[str, object], space: Space, vocabulary: Vocabulary
) -> Iterator[tuple[str, str, str]]:
    """What a parameter depends on, but no learner has."""
    for name, value in present.items():
        if value is NO_RANGE:
            names = list(dict.fromkeys((*space.names, *vocabulary.names)))
            hint = did_you_mean(name, names) or "name another hyperparameter under `when`"
            message = f"`{parameter.name}` depends on `{name}`, which is no hyperparameter here"
            yield parameter.name, message, hint


def _impossible(parameter: Parameter, space: Space) -> Iterator[tuple[str, str, str]]:
    """Values of a condition that what it depends on never has."""
    for each in parameter.when.every if parameter.when is not None else ():
        if each.parameter == parameter.name or each.parameter not in space:
            continue
        domain = space[each.parameter].domain
        if not any(map(domain.contains, each.values)):
            options = [str(o) for o in domain.options] if isinstance(domain, Choice) else []
            hint = did_you_mean(str(each.values[0]), options)
            hint = hint or f"`{each.parameter}` is in {domain.describe()}"
            text = f"`{parameter.name}` counts only if {replace(each, further=None).describe()}"
            yield parameter.name, f"{text}, which it never is", hint


def _sort(
    parameters: Sequence[Parameter],
) -> tuple[tuple[Parameter, ...], list[tuple[str, str, str]]]:
    """The parameters, each after those that it depends on, and what depends on itself.

    Of a circle one counts always, so that the rest can be looked at.
    """
    in_order: list[Parameter] = []
    circles: list[tuple[str, str, str]] = []
    rest = {parameter.name: parameter for parameter in parameters}
    while rest:
        ready = (
            n for n, p in rest.items() if p.when is None or not p.when.parameters & rest.keys()
        )
        name = next(ready, None)
        if name is None:
            name, *others = _circle(rest)
            by_way = f", by way of {', '.join(f'`{each}`' for each in others)}" if others else ""
            hint = "name another hyperparameter under `when`"
            circles.append((name, f"`{name}` depends on itself{by_way}", hint))
            rest[name] = replace(rest[name], when=None)
        in_order.append(rest.pop(name))
    return tuple(in_order), circles


def _circle(parameters: Mapping[str, Parameter]) -> list[str]:
    """Names of parameters each of which depends on the next, and the last on the first."""
    path = [next(iter(parameters))]
    while True:
        when = parameters[path[-1]].when
        owner = min(when.parameters & parameters.keys()) if when is not None else path[-1]
        if owner in path:
            return path[path.index(owner) :]
        path.append(owner)
