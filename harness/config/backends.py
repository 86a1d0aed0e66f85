"""Which backend a cell trains with, and whether it can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.config.nodes import Node, place_of, problem
from harness.core.backend import cell_obstacle, obstacle
from harness.core.domain import Choice
from harness.core.matrix import Cell
from harness.core.plan import arguments_of
from harness.core.settings import CPU, FAST, SB3
from harness.errors import Problem

__all__ = ["check_backend", "resolved"]


def resolved(cell: Cell, asked: str) -> str:
    """The backend of a cell that asks for ``auto``, ``sb3`` or ``fast``."""
    covered = cell.device == CPU and cell_obstacle(cell.algorithm, cell.scenario) is None
    return FAST if asked != SB3 and covered else SB3


def check_backend(cell: Cell, asked: str, settings: Node) -> Iterator[Problem]:
    """Whether all runs of a cell can be trained by ``fast``, where that is asked for."""
    if asked != FAST:
        return
    for arguments in _configurations(cell):
        found = obstacle(cell.algorithm, cell.scenario, arguments)
        if cell.device != CPU:
            found = "it trains on a GPU"
        if found is not None:
            yield problem(
                f"`backend: fast` cannot train `{cell.name}`: {found}",
                place_of(settings.get("backend")),
                help="`auto` takes it for whatever it can train",
            )
            return


def _configurations(cell: Cell) -> Iterator[Mapping[str, Any]]:
    """Arguments of every kind that a run of the cell may have."""
    yield cell.arguments
    for variant in cell.variants:
        yield variant.arguments
    defaults = cell.space.default_values()
    for parameter in cell.space.parameters:
        if isinstance(parameter.domain, Choice):
            for option in parameter.domain.options:
                yield arguments_of(cell, defaults | {parameter.name: option})
