"""The lock on a server, held by a session: SQLite answers in the words of PostgreSQL and MySQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, NullPool, create_engine, event, select

from harness.errors import LockedError, StorageError
from harness.store import server_lock, tables
from harness.store.server_lock import ServerLock, exclusive_setup


class Server:
    """Two kinds of servers in one: locks that belong to sessions, and a clock.

    Attributes:
        locks: Key -> the session that holds it.
        statements: What was executed.
        now: What the client's clock says.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.locks: dict[Any, int] = {}
        self.statements: list[str] = []
        self.now = 100.0
        self.broken = False
        event.listen(engine, "connect", self._connect)
        event.listen(engine, "close", self._close)
        event.listen(engine, "before_cursor_execute", self._execute, retval=True)

    def _connect(self, session: Any, _: object) -> None:
        def take(key: Any, seconds: int = 0) -> int:
            del seconds
            return int(self.locks.setdefault(key, id(session)) == id(session))

        def free(key: Any) -> int:
            return int(self.locks.pop(key, None) is not None)

        session.create_function("GET_LOCK", 2, take)
        session.create_function("pg_try_advisory_lock", 1, take)
        session.create_function("pg_advisory_lock", 1, take)
        session.create_function("RELEASE_LOCK", 1, free)
        session.create_function("pg_advisory_unlock", 1, free)

    def _close(self, session: Any, _: object) -> None:
        self.locks = {key: holder for key, holder in self.locks.items() if holder != id(session)}

    def _execute(
        self, _c: object, _u: object, statement: str, parameters: Any, _x: object, _m: bool
    ) -> tuple[str, Any]:
        self.statements.append(statement)
        if self.broken:
            return "SELECT no_such_function()", ()
        patient = "wait_timeout" in statement or "tcp_keepalives" in statement
        return ("SELECT 1", ()) if patient else (statement, parameters)


@pytest.fixture(params=["postgresql", "mysql"])
def server(
    request: pytest.FixtureRequest, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    engine = create_engine(f"sqlite:///{tmp_path}/results", poolclass=NullPool)
    tables.metadata.create_all(engine)
    made = Server(engine)
    engine.dialect.name = request.param
    monkeypatch.setattr(server_lock, "monotonic", lambda: made.now)
    yield made
    engine.dispose()


def holders(server: Server) -> list[str]:
    with server.engine.connect() as connection:
        return list(connection.scalars(select(tables.coordinators.c.campaign)))


def test_one_session_holds_the_lock_of_a_campaign(server: Server) -> None:
    with ServerLock(server.engine, "quick"):
        with pytest.raises(LockedError) as caught:
            ServerLock(server.engine, "quick").__enter__()
        assert f"process {os.getpid()} " in caught.value.message
        with ServerLock(server.engine, "other"):
            assert sorted(holders(server)) == ["other", "quick"]
        assert len(server.locks) == 1
    assert (server.locks, holders(server)) == ({}, [])
    with ServerLock(server.engine, "quick"):
        assert holders(server) == ["quick"]


def test_a_session_that_waits_for_nobody_is_never_ended(server: Server) -> None:
    with ServerLock(server.engine, "quick"):
        assert any("timeout" in statement for statement in server.statements)


def test_who_looks_holds_nothing(server: Server) -> None:
    lock = ServerLock(server.engine, "quick")
    assert lock.holder() == (False, None)
    assert server.locks == {}
    with lock:
        held, row = ServerLock(server.engine, "quick").holder()
        assert held
        assert row is not None
        assert (row["campaign"], row["pid"]) == ("quick", os.getpid())
        assert ServerLock(server.engine, "other").holder() == (False, None)


def test_a_coordinator_that_died_has_left_its_name_and_no_lock(server: Server) -> None:
    with ServerLock(server.engine, "quick") as lock:
        lock.connection.invalidate()
        with pytest.raises(StorageError, match="is lost: the connection broke"):
            lock.check()
    held, row = ServerLock(server.engine, "quick").holder()
    assert not held
    assert row is not None
    with ServerLock(server.engine, "quick"):
        assert holders(server) == ["quick"]


def test_the_session_is_asked_now_and_then(server: Server) -> None:
    with ServerLock(server.engine, "quick") as lock:
        for now, asked in ((100.0, 1), (100.0, 0), (104.9, 0), (105.0, 1), (109.9, 0), (200.0, 1)):
            server.now = now
            server.statements.clear()
            lock.check()
            assert len(server.statements) == asked


def test_a_server_that_does_not_answer_has_lost_the_lock(server: Server) -> None:
    with ServerLock(server.engine, "quick") as lock:
        server.broken = True
        with pytest.raises(
            StorageError, match=r"the lock on campaign `quick` .* is lost"
        ) as caught:
            lock.check()
        assert "nothing was written since" in str(caught.value.help)
        server.broken = False


@pytest.mark.parametrize("error", [None, ValueError("a body that fails")])
def test_tables_are_made_by_one_at_a_time(server: Server, error: Exception | None) -> None:
    def make() -> None:
        with server.engine.connect() as connection, exclusive_setup(connection):
            assert len(server.locks) == 1
            if error is not None:
                raise error

    if error is None:
        make()
    else:
        with pytest.raises(ValueError, match="a body that fails"):
            make()
    assert server.locks == {}
    with ServerLock(server.engine, "setup") as lock:
        (held,) = server.locks
        with lock.exclusive_setup():
            assert len(server.locks) == 2  # a campaign of that name has another lock
        assert set(server.locks) == {held}


def test_a_file_needs_no_lock_to_make_its_tables(server: Server) -> None:
    server.engine.dialect.name = "sqlite"
    with server.engine.connect() as connection, exclusive_setup(connection):
        assert server.statements == []
