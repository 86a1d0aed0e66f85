"""Configurations from elsewhere: `search.first`, tried right after the default, and variants.

Both may come from a file that `harness export` wrote. What the file holds is put into the document,
which is kept with the campaign, where the file may not be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from harness.config.checks.argument_checks import check_arguments
from harness.config.checks.cell_checks import check_batch
from harness.config.foreign_names import hyperparameter_hint
from harness.config.nodes import Location, Node, build, plain, problem
from harness.config.schema import Match
from harness.config.search_spaces import option_of
from harness.config.selection import Pair, matches, unmatched
from harness.core.matrix import Cell, NamedConfiguration
from harness.core.plan import merge
from harness.core.run import Variant
from harness.core.space import Space
from harness.errors import Problem, did_you_mean

__all__ = [
    "check_variant_arguments",
    "first_of",
    "read_files",
    "read_first",
    "reserved",
    "variants_of",
]

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
                cells = build(_values_by_cell(asked), asked.location)
            except ValueError as error:
                hint = "it must hold {cell: {values: {...}}}, as `harness export` writes it"
                problems.append(problem(str(error), asked.location, help=hint))
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
        text = (Path(asked.location.source).parent / name).read_text(encoding="utf-8")
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
        settings: The cell's settings, with locations.
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
            location = node.key or node.location
            return None, problem(f"`{name}` stands beside `{_FILE}`", location, help=hint)
    known = entry.get("cells")
    asked = entry.get("cell")
    wanted = cell if asked is None else str(asked.value)
    values = None if known is None else known.get(wanted)
    if known is None or values is not None:
        return values, None
    there = [str(name) for name in known.children]
    hint = did_you_mean(wanted, there) or f"it has {', '.join(there)}"
    hint += "; name one with `cell:`" if asked is None else ""
    location = (asked or entry.children[_FILE]).location
    return None, problem(f"the file has no cell `{wanted}`", location, help=hint)


def _unknown(given: Node, space: Space) -> Iterator[Problem]:
    for name, node in given.children.items():
        if name not in space:
            hint = hyperparameter_hint(str(name), space.names)
            hint = hint or did_you_mean(str(name), space.names)
            hint = hint or f"searched: {', '.join(space.names)}"
            message = f"`{name}` is not searched here, so no trial can begin with it"
            yield problem(message, node.key or node.location, help=hint)


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


def _key(node: Node) -> Location:
    return node.key or node.location


def read_files(root: Node) -> tuple[Node, list[Problem]]:
    """The document with every `from_file` replaced by what the file holds."""
    variants = root.get("variants")
    if variants is None:
        return root, []
    problems: list[Problem] = []
    read: dict[str, Node] = {}
    for name, variant in variants.value.items():
        asked = variant.get("from_file")
        if asked is None:
            read[name] = variant
            continue
        try:
            arguments = _read(asked)
        except ValueError as error:
            hint = "it must hold {cell: {arguments: {...}}}, as `harness export` writes it"
            problems.append(problem(str(error), asked.location, help=hint))
            continue
        kept = {key: node for key, node in variant.value.items() if key != "from_file"}
        source = build(f"{asked.value}", asked.location)
        read[name] = replace(variant, value={"source": source, **kept, "arguments": arguments})
    changed = replace(variants, value=read)
    return replace(root, value={**root.value, "variants": changed}), problems


def _read(asked: Node) -> Node:
    """Cell -> arguments from a JSON file beside the matrix.

    Raises:
        ValueError: There is no such file, or it holds something else.
    """
    path = Path(asked.location.source).parent / asked.value
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"`{asked.value}` cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"`{asked.value}` is not JSON: {error}") from error
    cells = data if isinstance(data, Mapping) else {}
    if not cells or not all(
        isinstance(cell, Mapping) and isinstance(cell.get("arguments"), Mapping)
        for cell in cells.values()
    ):
        raise ValueError(f"`{asked.value}` holds no parameters by cell")
    arguments = {name: cell["arguments"] for name, cell in cells.items()}
    return build(arguments, asked.location)


def reserved(root: Node, pairs: list[Pair]) -> Iterator[Problem]:
    """Variants with a name that is taken, and arguments for cells that do not exist."""
    variants = root.get("variants")
    for name, variant in variants.children.items() if variants is not None else ():
        if Variant(str(name)).is_reserved:
            hint = "call it otherwise, e.g. `published`"
            location = variant.key or variant.location
            yield problem(f"variant `{name}` is built in", location, help=hint)
        if not _from_elsewhere(variant):
            patterns = [(pattern, _at_key(node)) for pattern, node in _patterns(variant)]
            yield from unmatched(f"variants.{name}", patterns, pairs)


def _from_elsewhere(variant: Node) -> bool:
    """Whether a file gave the arguments; it may know more cells than this matrix has."""
    arguments, source = variant.get("arguments"), variant.get("source")
    return arguments is None or (source is not None and arguments.location == source.location)


def _at_key(node: Node) -> Node:
    return replace(node, location=node.key or node.location)


def _patterns(variant: Node) -> Iterator[tuple[Match, Node]]:
    arguments = variant.get("arguments")
    for written, node in arguments.children.items() if arguments is not None else ():
        algorithm, _, scenario = str(written).partition("@")
        yield Match(algorithm=algorithm, scenario=scenario or "*"), node


def _given(variant: Node, pair: Pair) -> Node | None:
    """What a variant gives to a cell: one whole configuration, so the last match counts alone."""
    found = [node for pattern, node in _patterns(variant) if matches(pattern, pair)]
    return found[-1] if found else None


def variants_of(root: Node, pair: Pair, fixed: Mapping[str, Any]) -> tuple[NamedConfiguration, ...]:
    """The variants that have arguments for a cell, over what the matrix fixes for all."""
    variants = root.get("variants")
    found = []
    for name, variant in variants.children.items() if variants is not None else ():
        given = _given(variant, pair)
        if given is not None:
            source = variant.get("source")
            found.append(
                NamedConfiguration(
                    name=str(name),
                    arguments=merge(fixed, plain(given)),
                    source=source.value if source is not None else "",
                )
            )
    return tuple(found)


def check_variant_arguments(
    cell: Cell, root: Node, parameters: Mapping[str, Any]
) -> Iterator[Problem]:
    """Whether the constructor takes what the variants of a cell give it."""
    pair = (cell.algorithm.name, cell.scenario.name)
    for variant in cell.variants:
        node = root.get("variants", variant.name)
        given = _given(node, pair) if node is not None else None
        if given is None:
            continue
        yield from check_arguments(cell.algorithm.name, parameters, given)
        if cell.algorithm.on_policy:
            size = given.get("batch_size") or given.get("n_steps") or given
            yield from check_batch(cell, variant.arguments, parameters, size.location)
