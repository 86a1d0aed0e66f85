"""Opening, creating, and what is said when that is not possible."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from harness.errors import HarnessError, StorageError, UsageError
from harness.store import SqlLedger, lock_campaign, open_ledger, tables
from harness.store.connections import read_transaction, write_transaction
from harness.testing import ledger_contents as contents


def test_a_missing_file_is_not_created_by_looking(database: Path) -> None:
    with pytest.raises(StorageError, match="holds no campaign"):
        open_ledger(database)
    assert not database.exists()


def test_creating_twice_keeps_what_is_there(database: Path) -> None:
    with open_ledger(database, create=True) as ledger:
        contents.begin(ledger)
    with open_ledger(str(database), create=True) as ledger:
        assert ledger.campaigns() == (contents.CAMPAIGN,)


def test_a_path_may_hold_anything(tmp_path: Path) -> None:
    path = tmp_path / "my runs, 100% \u00fc #1" / "campaign.db"
    path.parent.mkdir()
    with open_ledger(path, create=True) as ledger:
        contents.begin(ledger)
        url = ledger.url
    assert path.is_file()
    with open_ledger(url) as ledger:
        assert ledger.campaigns() == (contents.CAMPAIGN,)


def test_somebody_elses_database_is_left_alone(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("create table theirs (x)")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="holds no campaign"):
        open_ledger(database)
    open_ledger(database, create=True).close()
    connection = sqlite3.connect(database)
    assert connection.execute("select count(*) from theirs").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("oracle://host/name", "not supported"),
        ("postgresql://host", "names no database"),
        ("sqlite:///file:x.db?uri=true", "SQLite's own"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("://", "no database URL"),
    ],
)
def test_urls_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        open_ledger(url)


def test_a_server_without_its_driver() -> None:
    with pytest.raises(HarnessError, match="driver") as caught:
        open_ledger("postgresql+no_such_driver://user:secret@host/name")
    assert "rl-harness[postgres]" in caught.value.help
    assert "secret" not in str(caught.value)


def test_crash_safety_is_switched_on(ledger: SqlLedger) -> None:
    with read_transaction(ledger._engine) as connection:
        found = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 60_000,
    }


def test_reading_goes_on_while_another_connection_writes(database: Path, ledger: SqlLedger) -> None:
    contents.fill(ledger)
    before = ledger.record(contents.CAMPAIGN)
    with open_ledger(database) as other, write_transaction(ledger._engine) as connection:
        connection.execute(text("delete from harness_results"))
        assert other.record(contents.CAMPAIGN) == before


@pytest.mark.parametrize("version", [tables.SCHEMA_VERSION + 1, tables.SCHEMA_VERSION - 1])
def test_another_schema_version_is_refused(ledger: SqlLedger, database: Path, version: int) -> None:
    with write_transaction(ledger.engine) as connection:
        connection.execute(update(tables.versions).values(version=version))
    for create in (False, True):
        with pytest.raises(StorageError, match=f"schema version {version}") as caught:
            open_ledger(database, create=create)
        assert f"reads {tables.SCHEMA_VERSION}" in caught.value.message
        assert "upgrade" in caught.value.help


def test_the_tables_suit_postgresql_too() -> None:
    for table in tables.metadata.sorted_tables:
        assert table.name.startswith("harness_")
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


@pytest.mark.parametrize(
    ("column", "kind", "value"),
    [("harness_trials.number", "integer", "'one'"), ("harness_trials.run_id", "text", "17.5")],
)
def test_what_is_of_another_type_than_its_column_is_damage(
    ledger: SqlLedger, database: Path, column: str, kind: str, value: str
) -> None:
    contents.fill(ledger)
    table, name = column.split(".")
    connection = sqlite3.connect(database)
    connection.execute("pragma foreign_keys = off")
    connection.execute(f"alter table {table} rename to before")  # without the types of its columns
    columns = [row[1] for row in connection.execute("pragma table_info(before)")]
    connection.execute(f"create table {table} ({', '.join(columns)})")
    connection.execute(f"insert into {table} select * from before")
    connection.execute(f"update {table} set {name} = {value} where rowid = 1")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match=f"`{column}` holds something else than {kind}"):
        open_ledger(database)


def test_before_anything_is_written_every_page_is_looked_at(
    ledger: SqlLedger, database: Path
) -> None:
    contents.fill(ledger)
    ledger.close()
    data = bytearray(database.read_bytes())
    pages = range(4096, len(data), 4096)
    for start in pages[len(pages) // 2 :]:
        data[start : start + 4096] = b"\xff" * 4096
    database.write_bytes(data)
    with (
        pytest.raises(StorageError, match=r"is damaged|malformed") as caught,
        lock_campaign(database, contents.CAMPAIGN),
    ):
        pass
    assert ".recover" in caught.value.help
