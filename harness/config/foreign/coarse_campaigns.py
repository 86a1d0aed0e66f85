"""A fine search after a coarse one: arguments that another campaign found, cell by cell.

`arguments: {from_campaign: coarse}` fixes all that the campaign ships for the cell, but for the
hyperparameters that `search.parameters` names: those are searched again, in a narrower range
around what was found, which is the first trial. What the campaign ships is put into the document,
which is kept, so that the campaign may go.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from harness.config.documents.nodes import Node, build, plain, problem
from harness.config.foreign.known_configurations import CAMPAIGN, read_campaign
from harness.core.matrix import CellNote, cell_name
from harness.core.scenario import SCENARIO
from harness.core.spaces.axis import Scalar
from harness.core.spaces.domain import Choice, Domain, PowerOfTwo
from harness.core.spaces.parameter import Parameter, look_up
from harness.core.spaces.search_words import Vocabulary, decided_path
from harness.core.spaces.value_rules import Context
from harness.errors import Problem, did_you_mean
from harness.registry import BestOf

_CELLS: Final = "cells"

_ANYWHERE: Final = Context(n_envs=1, steps=1 << 40, action="")

_SHARE: Final = 1 / 3
"""Part of its range, on its axis, in which a hyperparameter is searched again."""


def read_coarse_campaigns(root: Node, problems: list[Problem], best_of: BestOf) -> Node:
    """The document with what a campaign ships beside every `arguments.from_campaign`."""
    for key in ("algorithms", "overrides"):
        root = root.with_items(key, lambda owner: _with_cells(owner, problems, best_of))
    return root


def _with_cells(owner: Node, problems: list[Problem], best_of: BestOf) -> Node:
    arguments, name = owner.get("arguments"), owner.get("arguments", CAMPAIGN)
    if arguments is None or name is None or _CELLS in arguments.children:
        return owner
    cells = read_campaign(name, problems, best_of)
    # Where there are none, that has been said.
    arguments = arguments.with_children({_CELLS: cells or build({}, name.location)})
    return owner.with_children({"arguments": arguments})


def with_coarse_campaign(
    settings: Node, pair: tuple[str, str], vocabulary: Vocabulary, notes: list[CellNote]
) -> tuple[Node, list[Problem]]:
    """The settings of a cell with what its campaign found, and what does not hold in them.

    Args:
        pair: Its algorithm and scenario.
        vocabulary: What names of its algorithm stand for.
        notes: Gets what is fixed, and what is searched again.
    """
    arguments, campaign = settings.get("arguments"), settings.get("arguments", CAMPAIGN)
    if arguments is None or campaign is None:
        return settings, []
    own = {n: node for n, node in arguments.value.items() if n not in {CAMPAIGN, _CELLS}}
    cell, cells = cell_name(*pair), arguments.children[_CELLS]
    node = cells.get(cell)
    if node is None:
        if not cells.children:
            return _lay_over(settings, "arguments", own), []
        others = [str(name) for name in cells.children]
        hint = did_you_mean(cell, others) or f"it has {', '.join(others)}"
        message = f"campaign `{campaign.value}` ships nothing for `{cell}`"
        return settings, [problem(message, campaign.location, help=hint)]
    best: dict[str, Any] = {"arguments": {}, "values": {}} | plain(node)
    again = _parameter_names(settings)
    ranges = build(_ranges(vocabulary, again, best["values"]), campaign.location).value
    paths = [_path(vocabulary.parameter(name)) for name in (*again, *ranges)]
    constants = _without(best["arguments"], paths)
    values = {name: best["values"][name] for name in again if name in best["values"]}
    names = ", ".join(constants) or "the library's defaults"
    text = f"fixes what campaign `{campaign.value}` ships: {names}"
    text += f"; searches around its {', '.join(values)}" if values else ""
    notes.append(CellNote(cell=cell, text=text, source=str(campaign.location)))
    below = build(constants, campaign.location).value
    result = _lay_over(settings, "arguments", {**below, **own})
    result = _lay_over(result, "space", {**ranges, **_children(settings, "space")})
    search = _children(settings, "search")
    first = search.get("first")
    trials = (build(values, campaign.location),) if values else ()
    entries = (*trials, *(() if first is None else first.value))
    search["first"] = Node(value=entries, location=campaign.location)
    return _lay_over(result, "search", search), []


def _children(settings: Node, key: str) -> dict[str, Node]:
    node = settings.get(key)
    return {} if node is None else dict(node.value)


def _lay_over(settings: Node, key: str, children: Mapping[str, Node]) -> Node:
    node = settings.get(key) or build({})
    return settings.with_children({key: replace(node, value=dict(children))})


def _parameter_names(settings: Node) -> list[str]:
    return [str(node.value) for node in settings.children_at("search", "parameters").values()]


def _path(parameter: Parameter) -> str:
    """Dotted path of what is fixed as a whole: a schedule with its rate, an option by itself."""
    # The two betas are one option.
    target = decided_path(parameter).removesuffix(".0").removesuffix(".1")
    root = target.partition(".")[0]
    return target if root == SCENARIO or root.endswith("_kwargs") else root


def _without(arguments: Mapping[str, object], targets: Iterable[str]) -> dict[str, object]:
    """Nested arguments without what these dotted paths name."""
    remaining = dict(arguments)
    for target in targets:
        root, _, rest = target.partition(".")
        below = remaining.pop(root, None)
        if rest and isinstance(below, Mapping):
            others = _without(below, [rest])
            remaining |= {root: others} if others else {}
    return remaining


def _ranges(
    vocabulary: Vocabulary, again: Sequence[str], values: Mapping[str, Scalar]
) -> dict[str, object]:
    """Entries of `space`: ranges around what is searched again, and what goes with it held.

    A schedule, for one, is part of a learning rate: it stays what it was.
    """
    by_name = {name: vocabulary.parameter(name) for name in (*again, *values)}
    entries: dict[str, Any] = {}
    for name, value in values.items():
        if name in again:
            near = _nearby(by_name[name].domain, value)
            entries |= {} if near is None else {name: near}
        elif any(_goes_with(vocabulary, by_name[each], by_name[name], values) for each in again):
            entries[name] = {"choices": [value]}
    return entries


def _goes_with(
    vocabulary: Vocabulary, parameter: Parameter, other: Parameter, values: Mapping[str, Scalar]
) -> bool:
    """Whether another parameter decides a part of the same argument, or is needed to make it."""
    conditions = () if parameter.when is None else parameter.when.every
    own = [each.values for each in conditions if each.parameter == other.name]
    if not all(values[other.name] in each for each in own):
        return False  # what is off is on where it is searched
    path = _path(parameter)
    if _path(other) == path:
        return True
    space = vocabulary.space
    own_values = {name: value for name, value in values.items() if name in space}
    others = {name: value for name, value in own_values.items() if name != other.name}
    with_it, without_it = (space.arguments(each, _ANYWHERE) for each in (own_values, others))
    return look_up(with_it, path)[0] and not look_up(without_it, path)[0]


def _nearby(domain: Domain, value: Scalar) -> dict[str, object] | None:
    """A range around a value as a matrix writes it; None where values have no order."""
    axis = domain.axis("")
    if isinstance(domain, Choice) or axis.kind == "categorical" or not domain.contains(value):
        return None
    coordinate = float(domain.to_axis(value))
    low, high = float(axis.low), float(axis.high)
    if axis.log:
        half = (high / low) ** (_SHARE / 2)
        ends = [max(low, coordinate / half), min(high, coordinate * half)]
    else:
        half = (high - low) * _SHARE / 2
        ends = [max(low, coordinate - half), min(high, coordinate + half)]
    if axis.kind == "int":
        ends = [math.floor(ends[0]), math.ceil(ends[1])]
    bounds = sorted(domain.from_axis(end) for end in ends)
    if isinstance(domain, PowerOfTwo):
        return {"powers_of_two": bounds}
    return {"low": bounds[0], "high": bounds[1]}
