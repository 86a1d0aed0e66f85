"""`search.first`: known configurations that a search tries right after the default."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from harness.config.habits import hyperparameter_hint
from harness.config.nodes import Node, Place, build, plain, problem
from harness.config.ranges import option_of
from harness.core.space import Space
from harness.errors import Problem, did_you_mean

__all__ = ["first_of", "read_first"]

_FILE: Final = "from_file"
_OF_FILE: Final = frozenset({_FILE, "cell", "cells"})


def read_first(root: Node) -> tuple[Node, list[Problem]]:
    """The document with what the files hold put into every `from_file` entry, as `cells`.

    The document is kept with the campaign, where the file may not be.
    """
    problems: list[Problem] = []
    root = _with_files(root, problems)
    overrides = root.get("overrides")
    if overrides is not None:
        items = tuple(_with_files(item, problems) for item in overrides.value)
        root = replace(root, value={**root.value, "overrides": replace(overrides, value=items)})
    return root, problems


def _with_files(owner: Node, problems: list[Problem]) -> Node:
    search, first = owner.get("search"), owner.get("search", "first")
    if search is None or first is None:
        return owner
    entries = []
    for entry in first.value:
        asked = entry.get(_FILE)
        if asked is not None and "cells" not in entry.value:
            try:
                cells = build(_values_by_cell(asked), asked.place)
            except ValueError as error:
                hint = "it must hold {cell: {values: {...}}}, as `harness export` writes it"
                problems.append(problem(str(error), asked.place, help=hint))
                continue
            entry = replace(entry, value={**entry.value, "cells": cells})  # noqa: PLW2901
        entries.append(entry)
    found = replace(search, value={**search.value, "first": replace(first, value=tuple(entries))})
    return replace(owner, value={**owner.value, "search": found})


def _values_by_cell(asked: Node) -> dict[str, Any]:
    """Cell -> values from a JSON file beside the matrix.

    Raises:
        ValueError: There is no such file, or it holds something else.
    """
    name = asked.value
    if not isinstance(name, str):
        raise ValueError(f"`{_FILE}` must be the name of a file")  # noqa: TRY004
    try:
        text = (Path(asked.place.source).parent / name).read_text(encoding="utf-8")
        data = json.loads(text)
    except OSError as error:
        raise ValueError(f"`{name}` cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"`{name}` is not JSON: {error}") from error
    cells = data if isinstance(data, Mapping) else {}
    found = {
        cell: entry["values"]
        for cell, entry in cells.items()
        if isinstance(entry, Mapping) and isinstance(entry.get("values"), Mapping)
    }
    if not found:
        raise ValueError(f"`{name}` holds no parameters by cell")
    return found


def first_of(
    cell: str, space: Space, settings: Node
) -> tuple[tuple[Mapping[str, Any], ...], list[Problem]]:
    """The configurations that the search of a cell tries first, as values of its space.

    What an entry leaves out is the default's. A file may know more hyperparameters than the cell
    searches; those are passed over.

    Args:
        cell: Its name.
        space: What it searches.
        settings: The cell's settings, with places.
    """
    listed = settings.get("search", "first")
    found: list[Mapping[str, Any]] = []
    problems: list[Problem] = []
    for entry in listed.children.values() if listed is not None else ():
        given, wrong = _of_file(entry, cell) if _FILE in entry.children else (entry, None)
        if given is None:
            problems += [wrong] if wrong is not None else []
            continue
        faults = [] if given is not entry else list(_unknown(given, space))
        values, outside = _completed(given, space)
        problems += faults + outside
        if not faults and not outside:
            found.append(values)
    return tuple(found), problems


def _of_file(entry: Node, cell: str) -> tuple[Node | None, Problem | None]:
    """What a file holds for the cell, or for the one that the entry names."""
    for name, node in entry.children.items():
        if name not in _OF_FILE:
            hint = f"the values come from the file: take `{name}` out, or give it an entry"
            place = node.key or node.place
            return None, problem(f"`{name}` stands beside `{_FILE}`", place, help=hint)
    known = entry.get("cells")
    asked = entry.get("cell")
    wanted = cell if asked is None else str(asked.value)
    values = None if known is None else known.get(wanted)
    if known is None or values is not None:
        return values, None
    there = [str(name) for name in known.children]
    hint = did_you_mean(wanted, there) or f"it has {', '.join(there)}"
    hint += "; name one with `cell:`" if asked is None else ""
    place = (asked or entry.children[_FILE]).place
    return None, problem(f"the file has no cell `{wanted}`", place, help=hint)


def _unknown(given: Node, space: Space) -> Iterator[Problem]:
    for name, node in given.children.items():
        if name not in space:
            hint = hyperparameter_hint(str(name), space.names)
            hint = hint or did_you_mean(str(name), space.names)
            hint = hint or f"searched: {', '.join(space.names)}"
            message = f"`{name}` is not searched here, so no trial can begin with it"
            yield problem(message, node.key or node.place, help=hint)


def _completed(given: Node, space: Space) -> tuple[dict[str, Any], list[Problem]]:
    """The values with the default's where there are none, and which of them do not hold."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for parameter in space.parameters:
        node = given.get(parameter.name)
        if not space.is_active(parameter, values):
            if node is not None and parameter.when is not None:
                wanted = " or ".join(json.dumps(value) for value in parameter.when.values)
                message = f"`{parameter.name}` is there only if `{parameter.when.parameter}` is"
                hint = f"add `{parameter.when.parameter}` to the entry, or take this out"
                problems.append(problem(f"{message} {wanted}", _key(node), help=hint))
            continue
        value = parameter.default if node is None else option_of(plain(node))
        if node is not None and not parameter.domain.contains(value):
            message = f"`{parameter.name}`: {value!r} is outside {parameter.domain.describe()}"
            hint = "the search cannot begin outside its range: widen it under `space`"
            problems.append(problem(message, _key(node), help=hint))
        values[parameter.name] = value
    return values, problems


def _key(node: Node) -> Place:
    return node.key or node.place
