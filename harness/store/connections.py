"""Connections to a database: its URL, its transactions, and what its errors mean to a user."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from harness.core.printable_text import mask_argument
from harness.errors import MissingExtraError, StorageError, UsageError

_DRIVERS: Final = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}
"""What a URL without a driver means; psycopg is psycopg 3."""

_SECRETS: Final = ("password", "passwd", "sslpassword")
"""Parameters of a URL that hold a password too."""

_EXAMPLES: Final = "e.g. `sqlite:////data/x.db` or `postgresql://user@host/name`"


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
    except (ArgumentError, ValueError) as exc:
        raise UsageError(f"`{mask_argument(text)}` is no database URL", help=_EXAMPLES) from exc
    scheme, _, driver = url.drivername.partition("+")
    if scheme == "sqlite":
        return _file_url(url)
    if scheme not in _DRIVERS:
        raise UsageError(
            f"`{scheme}` databases are not supported",
            help=f"use SQLite, PostgreSQL, MySQL or MariaDB, {_EXAMPLES}",
        )
    if not url.database:
        raise UsageError(f"`{display_url(url)}` names no database", help=_EXAMPLES)
    standard = _DRIVERS[scheme]
    return url.set(drivername=f"{standard.partition('+')[0]}+{driver}" if driver else standard)


def _file_url(url: URL) -> URL:
    if url.database in {None, "", ":memory:"}:
        raise UsageError("a campaign in memory cannot be resumed", help="name a file")
    name = str(url.database)
    if name.startswith("file:"):
        raise UsageError(f"`{display_url(url)}` is a URI of SQLite's own", help=_EXAMPLES)
    return url.set(database=str(Path(name).absolute()))


def file_url(path: Path) -> str:
    """The URL of an SQLite file, whatever signs its path has."""
    return parse_url(path).render_as_string()


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite database; None for a server."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def display_url(url: URL) -> str:
    """How the database is named to people: a path, or a URL with its passwords masked."""
    file = sqlite_file(url)
    return str(file) if file is not None else mask_argument(url.render_as_string())


def without_password(url: URL) -> str:
    """The URL as it may be kept in a file; the password then comes from somewhere else."""
    bare = url.set(query={key: value for key, value in url.query.items() if key not in _SECRETS})
    # `set` takes None for "leave it as it is".
    return bare._replace(password=None).render_as_string(hide_password=False)


_BUSY_SECONDS: Final = 60

_LIBPQ: Final = {
    "connect_timeout": 10,
    "application_name": "rl-harness",
    # A firewall that forgets idle connections would take the campaign's lock along.
    "keepalives_idle": 60,
    "keepalives_interval": 15,
    "keepalives_count": 4,
}

_INSTALL: Final = {
    "psycopg": "pip install 'rl-harness[postgres]'",
    "pymysql": "pip install pymysql",
}


def open_engine(url: URL) -> Engine:
    """An engine whose SQLite connections survive crashes and wait for other programs.

    A file in a folder that cannot be written, and that nobody writes, is only read.

    Raises:
        MissingExtraError: The server's driver is not installed.
        UsageError: The driver does not understand the URL.
    """
    file = sqlite_file(url)
    options: dict[str, Any] = {} if file is not None else {"pool_pre_ping": True}
    if is_archived := file is not None and _is_archived(file):
        options["creator"] = partial(_read_archived, url)
    if url.get_driver_name() in {"psycopg", "psycopg2"}:
        options["connect_args"] = {k: v for k, v in _LIBPQ.items() if k not in url.query}
    try:
        engine = sqlalchemy.create_engine(url, **options)
    except (ImportError, NoSuchModuleError) as exc:
        driver = url.drivername.partition("+")[2]
        raise MissingExtraError(
            f"the driver of `{url.drivername}` is not installed",
            help=_INSTALL.get(driver, f"{_INSTALL['psycopg']} and write `postgresql://...`"),
        ) from exc
    except (ArgumentError, TypeError, ValueError) as exc:
        raise _unusable(url, exc) from exc
    if file is not None:
        if not is_archived:
            event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    return engine


def connect(engine: Engine) -> Connection:
    """The first connection of an engine.

    Raises:
        UsageError: The driver takes no such option, host or name as the URL has.
    """
    try:
        return engine.connect()
    except (AttributeError, TypeError, ValueError) as exc:
        raise _unusable(engine.url, exc) from exc


def _unusable(url: URL, exc: Exception) -> UsageError:
    reason = f"`{display_url(url)}` cannot be used: {exc}"
    return UsageError(reason, help=f"correct its host, port or options, {_EXAMPLES}")


def _is_archived(file: Path) -> bool:
    """Whether a file lies where SQLite cannot make the index that it shares with writers."""
    log = file.with_name(f"{file.name}-wal")
    return file.is_file() and not os.access(file.parent, os.W_OK) and not log.exists()


def _read_archived(url: URL) -> sqlite3.Connection:
    path = f"file:{quote(str(url.database))}?mode=ro&immutable=1"
    return sqlite3.connect(path, uri=True, check_same_thread=False)


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
def write_transaction(engine: Engine, through: Connection | None = None) -> Iterator[Connection]:
    """One transaction; committed at the end, undone by any exception.

    Args:
        through: The connection to write through; None takes one of the engine's.

    Raises:
        StorageError: The database fails.
    """
    with (
        database_errors(engine.url),
        engine.connect() if through is None else nullcontext(through) as connection,
    ):
        writer = connection.execution_options(harness_writes=True)
        with writer.begin():
            yield writer


@contextmanager
def read_transaction(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database.

    Raises:
        StorageError: The database fails.
    """
    with database_errors(engine.url), engine.connect() as connection:
        if engine.url.get_backend_name() == "postgresql":
            # Its default shows every statement the newest rows.
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


