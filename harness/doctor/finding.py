"""What a check is given, what it says, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from harness.core.decisions.joint_decisions import advance_all, new_histories
from harness.core.matrix import Cell
from harness.core.progress.ladder_progress import Progress
from harness.core.record import TrialRecord
from harness.store import Audit, SqlLedger
from harness.tuning.optuna_tables import OptunaTables


class Severity(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of an examination.

    Attributes:
        check: What was looked at.
        state: How well it is.
        value: What was found.
        help: What to do; empty where all is well.
        repair: Drops or rebuilds what is wrong and says so; None where only a user can help.
    """

    check: str
    state: Severity
    value: str
    help: str = ""
    repair: Callable[[], str] | None = None


def fine(check: str, value: str) -> Finding:
    return Finding(check=check, state=Severity.OK, value=value)


def warn(check: str, value: str, help: str) -> Finding:
    return Finding(check=check, state=Severity.WARN, value=value, help=help)


def fail(
    check: str, value: str, help: str = "", repair: Callable[[], str] | None = None
) -> Finding:
    advice = help or "`harness doctor CAMPAIGN --repair` does it; the next run does the rest"
    return Finding(check=check, state=Severity.FAIL, value=value, help=advice, repair=repair)


@dataclass(frozen=True, kw_only=True)  # no slots: the ladders are gone up once
class CampaignCheck:
    """What the checks of a campaign are given.

    Attributes:
        name: Campaign.
        folder: Its folder; may be missing on this machine.
        ledger: Open; for a repair with the campaign's lock.
        tables: Optuna's, in the same database.
        audit: Its rows.
        holds_lock: Whether the lock is held for these checks, so that no one else writes.
        cells: Name -> cell of the matrix it was last run with; empty if that no longer holds.
    """

    name: str
    folder: Path
    ledger: SqlLedger
    tables: OptunaTables
    audit: Audit
    holds_lock: bool
    cells: dict[str, Cell]

    def leading_trials(self, cell: str) -> tuple[TrialRecord, ...]:
        """The trials from the front that can be read and have results."""
        trials: list[TrialRecord] = []
        for row in self.audit.trials(cell):
            if row.record is None or row.record.result is None or row.number != len(trials):
                break
            trials.append(row.record)
        return tuple(trials)

    @cached_property
    def progress(self) -> dict[str, Progress]:
        """Cell name -> where it stands, by the trials and results that can be read."""
        from harness.analysis.interim_analyses import judge

        cells = list(self.cells.values())
        closures = self.audit.search_ends()
        histories = {
            name: replace(
                history,
                trials=self.leading_trials(name),
                results=self.audit.results,
                closed=closures.get(name),
            )
            for name, history in new_histories(cells).items()
        }
        return advance_all(cells, histories, judge)
