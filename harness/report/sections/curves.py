"""Learning curves and seeds on held-out seeds."""

from __future__ import annotations

from harness.report.figures.curves import curve_figure, curve_info, score_figure
from harness.report.figures.figure import Figure
from harness.report.figures.levels import reached
from harness.report.section import Section
from harness.report.view import CellView

__all__ = ["SECTION", "build"]


def build(view: CellView) -> tuple[Figure, ...] | None:
    """Left out until a test run has an evaluation."""
    names = ["default", "tuned", *(arm.variant for arm in view.row.variants)]
    curves = curve_info(view.cell, names)
    levels = reached(view.cell, names)
    found = (curve_figure(curves, view.row, levels), score_figure(view.row))
    return tuple(figure for figure in found if figure is not None) or None


SECTION = Section(
    id="test",
    title="Tuned against default on held-out seeds",
    order=20,
    page="cell",
    build=build,
    template="figures.html",
)
