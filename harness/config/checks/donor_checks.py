"""Searches that begin with the winners of other cells: whether there are any, and which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.config.checks.dry_run_checks import CellNode
from harness.config.documents.nodes import location_of, problem
from harness.core.matrix import Cell, CellNote
from harness.errors import Problem


def check_donors(cells: Sequence[Cell], nodes: Sequence[CellNode]) -> Iterator[Problem]:
    """Whether what asks for other cells' winners can have any, and has trials for them."""
    receivers = {cell.algorithm.name for cell in cells if cell.donors}
    for cell, node in zip(cells, nodes, strict=True):
        if not cell.search.transfer:
            continue
        location = location_of(node.settings.get("search", "transfer"))
        algorithm = cell.algorithm.name
        if algorithm not in receivers:
            message = f"`search.transfer`: no scenario of `{algorithm}` comes after another one"
            yield problem(message, location, help="name two scenarios, or take it out")
            receivers.add(algorithm)
        if cell.search.sampler.name == "grid":
            message = "`search.transfer` would push points of sampler `grid` out"
            yield problem(message, location, help="take another sampler")


def donor_notes(cells: Sequence[Cell]) -> Iterator[CellNote]:
    """Which cells a search waits for, and where a transfer has no other scenario."""
    scenarios = Counter(cell.algorithm.name for cell in cells if cell.repeat == 1)
    for cell in cells:
        if cell.transfer.seeds and scenarios[cell.algorithm.name] == 1 and cell.repeat == 1:
            text = f"`transfer` trains nothing: `{cell.algorithm.name}` has one scenario"
            yield CellNote(cell=cell.name, text=text)
        if cell.donors:
            names = ", ".join(donor.name for donor in cell.donors)
            text = f"its search begins with what these ship, and waits for them: {names}"
            yield CellNote(cell=cell.name, text=text)
