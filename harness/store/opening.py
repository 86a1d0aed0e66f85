"""Opening the ledger in a database: to read it, or as the one coordinator that may write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Integer, Table, text

from harness.errors import StorageError
from harness.store import codec, tables
from harness.store.connections import (
    connect,
    database_errors,
    display_url,
    open_engine,
    parse_url,
    read_transaction,
    sqlite_file,
    write_transaction,
)
from harness.store.locks import FileLock, SqliteLock
from harness.store.server_lock import ServerLock, exclusive_setup
from harness.store.sql_ledger import SqlLedger

_HEADER: Final = b"SQLite format 3\0"
"""How every SQLite file begins that is not empty."""


def open_ledger(url_or_path: str | Path, *, create: bool = False) -> SqlLedger:
    """The ledger in a database.

    Args:
        url_or_path: Path of an SQLite file, or URL of a database.
        create: Make the file and the tables where they are missing.

    Raises:
        StorageError: There is no ledger (and `create` is off), or the database is damaged, not a
            database, read-only, out of reach or of another schema version.
        UsageError: The URL is none, or names an unsupported kind of database.
        MissingExtraError: The server's driver is not installed.
    """
    url = parse_url(url_or_path)
    file = sqlite_file(url)
    missing = StorageError(
        f"{display_url(url)} holds no campaign",
        help="`harness run` begins one; check where it is kept",
    )
    if file is not None and not create and not file.is_file():
        raise missing
    engine = open_engine(url)
    try:
        with database_errors(url), connect(engine) as connection:
            version = tables.version_of(connection)
            connection.rollback()
            if version == 0 and not create:
                raise missing
            if version == 0:
                with exclusive_setup(connection), write_transaction(engine, connection):
                    # Another coordinator may have made them while this one waited.
                    version = tables.version_of(connection)
                    if version == 0:
                        version = tables.create_tables(connection)
            if version != tables.SCHEMA_VERSION:
                raise StorageError(
                    f"{display_url(url)} has schema version {version}, "
                    f"this version of rl-harness reads {tables.SCHEMA_VERSION}",
                    help="open it with the version of rl-harness that wrote it; upgrade, "
                    "or begin a campaign in another database",
                )
            if file is not None:
                _check_types(connection)
    except BaseException:
        engine.dispose()
        raise
    return SqlLedger(engine)


def _check_types(connection: Connection) -> None:
    """SQLite puts anything into any column; here all that is no body has the column's type.

    Raises:
        StorageError: Something else is there.
    """
    for misfit in connection.scalars(text(_MISFITS)):
        if misfit is not None:
            raise codec.damage_error(misfit)


def _misfit_of(table: Table) -> str:
    """SQL that looks at each row of a table once, and says which column holds another type."""
    cases = []
    for column in table.columns:
        kind = "integer" if isinstance(column.type, Integer) else "text"
        is_wrong = f"max(typeof(\"{column.name}\") not in ('{kind}', 'null'))"
        cases.append(f"when {is_wrong} then '`{column}` holds something else than {kind}'")
    return f'select case {" ".join(cases)} end from "{table.name}"'  # noqa: S608 - our own names


_MISFITS: Final = " union all ".join(map(_misfit_of, tables.metadata.sorted_tables))
"""One statement for all tables: SQLAlchemy takes longer to build sixty than SQLite to answer."""


@contextmanager
def lock_campaign(
    url_or_path: str | Path, campaign: str, *, create: bool = True
) -> Iterator[SqlLedger]:
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
    file = sqlite_file(url)
    if file is None:
        lock = _lock_on_server(url, campaign, create)
    else:
        lock = _lock_in_file(file, campaign, create)
    with lock as ledger:
        yield ledger


def file_lock(database: Path, campaign: str) -> FileLock:
    """The lock of a campaign in an SQLite file, to be entered by who does not open the file."""
    return FileLock(_lock_file(database, campaign), campaign)


def lock_holder(ledger: SqlLedger, campaign: str) -> tuple[bool, Mapping[str, object] | None]:
    """Whether a coordinator runs the campaign, and what the last one wrote about itself."""
    file = sqlite_file(ledger.engine.url)
    if file is not None:
        return file_lock(file, campaign).holder()
    return ServerLock(ledger.engine, campaign).holder()


@contextmanager
def _lock_in_file(path: Path, campaign: str, create: bool) -> Iterator[SqlLedger]:
    _refuse_other_files(path)
    lock = file_lock(path, campaign)
    with lock, open_ledger(path, create=create) as ledger:
        _check_pages(ledger, path)
        yield ledger.with_lock(SqliteLock(path, lock))


@contextmanager
def _lock_on_server(url: URL, campaign: str, create: bool) -> Iterator[SqlLedger]:
    password = url.render_as_string(hide_password=False)
    with (
        open_ledger(password, create=create) as ledger,
        ServerLock(ledger.engine, campaign) as lock,
    ):
        yield ledger.with_lock(lock)


def _lock_file(database: Path, campaign: str) -> Path:
    """The lock of a campaign in an SQLite file, which may hold others too."""
    own = database.name == "campaign.db"
    return database.with_name("lock" if own else f"{database.name}.{campaign}.lock")


def _refuse_other_files(path: Path) -> None:
    """Before a lock is left beside what is no database: nobody may remove a lock."""
    if path.is_dir():
        raise StorageError(f"database {path} is a folder", help="name a file in it")
    with suppress(OSError), path.open("rb") as file:
        header = file.read(len(_HEADER))
        if header and header != _HEADER:
            raise StorageError(
                f"database {path}: file is not a database",
                help="it is not an SQLite database; move it away or name another campaign",
            )


def _check_pages(ledger: SqlLedger, path: Path) -> None:
    """Look at every page before anything is built on it."""
    with read_transaction(ledger.engine) as connection:
        problems = list(connection.scalars(text("PRAGMA quick_check(3)")))
    if problems != ["ok"]:
        raise StorageError(
            f"database {path} is damaged: {'; '.join(problems)}",
            help="restore it from a backup, or save what is left with "
            "`sqlite3 campaign.db .recover | sqlite3 rescued.db`",
        )
