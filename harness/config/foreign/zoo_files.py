"""`from_zoo` in variants and first trials: hyperparameter files of rl-baselines3-zoo.

What the files hold is put into the document, which is kept with the campaign: arguments where
they are asked for, and settings of the environment as overrides below all that the matrix itself
says, since they hold for every variant of a cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from harness.config.cell_selection import Pair, entries, select
from harness.config.documents.nodes import Node, build, problem
from harness.config.documents.validation import validate
from harness.config.foreign.zoo_entries import ZooEntry, read_entries, zoo_entry
from harness.core.algorithm import ZOO_NAMES
from harness.core.matrix import CellNote, cell_name
from harness.errors import Problem, did_you_mean

ZOO: Final = "from_zoo"
ZOO_ENTRY: Final = "entry"

_OUR_NAMES: Final = {theirs: ours for ours, theirs in ZOO_NAMES.items()}
_WRITTEN_AS: Final = {"env_arguments": "arguments"}
"""Keys of an override that the entry of a scenario writes otherwise."""


@dataclass(slots=True)
class _ZooReading:
    """What reading the files of one document adds up to."""

    root: Node
    problems: list[Problem]
    notes: list[CellNote]
    pairs: list[Pair]
    overrides: dict[str, Node] = field(default_factory=dict)


def read_zoo_files(root: Node, problems: list[Problem], notes: list[CellNote]) -> Node:
    """The document with what the files hold in the place of every `from_zoo`.

    Args:
        root: The document, valid by its schema.
        problems: Gets what does not hold.
        notes: Gets which lines became the scenario's, and which became nothing.
    """
    scenarios, algorithms = (list(entries(root, kind, [])) for kind in ("scenario", "algorithm"))
    pairs = [pair for pair, _ in select(root, scenarios, algorithms, [])]
    reading = _ZooReading(root=root, problems=problems, notes=notes, pairs=pairs)
    root = _with_search(reading, _with_variants(reading, root))
    root = root.with_items("overrides", partial(_with_search, reading))
    if reading.overrides:
        own = root.get("overrides") or Node(value=(), location=root.location)
        overrides = replace(own, value=(*_valid(reading), *own.value))
        root = root.with_children({"overrides": overrides})
    return root


def _valid(reading: _ZooReading) -> tuple[Node, ...]:
    """The overrides, without what no scenario can have."""
    items = tuple(reading.overrides.values())
    document = build({"scenarios": ["-"], "algorithms": ["-"]})
    overrides = Node(value=items, location=items[0].location)
    document = validate(document.with_children({"overrides": overrides}), reading.problems)
    return tuple(document.value["overrides"].value)


def _with_variants(reading: _ZooReading, root: Node) -> Node:
    variants = root.get("variants")
    if variants is None:
        return root
    by_name: dict[str, Node] = {}
    for name, variant in variants.value.items():
        if ZOO not in variant.value:
            by_name[name] = variant
            continue
        cells = _by_cell(reading, variant, f"variant `{name}`")
        others = {key: n for key, n in variant.value.items() if key not in {ZOO, ZOO_ENTRY}}
        source = build(str(variant.value[ZOO].value), variant.value[ZOO].location)
        value = {"source": source, **others, "arguments": replace(source, value=cells or {})}
        by_name[name] = replace(variant, value=value)
    return root.with_children({"variants": replace(variants, value=by_name)})


def _with_search(reading: _ZooReading, owner: Node) -> Node:
    search = owner.get("search")
    if search is None:
        return owner
    return owner.with_children({"search": search.with_items("first", partial(_first, reading))})


def _first(reading: _ZooReading, item: Node) -> Node | None:
    """An item of `first` with what its files hold; None where they hold nothing."""
    if ZOO not in item.value or "cells" in item.value:
        return item
    cells = _by_cell(reading, item, "first trial")
    if cells is None:
        return None
    by_cell = {
        name: Node(value={"arguments": node}, location=node.location)
        for name, node in cells.items()
    }
    return item.with_children({"cells": Node(value=by_cell, location=item.value[ZOO].location)})


def _by_cell(reading: _ZooReading, owner: Node, label: str) -> dict[str, Node] | None:
    """Cell -> its learner's arguments; None where the files hold nothing for this matrix."""
    file = owner.value[ZOO]
    arguments: dict[str, Node] = {}
    try:
        by_algorithm = {name: read_entries(path, path.name) for name, path in _paths(file)}
        entry_node = owner.get(ZOO_ENTRY)
        entry_name = None if entry_node is None else str(entry_node.value)
        for algorithm, scenario in reading.pairs:
            by_entry = by_algorithm.get(algorithm, {})
            node = (
                by_entry.get(entry_name) if entry_name else _own_entry(reading, by_entry, scenario)
            )
            if node is None:
                continue
            entry = zoo_entry(node, algorithm)
            cell = cell_name(algorithm, scenario)
            arguments[cell] = Node(value=entry.arguments, location=file.location)
            _add(reading, (algorithm, scenario), entry, file, label)
    except ValueError as error:
        hint = "it must be one of rl-baselines3-zoo's, `hyperparams/ppo.yml`, or their folder"
        reading.problems.append(problem(str(error), file.location, help=hint))
        return None
    if not arguments:
        reading.problems.append(_no_entry_problem(reading, file, by_algorithm, entry_name))
        return None
    return arguments


