"""Each safety taken away makes a campaign go wrong, and is therefore needed.

Every test has a check that holds as the code is and fails without the safety it is named after.
"""

import contextlib
import fcntl
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from fakes import SteppedExecutor, fake_result
from greenlet import greenlet
from small import STUDIES, ask, execute, matrix, scores
from sqlalchemy import delete

import harness.campaign.scheduler
import harness.core.seeds
import harness.store.connections
import harness.tuning.suggestion
from harness.campaign.cell_histories import CellHistories
from harness.campaign.stores import OptunaTuner
from harness.core.decisions import plan
from harness.core.run_result import RunResult, Status
from harness.errors import LockedError
from harness.execution import WorkerDiedError
from harness.files import write_atomically
from harness.store import SqlLedger, open_ledger, tables
from harness.store.connections import write_transaction
from harness.tuning.projection import Projection

HERE = Path(__file__).parent
FAILS = pytest.raises(AssertionError)


class Picking(SteppedExecutor):
    """Ends first whichever of the runs in progress `pick` names: 0 the oldest, -1 the youngest."""

    def __init__(self, pick, result=fake_result):
        super().__init__()
        self._pick = pick
        self._result = result

    def get(self, block=True, timeout=None):
        future, order = self.open.pop(list(self.open)[self._pick])
        outcome = self._result(order.run)
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
        return future


def picked(folder, pick, result=fake_result, **size):
    """Scores of a campaign whose runs end in that order."""
    folder.mkdir()
    executor = Picking(pick, result)
    execute(matrix(**size), folder, executor, queue=executor, workers=7)
    return scores(folder)


@pytest.fixture
def without(monkeypatch):
    """Takes a safety away for the time of a `with`."""

    @contextlib.contextmanager
    def take_away(place, name, instead):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, instead)
            yield

    return take_away


def test_fsync_a_file_is_on_disk_before_it_takes_its_name(tmp_path, monkeypatch, without):
    events = []
    sync, replace = os.fsync, pathlib.Path.replace
    names = {}

    def noted_sync(descriptor):
        events.append(("sync", os.fstat(descriptor).st_ino))
        sync(descriptor)

    def noted_replace(path, target):
        names[target] = path.stat().st_ino
        events.append(("rename", names[target]))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(pathlib.Path, "replace", noted_replace)

    def check():
        events.clear()
        path = tmp_path / "report.html"
        with write_atomically(path) as beside:
            beside.write_text("whole")
        file, folder = names[path], tmp_path.stat().st_ino
        assert events == [("sync", file), ("rename", file), ("sync", folder)]

    check()
    with without(harness.files, "_sync", lambda path: None), FAILS:
        check()


def test_synchronous_full_a_commit_survives_a_power_cut(tmp_path, without):
    """SQLite promises it only so; 1 (NORMAL) may lose the last commits of a write-ahead log."""

    def check(name):
        with open_ledger(tmp_path / name, create=True) as ledger, ledger._engine.connect() as there:
            assert there.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert there.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"

    check("with.db")
    lax = ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"]

    def set_lax(connection, _):
        for pragma in lax:
            connection.execute(pragma)

    with without(harness.store.connections, "_set_pragmas", set_lax), FAILS:
        check("without.db")


def test_lock_no_run_is_run_by_two_coordinators(tmp_path, without):
    def check(folder):
        folder.mkdir()
        first, second = SteppedExecutor(), Picking(0)
        life = greenlet(lambda: execute(matrix(), folder, first, queue=first))
        life.switch()
        try:
            with contextlib.suppress(LockedError):
                execute(matrix(), folder, second, queue=second)
        finally:
            life.throw()
        assert not set(first.started) & set(second.started)

    check(tmp_path / "with")
    with (
        without(fcntl, "flock", lambda *_: None),
        FAILS,
    ):
        check(tmp_path / "without")


def test_ordered_tells_numbers_do_not_depend_on_who_ends_first(tmp_path, without):
    def check(folder):
        folder.mkdir()
        size = {"trials": 8, "in_flight": 3}
        assert picked(folder / "old", 0, **size) == picked(folder / "young", -1, **size)

    check(tmp_path / "with")

    suggest = OptunaTuner.suggest

    def whatever_has_ended(tuner, cell, finished, running):
        known = [trial for trial in (*finished, *running) if trial.result is not None]
        others = [trial for trial in running if trial.result is None]
        return suggest(tuner, cell, known, others)

    with (
        without(OptunaTuner, "suggest", whatever_has_ended),
        without(harness.tuning.suggestion, "_check_order", lambda *arguments: None),
        FAILS,
    ):
        check(tmp_path / "without")


