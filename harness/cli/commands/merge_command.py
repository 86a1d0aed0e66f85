"""``harness merge``: campaigns of several machines or people as one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import completion, console
from harness.cli.command_options import AsJson, Runs, Storage


def merge(
    campaigns: Annotated[
        list[str],
        typer.Argument(
            metavar="CAMPAIGN",
            help="Names, or paths of campaigns' folders, as in parts/a/night.",
            autocompletion=completion.campaigns,
        ),
    ],
    into: Annotated[
        str, typer.Option("--into", metavar="NAME", help="The new campaign; no old one changes.")
    ],
    runs: Runs = Path("runs"),
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """Merge campaigns into a new one that has the runs of all.

    Cells of one name must be equal in everything that decides their numbers; what differs is
    listed and nothing is merged. Models, logs and films stay where they were made.
    """
    from harness import campaign
    from harness.core.printable_text import quantity

    record = campaign.merge_campaigns(campaigns, into, runs, storage)
    results = sum(len(cell.results) for cell in record.cells)
    if as_json:
        cells = [cell.name for cell in record.cells]
        console.emit({"campaign": into, "merged": campaigns, "cells": cells, "results": results})
        return
    amounts = {"cell": len(record.cells), "result": results}
    contents = ", ".join(quantity(amount, noun) for noun, amount in amounts.items())
    console.note(f"{into}: {contents}, from {quantity(len(campaigns), 'campaign')}")
    console.note(f"next: harness report {into}")
