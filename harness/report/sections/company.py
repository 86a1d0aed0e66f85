"""Agents of a cell: who earned what, against whom, in how many steps."""

from __future__ import annotations

from harness.analysis import Company, company
from harness.report.section import Section
from harness.report.view import CellView

__all__ = ["SECTION", "build"]


def build(view: CellView) -> Company | None:
    """Left out where one agent is alone."""
    return company(view.cell)


SECTION = Section(
    id="company",
    title="Agents",
    order=15,
    page="cell",
    build=build,
    template="company.html",
)