def test_seed_per_trial_no_two_trials_share_their_luck(tmp_path, without):
    def check(folder):
        picked(folder, 0)
        runs = [run for (run,) in ask(folder, "SELECT run_id FROM harness_trials")]
        seeds = {row for (row,) in ask(folder, "SELECT body ->> 'seed' FROM harness_trials")}
        assert len(seeds) == len(runs)

    check(tmp_path / "with")
    with (
        without(plan, "search_seeds", lambda cell: (1,) * cell.search.trials),
        FAILS,
    ):
        check(tmp_path / "without")


def test_sampler_seed_per_ask_a_resumed_search_does_not_repeat_itself(tmp_path, without):
    def check(folder):
        picked(folder, 0, trials=6)
        proposed = ask(folder, "SELECT body ->> 'values' FROM harness_trials WHERE number < 3")
        assert len(set(proposed)) == len(proposed)

    check(tmp_path / "with")
    with without(harness.core.seeds, "sampler_seed", lambda *arguments: 1), FAILS:
        check(tmp_path / "without")


def test_result_before_tell_optuna_never_knows_more_than_the_ledger(tmp_path, without):
    def check(folder):
        add = Projection.add

        def noted(projection, trial):
            query = f"SELECT status FROM harness_results WHERE run_id = '{trial.run_id}'"
            assert ask(folder, query)
            add(projection, trial)

        with without(Projection, "add", noted):
            picked(folder, 0)

    check(tmp_path / "with")

    def record_later(cells, results):
        cells.results.update((result.run_id, result) for result in results)

    with without(CellHistories, "record", record_later), FAILS:
        check(tmp_path / "without")


def test_first_result_wins_what_was_told_never_changes(tmp_path, without):
    def check(name):
        first, second = (
            RunResult(run_id="u" * 64, status=Status.COMPLETE, score=score, steps=1)
            for score in (1.0, 2.0)
        )
        with open_ledger(tmp_path / name, create=True) as ledger:
            for result in (first, second):
                ledger.add_results([result], environment="e")
            assert ledger.results("e") == {first.run_id: first}

    check("with.db")
    add = SqlLedger.add_results

    def replace(ledger, results, *, environment):
        with write_transaction(ledger._engine) as connection:
            connection.execute(delete(tables.results))
        return add(ledger, results, environment=environment)

    with without(SqlLedger, "add_results", replace), FAILS:
        check("without.db")


def test_projection_sync_a_tell_that_a_crash_cost_is_made_up_for(tmp_path, without):
    def check(folder):
        folder.mkdir()
        whole, lost = folder / "whole", folder / "lost"
        picked(whole, 0)
        picked(lost, 0)
        with closing(sqlite3.connect(lost / "runs" / "camp" / "campaign.db")) as database:
            for table in ("params", "values", "user_attributes", "intermediate_values"):
                database.execute(f"DELETE FROM trial_{table} WHERE trial_id = 4")
            database.execute("DELETE FROM trials WHERE trial_id = 4")
            database.commit()
        execute(matrix(), lost)
        assert ask(lost, STUDIES) == ask(whole, STUDIES)

    check(tmp_path / "with")
    with without(Projection, "sync", lambda projection, told: None), FAILS:
        check(tmp_path / "without")


def test_retry_of_deaths_a_killed_worker_costs_no_score(tmp_path, without):
    def check(folder):
        folder.mkdir()
        killed = set()

        def die_once(run):
            if run.id in killed:
                return fake_result(run)
            killed.add(run.id)
            return WorkerDiedError(-9)

        assert picked(folder / "killed", 0, die_once) == picked(folder / "whole", 0)

    check(tmp_path / "with")
    with without(harness.campaign.scheduler, "ATTEMPTS", 1), FAILS:
        check(tmp_path / "without")


ORPHAN = """
import sys
from pathlib import Path
import orders
from harness.execution.local import LocalExecutor
executor = LocalExecutor(workers=1, threads=1, preload=[])
executor.submit(getattr(orders, sys.argv[1]), orders.order(Path(sys.argv[2]))).result()
"""


def test_die_with_parent_no_worker_outlives_its_coordinator(tmp_path):
    def check(function):
        note = tmp_path / function
        command = [sys.executable, "-c", ORPHAN, function, str(note)]
        paths = os.pathsep.join([str(HERE), *sys.path])
        with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths}) as coordinator:
            while not note.exists() or not note.read_text():
                assert coordinator.poll() is None
            worker = psutil.Process(int(note.read_text()))
            coordinator.send_signal(signal.SIGKILL)
        try:
            worker.wait(timeout=300 if function == "note_and_sleep" else 2)
        except psutil.TimeoutExpired:
            worker.kill()
            pytest.fail("it lives on", pytrace=False)

    check("note_and_sleep")
    with pytest.raises(pytest.fail.Exception, match="lives on"):
        check("note_and_sleep_unguarded")
