"""Reading campaigns back: one, or the list of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from harness.campaign.places import kept, last_written, where
from harness.core.matrix import Matrix
from harness.core.record import CampaignRecord
from harness.errors import HarnessError, UnknownNameError, UsageError
from harness.files import write_atomically
from harness.store import display_url, open_ledger, parse_url

__all__ = [
    "CampaignInfo",
    "campaigns",
    "keep_matrix",
    "latest",
    "record",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignInfo:
    """One line of a list of campaigns.

    Attributes:
        name: Campaign.
        created, updated: UTC, ISO 8601.
        cells: Cells in all.
        decided: Cells whose confirm rung has chosen.
        results: Runs with a result.
        failed: Runs that failed.
        problem: Why nothing else is known; empty where all is well.
    """

    name: str
    created: str = ""
    updated: str = ""
    cells: int = 0
    decided: int = 0
    results: int = 0
    failed: int = 0
    problem: str = ""


def keep_matrix(matrix: Matrix, folder: Path) -> None:
    """Keep the resolved matrix, a matrix again, beside the origins of its values."""
    for name, value in (("matrix.json", matrix.document), ("origins.json", matrix.origins)):
        with write_atomically(folder / name) as beside:
            beside.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def latest(runs: Path, storage: str | None = None) -> str:
    """The campaign that was written last, in `storage` if it is given.

    Raises:
        UsageError: There is none.
    """
    if storage:
        with open_ledger(storage) as ledger:
            newest = ledger.latest()
        found = [] if newest is None else [(0.0, newest)]
    else:
        found = [(last_written(name, runs), name) for name in kept(runs)]
    if not found:
        raise UsageError(
            f"no campaign in {display_url(parse_url(storage)) if storage else f'{runs}/'}",
            help="`harness run --matrix benchmarks/quick.yaml` makes one",
        )
    return max(found)[1]


def record(
    name: str, runs: Path, storage: str | None = None, *, brief: bool = False
) -> CampaignRecord:
    """All that is known of a campaign; in brief only what says how far it is.

    Raises:
        UnknownNameError: There is none of that name.
        StorageError: Its database cannot be reached or read.
    """
    place = where(name, runs, storage)
    if isinstance(place, Path) and not place.exists():
        raise UnknownNameError("campaign", name, kept(runs))
    with open_ledger(place) as ledger:
        return ledger.record(name, brief=brief)


def campaigns(runs: Path, storage: str | None = None) -> tuple[CampaignInfo, ...]:
    """Every campaign in `storage`, or under `runs` where none is given, by name.

    One whose database cannot be read is listed with the reason.
    """
    if storage:
        with open_ledger(storage) as ledger:
            return tuple(_info(ledger.record(name, brief=True)) for name in ledger.campaigns())
    return tuple(_look(name, runs) for name in kept(runs))


def _look(name: str, runs: Path) -> CampaignInfo:
    try:
        return _info(record(name, runs, brief=True))
    except HarnessError as error:
        return CampaignInfo(name=name, problem=error.message)


def _info(campaign: CampaignRecord) -> CampaignInfo:
    return CampaignInfo(
        name=campaign.name,
        created=campaign.created,
        updated=campaign.updated,
        cells=len(campaign.cells),
        decided=sum(cell.winner is not None for cell in campaign.cells),
        results=sum(len(cell.results) for cell in campaign.cells),
        failed=sum(len(cell.failed) for cell in campaign.cells),
    )
