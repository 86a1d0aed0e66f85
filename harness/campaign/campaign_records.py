"""Campaigns read back, and the databases they are kept in."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from harness.core.matrix import Matrix
from harness.core.record import CampaignRecord
from harness.errors import HarnessError, StorageError, UnknownNameError, UsageError
from harness.files import write_atomically
from harness.input_limits import parse_json, read_file
from harness.report.published_reports import names_publication
from harness.store import SqlLedger, display_url, open_ledger, parse_url, without_password

__all__ = [
    "CampaignInfo",
    "begun_campaign",
    "campaign_names",
    "campaigns",
    "claim_database",
    "keep_matrix",
    "last_written",
    "latest",
    "locate_database",
    "open_campaign",
    "own_database",
    "record",
    "record_at",
    "remember_database",
    "storage_url",
]


_NOTE: Final = "storage.json"


def own_database(name: str, runs: Path) -> Path:
    """The campaign's own SQLite file, if it has one."""
    return runs / name / "campaign.db"


def locate_database(name: str, runs: Path, storage: str | None = None) -> str | Path:
    """The database of a campaign: the one named, the one its folder remembers, or its own file.

    Raises:
        UsageError: The URL is none.
        StorageError: What the folder remembers cannot be read.
    """
    if storage:
        parse_url(storage)
        return storage
    return _remembered(runs / name) or own_database(name, runs)


def claim_database(name: str, runs: Path, storage: str | None) -> str | Path:
    """The database a run of the campaign is to use.

    Raises:
        UsageError: The campaign is in another one already: its results would be split.
    """
    if not storage:
        return locate_database(name, runs)
    before = _remembered(runs / name)
    if before is None and own_database(name, runs).exists():
        before = str(own_database(name, runs))
    if before is not None and _identity(before) != _identity(storage):
        raise UsageError(
            f"campaign `{name}` in {runs}/ is kept in {display_url(parse_url(before))}, "
            f"not in {display_url(parse_url(storage))}",
            help="leave --storage out to continue it there; a new one needs another name "
            "(`--set name=...`) or another --runs folder",
        )
    return locate_database(name, runs, storage)


def remember_database(folder: Path, database: str | Path) -> None:
    """Note in the campaign's folder where its database is, without the password."""
    if isinstance(database, Path):
        return
    text = json.dumps({"storage": without_password(parse_url(database))}, indent=2)
    with write_atomically(folder / _NOTE) as beside:
        beside.write_text(text + "\n", encoding="utf-8")


def campaign_names(runs: Path) -> list[str]:
    """Campaigns that have a folder, by name."""
    files = [*runs.glob("*/campaign.db"), *runs.glob(f"*/{_NOTE}")]
    return sorted({file.parent.name for file in files})


def last_written(name: str, runs: Path) -> float:
    """When the campaign was last worked on here, as far as its folder tells."""
    # What was written last may still lie in SQLite's write-ahead log.
    file = own_database(name, runs)
    files = (file, file.with_name(f"{file.name}-wal"), runs / name / _NOTE)
    return max(file.stat().st_mtime for file in files if file.exists())


def _remembered(folder: Path) -> str | None:
    note = folder / _NOTE
    if not note.exists():
        return None
    try:
        url = parse_json(read_file(note))["storage"]
        parse_url(url)
    except (OSError, ValueError, KeyError, TypeError, UsageError) as exc:
        raise StorageError(
            f"{note} does not say where the campaign is kept: {exc}",
            help="name the database with --storage; `harness run` writes the file again",
        ) from exc
    return str(url)


def _identity(url_or_path: str) -> tuple[object, ...]:
    url = parse_url(url_or_path)
    # The same database may be reached as another user or with other options.
    return (url.get_backend_name(), url.host, url.port, url.database)


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


def keep_matrix(matrix: Matrix | CampaignRecord, folder: Path) -> None:
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
        names = [] if newest is None else [(0.0, newest)]
    else:
        names = [(last_written(name, runs), name) for name in campaign_names(runs)]
    if not names:
        raise UsageError(
            f"no campaign in {display_url(parse_url(storage)) if storage else f'{runs}/'}",
            help="`harness run --matrix benchmarks/quick.yaml` makes one",
        )
    return max(names)[1]


def storage_url(name: str, runs: Path, storage: str | None = None) -> str:
    """SQLAlchemy URL of the database that keeps a campaign, with its password.

    Raises:
        UnknownNameError: There is none of that name.
        StorageError: Its database cannot be reached or read.
    """
    with open_campaign(name, runs, storage) as ledger:
        ledger.document(name)  # which says so if there is none
        return ledger.url


def record_at(name: str, moment: str, runs: Path, storage: str | None = None) -> CampaignRecord:
    """What was known of a campaign at a moment, under the name ``name@moment``.

    Args:
        name, runs, storage: Of the campaign.
        moment: ISO 8601, in UTC where it names no zone; a day alone stands for its end.

    Raises:
        UsageError: It is no moment, or there was no result yet.
        UnknownNameError: There is no campaign of that name.
        StorageError: Its database cannot be reached or read.
    """
    try:
        time = datetime.fromisoformat(moment)
    except ValueError as error:
        raise UsageError(
            f"`{moment}` in `{name}@{moment}` is no moment",
            help="a day or a time as in night@2026-11-20 or night@2026-11-20T06:00",
        ) from error
    if len(moment) <= len("2026-11-20"):
        time = time.replace(hour=23, minute=59, second=59)
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    with open_campaign(name, runs, storage) as ledger:
        then = ledger.record_at(name, time.isoformat(timespec="seconds"))
    return replace(then, name=f"{name}@{moment}")


def record(
    name: str, runs: Path, storage: str | None = None, *, brief: bool = False
) -> CampaignRecord:
    """All that is known of a campaign; in brief only what says how far it is.

    Args:
        name: Of the campaign; or, with a slash, the folder of a published one.
        runs: Folder of campaigns.
        storage: URL of the database; None for that of the campaign's folder.
        brief: Leave evaluations and arguments out.

    Raises:
        UnknownNameError: There is none of that name.
        StorageError: Its database cannot be reached or read.
    """
    if names_publication(name):
        from harness.report import read_record

        return read_record(Path(name))
    with open_campaign(name, runs, storage) as ledger:
        return ledger.record(name, brief=brief)


def begun_campaign(name: str, runs: Path) -> CampaignRecord | None:
    """The campaign of that name, in brief; None where it has not begun, or cannot be read."""
    if name not in campaign_names(runs):
        return None
    try:
        return record(name, runs, brief=True)
    except HarnessError:
        return None  # whoever goes on with it says what is wrong


def open_campaign(name: str, runs: Path, storage: str | None = None) -> SqlLedger:
    """The ledger of a campaign, to be closed by the caller.

    Raises:
        UnknownNameError: There is none of that name.
        StorageError: Its database cannot be reached or read.
    """
    database = locate_database(name, runs, storage)
    if isinstance(database, Path) and not database.exists():
        raise UnknownNameError("campaign", name, campaign_names(runs))
    return open_ledger(database)


def campaigns(runs: Path, storage: str | None = None) -> tuple[CampaignInfo, ...]:
    """Every campaign in `storage`, or under `runs` where none is given, by name.

    One whose database cannot be read is listed with the reason.
    """
    if storage:
        with open_ledger(storage) as ledger:
            return tuple(_info(ledger.record(name, brief=True)) for name in ledger.campaigns())
    return tuple(_look(name, runs) for name in campaign_names(runs))


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
