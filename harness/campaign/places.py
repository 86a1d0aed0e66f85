"""Where a campaign is kept: a file in its folder, or a database that its folder remembers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from harness.errors import StorageError, UsageError
from harness.files import write_atomically
from harness.store import display_url, parse_url, without_password

__all__ = ["claim", "database", "kept", "last_written", "remember", "where"]

_NOTE: Final = "storage.json"


def database(name: str, runs: Path) -> Path:
    """The campaign's own SQLite file, if it has one."""
    return runs / name / "campaign.db"


def where(name: str, runs: Path, storage: str | None = None) -> str | Path:
    """The database of a campaign: the one named, the one its folder remembers, or its own file.

    Raises:
        UsageError: The URL is none.
        StorageError: What the folder remembers cannot be read.
    """
    if storage:
        parse_url(storage)
        return storage
    return _remembered(runs / name) or database(name, runs)


def claim(name: str, runs: Path, storage: str | None) -> str | Path:
    """The database a run of the campaign is to use.

    Raises:
        UsageError: The campaign is in another one already: its results would be split.
    """
    if not storage:
        return where(name, runs)
    before = _remembered(runs / name)
    if before is None and database(name, runs).exists():
        before = str(database(name, runs))
    if before is not None and _place(before) != _place(storage):
        raise UsageError(
            f"campaign `{name}` in {runs}/ is kept in {display_url(parse_url(before))}, "
            f"not in {display_url(parse_url(storage))}",
            help="leave --storage out to continue it there; a new one needs another name "
            "(`--set name=...`) or another --runs folder",
        )
    return where(name, runs, storage)


def remember(folder: Path, place: str | Path) -> None:
    """Note in the campaign's folder where its database is, without the password."""
    if isinstance(place, Path):
        return
    text = json.dumps({"storage": without_password(parse_url(place))}, indent=2)
    with write_atomically(folder / _NOTE) as beside:
        beside.write_text(text + "\n", encoding="utf-8")


def kept(runs: Path) -> list[str]:
    """Campaigns that have a folder, by name."""
    files = [*runs.glob("*/campaign.db"), *runs.glob(f"*/{_NOTE}")]
    return sorted({file.parent.name for file in files})


def last_written(name: str, runs: Path) -> float:
    """When the campaign was last worked on here, as far as its folder tells."""
    # What was written last may still lie in SQLite's write-ahead log.
    file = database(name, runs)
    files = (file, file.with_name(f"{file.name}-wal"), runs / name / _NOTE)
    return max(file.stat().st_mtime for file in files if file.exists())


def _remembered(folder: Path) -> str | None:
    note = folder / _NOTE
    if not note.exists():
        return None
    try:
        url = json.loads(note.read_bytes())["storage"]
        parse_url(url)
    except (OSError, ValueError, KeyError, TypeError, UsageError) as exc:
        raise StorageError(
            f"{note} does not say where the campaign is kept: {exc}",
            help="name the database with --storage; `harness run` writes the file again",
        ) from exc
    return str(url)


def _place(url_or_path: str) -> tuple[object, ...]:
    url = parse_url(url_or_path)
    # The same database may be reached as another user or with other options.
    return (url.get_backend_name(), url.host, url.port, url.database)
