"""What the names of scenarios, algorithms and hyperparameters in a document stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.config.cell_selection import Entry, Pair, find_unmatched_patterns, pattern_of
from harness.config.documents.nodes import Node, plain, problem, with_name
from harness.config.foreign.foreign_names import hyperparameter_hint, name_hint
from harness.config.module_references import references_of
from harness.config.named_variants import check_names
from harness.config.ranges.search_spaces import is_usable
from harness.config.scenario_settings import environment_problem, scenario_of
from harness.config.search_sizes import are_for_several, unknown_everywhere, written_ranges
from harness.core.algorithm import Algorithm
from harness.core.arguments import RESERVED
from harness.core.scenario import Scenario
from harness.core.spaces.search_words import Vocabulary
from harness.errors import HarnessError, Problem, did_you_mean
from harness.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """An algorithm with its constructor's parameters."""

    algorithm: Algorithm
    parameters: Mapping[str, Any]

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(space=self.algorithm.space, parameters=self.parameters)

    @property
    def usable_names(self) -> frozenset[str]:
        """Names that a matrix may search, but those below others."""
        return frozenset(self.vocabulary.names) - RESERVED

    def may_search(self, name: str, entry: object) -> bool:
        """Whether a matrix may search what an entry of `space` names."""
        return is_usable(self.algorithm, self.parameters, name, entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the names in a document stand for; unknown ones are not here."""

    scenarios: Mapping[str, tuple[Entry, Scenario]]
    learners: Mapping[str, tuple[Entry, Learner]]


def make_entry(name: str, part: str, node: Node) -> Entry:
    """The entry of a scenario or an algorithm that only a cell under `include` names."""
    name_node = Node(value=name, location=(node.get(part) or node).location)
    return Entry(name=name, location=name_node.location, settings=with_name(name_node))


def find_names(
    scenarios: Mapping[str, Entry],
    algorithms: Mapping[str, Entry],
    registry: Registry,
    problems: list[Problem],
) -> Names:
    """The scenarios and algorithms that the registry knows; the others are added to `problems`.

    A scenario of a module that has a problem already is left out without another.
    """
    environments: dict[str, tuple[Entry, Scenario]] = {}
    learners: dict[str, tuple[Entry, Learner]] = {}
    wrong = {(each.source, each.line, each.column) for each in problems}
    for name, entry in scenarios.items():
        if any((at.source, at.line, at.column) in wrong for at in references_of(entry.settings)):
            continue
        try:
            environments[name] = (entry, scenario_of(entry, registry))
        except HarnessError as error:
            problems.append(environment_problem(error, entry, entry.settings))
    for name, entry in algorithms.items():
        try:
            algorithm = registry.algorithm(name)
            parameters = registry.learner(algorithm).parameters
        except HarnessError as error:
            hint = name_hint(name, registry.algorithms) or error.help
            problems.append(problem(error.message, entry.location, help=hint))
        else:
            learners[name] = (entry, Learner(algorithm=algorithm, parameters=parameters))
    return Names(scenarios=environments, learners=learners)


def check_patterns(root: Node, pairs: list[Pair]) -> Iterator[Problem]:
    """Patterns in overrides and variants that match nothing."""
    patterns = [
        (pattern_of(plain(node.children["match"])), node.children["match"])
        for node in root.children_at("overrides").values()
    ]
    yield from find_unmatched_patterns("overrides", patterns, pairs)
    yield from check_names(root, pairs)


def check_document_space(root: Node, names: Names) -> Iterator[Problem]:
    """Ranges, and names to search, for all algorithms that none of them can use."""
    learners = [learner for _, learner in names.learners.values()]
    if not learners:
        return
    words = frozenset[str]().union(*(each.usable_names for each in learners))
    yield from unknown_everywhere(root, [(each.algorithm, each.vocabulary) for each in learners])
    some = " or ".join(f"`harness show algorithm {each}`" for each in names.learners)
    for name, node in root.children_at("space").items():
        if not any(learner.may_search(str(name), plain(node)) for learner in learners):
            target = node.get("target")
            meaning = str(name if target is None else target.value)
            hint = hyperparameter_hint(meaning, words) or did_you_mean(meaning, sorted(words))
            message = f"no algorithm here has a hyperparameter `{meaning}`"
            hint = hint or f"{some} shows what there is"
            yield problem(message, (target or node).start, help=hint)
        elif are_for_several(root):
            yield from _unknown_conditions(str(name), node, learners, written_ranges(root))


def _unknown_conditions(
    name: str, node: Node, learners: Sequence[Learner], ranges: frozenset[str]
) -> Iterator[Problem]:
    """What a range of several algorithms depends on, but none of them has."""
    for owner, child in node.children_at("when").items():
        root = str(owner).partition(".")[0]
        if {str(owner), root} & ranges or any(e.may_search(str(owner), {}) for e in learners):
            continue
        words = sorted(ranges.union(*(each.usable_names for each in learners)))
        hint = did_you_mean(str(owner), words) or "name another hyperparameter under `when`"
        message = f"`{name}` depends on `{owner}`, which is no hyperparameter here"
        yield problem(message, child.start, help=hint)
