"""``harness history``: campaigns of one matrix over time."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import completion, console
from harness.cli.command_options import AsJson, Reports, Runs, Storage
from harness.cli.commands.result_commands import EXIT_GATE

if TYPE_CHECKING:
    from harness.analysis import CampaignHistory


class Regression(StrEnum):
    """What ends a history with exit code 4."""

    WORSE = "worse"


def history(
    campaigns: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME",
            help="Campaigns, or patterns of their names as in 'night-*'.",
            autocompletion=completion.campaigns,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder of the page.",
            show_default="<reports>/history-<the first name>",
        ),
    ] = None,
    fail_on: Annotated[
        Regression | None,
        typer.Option("--fail-on", help="Exit 4 if a cell is worse than it was."),
    ] = None,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Write a page over campaigns of one matrix: each cell over time, and where it has stepped.

    Beside it lie an Atom feed of the steps and a badge.
    """
    from harness import campaign
    from harness.analysis import campaign_history
    from harness.core.identity import canonical
    from harness.core.printable_text import quantity, slugs
    from harness.report import HistoryView, write_history

    names = campaign.matching_campaigns(campaigns, runs, storage)
    console.note(f"reading {quantity(len(names), 'campaign')} ...")
    view = HistoryView(
        pattern=" ".join(campaigns),
        history=campaign_history([campaign.record(name, runs, storage) for name in names]),
    )
    page = write_history(view, out or reports / f"history-{slugs(campaigns)[campaigns[0]]}")
    if as_json:
        console.emit({"page": str(page)} | canonical(view.history, everything=True))
    else:
        _show(view.history, view.headline)
        console.out(str(page))
    if fail_on is not None and view.history.worse:
        raise typer.Exit(EXIT_GATE)


def _show(history: CampaignHistory, headline: str) -> None:
    from harness.report.number_format import number

    for step in history.steps[:20]:
        scores = f"{number(step.before)} -> {number(step.after)}"
        console.note(f"{step.campaign}: {step.cell} {step.variant} {step.word}, {scores}")
    console.note(headline)
