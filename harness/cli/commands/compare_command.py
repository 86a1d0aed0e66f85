"""``harness compare``: campaigns against one another, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from harness.cli import completion, console
from harness.cli.command_options import AsJson, Runs, Storage, read_named_campaign
from harness.cli.commands.result_commands import EXIT_GATE
from harness.cli.console import Table, columns
from harness.core.record import CampaignRecord
from harness.errors import UsageError, bullet_list

if TYPE_CHECKING:
    from harness.analysis import CampaignComparison, CellComparison, SpeedComparison

_LISTED: Final = 20
"""Differences of settings that are printed; the JSON has all."""


_OWN: Final = ("worse", "slower")
"""What ends a comparison with exit code 4, beside the trust checks."""


def compare(
    campaigns: Annotated[
        list[str],
        typer.Argument(
            metavar="CAMPAIGN",
            help="Two or more; the others are held against the first. night@2026-11-20 is what was "
            "known of a campaign on that day.",
            autocompletion=completion.campaigns,
        ),
    ],
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="WORD,...",
            help="Exit 4 if a cell is `worse`, or trains `slower`, or one of these trust checks "
            "(T07, ..., `fail`, `warn`) does not pass in a later campaign.",
            autocompletion=completion.comparison_gates,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write a page into this folder."),
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
    if len(set(campaigns)) < len(campaigns):
        raise UsageError("the same campaign twice", help="name each once")
    from harness.analysis import compare_campaigns
    from harness.core.identity import canonical
    from harness.report import ComparisonView, known_gates, write_comparison

    words = [word.strip() for word in ",".join(fail_on or ()).split(",") if word.strip()]
    gates = known_gates(tuple(word for word in words if word not in _OWN))
    records = [read_named_campaign(word, runs, storage) for word in campaigns]
    comparison = compare_campaigns(records)
    if as_json:
        console.emit(canonical(comparison, everything=True))
    if comparison.incomparable:
        lines = bullet_list(comparison.incomparable[:_LISTED])
        raise UsageError(
            f"scores of these campaigns do not mean the same:\n{lines}",
            help="compare campaigns that test the same scenario in the same way",
        )
    if not as_json:
        _show(comparison)
    if out is not None:
        date = max(record.updated for record in records)
        page = write_comparison(ComparisonView(comparison=comparison, updated=date), out)
        (console.note if as_json else console.out)(str(page))
    if list(_failures(comparison, records, words, gates)):
        raise typer.Exit(EXIT_GATE)


def _failures(
    comparison: CampaignComparison,
    records: Sequence[CampaignRecord],
    words: Sequence[str],
    gates: tuple[str, ...],
) -> Iterator[str]:
    """Reasons why the later campaigns do not pass; each is printed, too."""
    for word, cells in (("worse", comparison.worse), ("slower", comparison.slower)):
        if word in words and cells:
            console.note(f"{word}: {', '.join(cells)}")
            yield word
    if gates:
        from harness.report import campaign_view, gate

        for record in records[1:]:
            for check in gate(campaign_view(record).checks, gates):
                console.note(f"{check.status}: {record.name}: {check.id} {check.title}")
                yield check.id


def _show(comparison: CampaignComparison) -> None:
    lines = [*comparison.alone, *comparison.settings]
    for line in lines[:_LISTED]:
        console.note(line)
    if len(lines) > _LISTED:
        console.note(f"... and {len(lines) - _LISTED} more differences of settings: --json")
    scores = ("before", "after", "difference")
    titles: tuple[str, ...] = ("cell", "variant", *scores, "verdict", "speed", "CPU")
    both = tuple(zip(comparison.cells, comparison.speeds, strict=True))
    rows = tuple(_row(*each) for each in both)
    if len(comparison.campaigns) > 2:
        titles = ("campaign", *titles)
        rows = tuple((each[0].campaign, *_row(*each)) for each in both)
    console.show(Table(columns=columns(*titles, right=scores), rows=rows))


def _row(one: CellComparison, speed: SpeedComparison) -> tuple[str, ...]:
    from harness.report.number_format import duration, estimate, number, percent

    change = " ".join(estimate(one.difference, one.low, one.high, sign=True)).strip()
    word = one.word or "no score"
    pace = speed.word or "-"
    if speed.change is not None and speed.word != "as fast":
        pace = f"{speed.word}: {percent(speed.change)}"
    cost = f"{duration(speed.cpu_before)} -> {duration(speed.cpu_after)}"
    scores = (number(one.before), number(one.after), change, word)
    return (one.cell, one.variant, *scores, pace, cost)
