"""Several objectives of a search in a matrix: what follows from them, and what does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from harness.config.documents.nodes import DEFAULT, Location, Node, build, location_of, problem
from harness.constructors import REQUIRED
from harness.core.decisions import plan
from harness.core.matrix import Cell, CellNote
from harness.core.objectives import METRICS, RETURN, SPREAD, clock_objectives, preference
from harness.core.search_settings import SINGLE_OBJECTIVE, Objective
from harness.errors import HarnessError, Problem, did_you_mean
from harness.registry import Registry

FOLLOWS: Final = Location(source="follows from `search.objectives`")

_THRESHOLD: Final = "steps_to_threshold"


def with_objectives(settings: Node) -> Node:
    """The settings without a pruner where a search has objectives and nobody wrote one.

    A pruner compares mean returns; with several objectives a poor return may be a good compromise.
    """
    search = settings.get("search")
    listing, pruner = settings.get("search", "objectives"), settings.get("search", "pruner")
    if search is None or listing is None or not listing.children:
        return settings
    if pruner is not None and _is_by_hand(pruner):
        return settings
    new_search = search.with_children({"pruner": build({"name": "none"}, FOLLOWS)})
    return settings.with_children({"search": new_search})


def _is_by_hand(node: Node) -> bool:
    is_own = node.location.line > 0 and node.location != DEFAULT
    return is_own or any(map(_is_by_hand, node.children.values()))


def check_objectives(cell: Cell, settings: Node, registry: Registry) -> Iterator[Problem]:
    """Everything that can be wrong with the objectives of a cell."""
    search, listing = cell.search, settings.get("search", "objectives")
    if search.choose is not None or search.objectives:
        yield from _check_choice(cell, settings)
    if not search.objectives:
        return
    names = [each.name for each in search.objectives]
    for index, each in enumerate(search.objectives):
        location = location_of(listing.get(index) if listing is not None else None, listing)
        if names.index(each.name) < index:
            message = f"objective `{each.name}` stands twice"
            yield problem(message, location, help="name it once")
        elif (each.name == _THRESHOLD) != (each.threshold is not None):
            needs = "needs" if each.name == _THRESHOLD else "has no"
            hint = f"write `{{{_THRESHOLD}: 400}}`, a mean return"
            yield problem(f"objective `{each.name}` {needs} `threshold`", location, help=hint)
        elif each.is_own:
            yield from _check_function(each, location, registry)
    if RETURN not in names or len(names) < 2:
        message = "`search.objectives` needs `return` and another one"
        hint = f"write `objectives: [return, effort]`; known: {', '.join(METRICS)}"
        yield problem(message, location_of(listing), help=hint)
    yield from _check_components(cell, settings)


def _check_function(
    objective: Objective, location: Location, registry: Registry
) -> Iterator[Problem]:
    """Whether a function of the user's is there, and can be given what was trained."""
    try:
        function = registry.component("objective", objective.path or objective.name)
    except HarnessError as error:
        yield problem(error.message, location, help=error.help)
        return
    positional = [name for name, default in function.parameters.items() if default == REQUIRED]
    if len(function.parameters) < 2 or len(positional) > 2:
        message = f"`{objective.name}` must take two things: a learner and its evaluations"
        yield problem(message, location, help="write `def NAME(learner, evaluations) -> float:`")


def _check_components(cell: Cell, settings: Node) -> Iterator[Problem]:
    search = cell.search
    if search.pruner.name != "none":
        message = f"pruner `{search.pruner.name}` cannot judge a trial of several objectives"
        hint = "take `search.pruner` out: without it nothing is pruned"
        yield problem(message, location_of(settings.get("search", "pruner")), help=hint)
    fewest = min(search.seeds, len(plan.confirm_seeds(cell)), plan.first_seeds(cell))
    if fewest < 2 and any(each.name == SPREAD for each in search.objectives):
        message = f"objective `{SPREAD}` needs two seeds of each trial, confirm and test run"
        location = location_of(settings.get("search", "objectives"))
        yield problem(message, location, help="write `search: {seeds: 3}`, and `confirm.seeds`")
    if search.until is not None:
        message = "`search.until` judges the scores of one objective"
        location = location_of(settings.get("search", "until"))
        yield problem(message, location, help="take it out, and give `trials` or `budget`")
    if search.sampler.name in SINGLE_OBJECTIVE:
        message = f"sampler `{search.sampler.name}` can follow one objective only"
        location = location_of(settings.get("search", "sampler"))
        yield problem(message, location, help="take nsga2, tpe, gp or random")


def _check_choice(cell: Cell, settings: Node) -> Iterator[Problem]:
    rule, location = cell.search.choose, location_of(settings.get("search", "choose"))
    if rule is None:
        return
    names = [each.name for each in cell.search.objectives]
    if not names:
        message = "`search.choose` chooses among several objectives, but there are none"
        yield problem(message, location, help="add `search.objectives`")
        return
    for name in (*rule.limits, rule.then):
        if name not in names:
            hint = did_you_mean(name, names) or f"its objectives: {', '.join(names)}"
            yield problem(f"`search.choose` names no objective: `{name}`", location, help=hint)
    if rule.then in rule.limits:
        message = f"`search.choose` limits `{rule.then}` and lets it decide"
        yield problem(message, location, help="limit one objective, and let another one decide")


def objective_notes(cell: Cell, settings: Node) -> Iterator[CellNote]:
    """What follows from objectives, and which of them a clock tells."""
    if not cell.search.objectives:
        return
    location = location_of(settings.get("search", "objectives"))
    source = location.origin
    names = ", ".join(each.name for each in cell.search.objectives)
    text = (
        f"searches for compromises of {names}, without pruning; the best {cell.confirm.top} "
        f"(`confirm.top`) are tested too, and {preference(cell)} is shipped"
    )
    yield CellNote(cell=cell.name, text=text, source=source)
    clocks = clock_objectives(cell)
    if clocks:
        twins: Mapping[str, str] = {"inference_time": "parameters", "train_time": "effort"}
        instead = ", ".join(f"`{twins[name]}`" for name in clocks)
        text = (
            f"{', '.join(f'`{name}`' for name in clocks)} is read off the clock: trials, and what "
            f"is shipped, differ from machine to machine and from run to run; {instead} would not"
        )
        yield CellNote(cell=cell.name, text=text, source=source)
