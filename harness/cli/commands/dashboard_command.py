"""``harness dashboard``: optuna-dashboard on the studies of a campaign."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import console
from harness.cli.command_options import CampaignName, Runs, Storage
from harness.errors import MissingExtraError


def dashboard(
    campaign: CampaignName = None,
    host: Annotated[
        str,
        typer.Option("--host", metavar="NAME", help="Where to listen; the default is here alone."),
    ] = "localhost",
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=1, max=65535, help="Port to listen on.")
    ] = 8080,
    runs: Runs = Path("runs"),
    storage: Storage = None,
) -> None:
    """Show a campaign's searches in optuna-dashboard, also while it runs; Ctrl-C ends it.

    Look, but delete and tell nothing there: the campaign's ledger is what counts.
    """
    try:
        from optuna_dashboard import run_server
    except ImportError as error:
        raise MissingExtraError(
            "optuna-dashboard is not installed", help="pip install 'rl-harness[dashboard]'"
        ) from error
    from harness import campaign as campaigns
    from harness.tuning.optuna_tables import open_tables

    name = campaign or campaigns.latest(runs, storage)
    url = campaigns.storage_url(name, runs, storage)
    with closing(open_tables(url)) as tables, suppress(KeyboardInterrupt):
        console.note(f"{name}: http://{host}:{port}, Ctrl-C to end")
        run_server(tables, host=host, port=port)
