"""One entry of `space` -> the parameters that it searches, or the arguments that it fixes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.config.documents.matrix_schema import NETWORK_PARTS
from harness.config.ranges.argument_clashes import Entries
from harness.config.ranges.entry_domains import BOUNDS, default_among, domain_of
from harness.core.arguments import NETWORKS
from harness.core.learner_arguments.argument_types import ARGUMENTS, POLICY_ARGUMENTS, Number
from harness.core.learner_arguments.cell_arguments import merge
from harness.core.scenario import SCENARIO
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Domain, Float, Int, PowerOfTwo, option_of
from harness.core.spaces.parameter import Parameter, When, look_up
from harness.core.spaces.search_words import LAYERS, NO_RANGE, SWITCH, Vocabulary, Word
from harness.core.spaces.search_words import layered_network as layers_rule
from harness.core.spaces.search_words import switched as switch_rule
from harness.core.spaces.training_scenario import KEYS
from harness.core.spaces.value_rules import Context, Rule
from harness.errors import UsageError, did_you_mean

_NETWORK: Final = "net_arch"
_LAYERS: Final = frozenset({"layers", "widths", *NETWORK_PARTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What the entries of a cell are read with.

    Attributes:
        vocabulary: What names stand for.
        ranges: The document's named ranges.
        context: The cell's.
    """

    vocabulary: Vocabulary
    ranges: Mapping[str, object]
    context: Context


def is_network(name: str, entry: Mapping[str, object]) -> bool:
    """Whether an entry describes a network layer by layer."""
    return name == _NETWORK and bool(entry.keys() & _LAYERS)


def with_entry(entries: Entries, name: str, entry: object, language: Language) -> Entries:
    """The entries with one more.

    Raises:
        ValueError: The entry does not fit the parameter, or the entries before it.
        HarnessError: A rule of the space refuses a choice.
    """
    entry = _with_named_range(_as_mapping(entry), language.ranges)
    if is_network(name, entry):
        return replace(entries, space=_with_layers(entries.space, entry, language))
    if entry.keys() & _LAYERS:
        raise ValueError(f"has no {min(entry.keys() & _LAYERS)}: these are of `net_arch` alone")
    entry = _in_whole_numbers(name, entry)
    space, word = entries.space, None
    own = next((p for p in space.parameters if p.name == name), None)
    if own is None:
        own, word = _unknown(name, entry, language)
        space = space.with_parameter(own) if own.domain == NO_RANGE else space
        space = _with_rules(space, () if word is None else word.rules)
    when = _condition(entry["when"], own.when) if "when" in entry else own.when
    if "value" in entry:
        constants = _arguments_of_value(space, own, entry["value"], language)
        if constants and "when" not in entry:
            arguments = merge(entries.constants, constants)
            if arguments != merge(constants, entries.constants):
                raise ValueError("fixes what another range fixes otherwise")
            names = entries.names | {name}
            space = entries.space if name not in entries.space else space
            return replace(entries, space=space, constants=arguments, names=names)
    has_range = own.domain != NO_RANGE
    domain = domain_of(own.domain if has_range else None, own.default, entry)
    _check_whole(own, domain)
    parameter = replace(own, domain=domain, when=when)
    space = space.without(frozenset() if word is None else word.replaces)
    space = space.with_parameter(parameter)
    default = default_among(space, parameter, domain, language.context)
    space = space.with_parameter(replace(parameter, default=default))
    has_null = isinstance(domain, Choice) and None in domain.options
    if entry.get("optional", word is not None and word.nullable and not has_null):
        space = _with_switch(space, name)
    return replace(entries, space=space)


def _check_whole(parameter: Parameter, domain: Domain) -> None:
    """Check that a range of what counts something has whole numbers alone.

    A ratio that a rule makes a count of is none itself.

    Raises:
        ValueError: It has others.
    """
    path = parameter.target or parameter.name
    name = parameter.stands_for or parameter.name
    if path.rpartition(".")[2] != name.rpartition(".")[2]:
        return
    root, _, key = path.partition(".")
    kind = {"policy_kwargs": POLICY_ARGUMENTS, SCENARIO: KEYS}.get(root, {}).get(key)
    kind = kind or ARGUMENTS.get(path)
    if isinstance(kind, Number) and kind.whole and isinstance(domain, Float):
        raise ValueError("takes whole numbers: its bounds and its `step` have to be whole")


