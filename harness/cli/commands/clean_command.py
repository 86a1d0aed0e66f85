"""``harness clean``: how large old campaigns are, and deleting them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from harness.cli import console
from harness.cli.command_options import Runs, flag
from harness.cli.console import Table, columns
from harness.cli.text_format import budget as time_length
from harness.cli.text_format import count
from harness.errors import HarnessError

_MEGABYTE: Final = 10**6


def clean(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="TIME", help="Since they were last worked on.")
    ] = "30d",
    models: Annotated[
        bool,
        flag(
            "--models",
            help="Only saved models: results stay, and `harness train` makes them again.",
        ),
    ] = False,
    yes: Annotated[bool, flag("--yes", help="Delete; without it nothing is.")] = False,
    runs: Runs = Path("runs"),
) -> None:
    """List what old campaigns and their models take; with --yes, delete it.

    Only files that the harness wrote go. Reports stay, and so do rows on a database server.
    """
    from harness.campaign import clean as delete
    from harness.campaign import old_campaigns

    days = time_length(older_than, "--older-than").total_seconds() / 86400
    old = list(old_campaigns(runs, days=days, models_only=models))
    rows = [
        (
            each.name,
            f"{each.days:.0f}",
            count(len(each.files)),
            f"{each.size / _MEGABYTE:,.1f}",
            count(each.foreign),
        )
        for each in old
    ]
    if not rows:
        console.note(f"nothing under {runs}/ is older than {older_than}")
        return
    amounts = ("days", "files", "MB", "others' files")
    console.show(Table(columns=columns("campaign", *amounts, right=amounts), rows=tuple(rows)))
    if not yes:
        console.note("\nnothing was deleted; --yes deletes these files")
        return
    last_error: HarnessError | None = None
    for each in old:
        try:
            delete(each)
        except HarnessError as error:
            last_error = error
            console.note(f"{each.name}: {console.error_text(error)}")
    if last_error is not None:
        raise typer.Exit(last_error.exit_code)
