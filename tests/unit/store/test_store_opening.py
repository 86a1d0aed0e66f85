"""Opening, creating, upgrading, and what is said when that is not possible."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
import store_samples as sample
from sqlalchemy import insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from harness.errors import HarnessError, StorageError, UsageError
from harness.store import Ledger, migrations, open_ledger, schema
from harness.store.engine import reading, writing

NEXT = schema.SCHEMA_VERSION + 1
GOLDEN = Path(__file__).parents[2] / "golden" / "ledger_v1.db"


def test_a_missing_file_is_not_created_by_looking(database: Path) -> None:
    with pytest.raises(StorageError, match="holds no campaign"):
        open_ledger(database)
    assert not database.exists()


def test_creating_twice_keeps_what_is_there(database: Path) -> None:
    with open_ledger(database, create=True) as ledger:
        sample.begin(ledger)
    with open_ledger(str(database), create=True) as ledger:
        assert ledger.campaigns() == (sample.CAMPAIGN,)


def test_a_path_may_hold_anything(tmp_path: Path) -> None:
    path = tmp_path / "my runs, 100% \u00fc #1" / "campaign.db"
    path.parent.mkdir()
    with open_ledger(path, create=True) as ledger:
        sample.begin(ledger)
        url = ledger.url
    assert path.is_file()
    with open_ledger(url) as ledger:
        assert ledger.campaigns() == (sample.CAMPAIGN,)


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


def test_crash_safety_is_switched_on(ledger: Ledger) -> None:
    with reading(ledger._engine) as connection:
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


def test_reading_goes_on_while_another_connection_writes(database: Path, ledger: Ledger) -> None:
    sample.fill(ledger)
    before = ledger.record(sample.CAMPAIGN)
    with open_ledger(database) as other, writing(ledger._engine) as connection:
        connection.execute(text("delete from harness_results"))
        assert other.record(sample.CAMPAIGN) == before


def test_a_later_version_is_refused(ledger: Ledger, database: Path) -> None:
    with writing(ledger._engine) as connection:
        connection.execute(insert(schema.migrations).values(version=99, applied="later"))
    with pytest.raises(StorageError, match="schema version 99") as caught:
        open_ledger(database)
    assert "upgrade" in caught.value.help


def test_an_older_version_is_upgraded_step_by_step(
    ledger: Ledger, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.fill(ledger)
    ledger.close()
    steps = {
        NEXT: lambda c: c.execute(text("alter table harness_campaigns add column note text")),
        NEXT + 1: lambda c: c.execute(text("update harness_campaigns set note = 'upgraded'")),
    }
    monkeypatch.setattr(migrations, "UPGRADES", steps)
    monkeypatch.setattr(schema, "SCHEMA_VERSION", NEXT + 1)
    with open_ledger(database) as upgraded:
        assert upgraded.campaigns() == (sample.CAMPAIGN,)
        with reading(upgraded._engine) as connection:
            assert connection.scalar(text("select note from harness_campaigns")) == "upgraded"
            assert migrations.version_of(connection) == NEXT + 1


def test_an_upgrade_that_fails_changes_nothing(
    ledger: Ledger, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.close()
    steps = {
        NEXT: lambda c: c.execute(text("alter table harness_campaigns add column note text")),
        NEXT + 1: lambda c: c.execute(text("no sql at all")),
    }
    monkeypatch.setattr(migrations, "UPGRADES", steps)
    with monkeypatch.context() as later:
        later.setattr(schema, "SCHEMA_VERSION", NEXT + 1)
        with pytest.raises(StorageError):
            open_ledger(database)
    with open_ledger(database) as same, reading(same._engine) as connection:
        assert migrations.version_of(connection) == NEXT - 1
        columns = connection.execute(text("select * from harness_campaigns")).keys()
        assert "note" not in columns


def test_every_version_has_its_upgrade() -> None:
    assert sorted(migrations.UPGRADES) == list(range(2, schema.SCHEMA_VERSION + 1))


def test_an_upgraded_database_is_the_same_as_a_new_one(tmp_path: Path, ledger: Ledger) -> None:
    def columns(database: Ledger) -> dict[str, set[str]]:
        with reading(database._engine) as connection:
            return {
                table.name: set(connection.execute(select(text("*")).select_from(table)).keys())
                for table in schema.metadata.sorted_tables
            }

    with open_ledger(shutil.copy(GOLDEN, tmp_path / "old.db")) as old:
        assert columns(old) == columns(ledger)


def test_the_tables_suit_postgresql_too() -> None:
    for table in schema.metadata.sorted_tables:
        assert table.name.startswith("harness_")
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_a_database_of_version_1_can_be_read(tmp_path: Path) -> None:
    copy = shutil.copy(GOLDEN, tmp_path / "campaign.db")
    with open_ledger(tmp_path / "fresh.db", create=True) as fresh:
        sample.fill(fresh)
        expected = fresh.record(sample.CAMPAIGN)
    with open_ledger(copy) as old:
        found = old.record(sample.CAMPAIGN)
    assert found.created == "2026-11-20T12:00:00+00:00"
    assert found.cells == expected.cells
    assert (found.document, found.origins) == (expected.document, expected.origins)
    assert found.provenance == expected.provenance
