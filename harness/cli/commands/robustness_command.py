"""``harness robustness``: how alike the runs of a cell are over seeds, if wanted over more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import console
from harness.cli.command_options import (
    AsJson,
    CampaignOption,
    CellName,
    Reports,
    Runs,
    Storage,
    Workers,
    find_campaign,
)
from harness.cli.console import Table, columns
from harness.core.identity import canonical
from harness.core.record import CampaignRecord
from harness.errors import UnknownNameError

if TYPE_CHECKING:
    from harness.analysis import CellRobustness, IntervalEstimate, VariantRobustness


def robustness(
    cell: CellName,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            metavar="N",
            min=1,
            help="Held-out seeds of each variant in all; what is missing is trained first.",
        ),
    ] = None,
    campaign: CampaignOption = None,
    workers: Workers = None,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Say how reliable a cell is over seeds: spread, worst runs, falls, failures, verdicts.

    With --seeds it trains what is missing of its test runs first, and nothing else.
    """
    if seeds is not None and campaign is not None:
        from harness.campaign import check_has_ledger

        check_has_ledger(campaign)
    record = find_campaign(campaign, runs, storage)
    if seeds is not None:
        record = _with_seeds(record, cell, seeds, workers, runs, storage, reports)
    summary = _cell(record, cell)
    if as_json:
        console.emit({"campaign": record.name, **_json(summary)})
        return
    _show(summary)


def _with_seeds(
    record: CampaignRecord,
    cell: str,
    seeds: int,
    workers: int | None,
    runs: Path,
    storage: str | None,
    reports: Path,
) -> CampaignRecord:
    """The campaign once the cell has its seeds."""
    from harness import campaign
    from harness.cli.progress_lines import Lines

    registry = campaign.registry(runs=runs)
    matrix = campaign.with_seeds(record, cell, seeds, registry)
    options = campaign.RunOptions(workers=workers, runs=runs, storage=storage, reports=reports)
    resume = f"harness robustness {cell} --campaign {record.name} --seeds {seeds}"
    with Lines(console.note, resume=resume, quiet=False) as lines:
        outcome = campaign.run_campaign(
            matrix, options, lines, services=campaign.Services(registry=registry)
        )
    if outcome.interrupted:
        raise typer.Exit(outcome.exit_code)
    return find_campaign(record.name, runs, storage)


def _cell(record: CampaignRecord, cell: str) -> CellRobustness:
    from harness.analysis import leaderboard, robustness

    cells = {each.cell: each for each in robustness(record, leaderboard(record)).cells}
    if cell not in cells:
        raise UnknownNameError("cell", cell, list(cells))
    return cells[cell]


def _json(cell: CellRobustness) -> dict[str, Any]:
    """Everything but the curves, which the report has."""
    data: dict[str, Any] = canonical(cell, everything=True)
    for name in ("default", "tuned"):
        if data[name] is not None:
            del data[name]["curves"]
    return data


def _show(cell: CellRobustness) -> None:
    from harness.report.outcomes import reliability_asides, reliability_text

    figures = ("range over seeds", "worst quarter", "fall", "unrest", "failed")
    rows = tuple(_row(each) for each in (cell.default, cell.tuned) if each is not None)
    console.show(Table(columns=columns("variant", *figures, right=figures), rows=rows))
    text = reliability_text(cell)
    if text:
        console.out(f"\n{cell.cell}: {text}")
    for aside in reliability_asides(cell):
        console.out(f"tuned: {aside}")


def _row(variant: VariantRobustness) -> tuple[str, ...]:
    measures = (variant.spread, variant.worst, variant.drawdown, variant.unrest)
    failures = f"{variant.failed} of {variant.runs}"
    return (variant.variant, *(_text(each) for each in measures), failures)


def _text(estimate: IntervalEstimate) -> str:
    from harness.report.number_format import estimate as in_words

    return " ".join(in_words(estimate.value, estimate.low, estimate.high)).strip()
