"""Mean returns, scenario by setting, as shaded tables."""

from __future__ import annotations

from harness.analysis import AlgorithmTransfer
from harness.core.printable_text import quantity
from harness.report.number_format import number, percent
from harness.report.parts.transfer.data import TransferTables
from harness.report.table_drawings import HeatCell, HeatRow, HeatTable, rising


def draw(data: TransferTables) -> tuple[HeatTable, ...]:
    """One table per algorithm."""
    return tuple(_table(entry, index) for index, entry in enumerate(data.algorithms))


def _table(entry: AlgorithmTransfer, index: int) -> HeatTable:
    rows = []
    for i, scenario in enumerate(entry.scenarios):
        cells = []
        for j, mean in enumerate(entry.means[i]):
            if mean is None:
                cells.append(HeatCell(text="\u2013"))
                continue
            share = entry.normalised[i][j]
            runs = quantity(entry.runs[i][j], "run")
            cells.append(
                HeatCell(
                    text=number(mean),
                    sub=runs if share is None else f"{percent(share)}, {runs}",
                    shade=rising(share),
                    exact=mean,
                )
            )
        rows.append(HeatRow(name=scenario, cells=tuple(cells)))
    return HeatTable(
        id=f"matrix-{index}",
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
