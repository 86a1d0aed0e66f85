"""The ledger against kill -9, damaged files, full disks and refusing folders."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event

from harness.core.run_result import RunResult, Status
from harness.errors import StorageError
from harness.store import SqlLedger, open_ledger

ENVIRONMENT = "e" * 64

_WRITE = """
import sys
from harness.core.run_result import RunResult, Status
from harness.store import open_ledger
start = int(sys.argv[2])
ledger = open_ledger(sys.argv[1], create=True)
for n in range(start, start + 100_000):
    result = RunResult(run_id=f"{n:064d}", status=Status.COMPLETE, score=float(n), steps=n)
    ledger.add_results([result], environment="e" * 64)
    print(n, flush=True)
"""

_WRITE_FILES = """
import sys
from pathlib import Path
from harness.files import write_atomically
for n in range(100_000):
    with write_atomically(Path(sys.argv[1])) as beside:
        beside.write_text(str(n) * 50_000 + "end")
    print(n, flush=True)
"""


def _result(number: int) -> RunResult:
    return RunResult(
        run_id=f"{number:064d}", status=Status.COMPLETE, score=float(number), steps=number
    )


def _kill_after(lines: int, *command: str) -> list[int]:
    """What the process had acknowledged when it was killed."""
    with subprocess.Popen([sys.executable, "-c", *command], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        seen = [int(process.stdout.readline()) for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        seen += [int(line) for line in process.stdout if line.endswith(b"\n")]
    return seen


def test_every_acknowledged_result_survives_kill_9(tmp_path: Path) -> None:
    database = tmp_path / "campaign.db"
    acknowledged: list[int] = []
    for round_, lines in enumerate((1, 7, 20)):
        acknowledged += _kill_after(lines, _WRITE, str(database), str(round_ * 1_000_000))
    with open_ledger(database) as ledger:
        found = ledger.results(ENVIRONMENT)
        assert {run: found.get(run) for run in (_result(n).run_id for n in acknowledged)} == {
            _result(n).run_id: _result(n) for n in acknowledged
        }
        # At most the result in flight at each kill was written without being acknowledged.
        assert len(found) - len(acknowledged) <= 3
        assert ledger.add_results([_result(77_777_777)], environment=ENVIRONMENT)
    connection = sqlite3.connect(database)
    assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_a_file_is_whole_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    _kill_after(5, _WRITE_FILES, str(path))
    assert path.read_text().endswith("end")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "campaign.db"
    with open_ledger(path, create=True) as ledger:
        for number in range(200):
            ledger.add_results([_result(number)], environment=ENVIRONMENT)
    return path


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "campaign.db"
    path.write_text("these are my notes, not a database\n" * 100)
    for create in (False, True):
        with pytest.raises(StorageError, match="not a database") as caught:
            open_ledger(path, create=create)
        assert str(path) in caught.value.message
        assert "move it away" in caught.value.help


def test_a_damaged_database(database: Path) -> None:
    content = bytearray(database.read_bytes())
    page = 4096
    content[page:] = os.urandom(len(content) - page)
    database.write_bytes(content)
    with pytest.raises(StorageError, match="malformed") as caught, open_ledger(database) as ledger:
        ledger.results(ENVIRONMENT)
    assert "backup" in caught.value.help


def test_a_truncated_database(database: Path) -> None:
    os.truncate(database, 4096 * 3)
    with pytest.raises(StorageError), open_ledger(database) as ledger:
        ledger.results(ENVIRONMENT)


def test_a_damaged_row(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("update harness_results set body = '{half' where run_id = ?", ("0" * 64,))
    connection.commit()
    connection.close()
    with open_ledger(database) as ledger, pytest.raises(StorageError, match="damaged row"):
        ledger.results(ENVIRONMENT)


def _pragma(ledger: SqlLedger, pragma: str) -> None:
    """Have every new connection of the ledger start with this."""

    def apply(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    ledger._engine.dispose()
    event.listen(ledger._engine, "connect", apply)


def _add_until_it_fails(ledger: SqlLedger, acknowledged: dict[str, RunResult]) -> None:
    for number in range(1000, 2000):
        ledger.add_results([_result(number)], environment=ENVIRONMENT)
        acknowledged[_result(number).run_id] = _result(number)


def test_a_full_disk_loses_only_the_write_at_hand(database: Path) -> None:
    with open_ledger(database) as ledger:
        before = ledger.results(ENVIRONMENT)
        _pragma(ledger, "max_page_count = 1")
        with pytest.raises(StorageError, match="full") as caught:
            _add_until_it_fails(ledger, before)
        assert "free some space" in caught.value.help
        assert ledger.results(ENVIRONMENT) == before


def test_a_read_only_database(database: Path) -> None:
    with open_ledger(database) as ledger:
        _pragma(ledger, "query_only = ON")
        with pytest.raises(StorageError, match="readonly") as caught:
            ledger.add_results([_result(9999)], environment=ENVIRONMENT)
        assert "permissions" in caught.value.help
        assert len(ledger.results(ENVIRONMENT)) == 200


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="unable to open") as caught:
        open_ledger(tmp_path / "absent" / "campaign.db", create=True)
    assert "folder" in caught.value.help


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError) as caught:
        open_ledger(tmp_path / "campaign.db", create=True)
    assert "can be written" in caught.value.help


def test_a_writer_waits_for_another_program(database: Path) -> None:
    blocker = sqlite3.connect(database)
    blocker.execute("begin immediate")
    with open_ledger(database) as ledger:
        _pragma(ledger, "busy_timeout = 50")
        with pytest.raises(StorageError, match="locked") as caught:
            ledger.add_results([_result(9999)], environment=ENVIRONMENT)
        assert "another program" in caught.value.help
        blocker.rollback()
        assert ledger.add_results([_result(9999)], environment=ENVIRONMENT)
    blocker.close()
