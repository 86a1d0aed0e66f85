"""A campaign's ledger, opened by the one process that may write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, text

from harness.errors import StorageError
from harness.store.engine import reading
from harness.store.fence import FileFence
from harness.store.ledger import Ledger
from harness.store.lock import Lock
from harness.store.opening import open_ledger
from harness.store.server_lock import ServerLock
from harness.store.urls import file_of, parse_url

__all__ = ["coordinate", "holder", "lock_file"]

_HEADER: Final = b"SQLite format 3\0"
"""How every SQLite file begins that is not empty."""


@contextmanager
def coordinate(url_or_path: str | Path, campaign: str, *, create: bool = True) -> Iterator[Ledger]:
    """Take the campaign's lock and open its ledger; what is lost of either stops the next write.

    Args:
        url_or_path: Path of an SQLite file, or URL of a database.
        campaign: Its name; a database holds any number.
        create: Make the file and the tables where they are missing.

    Raises:
        LockedError: Another coordinator runs the campaign.
        StorageError: The database cannot be read or written, or is damaged.
    """
    url = parse_url(url_or_path)
    file = file_of(url)
    opened = _server(url, campaign, create) if file is None else _file(file, campaign, create)
    with opened as ledger:
        yield ledger


def lock_file(database: Path, campaign: str) -> Path:
    """The lock of a campaign in an SQLite file, which may hold others too."""
    own = database.name == "campaign.db"
    return database.with_name("lock" if own else f"{database.name}.{campaign}.lock")


def holder(ledger: Ledger, campaign: str) -> tuple[bool, Mapping[str, Any] | None]:
    """Whether a coordinator runs the campaign, and what the last one wrote about itself."""
    file = file_of(ledger.engine.url)
    if file is not None:
        return Lock(lock_file(file, campaign), campaign).look()
    return ServerLock(ledger.engine, campaign).look()


@contextmanager
def _file(path: Path, campaign: str, create: bool) -> Iterator[Ledger]:
    _refuse_others(path)
    lock = Lock(lock_file(path, campaign), campaign)
    with lock, open_ledger(path, create=create) as ledger:
        _verify(ledger, path)
        yield ledger.fenced(FileFence(path, lock))


@contextmanager
def _server(url: URL, campaign: str, create: bool) -> Iterator[Ledger]:
    password = url.render_as_string(hide_password=False)
    with (
        open_ledger(password, create=create) as ledger,
        ServerLock(ledger.engine, campaign) as lock,
    ):
        yield ledger.fenced(lock)


def _refuse_others(path: Path) -> None:
    """Before a lock is left beside what is no database: nobody may remove a lock."""
    if path.is_dir():
        raise StorageError(f"database {path} is a folder", help="name a file in it")
    with suppress(OSError), path.open("rb") as file:
        found = file.read(len(_HEADER))
        if found and found != _HEADER:
            raise StorageError(
                f"database {path}: file is not a database",
                help="it is not an SQLite database; move it away or name another campaign",
            )


def _verify(ledger: Ledger, path: Path) -> None:
    """Look at every page before anything is built on it."""
    with reading(ledger.engine) as connection:
        found = list(connection.scalars(text("PRAGMA quick_check(3)")))
    if found != ["ok"]:
        raise StorageError(
            f"database {path} is damaged: {'; '.join(found)}",
            help="restore it from a backup, or save what is left with "
            "`sqlite3 campaign.db .recover | sqlite3 rescued.db`",
        )
