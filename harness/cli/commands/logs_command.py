"""``harness logs``: what one run printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from harness.cli import console
from harness.cli.command_options import CampaignOption, Runs, Storage


def logs(
    run: Annotated[
        str, typer.Argument(metavar="CELL#N", help="Trial N of the cell, or its run on seed N.")
    ],
    campaign: CampaignOption = None,
    variant: Annotated[
        str,
        typer.Option(
            "--variant",
            metavar="NAME",
            help="Of a run that is no trial: default, tuned, ...",
            show_default=False,
        ),
    ] = "",
    rung: Annotated[
        Literal["confirm", "test", "transfer"],
        typer.Option("--rung", help="Of a run that is no trial."),
    ] = "test",
    runs: Runs = Path("runs"),
    storage: Storage = None,
) -> None:
    """Print what one run printed: warnings, prints of its environment, the traceback of a crash."""
    from harness import campaign as campaigns

    name = campaign or campaigns.latest(runs, storage)
    has_lines = False
    for line in campaigns.read_log(name, run, runs, storage, variant=variant, rung=rung):
        has_lines = True
        console.out(line.rstrip("\n"))
    if not has_lines:
        console.note(f"{run} printed nothing, or has not begun")