def _unknown(
    name: str, entry: Mapping[str, object], language: Language
) -> tuple[Parameter, Word | None]:
    """What a name outside the space stands for, and its word."""
    target = entry.get("target")
    word = language.vocabulary.find(name if target is None else str(target))
    if target is None or word is None:
        if word is None:
            own = language.vocabulary.space
            base = next((p for p in own.parameters if p.name == (target or name)), None)
            if base is None:
                raise ValueError("is no hyperparameter here")
            word = Word(parameter=base)
        if target is None:
            return word.parameter, word
    parameter = word.parameter
    return replace(
        parameter, name=name, target=parameter.target or parameter.name, stands_for=parameter.name
    ), word


def with_word(space: Space, word: Word) -> Space:
    """The space with a word's own range, where it is not in it already."""
    parameter = word.parameter
    if parameter.name in space or parameter.domain == NO_RANGE:
        return space
    space = _with_rules(space.without(word.replaces), word.rules).with_parameter(parameter)
    return _with_switch(space, parameter.name) if word.nullable else space


def _with_rules(space: Space, rules: Sequence[Rule]) -> Space:
    new = tuple(rule for rule in rules if rule not in space.rules)
    return replace(space, rules=(*new, *space.rules))


def _with_switch(space: Space, name: str) -> Space:
    """The space in which a parameter may also have no value, which a switch before it says."""
    parameter = space[name]
    switch = Parameter(
        name=f"{name}{SWITCH}",
        domain=Choice(options=(False, True)),
        default=parameter.default is not None,
        target=parameter.target or name,
        when=parameter.when,
        source=f"switches `{name}`, which may have no value",
    )
    on = When(parameter=switch.name, values=(True,), further=parameter.when)
    space = _with_rules(space, (switch_rule,))
    return space.with_parameter(switch).with_parameter(replace(parameter, when=on))


