"""How a run is asked for, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.core.undone import Undone
from harness.errors import INTERRUPTED

__all__ = ["Outcome", "RunOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How to run a matrix; nothing here changes a number.

    Attributes:
        workers: How many runs are executed at once; None for as many as the executor finds.
        runs: Folder of the campaigns.
        storage: URL of the database; None for where the campaign is, or a file in its folder.
        reports: Folder of the reports.
        accept_changes: Continue although the matrix or the versions changed.
        retry_failed: Run the failed runs of the confirm and test rungs again.
        save_models: Save the models of the test rung.
        executor: Registered name.
        budget: Seconds of wall clock this run may take; None for no limit.
        executor_options: Its own keyword arguments.
    """

    workers: int | None = None
    runs: Path = Path("runs")
    storage: str | None = None
    reports: Path = Path("reports")
    accept_changes: bool = False
    retry_failed: bool = False
    save_models: bool = False
    executor: str = "local"
    budget: float | None = None
    executor_options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended.

    Attributes:
        campaign: Name.
        report: The report's index page; None when the run was stopped before one was made.
        failed_cells: Cells in which a variant has no score at all.
        pending: Runs left to do.
        interrupted: Whether the user ended the run.
        undone: What is left, cell by cell.
    """

    campaign: str
    report: Path | None
    failed_cells: tuple[str, ...]
    pending: int
    interrupted: bool
    undone: tuple[Undone, ...] = ()

    @property
    def status(self) -> str:
        """``complete``, ``interrupted`` by the user, or ``partial``: time ran out."""
        if not self.pending:
            return "complete"
        return "interrupted" if self.interrupted else "partial"

    @property
    def exit_code(self) -> int:
        if self.status == "interrupted":
            return INTERRUPTED
        return 1 if self.failed_cells else 0
