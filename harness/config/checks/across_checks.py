"""One configuration for all scenarios: whether an algorithm has several, with references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.config.checks.dry_run_checks import CellNode
from harness.config.documents.nodes import location_of, problem
from harness.core.matrix import Cell
from harness.errors import Problem


def check_across(nodes: Sequence[CellNode]) -> Iterator[Problem]:
    """Whether what asks for one configuration has scenarios whose scores can be compared."""
    groups: dict[str, list[CellNode]] = {}
    for node in nodes:
        if node.cell.transfer.tune_across:
            groups.setdefault(node.cell.algorithm.name, []).append(node)
    messages: set[str] = set()
    for algorithm, group in groups.items():
        for node in group:
            location = location_of(node.settings.get("transfer", "tune_across"))
            for message, help_ in _faults(algorithm, node.cell, [each.cell for each in group]):
                if message not in messages:
                    yield problem(message, location, help=help_)
                messages.add(message)


def _faults(algorithm: str, cell: Cell, group: Sequence[Cell]) -> Iterator[tuple[str, str]]:
    if len(group) < 2:
        yield (
            f"`transfer.tune_across`: `{algorithm}` has one scenario, {cell.scenario.name}",
            f"name another one, or set it to null in an override for `{algorithm}@*`",
        )
    if len({each.transfer.tune_across for each in group}) > 1:
        yield (
            f"`transfer.tune_across` has two values in cells of `{algorithm}`",
            "one configuration is chosen by one of `mean` and `worst`",
        )
    if not cell.transfer.seeds:
        yield (
            "`transfer.tune_across` chooses on fresh seeds, and `transfer.seeds` is 0",
            "write `transfer: {seeds: 2, tune_across: mean}`",
        )
    random, reference = cell.scenario.random, cell.scenario.reference
    if random is None or reference is None:
        yield (
            f"`transfer.tune_across`: `{cell.scenario.name}` has no `random` and `reference` score",
            "give the scenario both: they are 0 and 1 of the normalised scores",
        )
