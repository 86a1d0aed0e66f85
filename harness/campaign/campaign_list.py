"""The campaigns that there are: one line for each, and those that patterns name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from harness.campaign.campaign_records import campaign_names, names_now, names_publication, record
from harness.core.record import CampaignRecord
from harness.errors import HarnessError, UnknownNameError
from harness.store import open_ledger


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


def campaigns(runs: Path, storage: str | None = None) -> tuple[CampaignInfo, ...]:
    """Every campaign in `storage`, or under `runs` where none is given, by name.

    One whose database cannot be read is listed with the reason.
    """
    if storage:
        with open_ledger(storage) as ledger:
            return tuple(_info(ledger.record(name, brief=True)) for name in ledger.campaigns())
    return tuple(_read_info(name, runs) for name in campaign_names(runs))


def _read_info(name: str, runs: Path) -> CampaignInfo:
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
        failed=sum(len(cell.failures) for cell in campaign.cells),
    )


def matching_campaigns(
    patterns: Sequence[str], runs: Path, storage: str | None = None
) -> list[str]:
    """The campaigns that are named or match; of a published site those that are in it.

    Args:
        patterns: Words that `record` takes, patterns of names as in ``night-*``, published sites.

    Raises:
        UnknownNameError: A name or pattern is no campaign's.
    """
    every = campaign_names(runs, storage)
    names: dict[str, None] = {}
    for pattern in patterns:
        names |= dict.fromkeys(_matches(pattern, every))
    return list(names)


def _matches(pattern: str, every: Sequence[str]) -> list[str]:
    from harness.report import campaign_folders

    if names_publication(pattern):
        return campaign_folders(pattern)
    if not names_now(pattern):
        return [pattern]
    matches = [name for name in every if name == pattern or fnmatchcase(name, pattern)]
    if not matches:
        raise UnknownNameError("campaign", pattern, every)
    return matches
