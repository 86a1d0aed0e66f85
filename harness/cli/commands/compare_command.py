"""``harness compare``: campaigns against one another, cell by cell."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from harness.cli import completion, console
from harness.cli.command_options import AsJson, Runs, Storage, find_campaign
from harness.cli.commands.result_commands import EXIT_GATE
from harness.cli.console import Column, Table
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.analysis import CampaignComparison, CellComparison

__all__ = ["FailOn", "compare"]

_LISTED: Final = 20
"""Differences of settings that are printed; the JSON has all."""


class FailOn(StrEnum):
    """What ends a comparison with exit code 4."""

    WORSE = "worse"


def compare(
    campaigns: Annotated[
        list[str],
        typer.Argument(
            metavar="CAMPAIGN...",
            help="Two or more; the others are held against the first.",
            autocompletion=completion.campaigns,
        ),
    ],
    fail_on: Annotated[
        FailOn | None,
        typer.Option("--fail-on", help="Exit 4 if a cell is worse.", show_default=False),
    ] = None,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """Compare campaigns cell by cell: protocols first, then differences, corrected together."""
    if len(campaigns) < 2:
        raise UsageError(
            "one campaign has nothing to be compared with",
            help="name two or more, as in `harness compare monday tuesday`",
        )
    from harness.analysis import compare_campaigns
    from harness.core.identity import canonical

    comparison = compare_campaigns([find_campaign(name, runs, storage) for name in campaigns])
    if as_json:
        console.emit(canonical(comparison, everything=True))
    if comparison.incomparable:
        listed = "\n".join(f"  - {line}" for line in comparison.incomparable[:_LISTED])
        raise UsageError(
            f"scores of these campaigns do not mean the same:\n{listed}",
            help="compare campaigns that test the same scenario in the same way",
        )
    if not as_json:
        _show(comparison)
    if fail_on is FailOn.WORSE and any(each.word == "worse" for each in comparison.cells):
        raise typer.Exit(EXIT_GATE)


def _show(comparison: CampaignComparison) -> None:
    lines = [*comparison.alone, *comparison.settings]
    for line in lines[:_LISTED]:
        console.note(line)
    if len(lines) > _LISTED:
        console.note(f"... and {len(lines) - _LISTED} more differences of settings: --json")
    titles = ("cell", "variant", "before", "after", "difference", "verdict")
    columns = tuple(
        Column(title=title, right=title in {"before", "after", "difference"}) for title in titles
    )
    rows = tuple(_row(each) for each in comparison.cells)
    if len(comparison.campaigns) > 2:
        columns = (Column(title="campaign"), *columns)
        rows = tuple((each.campaign, *_row(each)) for each in comparison.cells)
    console.show(Table(columns=columns, rows=rows))


def _row(one: CellComparison) -> tuple[str, ...]:
    from harness.report.number_format import estimate, number

    change = " ".join(estimate(one.difference, one.low, one.high, sign=True)).strip()
    word = one.word or "no score"
    return (one.cell, one.variant, number(one.before), number(one.after), change, word)
