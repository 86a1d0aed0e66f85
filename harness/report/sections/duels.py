"""Who beats whom, algorithm by algorithm."""

from __future__ import annotations

from harness.analysis import Estimated, Improvements
from harness.report.format import percent
from harness.report.heat import HeatCell, HeatRow, HeatTable, around
from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "build"]


def build(view: CampaignView) -> tuple[HeatTable, ...] | None:
    """Left out unless two algorithms have scores on the same scenario."""
    matrices = (view.computed.tuned_matrix, view.computed.default_matrix)
    return tuple(_matrix(m) for m in matrices if any(e.value for e in _others(m))) or None


def _others(matrix: Improvements) -> list[Estimated]:
    return [
        chance for i, row in enumerate(matrix.chances) for j, chance in enumerate(row) if i != j
    ]


def _matrix(matrix: Improvements) -> HeatTable:
    rows = []
    for i, title in enumerate(matrix.titles):
        cells = []
        for j, chance in enumerate(matrix.chances[i]):
            if i == j or chance.value is None:
                cells.append(HeatCell(text="" if i == j else "\u2013"))
                continue
            cells.append(
                HeatCell(
                    text=percent(chance.value),
                    sub=_interval(chance),
                    shade=around(chance.value),
                    exact=chance.value,
                )
            )
        rows.append(HeatRow(name=title, cells=tuple(cells)))
    return HeatTable(
        id=f"chance-{matrix.variant}",
        title=f"P(improvement), {matrix.variant}",
        explain="Probability that a run of the row's algorithm beats one of the column's on a "
        "scenario that both were tested on, with its 95 % interval.",
        corner="Row beats column",
        columns=matrix.titles,
        rows=tuple(rows),
    )


def _interval(chance: Estimated) -> str:
    """In per cent, narrow enough for many columns."""
    if chance.low is None or chance.high is None:
        return ""
    return f"{chance.low * 100:.0f}\u2013{chance.high * 100:.0f} %"


SECTION = Section(
    id="duels",
    title="Which algorithm wins?",
    order=27,
    page="campaign",
    build=build,
    template="duels.html",
)
