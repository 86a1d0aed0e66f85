"""Tables as CSV files: equal results give equal bytes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd

from harness.analysis.tables import cost_table, curves_table, score_table, trials_table
from harness.core.record import CampaignRecord

__all__ = ["export_csv", "write_csv"]


def export_csv(record: CampaignRecord, folder: Path) -> list[Path]:
    """Write ``scores.csv``, ``trials.csv``, ``evaluations.csv`` and ``costs.csv``.

    The first three depend on results alone; times and hosts are in ``costs.csv`` only. Floats
    are written in the shortest form that reads back as the same number, lists as JSON.

    Args:
        record: The campaign.
        folder: Made if it is not there; files of these names in it are replaced.

    Returns:
        The four paths, ``costs.csv`` last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "scores.csv": score_table(record),
        "trials.csv": trials_table(record),
        "evaluations.csv": curves_table(record),
        "costs.csv": cost_table(record),
    }
    return [write_csv(table, folder / name) for name, table in tables.items()]


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """One table as UTF-8 with a header and Unix line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.columns)
        for row in table.itertuples(index=False, name=None):
            writer.writerow([_text(value) for value in row])
    return path


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return json.dumps(list(value))
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN differs from itself
        return ""
    return json.dumps(value.item() if hasattr(value, "item") else value)
