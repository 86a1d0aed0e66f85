"""More held-out seeds for one cell of a campaign that has ended, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.campaign.matrices import matrix_of
from harness.core.matrix import Cell, Matrix
from harness.core.progress.remaining import remaining_in
from harness.core.record import CampaignRecord
from harness.errors import UsageError
from harness.registry import Registry


def with_seeds(record: CampaignRecord, cell: str, seeds: int, names: Registry) -> Matrix:
    """The campaign's matrix with so many held-out seeds for one cell.

    Args:
        cell: ``ppo@CartPole-v1``.
        seeds: How many it is to have in all.
        names: What the names in its matrix stand for.

    Raises:
        UnknownNameError: No such cell.
        UsageError: The campaign has not ended, or the cell has its seeds from elsewhere.
        MatrixError: The matrix no longer holds.
    """
    cell_record = record.cell(cell)
    before = cell_record.cell.test
    if before.adaptive is not None:
        raise UsageError(
            f"the held-out seeds of `{cell}` grow by a rule, {before.adaptive}",
            help="raise `test.seeds.max` in the matrix; the looks are replayed then",
        )
    if isinstance(before.seeds, tuple):
        raise UsageError(
            f"the held-out seeds of `{cell}` are a list", help="write more into `test.seeds`"
        )
    if isinstance(before.seeds, int) and seeds < before.seeds:
        raise UsageError(
            f"`{cell}` has {before.seeds} held-out seeds already",
            help="name a larger number: none is taken away",
        )
    incomplete = [name for name, work in remaining_in(record).items() if work.total.most]
    # Seeds of this very cell may be the ones that an interrupted command was to add; repeated
    # searches of it get them too.
    own = {each.name for each in record.searches(cell_record)}
    others = [name for name in incomplete if name not in own]
    if others or cell_record.winner is None:
        raise UsageError(
            f"campaign `{record.name}` has not ended: {', '.join(others or [cell])}",
            help="finish it with `harness run`; this command adds nothing but seeds",
        )
    document = _document(record.document, cell_record.cell, seeds)
    return matrix_of(record.name, document, names)


def _document(document: Mapping[str, Any], cell: Cell, seeds: int) -> dict[str, object]:
    match = {"algorithm": cell.algorithm.name, "scenario": cell.scenario.name}
    own = {"match": match, "test": {"seeds": seeds}}
    return {**document, "overrides": [*document.get("overrides", []), own]}
