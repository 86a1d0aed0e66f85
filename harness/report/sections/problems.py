"""What failed and what is missing, in words."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import LeaderboardRow
from harness.core.record import CellRecord
from harness.report.failures import FailureGroup, failure_groups
from harness.report.format import count
from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "CellFailures", "MissingRuns", "Problems", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFailures:
    """A cell's failures, equal messages together."""

    cell: str
    page: str
    groups: tuple[FailureGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRuns:
    """Runs a cell still has to do.

    Attributes:
        runs: Runs missing in each rung, in words.
        closed: Trials the search was closed with because time ran out; None if it was not.
        trials: Trials of the search in all.
        undecided: Whether the confirm rung has not decided, so that more runs will follow.
    """

    cell: str
    runs: str
    closed: int | None
    trials: int
    undecided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """Everything that is not as planned."""

    failures: tuple[CellFailures, ...]
    missing: tuple[MissingRuns, ...]


def build(view: CampaignView) -> Problems:
    """Always shown: that nothing failed is worth a sentence too."""
    failures = []
    missing = []
    for row in view.rows:
        cell = view.cells[row.cell]
        groups = failure_groups(cell)
        if groups:
            page = view.pages[cell.name]
            failures.append(CellFailures(cell=cell.name, page=page, groups=groups))
        if row.pending or cell.closed is not None:
            missing.append(
                MissingRuns(
                    cell=cell.name,
                    runs=_missing(row, cell),
                    closed=cell.closed,
                    trials=row.trials.planned,
                    undecided=cell.winner is None,
                )
            )
    return Problems(failures=tuple(failures), missing=tuple(missing))


def _missing(row: LeaderboardRow, cell: CellRecord) -> str:
    told = row.trials.complete + row.trials.pruned + row.trials.failed
    left = [run.rung for run in cell.runs if run.result is None]
    parts = [
        count(amount, noun)
        for amount, noun in (
            (max(0, row.trials.planned - told), "trial"),
            (left.count("confirm"), "confirm run"),
            (left.count("test"), "test run"),
            (left.count("transfer"), "transfer run"),
        )
        if amount
    ]
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


SECTION = Section(
    id="problems",
    title="Failed and missing",
    order=50,
    page="campaign",
    build=build,
    template="problems.html",
)
