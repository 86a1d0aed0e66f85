"""Configurations from elsewhere: `search.first`, tried right after the default.

They may come from a file that `harness export` wrote. What the file holds is put into the document,
which is kept with the campaign, where the file may not be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from harness.config.documents.nodes import Node, build, plain, problem
from harness.config.foreign.exported_configurations import (
    FineSearch,
    argument_differences,
    values_of,
)
from harness.config.foreign.foreign_names import hyperparameter_hint
from harness.config.foreign.zoo_files import ZOO, ZOO_ENTRY
from harness.core.learner_arguments.argument_contradictions import Signature
from harness.core.learner_arguments.argument_problems import argument_problems
from harness.core.learner_arguments.cell_arguments import spelling
from harness.core.matrix import CellNote
from harness.core.space import Space
from harness.core.spaces.domain import option_of
from harness.errors import HarnessError, Problem, did_you_mean
from harness.input_limits import parse_json, read_file
from harness.registry import BestOf

FILE: Final = "from_file"
CAMPAIGN: Final = "from_campaign"
_SOURCES: Final = (FILE, CAMPAIGN, ZOO)
_OF_SOURCES: Final = frozenset({*_SOURCES, ZOO_ENTRY, "cell", "cells"})


def read_first_files(root: Node, problems: list[Problem], best_of: BestOf) -> Node:
    """The document with what files and campaigns hold put into every entry of `first`, as `cells`.

    Args:
        problems: Gets what cannot be read.
        best_of: What other campaigns ship.
    """

    def change(owner: Node) -> Node:
        return _with_first_files(owner, problems, best_of)

    return change(root).with_items("overrides", change)


def _with_first_files(owner: Node, problems: list[Problem], best_of: BestOf) -> Node:
    search = owner.get("search")
    if search is None:
        return owner
    search = search.with_items("first", lambda entry: _with_cells(entry, problems, best_of))
    return owner.with_children({"search": search})


def _with_cells(entry: Node, problems: list[Problem], best_of: BestOf) -> Node | None:
    """The entry with what its file or campaign holds; None where that cannot be read."""
    file, campaign = entry.get(FILE), entry.get(CAMPAIGN)
    if "cells" in entry.children:
        return entry
    if file is not None:
        cells = read_export(file, "values", problems)
    elif campaign is not None:
        cells = read_campaign(campaign, problems, best_of)
    else:
        return entry
    return cells and entry.with_children({"cells": cells})


def read_export(file: Node, key: str, problems: list[Problem]) -> Node | None:
    """Cell -> `arguments`, or these and `values`, from a JSON file beside the matrix.

    None if it has none.
    """
    try:
        by_cell = _export_by_cell(file, key)
    except ValueError as error:
        hint = f"it must hold {{cell: {{{key}: {{...}}}}}}, as `harness export` writes it"
        problems.append(problem(str(error), file.location, help=hint))
        return None
    return build(by_cell, file.location)


def _export_by_cell(file: Node, key: str) -> dict[str, object]:
    name = file.value
    if not isinstance(name, str):
        raise ValueError(f"`{FILE}` must be the name of a file")  # noqa: TRY004
    try:
        data = parse_json(read_file(Path(file.location.source).parent / name))
    except OSError as error:
        raise ValueError(f"`{name}` cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"`{name}` is not JSON: {error}") from error
    cells = data if isinstance(data, Mapping) else {}
    by_cell = {
        cell: entry[key] if key == "arguments" else _configuration(entry)
        for cell, entry in cells.items()
        if isinstance(entry, Mapping) and isinstance(entry.get(key), Mapping)
    }
    # A default has no searched values, but every configuration has arguments.
    if not by_cell or (key == "arguments" and len(by_cell) < len(cells)):
        raise ValueError(f"`{name}` holds no parameters by cell")
    return by_cell


def read_campaign(name: Node, problems: list[Problem], best_of: BestOf) -> Node | None:
    """Cell -> what a campaign ships for it; None if there is none."""
    try:
        cells = best_of(str(name.value))
    except HarnessError as error:
        problems.append(problem(error.message, name.location, help=error.help))
        return None
    if not cells:
        message = f"campaign `{name.value}` ships nothing yet"
        hint = "let it come to the end of a confirm rung first: `harness status` says how far it is"
        problems.append(problem(message, name.location, help=hint))
        return None
    return build({cell: _configuration(entry) for cell, entry in cells.items()}, name.location)


def _configuration(entry: Mapping[str, object]) -> dict[str, object]:
    """What an exported cell says of its configuration."""
    return {
        key: entry[key] for key in ("values", "arguments") if isinstance(entry.get(key), Mapping)
    }


def first_of(
    cell: str, search: FineSearch, settings: Node, notes: list[CellNote]
) -> tuple[tuple[Mapping[str, object], ...], list[Problem]]:
    """The configurations that the search of a cell tries first, as values of its space.

    What an entry leaves out is the default's. What a file holds has to be what is trained here,
    what it fixed included.

    Args:
        search: What it searches and fixes.
        settings: The cell's settings, with locations.
        notes: Gets where a trial differs from what another tool wrote.
    """
    configurations: list[Mapping[str, Any]] = []
    problems: list[Problem] = []
    for entry in settings.children_at("search", "first").values():
        if not entry.children.keys().isdisjoint(_SOURCES):
            if ZOO in entry.children and entry.get("cells", cell) is None:
                continue  # of another algorithm, or without an entry for this environment
            values, faults = _from_file(entry, cell, search, notes)
        else:
            faults = list(_unknown(entry, search.space))
            values, value_faults = _complete(entry, search)
            faults += value_faults
        problems += faults
        configurations += [values] if not faults else []
    return tuple(configurations), problems


def _from_file(
    entry: Node, cell: str, search: FineSearch, notes: list[CellNote]
) -> tuple[dict[str, object], list[Problem]]:
    """The values that come to what a file holds, and why none do, if so."""
    node, fault = _of_file(entry, cell)
    if node is None:
        return {}, [fault] if fault is not None else []
    source = next(entry.children[key] for key in _SOURCES if key in entry.children)
    content, location = plain(node), source.location
    # Campaigns of earlier versions have kept the values alone.
    arguments = content.get("arguments")
    values_by_name = content.get("values", {} if ZOO in entry.children else content)
    values = {name: option_of(value) for name, value in values_by_name.items()}
    try:
        values = values_of(search, values, arguments)
        if arguments is None:
            return _complete(build(values, location), search)
        # What is trained exactly may lie outside the ranges, as the default may.
        differences = [*argument_differences(search, values, arguments)]
        signature = Signature(parameters=search.parameters)
        faults = [
            problem(fault.message, location, help=fault.help)
            for fault in argument_problems(search.arguments(values), signature)
        ]
    except (AttributeError, HarnessError, KeyError, TypeError, ValueError) as error:
        message = f"what the file holds cannot be trained here: {error}"
        return {}, [problem(message, location, help="export it again")]
    if differences and ZOO in entry.children:
        # Few of the zoo's entries lie within a space; what is trained is recorded as such.
        text = f"first trial from `{source.value}`, as near as the search comes: "
        text += "; ".join(differences)
        notes.append(CellNote(cell=cell, text=text, source=str(location)))
    elif differences:
        faults.append(_difference_problem(entry, source, differences))
    return values, faults


def _difference_problem(entry: Node, source: Node, differences: list[str]) -> Problem:
    """The problem of a configuration in a file or campaign that no trial here can have."""
    file, before = source.value, ""
    if CAMPAIGN in entry.children:
        file, before = "best_parameters.json", f"`harness export {file} --format json --out .`, "
    hint = (
        "search or fix these alike, or train the configuration as it is: "
        f"{before}`variants: {{known: {{from_file: {file}}}}}`"
    )
    message = f"no trial here can be what the file holds: {'; '.join(differences)}"
    return problem(message, source.location, help=hint)


def _of_file(entry: Node, cell: str) -> tuple[Node | None, Problem | None]:
    """What a file or a campaign holds for the cell, or for the one that the entry names."""
    key = next(key for key in _SOURCES if key in entry.children)
    for name, node in entry.children.items():
        if name not in _OF_SOURCES:
            hint = f"the values come from there: take `{name}` out, or give it an entry"
            return None, problem(f"`{name}` stands beside `{key}`", node.start, help=hint)
    cells = entry.get("cells")
    cell_key = entry.get("cell")
    wanted_cell = cell if cell_key is None else str(cell_key.value)
    values = None if cells is None else cells.get(wanted_cell)
    if cells is None or values is not None:
        return values, None
    names = [str(name) for name in cells.children]
    hint = did_you_mean(wanted_cell, names) or f"it has {', '.join(names)}"
    hint += "; name one with `cell:`" if cell_key is None else ""
    location = (cell_key or entry.children[key]).location
    holder = "campaign" if key == CAMPAIGN else "file"
    return None, problem(f"the {holder} has no cell `{wanted_cell}`", location, help=hint)


def _unknown(configuration: Node, space: Space) -> Iterator[Problem]:
    for name, node in configuration.children.items():
        if name not in space:
            hint = hyperparameter_hint(str(name), space.names)
            hint = hint or did_you_mean(str(name), space.names)
            hint = hint or f"searched: {', '.join(space.names)}"
            message = f"`{name}` is not searched here, so no trial can begin with it"
            yield problem(message, node.start, help=hint)


def _complete(configuration: Node, search: FineSearch) -> tuple[dict[str, object], list[Problem]]:
    """The values with the default's where there are none, and which of them do not hold."""
    space = search.space
    implications = _find_implications(configuration, space)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for parameter in space.parameters:
        node = configuration.get(parameter.name)
        if not space.is_active(parameter, values):
            if node is not None and parameter.when is not None:
                message = f"`{parameter.name}` is there only if {parameter.when.describe()}"
                hint = f"add `{parameter.when.parameter}` to the entry, or take this out"
                problems.append(problem(message, node.start, help=hint))
            continue
        value = implications.get(parameter.name, parameter.default)
        value = value if node is None else option_of(plain(node))
        value = spelling(space, parameter, value, search.context)
        if node is not None and not parameter.domain.contains(value):
            message = f"`{parameter.name}`: {value!r} is outside {parameter.domain.describe()}"
            hint = "the search cannot begin outside its range: widen it under `space`"
            problems.append(problem(message, node.start, help=hint))
        values[parameter.name] = value
    return values, problems


def _find_implications(configuration: Node, space: Space) -> dict[str, object]:
    """What has to hold for the values of an entry to count, where only one value will do.

    E.g. an entropy coefficient alone means that there is an entropy bonus.
    """
    implications: dict[str, object] = {}
    names = [str(name) for name in configuration.children if str(name) in space]
    for name in names:  # grows as it goes: a condition may have one of its own
        when = space[name].when
        for each in () if when is None else when.every:
            is_open = each.parameter in space and each.parameter not in configuration.children
            if is_open and len(each.values) == 1:
                implications[each.parameter] = each.values[0]
                names += [each.parameter] if each.parameter not in names else []
    return implications
