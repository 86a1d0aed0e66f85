"""``harness report``: the leaderboard of a campaign, finished or not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import console
from harness.cli.options import AsJson, CampaignName, Reports, Runs, Storage, find_campaign

__all__ = ["report"]


def report(
    campaign: CampaignName = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write here instead of <reports>/<campaign>."),
    ] = None,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Write the report of a campaign, finished or not, and print its path."""
    from harness.report import write_report

    record = find_campaign(campaign, runs, storage)
    page = write_report(record, out or reports / record.name)
    if as_json:
        console.emit({"campaign": record.name, "report": str(page)})
    else:
        console.out(str(page))
