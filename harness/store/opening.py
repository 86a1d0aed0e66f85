"""Opening the ledger in a database, and making one where there is none."""

from __future__ import annotations

from pathlib import Path

from harness.errors import StorageError
from harness.store import schema
from harness.store.engine import open_engine, translated, writing
from harness.store.ledger import Ledger
from harness.store.migrations import bring_up_to_date, version_of
from harness.store.server_lock import setup
from harness.store.urls import file_of, parse_url, shown

__all__ = ["open_ledger"]


def open_ledger(url_or_path: str | Path, *, create: bool = False) -> Ledger:
    """The ledger in a database.

    Args:
        url_or_path: Path of an SQLite file, or URL of a database.
        create: Make the file and the tables where they are missing.

    Raises:
        StorageError: There is no ledger (and `create` is off), or the database is damaged, not a
            database, read-only, out of reach or of a later version.
        UsageError: The URL is none, or names an unsupported kind of database.
        MissingExtraError: The server's driver is not installed.
    """
    url = parse_url(url_or_path)
    file = file_of(url)
    missing = StorageError(
        f"{shown(url)} holds no campaign", help="`harness run` begins one; check where it is kept"
    )
    if file is not None and not create and not file.is_file():
        raise missing
    engine = open_engine(url)
    try:
        with translated(url), engine.connect() as connection:
            version = version_of(connection)
            connection.rollback()
            if version == 0 and not create:
                raise missing
            if version != schema.SCHEMA_VERSION:
                with setup(connection), writing(engine, connection):
                    bring_up_to_date(connection)
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine)
