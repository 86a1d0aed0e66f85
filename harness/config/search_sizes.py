"""The size of a search: what follows from its budget, and which hyperparameters it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from harness.config.documents.nodes import DEFAULT, Location, Node, build, location_of, problem
from harness.config.documents.written_values import to_run_count
from harness.config.foreign.foreign_names import hyperparameter_hint
from harness.config.objective_settings import FOLLOWS as FOLLOWS_OBJECTIVES
from harness.config.objective_settings import with_objectives
from harness.core.algorithm import Algorithm
from harness.core.costs.budget_split import LEAST, ORIGIN, BudgetSplit, split
from harness.core.costs.search_budget import FIRST_EMMR, FIRST_REGRET, run_share
from harness.core.decisions import plan
from harness.core.matrix import Cell
from harness.core.space import Space
from harness.core.spaces.search_words import LAYERS, NO_RANGE, SWITCH, WIDTH, Vocabulary
from harness.errors import Problem, did_you_mean

FOLLOWS: Final = Location(source=ORIGIN)


def with_split(settings: Node) -> Node:
    """The settings with what follows from their budget and objectives, where nobody wrote it.

    Args:
        settings: Of a cell or of a document, defaults included.
    """
    budget = _split_of(settings)
    if budget is None:
        return with_objectives(settings)
    sampler = settings.get("search", "sampler", "name")
    for rung, values in budget.settings("" if sampler is None else sampler.value).items():
        settings = _lay_over(rung, values, settings)
    return with_objectives(settings)


def without_split(settings: Node) -> Node:
    """The settings without what follows from others: it follows again when they are read."""
    if not isinstance(settings.value, Mapping):
        return settings
    rest = {
        name: without_split(child)
        for name, child in settings.value.items()
        if child.location not in {FOLLOWS, FOLLOWS_OBJECTIVES}
    }
    return replace(settings, value=rest)


def _split_of(settings: Node) -> BudgetSplit | None:
    """What follows from a budget; None without one, or where its numbers do not hold."""
    paths = (("search", "budget"), ("search", "steps"), ("test", "steps"))
    nodes = [settings.get(*path) for path in paths]
    numbers = [node.value for node in nodes if node is not None]
    if len(numbers) < len(paths) or None in numbers:
        return None
    budget, trial, test = numbers
    return split(float(to_run_count(budget)) * test / trial)


def _lay_over(rung: str, values: dict[str, object], settings: Node) -> Node:
    section = settings.get(rung)
    if section is None:
        return settings
    free = {
        name: build(value, FOLLOWS)
        for name, value in values.items()
        if not _is_by_hand(section.get(name))
    }
    return settings.with_children({rung: section.with_children(free)})


def _is_by_hand(node: Node | None) -> bool:
    """Whether somebody wrote it, or a part of it."""
    if node is None:
        return False
    is_own = node.location not in {DEFAULT, FOLLOWS, FOLLOWS_OBJECTIVES}
    return is_own or any(map(_is_by_hand, node.children.values()))


def chosen_parameters(
    algorithm: Algorithm, space: Space, settings: Node, document: Node, vocabulary: Vocabulary
) -> tuple[frozenset[str] | None, list[Problem]]:
    """The only hyperparameters that a cell searches, and what is wrong with their names.

    Those that the matrix names, or the most important ones that its budget has trials for; None for
    all. Of names for the whole document a cell takes those that it has.
    """
    listing = settings.get("search", "parameters")
    if listing is None or not _is_by_hand(listing) or not listing.children:
        ranges = settings.get("space")
        budget = None if ranges is not None and ranges.children else _split_of(settings)
        if budget is None or budget.parameters is None or budget.parameters >= len(space.names):
            return None, []
        return frozenset(algorithm.most_important(space.names, budget.parameters)), []
    is_for_several = are_for_several(document) and document.get("search", "parameters") is listing
    names = frozenset(str(node.value) for node in listing.children.values())
    matches = frozenset(name for name in space.names if _of_name(name) & names)
    problems = [] if is_for_several else list(_unknown(algorithm, space, listing, vocabulary))
    if not matches and not problems:
        message = f"`{algorithm.name}` searches none of `search.parameters`"
        problems.append(problem(message, location_of(listing), help=_searchable(space)))
    return matches or None, problems


def _of_name(name: str) -> frozenset[str]:
    """Names by which a parameter is asked for: also that of the network or value that it is of."""
    network = name.partition(".")[0] if LAYERS in name or WIDTH in name else name
    return frozenset({name, network, name.removesuffix(SWITCH)})


def are_for_several(document: Node) -> bool:
    """Whether a document has several algorithms, or may have."""
    parts = (document.get("algorithms"), document.get("include"))
    return sum(len(part.children) for part in parts if part is not None) > 1


def _unknown(
    algorithm: Algorithm, space: Space, listing: Node, vocabulary: Vocabulary
) -> Iterator[Problem]:
    for node in listing.children.values():
        name = str(node.value)
        if any(name in _of_name(each) for each in space.names):
            continue
        if name in algorithm.space:
            message = f"`{name}` is in `search.parameters`, but fixed or without effect here"
            yield problem(message, node.location, help="take it out, or what fixes it")
            continue
        if vocabulary.find(name) is not None:
            yield _rangeless(f"`{algorithm.name}` has no range", name, node)
            continue
        names = [*dict.fromkeys((*space.names, *vocabulary.names))]
        hint = hyperparameter_hint(name, names) or did_you_mean(name, names)
        message = f"`{algorithm.name}` searches no `{name}`"
        yield problem(message, node.location, help=hint or _searchable(space))


def _searchable(space: Space) -> str:
    return f"it searches: {', '.join(space.names)}; others need a range in `space`"


def unknown_everywhere(
    document: Node, learners: Iterable[tuple[Algorithm, Vocabulary]]
) -> Iterator[Problem]:
    """Names in the document's `search.parameters` that none of its algorithms can search."""
    listing = document.get("search", "parameters") if are_for_several(document) else None
    if listing is None or not listing.children:
        return
    ranges = written_ranges(document)
    spaces, vocabularies = zip(*learners, strict=True)
    own = frozenset(name for each in spaces for name in each.space.names)
    for node in listing.children.values():
        name = str(node.value)
        if name in own | ranges:
            continue
        words = [word for each in vocabularies if (word := each.find(name)) is not None]
        if any(word.parameter.domain != NO_RANGE for word in words):
            continue
        if words:
            yield _rangeless("no algorithm here has a range", name, node)
            continue
        names = frozenset(n for each in vocabularies for n in each.names)
        hint = hyperparameter_hint(name, names) or did_you_mean(name, sorted({*names, *ranges}))
        hint = hint or "`harness show algorithm NAME` shows what there is"
        message = f"no algorithm here has a hyperparameter `{name}`"
        yield problem(message, node.location, help=hint)


