"""The score over two hyperparameters together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness import stats
from harness.core.record import CellRecord
from harness.report.figures.figure import Figure, axis, figure, points
from harness.report.figures.places import ticks
from harness.report.figures.tried import Tried, by_importance

__all__ = ["contour_figure"]


def contour_figure(cell: CellRecord, tried: Sequence[Tried]) -> Figure | None:
    """A smooth surface of the score over the two most important numeric parameters."""
    ordered = [p for p in by_importance(cell) if p.domain.position(p.default) is not None]
    if len(ordered) < 2:
        return None
    first, second = ordered[:2]
    chosen = "two most important" if cell.importances else "first two"
    here = [t for t in tried if first.name in t.places and second.name in t.places]
    if len(here) < 5:
        return None
    x = [trial.places[first.name] for trial in here]
    y = [trial.places[second.name] for trial in here]
    surface = stats.kernel_surface(x, y, [trial.score for trial in here])
    grid = [round(float(tick), 4) for tick in np.linspace(0, 1, len(surface))]
    contour = {
        "type": "contour",
        "x": grid,
        "y": grid,
        "z": [[None if np.isnan(z) else float(z) for z in row] for row in surface],
        "colorscale": "Cividis",
        "colorbar": {"title": {"text": "score"}, "thickness": 12, "outlinewidth": 0},
        "line": {"width": 0.5},
        "hoverinfo": "skip",
        "name": "",
    }
    dots = points(
        x,
        y,
        "trials",
        "@text",
        text=[f"trial {trial.number}: {trial.score:.4g}" for trial in here],
        hovertemplate="%{text}",
        showlegend=False,
        marker={"size": 7, "line": {"width": 1, "color": "@surface"}},
    )
    x_at, x_labels = ticks(first, in_a_row=True)
    y_at, y_labels = ticks(second)
    return figure(
        "contour",
        f"{first.name} and {second.name}",
        f"Kernel-weighted mean score over the {chosen} numeric hyperparameters; blank where no "
        "trial is near. Dots are the trials it is drawn from.",
        [contour, dots],
        height=400,
        xaxis=axis(first.name, tickvals=x_at, ticktext=x_labels, range=[-0.02, 1.02]),
        yaxis=axis(second.name, tickvals=y_at, ticktext=y_labels, range=[-0.02, 1.02]),
    )
