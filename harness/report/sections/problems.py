"""What failed and what is missing, in words."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.failures import FailureGroup, failure_groups
from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "CellFailures", "MissingRuns", "Problems", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFailures:
    """A cell's failures, equal messages together."""

    cell: str
    link: str
    groups: tuple[FailureGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRuns:
    """Runs a cell still has to do.

    Attributes:
        trials, confirm, test: Runs missing in each rung.
        undecided: Whether the confirm rung has not decided, so that more test runs will follow.
    """

    cell: str
    trials: int
    confirm: int
    test: int
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
        cell = view.cell(row.cell)
        groups = failure_groups(cell)
        if groups:
            link = f"cells/{view.slugs[cell.name]}.html#failures"
            failures.append(CellFailures(cell=cell.name, link=link, groups=groups))
        if row.pending:
            told = row.trials.complete + row.trials.pruned + row.trials.failed
            left = [run.rung for run in cell.runs if run.result is None]
            missing.append(
                MissingRuns(
                    cell=cell.name,
                    trials=max(0, row.trials.planned - told),
                    confirm=left.count("confirm"),
                    test=left.count("test"),
                    undecided=cell.winner is None,
                )
            )
    return Problems(failures=tuple(failures), missing=tuple(missing))


SECTION = Section(
    id="problems",
    title="Failed and missing",
    order=50,
    page="campaign",
    build=build,
    template="problems.html",
)
