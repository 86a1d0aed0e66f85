"""One coordinator per campaign on a database server.

The lock belongs to a session of the server, and the ledger writes through that session alone: a
coordinator that has lost its lock has lost the only connection it writes with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any, Final, Self

from sqlalchemy import Connection, Delete, Engine, delete, insert, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from harness.errors import StorageError
from harness.store import tables
from harness.store.connections import database_errors, display_url, explain
from harness.store.locks import make_lock_error, process_description

_CHECK_INTERVAL: Final = 5.0
"""Seconds between two questions whether the session still lives."""

_TAKE: Final = {
    "postgresql": "SELECT pg_try_advisory_lock(:key)",
    "mysql": "SELECT GET_LOCK(:key, 0)",
}
_WAIT: Final = {
    "postgresql": "SELECT pg_advisory_lock(:key)",
    "mysql": "SELECT GET_LOCK(:key, 600)",
}
_FREE: Final = {
    "postgresql": "SELECT pg_advisory_unlock(:key)",
    "mysql": "SELECT RELEASE_LOCK(:key)",
}
_KEEP_ALIVE: Final = {
    # The server hangs up on a dead machine within two minutes, and never on a quiet one.
    "postgresql": (
        "SELECT set_config(name, value, false) FROM (VALUES ('tcp_keepalives_idle', '60'), "
        "('tcp_keepalives_interval', '15'), ('tcp_keepalives_count', '4'), "
        "('idle_session_timeout', '0')) AS wanted(name, value) "
        "WHERE name IN (SELECT name FROM pg_settings)"
    ),
    "mysql": "SET SESSION wait_timeout = 31536000",
}


def _key(connection: Connection, what: str) -> int | str:
    """A lock's key: 64 bits on PostgreSQL, per database; a name on MySQL, per server."""
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256(f"rl-harness {what}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)
    database = connection.engine.url.database
    return hashlib.sha256(f"rl-harness {database} {what}".encode()).hexdigest()[:60]


@contextmanager
def exclusive_setup(connection: Connection) -> Iterator[None]:
    """Make tables while no other coordinator of the database does."""
    if connection.dialect.name not in _WAIT:
        yield
        return
    key = {"key": _key(connection, "setup")}
    connection.execute(text(_WAIT[connection.dialect.name]), key)
    connection.commit()
    try:
        yield
    finally:
        # What was made must be committed before others may look.
        with suppress(SQLAlchemyError):
            connection.rollback()
            connection.execute(text(_FREE[connection.dialect.name]), key)
            connection.commit()


class ServerLock:
    """A campaign's lock on a server, held while the context is open.

    It protects from a second coordinator, and from writing on after the server has ended the
    session and with it the lock.

    Attributes:
        connection: The session that holds the lock; the ledger writes through it.
    """

    connection: Connection

    def __init__(self, engine: Engine, campaign: str) -> None:
        self._engine = engine
        self._campaign = campaign
        self._next_check = 0.0

    def __enter__(self) -> Self:
        """Take the lock without waiting.

        Raises:
            LockedError: Another coordinator holds it; the message names it.
            StorageError: The server fails.
        """
        with database_errors(self._engine.url):
            self.connection = self._engine.connect()
            try:
                self._take()
            except BaseException:
                self.connection.close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        # The lock goes with the session; a server that is gone has freed it already.
        with suppress(SQLAlchemyError):
            if not self.connection.invalidated:
                self.connection.execute(_delete_holder(self._campaign))
                self._run(_FREE)
                self.connection.commit()
        with suppress(SQLAlchemyError):
            self.connection.invalidate()
            self.connection.close()

    def holder(self) -> tuple[bool, Mapping[str, Any] | None]:
        """Whether the lock is held, and what its last holder wrote; takes nothing for long."""
        with database_errors(self._engine.url), self._engine.connect() as self.connection:
            row = self._holder_row()
            free = self._run(_TAKE)
            if free:
                self._run(_FREE)
            return not free, row

    def check(self) -> None:
        if self.connection.invalidated:
            raise self._make_lost_error("the connection broke")
        if monotonic() < self._next_check:
            return
        self._next_check = monotonic() + _CHECK_INTERVAL
        try:
            self.connection.execute(select(1))
            self.connection.rollback()
        except DBAPIError as exc:
            raise self._make_lost_error(explain(exc)[0]) from exc

    @contextmanager
    def exclusive_setup(self) -> Iterator[None]:
        with database_errors(self._engine.url), exclusive_setup(self.connection):
            yield

    def _take(self) -> None:
        connection = self.connection
        connection.execute(text(_KEEP_ALIVE[connection.dialect.name]))
        if not self._run(_TAKE):
            bearer = f"connection to {display_url(self._engine.url)}"
            raise make_lock_error(self._campaign, self._holder_row(), bearer=bearer)
        connection.execute(_delete_holder(self._campaign))
        description = {"campaign": self._campaign, **process_description()}
        connection.execute(insert(tables.coordinators).values(description))
        connection.commit()

    def _holder_row(self) -> Mapping[str, object] | None:
        mine = tables.coordinators.c.campaign == self._campaign
        query = select(tables.coordinators).where(mine)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else row._asdict()

    def _run(self, statements: dict[str, str]) -> bool:
        key = {"key": _key(self.connection, f"campaign {self._campaign}")}
        return bool(self.connection.scalar(text(statements[self.connection.dialect.name]), key))

    def _make_lost_error(self, why: str) -> StorageError:
        database = display_url(self._engine.url)
        return StorageError(
            f"the lock on campaign `{self._campaign}` in {database} is lost: {why}",
            help="nothing was written since; when the server is back, the same command goes on "
            "from there",
        )


def _delete_holder(campaign: str) -> Delete:
    return delete(tables.coordinators).where(tables.coordinators.c.campaign == campaign)
