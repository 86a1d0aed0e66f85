"""The search space of one cell: the algorithm's, less what is fixed, with the matrix' ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from harness.config.documents.nodes import Node, build, location_of, plain, problem
from harness.config.foreign.foreign_names import hyperparameter_hint
from harness.config.ranges.argument_clashes import (
    Entries,
    clashes,
    idle_entries,
    join_constants,
    rivals,
    with_separate_targets,
    without_parts,
)
from harness.config.ranges.entry_domains import domain_of
from harness.config.ranges.range_conditions import (
    is_among,
    resolve_conditions,
    with_spelled_conditions,
    with_switched_schedules,
)
from harness.config.ranges.range_entries import Language, with_entry, with_word
from harness.config.search_sizes import are_for_several, chosen_parameters
from harness.core.algorithm import Algorithm
from harness.core.arguments import RESERVED, is_number
from harness.core.learner_arguments.argument_contradictions import Signature
from harness.core.learner_arguments.cell_arguments import merge
from harness.core.space import Space
from harness.core.spaces.parameter import Parameter, When, look_up
from harness.core.spaces.search_words import NO_RANGE, Vocabulary, Word
from harness.core.spaces.value_rules import Context
from harness.errors import HarnessError, Problem, did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class TailoredSpace:
    """What came of tailoring a space.

    Attributes:
        space: What is left to search.
        arguments: Constructor arguments that are fixed, by `arguments` or by the space.
        problems: What does not hold.
    """

    space: Space
    arguments: Mapping[str, Any]
    problems: tuple[Problem, ...]


def is_usable(
    algorithm: Algorithm, parameters: Mapping[str, object], name: str, entry: object
) -> bool:
    """Whether an algorithm searches what an entry of `space` names, or could.

    Args:
        algorithm: With its registered space.
        parameters: Of its constructor.
        name: As it is written.
        entry: Likewise; it may say what the name stands for.
    """
    if isinstance(entry, Mapping) and "target" in entry:
        name = str(entry["target"])
    if name.partition(".")[0] in RESERVED:
        return False
    vocabulary = Vocabulary(space=algorithm.space, parameters=parameters)
    return name in algorithm.space or vocabulary.find(name) is not None


def tailor(
    algorithm: Algorithm,
    parameters: Mapping[str, object],
    context: Context,
    arguments: Mapping[str, object],
    settings: Node,
    *,
    signature: Signature | None = None,
    scenario_ranges: Mapping[str, Mapping[str, object]] = MappingProxyType({}),
    document: Node | None = None,
) -> TailoredSpace:
    """The space of a cell.

    The algorithm's ranges, over them the scenario's, over them the matrix'. A range replaces the
    one below it; a value alone takes the parameter out of the search and fixes it for every
    variant. A parameter that is no constructor argument itself (a schedule's name, a ratio) can
    only be held in the search: the library default knows nothing of it. Where the matrix ranges
    over an argument that parameters of the algorithm's space come to, those leave the search.

    Args:
        algorithm: With its registered space.
        parameters: The constructor's parameters and their defaults.
        arguments: Constructor arguments that `arguments` fixes.
        settings: The cell's settings; its `space` holds the ranges.
        signature: What the learner and its policy take, and where; None where that is not known.
        scenario_ranges: The scenario's own ranges.
        document: What `arguments` overrule of: its ranges, and its `search.parameters`, are for all
            algorithms.
    """
    space = algorithm.space.for_actions(context.action).with_defaults(parameters)
    space = _with_scenario_ranges(space, scenario_ranges)
    document = build({}) if document is None else document
    language = _language(algorithm, parameters, signature, arguments, context, document)
    unusable = frozenset(algorithm.space.names) - frozenset(space.names)
    ranges, problems = _usable_ranges(settings, algorithm, unusable, language.vocabulary)
    words = _named_words(settings, language.vocabulary)
    deciders = (*ranges, *(word.parameter.name for word in words))
    space = space.without(frozenset().union(*(rivals(algorithm, name) for name in deciders)))
    entries = _with_ranges(Entries(space=space), ranges, language, problems)
    entries = join_constants(entries, ranges, context)
    space, constants = entries.space, merge(entries.constants, arguments)
    space, faults_of_parts = without_parts(algorithm, space, ranges)
    vocabulary = replace(language.vocabulary, arguments=constants)
    space = space.without(vocabulary.idle_names(space))
    for word in (*vocabulary.implied_words, *words):
        space = with_word(space, word)
    space = with_spelled_conditions(with_switched_schedules(space))
    by_name = {p.name: p for p in (*algorithm.space.parameters, *space.parameters)}
    for parameter in by_name.values():
        space = _without_parameter(space, parameter, constants)
    space, faults_of_targets = with_separate_targets(space, ranges)
    for_several = _ranges_for_several(document)
    own_ranges = frozenset(n for n, r in ranges.items() if r is not for_several.get(n))
    space, faults_of_conditions = resolve_conditions(
        space, constants, language.vocabulary, own_ranges
    )
    problems += [*faults_of_parts, *faults_of_targets]
    problems += _conditions(faults_of_conditions, settings)
    if constants or ranges:
        space = _without_effect(space, constants, parameters, context)
    if not problems:
        own = {n: ranges[n] for n in ranges if n in own_ranges - entries.names}
        problems += idle_entries(by_name, own, space, constants, arguments)
    names, faults_of_names = chosen_parameters(
        algorithm, space, settings, document, language.vocabulary
    )
    problems += faults_of_names
    space = space if names is None else _restrict_to(names, space, parameters)
    return TailoredSpace(
        space=space,
        arguments=constants,
        problems=(*problems, *_faults(space, settings)),
    )


def _usable_ranges(
    settings: Node, algorithm: Algorithm, unusable: frozenset[str], vocabulary: Vocabulary
) -> tuple[dict[str, Node], list[Problem]]:
    """The ranges of names that the algorithm knows, and what is wrong with them and the others."""
    ranges = {str(n): r for n, r in settings.children_at("space").items() if n not in unusable}
    faults = {n: _check_name(n, r, algorithm, vocabulary) for n, r in ranges.items()}
    ranges = {name: node for name, node in ranges.items() if faults[name] is None}
    return ranges, [*filter(None, faults.values()), *clashes(algorithm, ranges)]


def _restrict_to(names: frozenset[str], space: Space, constructor: Mapping[str, object]) -> Space:
    """The space of these parameters alone.

    Where what one depends on is held on, e.g. the bonus of an `ent_coef`, the library's default has
    it off: its own value, often out of the range, is what trial 0 trains.
    """
    few = space.only(names)
    for parameter in few.parameters:
        usual = constructor.get(parameter.name)
        if is_number(usual) and parameter.when != space[parameter.name].when:
            few = few.with_parameter(replace(parameter, default=usual))
    return few


def _ranges_for_several(document: Node) -> Mapping[str | int, Node]:
    """Ranges of a document that are for several algorithms, some of which may lack what is said."""
    ranges = document.get("space")
    return {} if ranges is None or not are_for_several(document) else ranges.children


def _language(
    algorithm: Algorithm,
    parameters: Mapping[str, object],
    signature: Signature | None,
    arguments: Mapping[str, object],
    context: Context,
    document: Node,
) -> Language:
    vocabulary = Vocabulary(
        space=algorithm.space.with_defaults(parameters),
        parameters=parameters,
        policy=None if signature is None else signature.policy,
        scenario=None if signature is None else signature.scenario,
        arguments=arguments,
    )
    ranges = document.get("ranges")
    by_name = {} if ranges is None else plain(ranges)
    return Language(vocabulary=vocabulary, ranges=by_name, context=context)


def _named_words(settings: Node, vocabulary: Vocabulary) -> list[Word]:
    """Words with a range of their own that `search.parameters` names."""
    nodes = settings.children_at("search", "parameters").values()
    names = [str(node.value) for node in nodes if node.value not in vocabulary.space]
    words = [word for word in map(vocabulary.find, names) if word is not None]
    return [word for word in words if word.parameter.domain != NO_RANGE]


def _conditions(faults: list[tuple[str, str, str]], settings: Node) -> Iterator[Problem]:
    for name, message, hint in faults:
        node = settings.get("space", name)
        location = location_of(settings.get("space", name, "when"), node, settings)
        yield problem(message, location, help=hint)


def _with_scenario_ranges(space: Space, ranges: Mapping[str, Mapping[str, object]]) -> Space:
    """The space with a scenario's own ranges, where it has those parameters."""
    for name, entry in ranges.items():
        if name in space:
            parameter = space[name]
            domain = domain_of(parameter.domain, parameter.default, entry)
            space = space.with_parameter(replace(parameter, domain=domain))
    return space


def _check_name(
    name: str, node: Node, algorithm: Algorithm, vocabulary: Vocabulary
) -> Problem | None:
    location = node.start
    entry = plain(node)
    target = str(entry["target"]) if isinstance(entry, Mapping) and "target" in entry else name
    if target not in algorithm.space and vocabulary.find(target) is None:
        words = list(dict.fromkeys(vocabulary.names))
        hint = hyperparameter_hint(target, words) or did_you_mean(target, words)
        hint = hint or f"it searches: {', '.join(algorithm.space.names)}"
        return problem(f"`{algorithm.name}` has no hyperparameter `{target}`", location, help=hint)
    if target != name and (name in algorithm.space or vocabulary.find(name) is not None):
        hint = f"call the range of `{target}` otherwise, e.g. `{target}_2`, or take `target` out"
        return problem(f"`{name}` is a hyperparameter itself", location, help=hint)
    word = vocabulary.find(target)
    path = target if word is None else word.parameter.target or target
    is_schedule = "." in target and word is not None and word.rules
    if target in vocabulary.arguments or (
        "." in path and not is_schedule and look_up(vocabulary.arguments, path)[0]
    ):
        hint = f"remove `{path}` from `arguments`, or the range"
        return problem(f"`{name}` is fixed by `arguments` and has a range", location, help=hint)
    return None


def _with_ranges(
    entries: Entries, ranges: Mapping[str, Node], language: Language, problems: list[Problem]
) -> Entries:
    """The entries with all ranges that fit; why others do not is added to `problems`."""
    for name, node in ranges.items():
        try:
            entries = with_entry(entries, name, plain(node), language)
        except ValueError as error:
            problems.append(problem(f"`{name}` {error}", node.start))
        except HarnessError as error:
            problems.append(problem(error.message, node.location, help=error.help))
    return entries


def _without_parameter(space: Space, parameter: Parameter, constants: Mapping[str, Any]) -> Space:
    """The space without the parameter, if an argument fixes what it stands for.

    What the fixed value would have activated stays and no longer depends on anything.
    """
    is_fixed, value = look_up(constants, parameter.target or parameter.name)
    if not is_fixed:
        return space
    condition_names = frozenset({parameter.name})
    freed = tuple(
        replace(p, when=p.when.without(condition_names))
        if p.when and _is_met(p.when, parameter, value)
        else p
        for p in space.parameters
    )
    return replace(space, parameters=freed).without(frozenset({parameter.name}))


def _is_met(when: When, parameter: Parameter, value: object) -> bool:
    """Whether a fixed value of a parameter is one that a condition asks for."""
    values_of_conditions = [each.values for each in when.every if each.parameter == parameter.name]
    return bool(values_of_conditions) and all(
        is_among(value, values) for values in values_of_conditions
    )


def _without_effect(
    space: Space, constants: Mapping[str, Any], parameters: Mapping[str, Any], context: Context
) -> Space:
    """The space without parameters that change no argument any more.

    A ratio of gradient steps to steps is idle, for one, when the steps themselves are fixed.
    """
    for parameter in space.parameters:
        is_searchable = parameter in space.parameters and not parameter.domain.problems()
        own = parameter.name in parameters and parameter.target in {"", parameter.name}
        if own or not is_searchable:
            continue
        values = space.activating(parameter.name)
        domain = parameter.domain
        try:
            outcomes = [
                merge(space.arguments(values | {parameter.name: value}, context), constants)
                for value in map(domain.from_axis, domain.grid(3))
            ]
        except HarnessError:
            continue  # a rule refuses a value, and whoever checks arguments says so
        if len(outcomes) > 1 and all(outcome == outcomes[0] for outcome in outcomes):
            space = space.without(frozenset({parameter.name}))
    return space


def _faults(space: Space, settings: Node) -> Iterator[Problem]:
    for name, message in space.problems():
        bound_node = settings.get("space", name, "high" if message.startswith("high") else "low")
        location = location_of(bound_node, settings.get("space", name), settings)
        hint = ""
        if "power of two" in message:
            is_pair = settings.get("space", name, "powers_of_two") is not None
            numbers = "the numbers, not their exponents, e.g. `[32, 4096]`"
            hint = f"write {numbers if is_pair else 'both `low` and `high` for all whole numbers'}"
        elif "by ratios" in message:
            hint = "write `log: false` to search differences"
        yield problem(f"`{name}`: {message}", location, help=hint)
