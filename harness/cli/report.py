"""``harness report``: the leaderboard of a campaign, finished or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import console
from harness.cli.options import (
    FLAG,
    AsJson,
    CampaignName,
    Reports,
    Runs,
    Storage,
    find_campaign,
    find_films,
)

if TYPE_CHECKING:
    from harness.report import CampaignView, Check

__all__ = ["EXIT_GATE", "report"]

EXIT_GATE = 4
"""Exit code when a trust check that was asked for does not pass."""


def report(
    campaign: CampaignName = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="Write here instead of <reports>/<campaign>: a folder, or a file with "
            "--single-file.",
        ),
    ] = None,
    single_file: Annotated[
        bool,
        typer.Option(
            "--single-file",
            metavar=FLAG,
            help="Write one HTML file with everything in it, <reports>/<campaign>.html.",
            show_default=False,
        ),
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="ID,...",
            help="Exit 4 unless these trust checks pass; `fail` stands for all that must not "
            "fail, `warn` for all that must pass.",
            show_default=False,
        ),
    ] = None,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Write the report of a campaign, finished or not, and print its path."""
    # Reading a large campaign and importing what draws it take seconds.
    console.note("reading the ledger ...")
    from harness.report import campaign_view, gate, known_gates

    words = ",".join(fail_on or ()).split(",")
    gates = known_gates(tuple(word.strip() for word in words if word.strip()))
    record = find_campaign(campaign, runs, storage)
    view = campaign_view(record, find_films(record, runs))
    page = _write(view, out, reports, single_file=single_file)
    held = gate(view.checks, gates)
    if as_json:
        found = [{"id": check.id, "status": check.status} for check in held]
        told = {"held_back": found} if gates else {}
        console.emit({"campaign": view.record.name, "report": str(page)} | told)
    else:
        console.out(str(page))
    _tell(held)
    if held:
        raise typer.Exit(EXIT_GATE)


def _write(view: CampaignView, out: Path | None, reports: Path, *, single_file: bool) -> Path:
    from harness.report import write_list, write_single_file, write_site

    if single_file:
        return write_single_file(view, out or reports / f"{view.record.name}.html")
    page = write_site(view, out or reports / view.record.name)
    if out is None:
        write_list(reports)
    return page


def _tell(held: tuple[Check, ...]) -> None:
    for check in held:
        console.note(f"{check.status}: {check.id} {check.title}: {check.value}")
        for finding in check.findings:
            console.note(f"  {finding.cell or 'campaign'}: {finding.text}")
