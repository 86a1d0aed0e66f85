"""Every algorithm with what its searches found, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.campaign_views import AlgorithmView, CampaignView, algorithm_views
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmRow:
    """An algorithm.

    Attributes:
        title, page: Name of the algorithm, and file name of its page.
        cells: How many it has.
        trials: Complete trials of all of them.
        parameters: Searched ones.
        moved: (name, cells, cells in all) of the parameter that changed in most cells.
        important: Name of the parameter with the largest mean importance; empty without any.
        share: Importance of that parameter.
        edges: Best values at the edge of their range.
    """

    title: str
    page: str
    cells: int
    trials: int
    parameters: int
    moved: tuple[str, int, int] | None
    important: str
    share: float | None
    edges: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithms:
    """Every algorithm, in the order of the leaderboard."""

    rows: tuple[AlgorithmRow, ...]


def compute(view: CampaignView) -> Algorithms | None:
    """Left out while the campaign has no cells."""
    rows = tuple(_row(algorithm) for algorithm in algorithm_views(view))
    return Algorithms(rows=rows) if rows else None


def _row(view: AlgorithmView) -> AlgorithmRow:
    parameters = () if view.drift is None else view.drift.parameters
    shares = [(p.importance, p.name) for p in parameters if p.importance is not None]
    share, important = max(shares, default=(None, ""))
    mover = max(parameters, key=lambda p: p.changed, default=None)
    return AlgorithmRow(
        title=view.title,
        page=view.page,
        cells=len(view.cells),
        trials=sum(row.trials.complete for row in view.rows),
        parameters=len({p.name for c in view.cells for p in c.cell.space.parameters}),
        moved=None if mover is None else (mover.name, mover.changed, len(mover.best)),
        important=important,
        share=share,
        edges=len(view.edges),
    )


PART = Part(title="", page="algorithms", order=10, compute=compute)
