"""Bringing a database to the present schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, func, insert, inspect, select, text

from harness.errors import StorageError
from harness.store import schema

__all__ = ["UPGRADES", "bring_up_to_date", "now", "version_of"]


def _to_version_2(connection: Connection) -> None:
    schema.coordinators.create(connection, checkfirst=True)
    connection.execute(text("ALTER TABLE harness_outcomes ADD COLUMN closed INTEGER"))


UPGRADES: Final[Mapping[int, Callable[[Connection], None]]] = {2: _to_version_2}
"""Version -> the step from the version before it; each runs inside the caller's transaction."""


def now() -> str:
    """The present in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def version_of(connection: Connection) -> int:
    """Schema version of the database; 0 where there is no ledger yet."""
    if not inspect(connection).has_table(schema.migrations.name):
        return 0
    return connection.scalar(select(func.max(schema.migrations.c.version))) or 0


def bring_up_to_date(connection: Connection) -> None:
    """Create the tables in an empty database, or upgrade older ones step by step.

    Raises:
        StorageError: A later version of this program wrote the database.
    """
    found = version_of(connection)
    if found > schema.SCHEMA_VERSION:
        raise StorageError(
            f"the database has schema version {found}, "
            f"this version of rl-harness knows {schema.SCHEMA_VERSION}",
            help="upgrade it: pip install --upgrade rl-harness",
        )
    if found == 0:
        schema.metadata.create_all(connection)
        _stamp(connection, schema.SCHEMA_VERSION)
    else:
        for version in range(found + 1, schema.SCHEMA_VERSION + 1):
            UPGRADES[version](connection)
            _stamp(connection, version)


def _stamp(connection: Connection, version: int) -> None:
    connection.execute(insert(schema.migrations).values(version=version, applied=now()))
