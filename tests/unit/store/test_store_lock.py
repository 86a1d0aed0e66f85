"""One coordinator at a time; the lock goes with its process."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import LockedError, StorageError
from harness.store import lock_campaign, lock_holder
from harness.store.locks import FileLock
from harness.testing import ledger_contents as contents

_HOLD = """
import sys, time
from pathlib import Path
from harness.store.locks import FileLock
with FileLock(Path(sys.argv[1]), "quick"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "campaign.lock"


def test_a_second_holder_learns_who_the_first_is(path: Path) -> None:
    with FileLock(path, "quick"), pytest.raises(LockedError) as caught:
        FileLock(path, "quick").__enter__()
    assert "runs campaign `quick`" in caught.value.message
    assert f"process {os.getpid()} on {socket.gethostname()} since 20" in caught.value.message
    assert caught.value.exit_code == 75


def test_the_lock_can_be_taken_again(path: Path) -> None:
    lock = FileLock(path, "quick")
    for _ in range(2):
        with lock:
            pass
    with FileLock(path, "quick"):
        pass


def test_an_exception_frees_it(path: Path) -> None:
    with pytest.raises(RuntimeError, match="boom"), FileLock(path, "quick"):
        raise RuntimeError("boom")
    with FileLock(path, "quick"):
        pass


def test_a_killed_process_holds_nothing(path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError, match=f"process {holder.pid} "):
            FileLock(path, "quick").__enter__()
        holder.send_signal(signal.SIGKILL)
    with FileLock(path, "quick"):
        pass


def test_a_forked_child_does_not_hold_its_parents_lock(path: Path) -> None:
    hold_and_fork = """
import os, sys
from pathlib import Path
from harness.store.locks import FileLock
FileLock(Path(sys.argv[1]), "quick").__enter__()
child = os.fork()
if child == 0:
    print(os.getpid(), flush=True)
    sys.stdin.read()
os._exit(0)
"""
    command = [sys.executable, "-c", hold_and_fork, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.wait()
        os.kill(child, 0)
        with FileLock(path, "quick"):
            pass


def test_a_holder_without_a_name(path: Path) -> None:
    with FileLock(path, "quick"):
        path.write_text("{half")
        with pytest.raises(LockedError, match="just started"):
            FileLock(path, "quick").__enter__()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=re.escape("cannot open the lock")):
        FileLock(tmp_path / "absent" / "campaign.lock", "quick").__enter__()


def test_no_lock_is_left_beside_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("these are my notes")
    (tmp_path / "folder").mkdir()
    for name, words in (("notes", "is not a database"), ("folder", "is a folder")):
        with pytest.raises(StorageError, match=words), lock_campaign(tmp_path / name, "quick"):
            pass
    assert {path.name for path in tmp_path.iterdir()} == {"notes", "folder"}


def test_an_empty_file_may_become_a_database(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with lock_campaign(tmp_path / "empty.db", "quick") as ledger:
        assert ledger.campaigns() == ()


def test_who_looks_takes_and_makes_nothing(path: Path) -> None:
    assert FileLock(path, "quick").holder() == (False, None)
    assert not path.exists()
    with FileLock(path, "quick"):
        held, holder = FileLock(path, "quick").holder()
        assert held
        assert holder is not None
        assert holder["pid"] == os.getpid()
    assert FileLock(path, "quick").holder() == (False, None)


@pytest.mark.parametrize("change", ["deleted", "replaced"])
def test_a_lock_whose_file_is_another_one_is_lost(path: Path, change: str) -> None:
    with FileLock(path, "quick") as lock:
        lock.check()
        path.rename(path.with_name("old"))
        if change == "replaced":
            path.touch()
        with pytest.raises(StorageError, match="deleted or replaced under campaign `quick`"):
            lock.check()
    with pytest.raises(StorageError, match="deleted or replaced"):
        lock.check()  # nobody holds it any more


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_database_replaced_under_its_coordinator_takes_no_more_writes(
    tmp_path: Path, suffix: str
) -> None:
    database = tmp_path / "campaign.db"
    with lock_campaign(database, "quick") as ledger:
        contents.begin(ledger)
        ledger.check()
        file = tmp_path / f"campaign.db{suffix}"
        moved = file.rename(tmp_path / "moved")
        with pytest.raises(StorageError, match="is gone"):
            ledger.check()
        file.write_bytes(moved.read_bytes())
        with pytest.raises(StorageError, match="is not the file it was"):
            ledger.set_winner(contents.CAMPAIGN, contents.CELL, None)
        file.unlink()
        moved.rename(file)
        ledger.check()


def test_two_campaigns_in_one_file_have_locks_of_their_own(tmp_path: Path) -> None:
    shared = tmp_path / "shared.db"
    with lock_campaign(shared, "one") as ledger, lock_campaign(shared, "two"):
        assert lock_holder(ledger, "one")[0]
        assert not lock_holder(ledger, "three")[0]
        with pytest.raises(LockedError), lock_campaign(shared, "two"):
            pass
    assert {file.name for file in tmp_path.glob("*.lock")} == {
        "shared.db.one.lock",
        "shared.db.two.lock",
    }


def test_nothing_is_made_where_nothing_may_be_created(tmp_path: Path) -> None:
    missing = lock_campaign(tmp_path / "campaign.db", "quick", create=False)
    with pytest.raises(StorageError, match="holds no campaign"), missing:
        pass
    assert not (tmp_path / "campaign.db").exists()
