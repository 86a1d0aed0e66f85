"""Connections: how the database is opened, and what its errors mean to a user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from harness.errors import MissingExtraError, StorageError, UsageError

__all__ = ["open_engine", "parse_url", "reading", "translated", "writing"]

_BUSY_SECONDS = 60

_ADVICE = {
    "SQLITE_NOTADB": "it is not an SQLite database; move it away or name another campaign",
    "SQLITE_CORRUPT": "restore it from a backup, or save what is left with "
    "`sqlite3 campaign.db .recover | sqlite3 rescued.db`",
    "SQLITE_READONLY": "the file or its folder cannot be written; check the permissions, "
    "or copy the folder to a writable place",
    "SQLITE_CANTOPEN": "check that the folder is there and can be written; "
    "the journal is kept beside the database",
    "SQLITE_FULL": "free some space; what was acknowledged so far is safe, "
    "and the same command goes on from there",
    "SQLITE_IOERR": "the disk failed to read or write; a network file system is no place for it",
    "SQLITE_BUSY": "another program holds the database for over a minute; end it and try again",
    "SQLITE_LOCKED": "another program holds the database; end it and try again",
}


def parse_url(url_or_path: str | Path) -> URL:
    """The database's URL; what has no ``://`` is the path of an SQLite file.

    Raises:
        UsageError: It is no URL, or names a kind of database that is not supported.
    """
    text = str(url_or_path)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).absolute()))
    try:
        url = make_url(text)
    except ArgumentError as exc:
        raise UsageError(
            f"`{text}` is no database URL",
            help="e.g. `sqlite:///runs/x/campaign.db` or `postgresql+psycopg://user@host/name`",
        ) from exc
    kind = url.get_backend_name()
    if kind not in {"sqlite", "postgresql"}:
        raise UsageError(f"`{kind}` databases are not supported", help="use SQLite or PostgreSQL")
    if kind == "sqlite" and url.database in {None, "", ":memory:"}:
        raise UsageError("a campaign in memory cannot be resumed", help="name a file")
    return url


def open_engine(url: URL) -> Engine:
    """An engine whose SQLite connections survive crashes and wait for other programs.

    Raises:
        MissingExtraError: The server's driver is not installed.
    """
    try:
        engine = sqlalchemy.create_engine(url)
    except (ModuleNotFoundError, NoSuchModuleError) as exc:
        raise MissingExtraError(
            f"the driver of `{url.drivername}` is not installed",
            help="pip install 'psycopg[binary]' and write `postgresql+psycopg://...`",
        ) from exc
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: Any, _: object) -> None:
    # The driver's own transactions start too late: not before a SELECT, and never immediately.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {_BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that will write takes the lock at once, so that it cannot fail half-way.
    mode = "IMMEDIATE" if connection.get_execution_options().get("harness_writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction; committed at the end, undone by any exception.

    Raises:
        StorageError: The database fails.
    """
    with translated(engine.url), engine.connect() as connection:
        marked = connection.execution_options(harness_writes=True)
        with marked.begin():
            yield marked


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database.

    Raises:
        StorageError: The database fails.
    """
    with translated(engine.url), engine.connect() as connection:
        yield connection


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turns the database library's errors into ours."""
    try:
        yield
    except SQLAlchemyError as exc:
        where = url.database if url.get_backend_name() == "sqlite" else url.render_as_string()
        reason = str(exc.orig) if isinstance(exc, DBAPIError) else str(exc)
        raise StorageError(f"database {where}: {reason}", help=_advice(exc)) from exc


def _advice(exc: SQLAlchemyError) -> str:
    origin = exc.orig if isinstance(exc, DBAPIError) else None
    code = str(getattr(origin, "sqlite_errorname", ""))
    for prefix, advice in _ADVICE.items():
        if code.startswith(prefix):
            return advice
    return "check that the database can be reached and belongs to this program"
