"""``harness publish``: chosen campaigns as a site for a static host."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from harness.cli import completion, console
from harness.cli.command_options import AsJson, Runs, Storage
from harness.errors import UsageError


def publish(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Becomes the site; what else is in it stays.")
    ],
    campaigns: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="Campaigns, patterns as in 'night-*', or published ones as in site/night, or "
            "site/ for all that are in it; every campaign in `runs` if left out.",
            autocompletion=completion.campaigns,
        ),
    ] = None,
    url: Annotated[
        str,
        typer.Option(
            "--url",
            metavar="URL",
            help="Where the site will be found; networks need it to show its pictures.",
            show_default=False,
        ),
    ] = "",
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help="Heading of its first page.")
    ] = "Does tuning help?",
    runs: Runs = Path("runs"),
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """Write campaigns as one site for GitHub Pages or any other static host.

    A first page says what each asked and found and how sure that is; beside it lie a feed, preview
    pictures and one copy of the scripts. No page names a machine, a user or a path.
    """
    from harness import campaign
    from harness.report import check_publication, write_publication

    if url and urlsplit(url).scheme not in {"http", "https"}:
        raise UsageError(
            f"{url} is no address of a site", help="--url https://me.github.io/results"
        )
    check_publication(folder)
    names = (
        campaign.matching_campaigns(campaigns, runs, storage)
        if campaigns
        else campaign.campaign_names(runs, storage)
    )
    console.note(f"reading {', '.join(names)} ...")
    views = (campaign.view(name, runs, storage) for name in names)
    page = write_publication(views, folder, title=title, url=url)
    if as_json:
        console.emit({"page": str(page), "campaigns": names})
    else:
        console.out(str(page))
