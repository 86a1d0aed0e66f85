"""A run that dies, hangs, eats memory or has children harms no other, and leaves nothing."""

import multiprocessing.forkserver
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures import wait

import orders
import psutil
import pytest
from orders import order

from harness.errors import HarnessError, StorageError
from harness.execution import MemoryLimitError, WorkerDiedError, outcome
from harness.execution.fork_server import COMPILER_VARIABLE, SAFE_PATH_VARIABLE
from harness.execution.local import LocalExecutor

PATIENCE = 300
"""Seconds for what takes less than one: whoever waits longer waits for something that hangs."""


@pytest.fixture
def executor():
    made = LocalExecutor(workers=2, threads=1, preload=[])
    yield made
    made.shutdown(cancel_futures=True)


def gone(pids, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def noted(path):
    deadline = time.monotonic() + PATIENCE
    # It is there before anything is in it.
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [int(word) for word in path.read_text().split()]


def test_a_result_comes_back(executor):
    assert executor.submit(orders.finish, order()).result().score == 1.0


def test_a_run_leads_a_group_of_its_own(executor):
    assert executor.submit(orders.group, order()).result().score == 1.0


@pytest.mark.parametrize(
    ("function", "words"), [(orders.die, "SIGKILL"), (orders.leave, "exit status 3")]
)
def test_a_death_is_told_with_its_cause(executor, function, words):
    with pytest.raises(WorkerDiedError, match=words):
        executor.submit(function, order()).result()


def test_no_run_is_blamed_for_a_log_that_cannot_be_written(executor, tmp_path):
    asked = order(tmp_path / "deleted" / "logs" / "run.log")
    future = executor.submit(orders.print_to_log, asked)
    wait([future])
    with pytest.raises(StorageError, match=r"cannot write the log .* No such file"):
        outcome(asked.run, future, attempts=1)


def test_a_run_that_hangs_meets_its_timeout(executor):
    future = executor.submit(orders.sleep, order(timeout=0.5))
    wait([future], timeout=PATIENCE)
    assert future.done()  # waiting in vain would raise the same error
    with pytest.raises(FutureTimeoutError):
        future.result()


def test_a_run_that_was_stopped_past_its_timeout_is_not_to_blame(executor):
    """It counts as a death, which is tried again."""
    future = executor.submit(orders.stop, order(timeout=4))
    with pytest.raises(WorkerDiedError, match="SIGSTOP"):
        future.result(timeout=PATIENCE)


def test_a_killed_fork_server_is_replaced(executor, monkeypatch):
    """Also when it dies while it is asked for a process."""
    executor.submit(orders.finish, order()).result(timeout=PATIENCE)
    server = multiprocessing.forkserver._forkserver
    ensure = server.ensure_running

    def too_late():
        ensure()
        os.kill(server._forkserver_pid, signal.SIGKILL)
        assert gone([server._forkserver_pid])
        monkeypatch.setattr(server, "ensure_running", ensure)

    monkeypatch.setattr(server, "ensure_running", too_late)
    assert executor.submit(orders.finish, order()).result(timeout=PATIENCE).score == 1.0


def test_a_run_that_eats_memory_is_ended_with_the_peak_and_the_limit(executor):
    run = order(memory=200 << 20)
    future = executor.submit(orders.eat, run)
    with pytest.raises(MemoryLimitError, match=r"held [\d,]+ MiB of memory, the limit is 200 MiB"):
        future.result(timeout=PATIENCE)
    result = outcome(run.run, future, attempts=1, wall=2.0)
    assert (result.failure.kind, result.score, result.cost.wall) == ("memory", None, 2.0)
    assert 200 << 20 < result.cost.peak_memory < 2000 << 20


def test_what_the_children_of_a_run_eat_counts(executor):
    future = executor.submit(orders.eat_in_a_child, order(memory=200 << 20))
    with pytest.raises(MemoryLimitError):
        future.result(timeout=PATIENCE)


def test_a_run_within_its_limits_is_left_alone(executor):
    future = executor.submit(orders.finish, order(memory=8 << 30, timeout=PATIENCE))
    assert future.result(timeout=PATIENCE).score == 1.0


def test_one_runs_death_touches_no_other(executor, tmp_path):
    long = executor.submit(orders.with_children_then_sleep, order(tmp_path / "long"))
    pids = noted(tmp_path / "long")
    for function in (orders.die, orders.leave, orders.raise_error):
        assert executor.submit(function, order()).exception(timeout=PATIENCE) is not None
    assert all(map(alive, pids))
    assert not long.done()


def test_a_fork_server_that_takes_long_to_die_is_waited_for(executor, monkeypatch):
    """While it dies it refuses connections and cannot be replaced; the run is not to blame."""
    connect, refusals = multiprocessing.forkserver.connect_to_new_process, iter(range(8))

    def refused(descriptors):
        if next(refusals, None) is not None:
            raise ConnectionRefusedError
        return connect(descriptors)

    monkeypatch.setattr(multiprocessing.forkserver, "connect_to_new_process", refused)
    assert executor.submit(orders.finish, order()).result(timeout=PATIENCE).score == 1.0
    assert next(refusals, None) is None


def test_a_fork_server_that_always_dies_ends_the_campaign_and_fails_no_run(executor, monkeypatch):
    def refused(descriptors):
        raise EOFError

    monkeypatch.setattr(multiprocessing.forkserver, "connect_to_new_process", refused)
    monkeypatch.setattr("harness.execution.local._PATIENCE", 0.2)
    with pytest.raises(HarnessError, match="dies whenever it is asked"):
        executor.submit(orders.finish, order())


@pytest.mark.parametrize("function", [orders.with_children, orders.with_children_then_die])
def test_a_run_takes_its_children_with_it(executor, tmp_path, function):
    """Also the death of a run whose children hold its pipe open is noticed."""
    wait([executor.submit(function, order(tmp_path / "note"))], timeout=PATIENCE)
    worker, forked, apart = noted(tmp_path / "note")
    assert gone([worker, forked])
    if function is orders.with_children:
        assert gone([apart])
    elif alive(apart):  # out of reach: its parent died without a word
        psutil.Process(apart).kill()


def test_cancelling_ends_a_run_and_its_children(executor, tmp_path):
    future = executor.submit(orders.with_children_then_sleep, order(tmp_path / "note"))
    pids = noted(tmp_path / "note")
    assert future.cancel()
    assert future.cancelled()
    assert gone(pids)


def test_a_shutdown_returns_when_all_is_gone(executor, tmp_path):
    future = executor.submit(orders.with_children_then_sleep, order(tmp_path / "note"))
    pids = noted(tmp_path / "note")
    executor.shutdown(cancel_futures=True)
    assert future.cancelled()
    assert not alive(pids[0])
    assert gone(pids)


COORDINATOR = """
import sys
sys.path[:0] = {path!r}
import orders
from pathlib import Path
from harness.execution.fork_server import COMPILER_VARIABLE, SAFE_PATH_VARIABLE
from harness.execution.local import LocalExecutor
executor = LocalExecutor(workers=1, threads=1, preload=[])
executor.submit(orders.sleep_as_long_as_the_coordinator, orders.order(Path({note!r}))).result()
"""


def test_a_run_and_its_children_do_not_outlive_a_killed_coordinator(tmp_path):
    code = COORDINATOR.format(path=sys.path, note=str(tmp_path / "note"))
    with subprocess.Popen([sys.executable, "-c", code]) as coordinator:
        pids = noted(tmp_path / "note")
        assert all(map(alive, pids))
        coordinator.kill()
    assert gone(pids)


OPENED = """
import psutil, time
from harness.execution.fork_server import COMPILER_VARIABLE, SAFE_PATH_VARIABLE
from harness.execution.local import local
executor = local(workers=1, threads=1)
executor.prepare(plain=False)
print(*(child.pid for child in psutil.Process().children()), flush=True)
time.sleep(60)
"""


def test_the_fork_server_loads_before_the_first_run_and_leaves_with_a_killed_coordinator():
    with subprocess.Popen([sys.executable, "-c", OPENED], stdout=subprocess.PIPE) as coordinator:
        pids = [int(word) for word in coordinator.stdout.readline().split()]
        servers = [pid for pid in pids if "forkserver" in " ".join(psutil.Process(pid).cmdline())]
        assert len(servers) == 1
        coordinator.kill()
    assert gone(pids)


LOADED = """
import sys
sys.path[:0] = {path!r}
import orders
from harness.execution.fork_server import COMPILER_VARIABLE, SAFE_PATH_VARIABLE
from harness.execution.local import local
executor = local(workers=1, threads=1)
executor.prepare(plain={plain})
for module in ("torch", "torch._dynamo"):
    print(executor.submit(orders.tell_whether_loaded, orders.order(module)).result().score)
executor.shutdown()
"""


@pytest.mark.parametrize("plain", [False, True])
def test_only_plain_runs_have_torchs_compiler_loaded(plain):
    code = LOADED.format(path=sys.path, plain=plain)
    told = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert [float(word) for word in told.stdout.split()] == [1.0, float(plain)]


def test_what_the_fork_server_alone_reads_is_in_no_other_childs_environment(executor):
    executor.prepare(plain=True)
    executor.submit(orders.finish, order()).result()
    assert not {SAFE_PATH_VARIABLE, COMPILER_VARIABLE} & os.environ.keys()


def test_an_exception_comes_back_with_its_traceback(executor):
    run = order()
    future = executor.submit(orders.raise_error, run)
    wait([future], timeout=PATIENCE)
    failure = outcome(run.run, future, attempts=1).failure
    assert failure.kind == "exception"
    assert failure.message == "ZeroDivisionError: the pole has no length"
    assert "in raise_error" in failure.traceback


def test_an_exception_that_cannot_travel_is_told_in_words(executor):
    error = executor.submit(orders.raise_stubborn, order()).exception(timeout=PATIENCE)
    assert str(error) == "StubbornError: one"


def test_a_run_may_have_worker_processes_of_its_own(executor):
    assert executor.submit(orders.ask_for_children, order()).result(timeout=PATIENCE).score == 2.0


def test_a_thread_that_a_run_leaves_behind_holds_nobody_up(executor, monkeypatch):
    monkeypatch.setattr("harness.execution.process_future._GRACE", 2.0 * PATIENCE)
    future = executor.submit(orders.leave_a_thread, order())
    assert future.result(timeout=PATIENCE).score == 1.0
    future.join()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans on")
def test_a_daemon_that_a_run_leaves_behind_goes_with_it(executor, tmp_path):
    future = executor.submit(orders.leave_a_daemon, order(tmp_path / "note"))
    assert future.result(timeout=PATIENCE).score == 1.0
    future.join()
    assert gone(noted(tmp_path / "note"))


ADOPTING = """
import sys
from pathlib import Path
import orders
from harness.errors import HarnessError
from harness.execution.fork_server import COMPILER_VARIABLE, SAFE_PATH_VARIABLE
from harness.execution.local import LocalExecutor

executor = LocalExecutor(workers=2, threads=1, preload=["adopting_server"])
other = executor.submit(orders.note_and_sleep_unguarded, orders.order(Path("other")))
while not Path("other").exists():
    pass
future = executor.submit(orders.leave_a_daemon_and_die, orders.order(Path("note")))
assert isinstance(future.exception(), HarnessError)
future.join()
print(other.done())
executor.shutdown(cancel_futures=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans on")
def test_a_daemon_of_a_run_that_died_goes_with_it_and_no_other_run_does(tmp_path):
    server = "import harness.execution.worker_process as w, os; w.adopt_orphans(); os.setpgid(0, 0)"
    (tmp_path / "adopting_server.py").write_text(server)
    folders = [str(tmp_path), *sys.path]
    ended = subprocess.run(
        [sys.executable, "-c", ADOPTING],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["False"]
    assert gone(noted(tmp_path / "note"))
