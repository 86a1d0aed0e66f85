"""A cell's failures with one traceback per reason."""

from __future__ import annotations

from harness.report.failures import FailureGroup, failure_groups
from harness.report.section import Section
from harness.report.view import CellView

__all__ = ["SECTION", "build"]


def build(view: CellView) -> tuple[FailureGroup, ...] | None:
    """Left out when nothing failed."""
    return failure_groups(view.cell) or None


SECTION = Section(
    id="failures",
    title="Failures",
    order=60,
    page="cell",
    build=build,
    template="failures.html",
)
