"""``harness stop``: end a running campaign from anywhere, as Ctrl-C would."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Final

from harness.cli import console
from harness.cli.command_options import CampaignName, Runs, Storage, flag
from harness.core.ledger import StopRequest

_LOOK: Final = 0.5
"""Seconds between two looks whether the campaign has ended."""


def stop(
    campaign: CampaignName = None,
    now: Annotated[
        bool, flag("--now", help="End the runs in progress too; they are done again later.")
    ] = False,
    wait: Annotated[bool, flag("--wait", help="Return when the campaign has ended.")] = False,
    runs: Runs = Path("runs"),
    storage: Storage = None,
) -> None:
    """Stop a running campaign, from any terminal or machine that reaches its database.

    Without --now the runs in progress are finished first. Nothing is lost: the same `harness run`
    goes on from there.
    """
    from harness import campaign as campaigns

    name = campaign or campaigns.latest(runs, storage)
    request = StopRequest.STOP if now else StopRequest.DRAIN
    process = campaigns.request_stop(name, request, runs, storage)
    action = "to end its runs and stop" if now else "to finish its runs and stop"
    console.note(f"{name}: asked {process} {action}")
    while wait and (last := campaigns.coordinator(name, runs, storage)) and last.alive:
        time.sleep(_LOOK)