def _with_named_range(
    entry: Mapping[str, object], ranges: Mapping[str, object], below: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """The entry with what the range that it names says, where it says nothing else."""
    if "range" not in entry:
        return entry
    name = str(entry["range"])
    if name in below:
        circle = " -> ".join((*below, name))
        hint = "a range cannot lie below itself; remove one `range`"
        raise UsageError(f"`ranges` goes round: {circle}", help=hint)
    if name not in ranges:
        hint = did_you_mean(name, list(ranges)) or f"`ranges` has: {', '.join(ranges) or 'none'}"
        raise UsageError(f"no range is called `{name}`", help=hint)
    own = {key: value for key, value in entry.items() if key != "range"}
    shared = _with_named_range(_as_mapping(ranges[name]), ranges, (*below, name))
    kinds = [_kind_of(each) for each in (own, shared)]
    if None not in kinds and kinds[0] != kinds[1]:
        raise ValueError(f"has {kinds[0]} beside the {kinds[1]} of the range `{name}`")
    return {**shared, **own}


def _as_mapping(entry: object) -> Mapping[str, object]:
    """An entry, where a value alone may stand for it."""
    return entry if isinstance(entry, Mapping) else {"value": entry}


def _kind_of(entry: Mapping[str, object]) -> str | None:
    """How an entry says what is searched; None where it does not."""
    kinds = ("value", "choices", "powers_of_two", "layers", "widths", *NETWORK_PARTS)
    kind = next((key for key in kinds if key in entry), None)
    return "`low` and `high`" if entry.keys() & BOUNDS else kind and f"`{kind}`"


def _condition(entry: Mapping[str, Any], own: When | None) -> When | None:
    """``{optimizer: sgd, layers: [2, 3]}`` as a condition: all of it has to hold.

    What a parameter depends on by itself still counts where the entry says nothing else of it.

    Raises:
        ValueError: The values are none.
    """
    when = None if own is None else own.without(entry.keys())
    for name, values in reversed(list(entry.items())):
        options = values if isinstance(values, list) else [values]
        if not options or any(isinstance(option, Mapping) for option in options):
            raise ValueError(
                f"counts only if `{name}` has a value, or one of a list of values: write "
                f"`when: {{{name}: VALUE}}`"
            )
        when = When(parameter=str(name), values=tuple(map(option_of, options)), further=when)
    return when


def _with_layers(space: Space, entry: Mapping[str, Any], language: Language) -> Space:
    """The space with a network layer by layer instead of a choice of networks."""
    own = {p.name: p for p in language.vocabulary.space.parameters}
    default = own[_NETWORK].default if _NETWORK in own else None
    usual = _layers_of(default)
    parts = {part: entry[part] for part in NETWORK_PARTS if part in entry}
    if parts and entry.keys() & {"layers", "widths"}:
        raise ValueError("has `layers` and `widths` for all parts, or for each part; not both")
    space = _with_rules(space.without(frozenset({_NETWORK})), (layers_rule,))
    for part, form in (parts or {"": entry}).items():
        root = f"{_NETWORK}.{part}" if part else _NETWORK
        widths = usual.get(part, ()) if isinstance(usual, Mapping) else usual
        for parameter in _layer_parameters(root, form, widths):
            space = space.with_parameter(parameter)
    return space


def _layers_of(default: Any) -> Mapping[str, Sequence[int]] | Sequence[int]:
    """Hidden layers that a label or a text stands for."""
    if default in NETWORKS:
        return NETWORKS[default]
    try:
        layers: Any = json.loads(default)
    except (TypeError, ValueError):
        return ()
    return layers if isinstance(layers, Mapping | list) else ()


def _layer_parameters(
    root: str, form: Mapping[str, Any], usual: Sequence[int]
) -> Iterator[Parameter]:
    """How many layers there are, and the width of each."""
    if "layers" not in form or "widths" not in form:
        raise ValueError("needs `layers` and `widths`: `{layers: [1, 4], widths: [64, 128]}`")
    bounds = form["layers"] if isinstance(form["layers"], list) else [form["layers"]] * 2
    low, high = bounds[0], bounds[-1]
    if len(bounds) != 2 or not 1 <= low <= high <= _MOST_LAYERS:
        raise ValueError(
            f"takes `layers` as a number or as two, the fewest and the most, from 1 to "
            f"{_MOST_LAYERS}, not {form['layers']}"
        )
    count = f"{root}{LAYERS}"
    target = f"policy_kwargs.{root}"
    source = "layers and widths of the matrix"
    yield Parameter(
        name=count,
        domain=Int(low=low, high=high),
        default=len(usual) or None,
        target=target,
        source=source,
    )
    domain = _widths_domain(form["widths"])
    for index in range(high):
        more = tuple(range(max(index + 1, low), high + 1))
        yield Parameter(
            name=f"{root}.width_{index + 1}",
            domain=domain,
            default=[*usual, domain.from_axis(domain.grid(1)[0])][min(index, len(usual))],
            target=target,
            when=When(parameter=count, values=more) if index >= low else None,
            source=source,
        )


_MOST_LAYERS: Final = 16


def _widths_domain(widths: object) -> Domain:
    """Widths as powers of two where they are all that lie between, in order; else as a choice."""
    options = widths if isinstance(widths, list) else [widths]
    wrong = [each for each in options if not (type(each) is int and each >= 1)]
    if not options or wrong:
        raise ValueError(f"takes `widths` as whole numbers from 1, not {wrong or widths}")
    if len({*options}) < len(options):
        raise ValueError(f"takes each of `widths` once, not {widths}")
    powers = PowerOfTwo(low=min(options), high=max(options))
    if not powers.problems() and [*map(powers.from_axis, powers.grid(64))] == options:
        return powers
    return Choice(options=tuple(options))


def _arguments_of_value(
    space: Space, parameter: Parameter, value: object, language: Language
) -> dict[str, object]:
    """The constructor arguments that one value comes to; none if it takes others as well."""
    name, target = parameter.name, parameter.target or parameter.name
    if target == name and name in language.vocabulary.parameters:
        return {name: value}
    # The rules know what a label of the space stands for, e.g. the name of a network.
    space = space.with_parameter(replace(parameter, domain=Choice(options=(option_of(value),))))
    arguments = space.arguments({name: option_of(value)}, language.context)
    is_path = target != name or "." in target
    return arguments if is_path and look_up(arguments, target)[0] else {}


def _in_whole_numbers(name: str, entry: Mapping[str, object]) -> Mapping[str, Any]:
    """The entry with the bounds and choices of a count as such, however they were written."""
    kind = ARGUMENTS.get(name)
    if not isinstance(kind, Number):
        return entry
    return {
        key: [*map(kind.normal, value)]
        if isinstance(value, list)
        else value
        if isinstance(value, Mapping)
        else kind.normal(value)
        for key, value in entry.items()
    }
