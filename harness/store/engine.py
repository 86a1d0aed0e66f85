"""Connections: how the database is opened, and what its errors become."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Final

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from harness.errors import MissingExtraError, StorageError
from harness.store.advice import advice, reason
from harness.store.urls import file_of, parse_url, shown

__all__ = ["open_engine", "parse_url", "reading", "translated", "writing"]

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

    Raises:
        MissingExtraError: The server's driver is not installed.
    """
    options: dict[str, Any] = {} if file_of(url) is not None else {"pool_pre_ping": True}
    if url.get_driver_name() in {"psycopg", "psycopg2"}:
        given = url.query
        options["connect_args"] = {k: v for k, v in _LIBPQ.items() if k not in given}
    try:
        engine = sqlalchemy.create_engine(url, **options)
    except (ImportError, NoSuchModuleError) as exc:
        driver = url.drivername.partition("+")[2]
        raise MissingExtraError(
            f"the driver of `{url.drivername}` is not installed",
            help=_INSTALL.get(driver, f"{_INSTALL['psycopg']} and write `postgresql://...`"),
        ) from exc
    if file_of(url) is not None:
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
def writing(engine: Engine, held: Connection | None = None) -> Iterator[Connection]:
    """One transaction; committed at the end, undone by any exception.

    Args:
        engine: The database.
        held: A connection to write through; None takes one of the engine's.

    Raises:
        StorageError: The database fails.
    """
    with (
        translated(engine.url),
        engine.connect() if held is None else nullcontext(held) as connection,
    ):
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
        if engine.url.get_backend_name() == "postgresql":
            # Its default shows every statement the newest rows.
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turns the database library's errors into ours."""
    try:
        yield
    except SQLAlchemyError as exc:
        raise StorageError(f"database {shown(url)}: {reason(exc)}", help=advice(exc)) from exc
