"""Variants in which the best configurations of a cell act together: ``{of: top 5}``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from harness.config.documents.nodes import Node, location_of, problem
from harness.core.matrix import Cell, CellNote, Ensemble
from harness.core.spaces.training_scenario import scenario_target
from harness.errors import Problem

_OF: Final = re.compile(r"top ([0-9]{1,3})")
_LEAST: Final = 2
_MOST: Final = 50


def ensembles_of(root: Node) -> tuple[Ensemble, ...]:
    """The ensembles of a document; one that is not written as it should be is left out."""
    return tuple(
        Ensemble(name=name, size=size)
        for name, node in _nodes(root)
        if (size := _size(node)) is not None
    )


def _nodes(root: Node) -> Iterator[tuple[str, Node]]:
    """Name of an ensemble, and what is written under `of`."""
    for name, variant in root.children_at("variants").items():
        node = variant.get("of")
        if node is not None:
            yield str(name), node


def _size(node: Node) -> int | None:
    match = _OF.fullmatch(str(node.value))
    size = 0 if match is None else int(match[1])
    return size if _LEAST <= size <= _MOST else None


def check_ensembles(cell: Cell, root: Node) -> Iterator[Problem]:
    """Whether ensembles are written as they should be, and those that a cell tests can act."""
    for name, node in _nodes(root):
        if _size(node) is None:
            message = f"`of: {node.value}` is no ensemble"
            hint = f"write `of: top 5`, from {_LEAST} to {_MOST} configurations"
            yield problem(message, node.location, help=hint)
            continue
        reason = _obstacle(cell) if name in cell.test.tested_variants else None
        if reason is not None:
            yield problem(
                f"ensemble `{name}` cannot be tested in `{cell.name}`: {reason}",
                location_of(node),
                help=f"leave `{name}` out of the cell's `test.variants` in an override, "
                f"`{{match: {cell.name}, test: {{variants: [default, tuned]}}}}`",
            )


def _obstacle(cell: Cell) -> str | None:
    """Why configurations of a cell cannot act together; None if they can."""
    if cell.algorithm.recurrent:
        return f"policies of `{cell.algorithm.name}` keep a memory of what they did themselves"
    if cell.search.objectives:
        return "of several objectives there is no order of the best"
    if scenario_target("frame_stack") in {parameter.target for parameter in cell.space.parameters}:
        return "its search varies `frame_stack`, so that its policies see different observations"
    return None


def ensemble_notes(cell: Cell, root: Node) -> Iterator[CellNote]:
    """Ensembles that a cell's search cannot fill."""
    nodes = dict(_nodes(root))
    for ensemble in cell.ensembles_in_test:
        if ensemble.size <= cell.search.trials:
            continue
        location = nodes[ensemble.name].location
        yield CellNote(
            cell=cell.name,
            text=f"`{ensemble.name}` is to be of the best {ensemble.size} configurations, and the "
            f"search has {cell.search.trials} trials: it will be of as many as there are",
            source=location.origin,
        )