def written_ranges(document: Node) -> frozenset[str]:
    """Names of all entries of `space`, wherever in the document."""
    listings = (document.get("algorithms"), document.get("overrides"))
    owners = (document, *(node for each in listings if each for node in each.children.values()))
    spaces = filter(None, (owner.get("space") for owner in owners))
    return frozenset(str(name) for space in spaces for name in space.children)


def _rangeless(lack: str, name: str, node: Node) -> Problem:
    hint = f"give it one: `space: {{{name}: {{low: ..., high: ...}}}}`, or `choices`"
    return problem(f"{lack} of `{name}`", node.location, help=hint)


def check_end(cell: Cell, settings: Node) -> Iterator[Problem]:
    """Whether the rules of `search.until` can hold in the cell."""
    until = cell.search.until
    if until is None:
        return
    conditions, least = settings.get("search", "until"), {"emmr": FIRST_EMMR}
    for name in until.limits:
        location = location_of(settings.get("search", "until", name), conditions)
        if name == "noise" and cell.search.seeds < 2:
            message = "`search.until.noise` needs several seeds of each trial"
            yield problem(message, location, help="write `search: {seeds: 3}`, or `regret`")
        count = least.get(name, FIRST_REGRET)
        if cell.search.budget is None and cell.search.trials <= count:
            message = (
                f"`search.until.{name}` is measured of {count} complete trials at least, and the "
                f"search has {cell.search.trials} in all"
            )
            hint = f"write `trials: {2 * count}`, or `until: {{plateau: 10}}`"
            yield problem(message, location, help=hint)


def check_size(cell: Cell, settings: Node) -> Iterator[Problem]:
    """Whether a budget is the only size of a search, and large enough."""
    budget = cell.search.budget
    if budget is None:
        return
    location = location_of(settings.get("search", "budget"))
    if _is_by_hand(settings.get("search", "trials")):
        message = "`search` has both `budget` and `trials`"
        hint = "keep one of them: with `budget`, trials are suggested until it is used up"
        yield problem(message, location, help=hint)
        return
    runs = budget / run_share(cell)
    seeds = len(plan.confirm_seeds(cell))
    least = max(LEAST, 2 * cell.search.seeds + (1 + cell.confirm.top) * seeds)
    if runs < least:
        confirm = (1 + cell.confirm.top) * seeds
        message = (
            f"`search.budget` is {runs:g} runs of {cell.search.steps:,} steps, but {least} are the "
            f"least: the default, another trial and {confirm} confirm runs"
        )
        yield problem(message, location, help=f"write `budget: {least * run_share(cell):g} runs`")