@contextmanager
def database_errors(url: URL) -> Iterator[None]:
    """Turns the database library's errors into ours."""
    try:
        yield
    except SQLAlchemyError as exc:
        reason, advice = explain(exc)
        raise StorageError(f"database {display_url(url)}: {reason}", help=advice) from exc


_SQLITE: Final = {
    "SQLITE_NOTADB": "it is not an SQLite database; move it away or name another campaign",
    "SQLITE_CORRUPT": "restore it from a backup, or save what is left with "
    "`sqlite3 campaign.db .recover | sqlite3 rescued.db`",
    "SQLITE_READONLY": "the file or its folder cannot be written; check the permissions, "
    "or copy the folder to a writable place",
    "SQLITE_CANTOPEN": "check that the folder is there and can be written; "
    "the journal is kept beside the database",
    "SQLITE_FULL": "free some space; what was acknowledged so far is safe, "
    "and the same command goes on from there",
    "SQLITE_IOERR": "the disk failed to read or write: check that it is there, healthy and not "
    "full; a network file system is no place for a campaign",
    "SQLITE_BUSY": "another program holds the database for over a minute; end it and try again",
    "SQLITE_LOCKED": "another program holds the database; end it and try again",
}

_LOGIN: Final = (
    "check user and password; a password comes from PGPASSWORD, from ~/.pgpass (PGPASSFILE) "
    "or from the URL in HARNESS_STORAGE"
)
_START: Final = (
    "check host and port, and that the server runs; the same command then goes on from there"
)
_GONE: Final = (
    "what was acknowledged so far is safe; when the server is back, "
    "the same command goes on from there"
)

_SERVER: Final = (
    ("does not exist", "create it first: `createdb NAME`, `createuser NAME` on the server"),
    ("unknown database", "create it first: `CREATE DATABASE name` on the server"),
    ("password", _LOGIN),
    ("access denied", "check user, password and grants; a password may stand in HARNESS_STORAGE"),
    ("authentication failed", _LOGIN),
    ("no pg_hba.conf entry", "the server does not let this machine in: see its pg_hba.conf"),
    ("permission denied", "the user must own the database or be granted CREATE on its schema"),
    ("too many", "the server has no connection left; end others or raise max_connections"),
    ("remaining connection slots", "the server has no connection left; raise max_connections"),
    ("resolve host", "check the host's name"),
    ("translate host", "check the host's name"),
    ("can't connect", _START),
    ("connection refused", _START),
    ("no such file", _START),
    ("timeout expired", _START),
    ("starting up", "the server is just starting; try again in a moment"),
    ("no space left", "the server's disk is full; free some space there"),
    ("disk full", "the server's disk is full; free some space there"),
    ("terminating connection", _GONE),
    ("server closed the connection", _GONE),
    ("lost connection", _GONE),
    ("gone away", _GONE),
    ("connection", _GONE),
)
"""Words of a server's message, the most telling first; drivers give no code for most of them."""

_OTHERWISE: Final = "check that the database can be reached and belongs to this program"


def explain(error: BaseException) -> tuple[str, str]:
    """Reason and advice of an error, which another library may have wrapped around the database's.

    Returns:
        The database's own words on one line, and what to do about it.
    """
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, DBAPIError):
        inner = inner.__cause__ or inner.__context__
    origin = inner.orig if isinstance(inner, DBAPIError) else None
    if origin is None:
        return " ".join(str(error).split()), _OTHERWISE
    # pymysql's arguments are a number and the message.
    message = origin.args[-1] if origin.args and isinstance(origin.args[-1], str) else origin
    reason = " ".join(str(message).split())
    code = str(getattr(origin, "sqlite_errorname", ""))
    for prefix, advice in _SQLITE.items():
        if code.startswith(prefix):
            return reason, advice
    words = "" if code else reason.lower()
    return reason, next((advice for part, advice in _SERVER if part in words), _OTHERWISE)
