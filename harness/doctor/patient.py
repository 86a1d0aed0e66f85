"""A campaign on the table: its ledger, and the matrix that says what should be in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.core.matrix import Cell
from harness.core.record import TrialRecord
from harness.store import Audit, SqlLedger
from harness.tuning.optuna_tables import OptunaTables

__all__ = ["Patient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What the checks of a campaign are given.

    Attributes:
        name: Campaign.
        folder: Its folder; may be missing on this machine.
        ledger: Open; for a repair with the campaign's lock.
        tables: Optuna's, in the same database.
        audit: Its rows.
        locked: Whether the lock is held for this examination, so that no one else writes.
        cells: Name -> cell of the matrix it was last run with; empty if that no longer holds.
    """

    name: str
    folder: Path
    ledger: SqlLedger
    tables: OptunaTables
    audit: Audit
    locked: bool
    cells: dict[str, Cell]

    def told(self, cell: str) -> list[TrialRecord]:
        """The trials from the front that can be read and have results."""
        found: list[TrialRecord] = []
        for row in self.audit.trials(cell):
            if row.record is None or row.record.result is None or row.number != len(found):
                break
            found.append(row.record)
        return found