def _paths(file: Node) -> Iterator[tuple[str, Path]]:
    """Algorithm -> its file, of a file or of a folder with one for each."""
    path = Path(file.location.source).parent / str(file.value)
    files = sorted(path.glob("*.yml")) if path.is_dir() else [path]
    for each in files:
        yield _OUR_NAMES.get(each.stem, each.stem), each


def _own_entry(reading: _ZooReading, by_entry: Mapping[str, Node], scenario: str) -> Node | None:
    """The entry of a scenario, by its name or by its environment's."""
    entry = entries(reading.root, "scenario", []).get(scenario)
    env = None if entry is None else entry.settings.get("env")
    return by_entry.get(scenario) or (None if env is None else by_entry.get(str(env.value)))


def _add(reading: _ZooReading, pair: Pair, entry: ZooEntry, file: Node, label: str) -> None:
    """Lay an entry's settings below those of the matrix, and say what became of its lines."""
    cell = cell_name(*pair)
    own_entry = entries(reading.root, "scenario", []).get(pair[1])
    own_keys = set() if own_entry is None else set(own_entry.settings.children)
    settings = dict(entry.settings)
    others = list(entry.others)
    for key in [key for key in settings if _WRITTEN_AS.get(key, key) in own_keys]:
        del settings[key]
        others.append(f"{entry.lines.pop(key)} (the matrix says otherwise)")
    if settings and cell not in reading.overrides:
        settings["match"] = build(cell, file.location)
        reading.overrides[cell] = Node(value=settings, location=file.location)
    if any(note.cell == cell and f"`{file.value}`" in note.text for note in reading.notes):
        return  # a variant and a first trial of one file
    texts = []
    if entry.lines:
        texts.append(f"the scenario's, for every variant: {', '.join(entry.lines.values())}")
    if others:
        texts.append(f"not taken: {', '.join(others)}")
    if texts:
        text = f"{label} from `{file.value}`: {'; '.join(texts)}"
        reading.notes.append(CellNote(cell=cell, text=text, source=str(file.location)))


def _no_entry_problem(
    reading: _ZooReading,
    file: Node,
    by_algorithm: Mapping[str, Mapping[str, Node]],
    entry: str | None,
) -> Problem:
    """Why files hold nothing for any cell."""
    algorithms = {algorithm for algorithm, _ in reading.pairs}
    entries = [name for each in by_algorithm.values() for name in each]
    if not algorithms & by_algorithm.keys():
        message = f"`{file.value}` is for {', '.join(by_algorithm)}, which no cell trains"
        hint = "a file is named after its algorithm: `ppo.yml`, `ppo_lstm.yml`"
        return problem(message, file.location, help=hint)
    if entry is not None:
        hint = did_you_mean(entry, entries) or f"it has {', '.join(entries)}"
        return problem(f"`{file.value}` has no entry `{entry}`", file.location, help=hint)
    names = [scenario for _, scenario in reading.pairs]
    stems = {name.rpartition("-v")[0] for name in names}
    alike = next((name for name in entries if name.rpartition("-v")[0] in stems), None)
    hint = f"it has {', '.join(entries)}; `{ZOO_ENTRY}: NAME` takes one of these"
    if alike is not None:
        hint = f"`{ZOO_ENTRY}: {alike}` takes what it has for another version"
    return problem(f"`{file.value}` has no entry for {', '.join(names)}", file.location, help=hint)
