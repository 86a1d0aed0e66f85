"""The ledger on a database server: the same numbers as in a file, one coordinator, clear errors."""

import os
import signal
import subprocess
import sys

import pytest
from servers import SECRET
from sqlalchemy import text
from test_campaign_order import matrix

from harness.core.events import RunFinished
from harness.errors import LockedError, StorageError
from harness.store import SqlLedger, lock_campaign, open_ledger
from harness.testing import ledger_contents as contents
from harness.testing.ledger_contract import LedgerContract, NewLedger

pytestmark = pytest.mark.slow

HOLD = """
import sys
from harness.store import lock_campaign
with lock_campaign(sys.argv[1], "quick"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def url(server):
    return server.url(server.database())


def test_a_server_keeps_what_a_file_keeps(url, tmp_path):
    with (
        open_ledger(tmp_path / "campaign.db", create=True) as file,
        lock_campaign(url, "quick") as it,
    ):
        for ledger in (file, it):
            contents.fill(ledger)
            contents.begin(ledger, campaign="Quick")  # not the same name as `quick`
        assert it.record("quick").cells == file.record("quick").cells
        assert set(it.campaigns()) == set(file.campaigns()) == {"quick", "Quick"}
        assert it.results(contents.ENVIRONMENT) == file.results(contents.ENVIRONMENT)


class TestOnServer(LedgerContract):
    @pytest.fixture
    def new_ledger(self, url) -> NewLedger:
        with lock_campaign(url, "quick") as ledger:
            yield lambda now: SqlLedger(ledger.engine, ledger._lock, now)


def test_results_stay_and_failures_can_be_dropped(url):
    with lock_campaign(url, "quick") as ledger:
        contents.begin(ledger)
        huge = contents.complete_result("a" * 64, 1.0), contents.complete_result("a" * 64, 2.0)
        assert ledger.add_results([huge[0]], environment=contents.ENVIRONMENT)
        assert not ledger.add_results([huge[1]], environment=contents.ENVIRONMENT)
        assert ledger.results(contents.ENVIRONMENT, ["a" * 64]) == {"a" * 64: huge[0]}
        ledger.add_results([contents.failed_result("b" * 64)], environment=contents.ENVIRONMENT)
        assert ledger.drop_failures(["a" * 64, "b" * 64], contents.ENVIRONMENT) == 1
        trial = contents.trial(0)
        for _ in range(2):
            ledger.add_trial(contents.CAMPAIGN, contents.CELL, contents.STUDY, trial)
        with pytest.raises(StorageError, match="trial 0"):
            ledger.add_trial(
                contents.CAMPAIGN, contents.CELL, contents.STUDY, contents.trial(0, "c" * 64)
            )


def test_a_second_coordinator_learns_who_the_first_is(url):
    with lock_campaign(url, "quick"), lock_campaign(url, "another"):
        with pytest.raises(LockedError) as caught, lock_campaign(url, "quick"):
            pass
        assert "campaign `quick`" in caught.value.message
        assert f"process {os.getpid()} on " in caught.value.message
        assert SECRET not in str(caught.value)
    with lock_campaign(url, "quick"):
        pass


def test_a_killed_coordinator_holds_nothing(url):
    command = [sys.executable, "-c", HOLD, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(LockedError, match=f"process {holder.pid} "),
            lock_campaign(url, "quick"),
        ):
            pass
        holder.send_signal(signal.SIGKILL)
    for attempt in range(100):
        try:
            with lock_campaign(url, "quick"):
                return
        except LockedError:
            # The server needs a moment to notice.
            assert attempt < 99


def test_a_reader_sees_one_moment(url):
    with lock_campaign(url, "quick") as ledger, open_ledger(url) as reader:
        contents.fill(ledger)
        before = reader.record("quick")
        with ledger.write() as connection:
            connection.execute(text("delete from harness_results"))
            assert reader.record("quick").cells == before.cells


def test_the_same_scores_as_in_a_file(faked, url):
    file = faked(matrix(), "file")
    kept = faked(matrix(), "server", url, seed=5)
    assert kept.exported == file.exported


def hang_up(server, database):
    """Have the server end every session of the database, the lock's with them."""
    if server.scheme == "postgresql":
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{database}' AND pid <> pg_backend_pid()"
        )
        return
    for (number,) in server.execute(
        f"SELECT id FROM information_schema.processlist WHERE db = '{database}'"
    ):
        server.execute(f"KILL {number}")


@pytest.mark.parametrize("after", [1, 4, 9])
def test_a_lost_lock_stops_the_campaign_before_it_writes(faked, server, after):
    database = server.database()
    url = server.url(database)
    finished = []

    def listen(event):
        if isinstance(event, RunFinished):
            finished.append(event.result.run_id)
            if len(finished) == after:
                hang_up(server, database)

    with pytest.raises(StorageError, match="lock on campaign `camp`") as caught:
        faked(matrix(), "disturbed", url, listener=listen)
    assert "the same command" in caught.value.help
    assert SECRET not in str(caught.value)
    with open_ledger(url) as ledger:
        assert set(runs(ledger)) == set(finished)
    resumed = faked(matrix(), "disturbed", url)
    assert not set(resumed.started) & set(finished)
    assert resumed.exported == faked(matrix(), "undisturbed").exported


def runs(ledger):
    with ledger.engine.connect() as connection:
        return connection.scalars(text("select run_id from harness_results")).all()


def test_a_coordinator_that_lost_its_lock_never_writes_again(server):
    database = server.database()
    url = server.url(database)
    with lock_campaign(url, "quick") as first:
        contents.begin(first)
        hang_up(server, database)
        with lock_campaign(url, "quick") as second:
            result = contents.complete_result("a" * 64)
            for _ in range(3):
                with pytest.raises(StorageError, match=r"lock on campaign `quick`.* is lost"):
                    first.add_results([result], environment=contents.ENVIRONMENT)
            assert second.add_results([result], environment=contents.ENVIRONMENT)


def test_a_restarted_server_costs_nothing_but_a_command(faked, server):
    url = server.url(server.database())
    seen = []

    def listen(event):
        seen.append(event)
        if len(seen) == 9:
            server.stop()
            server.start()

    with pytest.raises(StorageError) as caught:
        faked(matrix(), "disturbed", url, listener=listen)
    assert "the same command" in caught.value.help
    assert faked(matrix(), "disturbed", url).exported == faked(matrix(), "whole").exported


def test_a_wrong_password(server):
    with pytest.raises(StorageError) as caught:
        open_ledger(server.url(server.database(), "wrong-Xq7"))
    assert "password" in caught.value.help
    assert "HARNESS_STORAGE" in caught.value.help
    assert "wrong-Xq7" not in str(caught.value)


def test_a_missing_database(server):
    with pytest.raises(StorageError) as caught:
        open_ledger(server.url("nowhere"), create=True)
    assert "nowhere" in caught.value.message
    assert "create it first" in caught.value.help


def test_an_empty_database_holds_no_campaign(url):
    with pytest.raises(StorageError, match="holds no campaign") as caught:
        open_ledger(url)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_is_down(scheme):
    with pytest.raises(StorageError) as caught:
        open_ledger(f"{scheme}://u:{SECRET}@127.0.0.1:1/name", create=True)
    assert "check host and port" in caught.value.help
    assert SECRET not in str(caught.value)
    assert "\n" not in caught.value.message
