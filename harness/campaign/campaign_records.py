"""Campaigns read back, and the databases they are kept in."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.core.matrix import Matrix
from harness.core.record import CampaignRecord
from harness.errors import HarnessError, StorageError, UnknownNameError, UsageError
from harness.files import write_atomically
from harness.input_limits import parse_json, read_file
from harness.store import SqlLedger, display_url, open_ledger, parse_url, without_password

if TYPE_CHECKING:
    from harness.report import CampaignView, PublishedCampaign

_NOTE: Final = "storage.json"


def names_publication(word: str) -> bool:
    """Whether a word is the folder of a published campaign, as no campaign's name is."""
    return "/" in word or os.sep in word


def names_now(word: str) -> bool:
    """Whether a word is the name of a campaign as its ledger has it now.

    Else it is the folder of a published one; or ``name@moment``, what was known at a moment.
    """
    return not names_publication(word) and "@" not in word


def check_has_ledger(word: str) -> None:
    """Refuse a word for a campaign that has results and nothing else.

    Raises:
        UsageError: It is published, or known at a moment.
    """
    _check_no_folder(word)
    if names_publication(word):
        raise UsageError(
            f"`{word}` is a published campaign: it has results, but no ledger, logs or models",
            help="name the campaign where it was run; `harness list campaigns` has those of here",
        )
    if not names_now(word):
        raise UsageError(
            f"`{word}` is what was known of a campaign at a moment, not the campaign",
            help=f"name it without the moment: `{word.partition('@')[0]}`",
        )


def _check_no_folder(word: str) -> None:
    """Refuse the folder of a campaign that was not published.

    Raises:
        UsageError: It is one.
    """
    path = Path(word)
    files = (own_database(path.name, path.parent), path / _NOTE)
    if names_publication(word) and any(file.exists() for file in files):
        raise UsageError(
            f"{path} is the folder of a campaign, which commands call by its name",
            help=f"`{path.name}`, with `--runs {path.parent}` if that is not where they look",
        )


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
    return _read_note(runs / name) or own_database(name, runs)


def required_database(name: str, runs: Path, storage: str | None = None) -> str | Path:
    """The database of a campaign, which must be there if it is a file.

    Raises:
        UnknownNameError: There is no campaign of that name.
        UsageError: The name is one of a campaign without a ledger; or as `locate_database`.
        StorageError: As `locate_database`.
    """
    check_has_ledger(name)
    database = locate_database(name, runs, storage)
    if isinstance(database, Path) and not database.exists():
        raise UnknownNameError("campaign", name, campaign_names(runs))
    return database


def claim_database(name: str, runs: Path, storage: str | None) -> str | Path:
    """The database a run of the campaign is to use.

    Raises:
        UsageError: The campaign is in another one already: its results would be split.
    """
    if not storage:
        return locate_database(name, runs)
    before = _read_note(runs / name)
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


def campaign_names(runs: Path, storage: str | None = None) -> list[str]:
    """Campaigns in `storage`, or those that have a folder where none is given, by name."""
    if storage:
        with open_ledger(storage) as ledger:
            return sorted(ledger.campaigns())
    files = [*runs.glob("*/campaign.db"), *runs.glob(f"*/{_NOTE}")]
    return sorted({file.parent.name for file in files})


def modification_time(name: str, runs: Path) -> float:
    """When the campaign was last worked on here, as far as its folder tells."""
    # What was written last may still lie in SQLite's write-ahead log.
    file = own_database(name, runs)
    files = (file, file.with_name(f"{file.name}-wal"), runs / name / _NOTE)
    return max(file.stat().st_mtime for file in files if file.exists())


def _read_note(folder: Path) -> str | None:
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
        names = [(modification_time(name, runs), name) for name in campaign_names(runs)]
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


def record(
    name: str, runs: Path, storage: str | None = None, *, brief: bool = False
) -> CampaignRecord:
    """All that is known of a campaign; in brief only what says how far it is.

    Args:
        name: Of the campaign; with a moment, as in ``night@2026-11-20``, what was known of it
            then; or, with a slash, the folder of a published one.
        runs: Folder of campaigns.
        storage: URL of the database; None for that of the campaign's folder.
        brief: Leave evaluations and arguments out.

    Raises:
        UnknownNameError: There is none of that name.
        UsageError: The moment is none, or there was no result yet.
        StorageError: Its database, or the published file, cannot be reached or read.
    """
    if names_publication(name):
        return _publication(name).record
    if not names_now(name):
        return _record_at(name, runs, storage)
    with open_campaign(name, runs, storage) as ledger:
        return ledger.record(name, brief=brief)


def view(name: str, runs: Path, storage: str | None = None, *, hosts: bool = False) -> CampaignView:
    """What the pages of a campaign are made of, its films among them.

    Args:
        name, runs, storage: As `record` takes them.
        hosts: Whether the names of machines are published too.

    Raises:
        StorageError: A film cannot be read.
        HarnessError: As `record`.
    """
    from harness.campaign.models.recordings import films
    from harness.report import campaign_view

    if names_publication(name):
        publication = _publication(name)
        return campaign_view(publication.record, publication.films, hosts=hosts)
    campaign = record(name, runs, storage)
    return campaign_view(campaign, films(campaign, runs), hosts=hosts)


def _publication(word: str) -> PublishedCampaign:
    from harness.report import read_publication

    _check_no_folder(word)
    return read_publication(Path(word))


def _record_at(word: str, runs: Path, storage: str | None) -> CampaignRecord:
    """What was known of a campaign at a moment, under the name ``name@moment``.

    The moment is ISO 8601, in UTC where it names no zone; a day alone stands for its end.
    """
    name, _, moment = word.partition("@")
    try:
        time = datetime.fromisoformat(moment)
        if len(moment) <= len("2026-11-20"):
            time = time.replace(hour=23, minute=59, second=59)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"`{moment}` in `{word}` is no moment",
            help="a day or a time as in night@2026-11-20 or night@2026-11-20T06:00",
        ) from error
    with open_campaign(name, runs, storage) as ledger:
        return replace(ledger.record_at(name, time.isoformat(timespec="seconds")), name=word)


def read_if_begun(name: str, runs: Path) -> CampaignRecord | None:
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
    return open_ledger(required_database(name, runs, storage))
