"""A cell's winner on the algorithm's other scenarios."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import AlgorithmTransfer
from harness.report.format import count, number, percent
from harness.report.heat import HeatCell, HeatRow, HeatTable, rising
from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "Transfer", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """An algorithm's transfer.

    Attributes:
        entry: Its numbers.
        table: Mean returns, scenario by setting.
    """

    entry: AlgorithmTransfer
    table: HeatTable


def build(view: CampaignView) -> tuple[Transfer, ...] | None:
    """Left out, and the page with it, without finished runs of the transfer rung."""
    found = enumerate(view.computed.transfer)
    return tuple(Transfer(entry=entry, table=_table(entry, n)) for n, entry in found) or None


def _table(entry: AlgorithmTransfer, place: int) -> HeatTable:
    rows = []
    for i, scenario in enumerate(entry.scenarios):
        cells = []
        for j, mean in enumerate(entry.means[i]):
            if mean is None:
                cells.append(HeatCell(text="\u2013"))
                continue
            share = entry.normalised[i][j]
            told = count(entry.runs[i][j], "run")
            cells.append(
                HeatCell(
                    text=number(mean),
                    sub=told if share is None else f"{percent(share)}, {told}",
                    shade=rising(share),
                    exact=mean,
                )
            )
        rows.append(HeatRow(name=scenario, cells=tuple(cells)))
    return HeatTable(
        id=f"matrix-{place}",
        title=entry.title,
        explain="Rows are where a setting was trained and tested, columns what it was tuned for: "
        "mean return, its place between random policy and reference, and the runs behind it.",
        corner="Trained on",
        columns=tuple(
            "default" if setting == "default" else f"tuned for {setting}"
            for setting in entry.settings
        ),
        rows=tuple(rows),
    )


SECTION = Section(
    id="matrices", title="", order=10, page="transfer", build=build, template="transfer.html"
)
