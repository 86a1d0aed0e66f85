"""``harness doctor``: is the machine fit, and is a campaign's record sound?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import console
from harness.cli.command_options import AsJson, Runs, Storage, flag
from harness.cli.console import Table, columns
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.doctor import Finding

FAILED = 1


def doctor(
    campaign: Annotated[
        str | None,
        typer.Argument(metavar="CAMPAIGN", help="Look at this campaign too."),
    ] = None,
    repair: Annotated[
        bool,
        flag(
            "--repair",
            help="Drop what is broken, so that it runs again; no result is invented or altered.",
        ),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", min=1, help="As for `run`.", show_default="the cores"
        ),
    ] = None,
    threads: Annotated[
        int, typer.Option("--threads", metavar="N", min=1, help="As in the matrix.")
    ] = 1,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """Check this machine, and a campaign's database, ledger, studies and files."""
    from harness import doctor as room

    if repair and campaign is None:
        raise UsageError("repair what?", help="harness doctor CAMPAIGN --repair")
    done = room.repair_campaign(campaign, runs, storage) if repair and campaign else []
    from harness.execution import cores

    findings = room.examine_machine(runs, workers=workers or cores(), threads=threads)
    if campaign is not None:
        findings += room.examine_campaign(campaign, runs, storage)
    has_failures = any(finding.state is room.Severity.FAIL for finding in findings)
    if as_json:
        console.emit(
            {
                "campaign": campaign,
                "sound": not has_failures,
                "repaired": done,
                "findings": [_json(finding) for finding in findings],
            }
        )
    else:
        for line in done:
            console.out(f"repaired: {line}")
        console.show(_table(findings))
    raise typer.Exit(FAILED if has_failures else 0)


def _json(finding: Finding) -> dict[str, Any]:
    names = ("check", "state", "value", "help")
    return {name: getattr(finding, name) for name in names} | {
        "can_be_repaired": finding.repair is not None
    }


def _table(findings: Sequence[Finding]) -> Table:
    texts = ("found", "what to do")
    rows = tuple((each.state.value, each.check, each.value, each.help) for each in findings)
    return Table(columns=columns("", "check", *texts, wrapped=texts), rows=rows)
