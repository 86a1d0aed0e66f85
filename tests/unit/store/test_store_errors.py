"""What the errors of databases and of their drivers become."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError, OperationalError

from harness.errors import StorageError
from harness.store import explain, parse_url
from harness.store.connections import database_errors

OTHERWISE = "check that the database can be reached and belongs to this program"


def sqlite_error(code: str, message: str = "out of order") -> OperationalError:
    origin = sqlite3.OperationalError(message)
    origin.sqlite_errorname = code
    return OperationalError("SELECT 1", None, origin)


def server_error(*arguments: object) -> DBAPIError:
    return DBAPIError("SELECT 1", None, Exception(*arguments))


@pytest.mark.parametrize(
    ("error", "reason", "advice"),
    [
        (sqlite_error("SQLITE_FULL", "disk is\n full"), "disk is full", "free some space"),
        (sqlite_error("SQLITE_CORRUPT_INDEX"), "out of order", "sqlite3 rescued.db"),
        (sqlite_error("SQLITE_IOERR_WRITE"), "out of order", "the disk failed to read or write"),
        # A code tells more than words that a server's message might have too.
        (sqlite_error("SQLITE_ERROR", "connection lost"), "connection lost", OTHERWISE),
        (
            server_error('database "x" does not exist'),
            'database "x" does not exist',
            "create it first",
        ),
        (
            server_error(1045, "Access denied for user 'me'"),
            "Access denied for user 'me'",
            "check user, password and grants",
        ),
        (server_error("Lost connection to server"), "Lost connection to server", "server is back"),
        (server_error(2003), "2003", OTHERWISE),
        (server_error("what?"), "what?", OTHERWISE),
        (server_error(), "", OTHERWISE),
        (ValueError("not\n of a database"), "not of a database", OTHERWISE),
    ],
)
def test_reason_and_advice(error: BaseException, reason: str, advice: str) -> None:
    assert explain(error)[0] == reason
    assert advice in explain(error)[1]


def test_the_database_s_error_is_found_behind_those_of_other_libraries() -> None:
    direct = RuntimeError("while committing")
    direct.__cause__ = sqlite_error("SQLITE_BUSY", "database is locked")
    indirect = RuntimeError("while retrying")
    indirect.__context__ = direct
    for error in (direct, indirect):
        reason, advice = explain(error)
        assert reason == "database is locked"
        assert "another program holds the database" in advice


def test_errors_of_a_database_name_it_without_its_password() -> None:
    url = parse_url("postgresql://me:secret@host/name")
    with pytest.raises(StorageError) as caught, database_errors(url):
        raise server_error("the server's disk: no space left on device")
    assert "postgresql+psycopg://me:***@host/name" in caught.value.message
    assert "no space left" in caught.value.message
    assert "free some space" in caught.value.help
    with pytest.raises(KeyError), database_errors(url):
        raise KeyError("not ours")


def test_an_sqlite_file_that_cannot_be_opened(tmp_path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/absent/campaign.db")
    with pytest.raises(StorageError, match="unable to open") as caught, database_errors(engine.url):
        engine.connect()
    assert "folder is there and can be written" in caught.value.help
