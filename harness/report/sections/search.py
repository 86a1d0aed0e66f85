"""How the search went."""

from __future__ import annotations

from harness.report.figures.contour import contour_figure
from harness.report.figures.effort import foresight_figure, timeline_figure
from harness.report.figures.figure import Figure
from harness.report.figures.importances import importance_figure
from harness.report.figures.parallel import parallel_figure
from harness.report.figures.search import history_figure, history_info, intermediate_figure
from harness.report.figures.slices import slice_figure
from harness.report.figures.tried import tried_trials
from harness.report.section import Section
from harness.report.view import CellView

__all__ = ["SECTION", "build"]


def build(view: CellView) -> tuple[Figure, ...] | None:
    """Every figure for which there are enough trials."""
    cell = view.cell
    tried = tried_trials(cell)
    found = (
        history_figure(history_info(cell)),
        intermediate_figure(cell),
        importance_figure(cell),
        contour_figure(cell, tried),
        foresight_figure(view.foresight),
        timeline_figure(cell),
        slice_figure(cell, tried),
        parallel_figure(cell, tried),
    )
    return tuple(figure for figure in found if figure is not None) or None


SECTION = Section(
    id="search",
    title="The search",
    order=40,
    page="cell",
    build=build,
    template="figures.html",
)
