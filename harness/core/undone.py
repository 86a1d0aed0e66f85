"""What a campaign has not done, cell by cell, from its record alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.core.record import CellRecord
from harness.core.settings import Rung

__all__ = ["Undone", "undone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What is missing of one cell.

    Attributes:
        cell: Name.
        trials: Trials without a result.
        planned: Trials in all.
        confirm, test, transfer: Runs planned and without a result.
        closed: Trials the search was closed with because time ran out; None if it was not.
        undecided: Whether the confirm rung has not decided, so that more runs will follow.
    """

    cell: str
    trials: int
    planned: int
    confirm: int
    test: int
    closed: int | None
    undecided: bool
    transfer: int = 0

    def __str__(self) -> str:
        """E.g. ``2 trials and 1 test run not done; search closed at 3 of 5 trials``."""
        parts = [
            f"{number:,} {noun}{'' if number == 1 else 's'}"
            for number, noun in (
                (self.trials, "trial"),
                (self.confirm, "confirm run"),
                (self.test, "test run"),
                (self.transfer, "transfer run"),
            )
            if number
        ]
        listed = " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
        said = [f"{listed} not done"] if listed else []
        if self.closed is not None:
            said.append(f"search closed at {self.closed} of {self.planned} trials")
        if self.undecided:
            said.append("more follows once the confirm rung has decided")
        return "; ".join(said)


def undone(cells: Iterable[CellRecord]) -> tuple[Undone, ...]:
    """The cells that are not complete, in their order."""
    found = (_undone(cell) for cell in cells)
    return tuple(
        each
        for each in found
        if each.trials or each.confirm or each.test or each.transfer or each.undecided
    )


def _undone(cell: CellRecord) -> Undone:
    planned = cell.cell.search.trials
    told = sum(trial.result is not None for trial in cell.trials)
    left = [run.rung for run in cell.runs if run.result is None]
    return Undone(
        cell=cell.name,
        trials=max(0, planned - told),
        planned=planned,
        confirm=left.count(Rung.CONFIRM),
        test=left.count(Rung.TEST),
        transfer=left.count(Rung.TRANSFER),
        closed=cell.closed,
        undecided=cell.winner is None,
    )
