"""``harness import``: published or foreign scores beside a campaign's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import console
from harness.cli.command_options import AsJson, CampaignOption, Runs, Storage


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV with a header: score; cell, or algorithm and scenario; seed and variant if "
            "wanted. A line for each run.",
        ),
    ],
    campaign: CampaignOption = None,
    variant: Annotated[
        str | None,
        typer.Option(
            "--variant",
            metavar="NAME",
            help="Name of the variant; else the file has a column of names.",
        ),
    ] = None,
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="TEXT",
            help="Where the scores come from, as the report says it.",
            show_default="the file's name",
        ),
    ] = "",
    runs: Runs = Path("runs"),
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """Import scores of other programs as variants, which tuned is then compared with.

    Imported again, a variant is replaced. Whether their runs were as long and tested alike, nobody
    here knows: the report names their source.
    """
    from harness import campaign as campaigns

    name = campaign or campaigns.latest(runs, storage)
    cells = campaigns.import_scores(file, name, runs, storage, variant=variant, source=source)
    if as_json:
        console.emit({"campaign": name, "scores": cells})
        return
    for cell, scores in cells.items():
        console.note(f"{name}: {cell}: {scores} scores")
    console.note(f"next: harness report {name}")
