"""Ctrl-C, and workers that die."""

import contextlib
import json
import os
import signal
import time

import psutil
import pytest
from driven import PATIENCE, kill

pytestmark = [pytest.mark.training, pytest.mark.slow]


def workers(process):
    """Processes that train: children of the fork server, which is a child of the coordinator."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.ppid() != process.pid:
                found.append(child)
    return found


def wait_for_workers(process, count):
    deadline = time.monotonic() + PATIENCE
    while len(workers(process)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_first_interrupt_drains_and_the_same_command_resumes(campaign, alone):
    disturbed = campaign()
    process = disturbed.start("--workers", "2")
    disturbed.wait_for_results(3, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert all(result["status"] != "failed" for result in disturbed.results())
    disturbed.run("--workers", "2")
    assert disturbed.scores() == alone.scores()


def test_the_second_interrupt_stops_at_once_and_records_no_failure(campaign):
    long = campaign(matrix=LONG)
    process = long.start("--workers", "2")
    wait_for_workers(process, 2)
    process.send_signal(signal.SIGINT)
    time.sleep(1.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert long.results() == []


def test_stop_from_another_process_drains_and_the_same_command_resumes(campaign, alone):
    disturbed = campaign()
    process = disturbed.start("--workers", "2")
    disturbed.wait_for_results(3, process)
    status = json.loads(disturbed.command("status", "--json")[0])
    coordinator = status["coordinator"]
    assert (coordinator["pid"], coordinator["alive"]) == (process.pid, True)
    assert coordinator["workers"] == 2
    disturbed.command("stop", "--wait")
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert all(result["status"] != "failed" for result in disturbed.results())
    assert json.loads(disturbed.command("status", "--json")[0])["coordinator"] is None
    disturbed.run("--workers", "2")
    assert disturbed.scores() == alone.scores()


def test_stop_now_ends_runs_in_progress_within_seconds(campaign):
    long = campaign(matrix=LONG)
    process = long.start("--workers", "2")
    wait_for_workers(process, 2)
    long.command("stop", "--now", "--wait")
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert long.results() == []
    _, err = long.command("stop", code=2)
    assert "nobody runs campaign `small`" in err


def test_a_dead_worker_costs_nothing_but_its_run(campaign, alone):
    """A worker killed from outside is started again, and no digit changes."""
    hit = campaign()
    process = hit.start("--workers", "2")
    killed = set()
    while process.poll() is None and len(killed) < 2:
        for worker in workers(process)[:1]:
            if worker.pid not in killed:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGKILL)
                    killed.add(worker.pid)
        time.sleep(0.01)
    process.communicate(timeout=PATIENCE)
    assert len(killed) == 2
    assert hit.scores() == alone.scores()


@pytest.mark.parametrize("stopped", ["nobody", "workers", "all"])
def test_nobody_outlives_a_killed_coordinator(campaign, stopped):
    """Not even who is stopped: neither workers nor the server that started them."""
    long = campaign(matrix=LONG)
    process = long.start("--workers", "2")
    wait_for_workers(process, 2)
    orphans = psutil.Process(process.pid).children(recursive=True)
    servers = {worker.ppid() for worker in workers(process)}
    chosen = {
        "nobody": [],
        "workers": workers(process),
        "all": [*map(psutil.Process, servers), *workers(process)],
    }
    for each in chosen[stopped]:
        each.suspend()
    process.kill()
    process.wait()
    gone, alive = psutil.wait_procs(orphans, timeout=PATIENCE)
    for left in alive:
        left.kill()
    process.communicate()  # not before: whoever is left holds its output open
    assert not alive
    assert len(gone) >= 3


def test_a_second_coordinator_is_refused(campaign):
    long = campaign(matrix=LONG)
    process = long.start("--workers", "1")
    wait_for_workers(process, 1)
    _, err = long.run("--workers", "1", code=75)
    assert str(process.pid) in err
    kill(process)


SLOW = '{name: Slow, env: "broken_envs:Slow-v0"}'
LONG = f"""
name: small
scenarios: [{SLOW}]
algorithms: [ppo]
search: {{trials: 4, steps: 5_000_000, evals: 4, episodes: 2}}
confirm: {{top: 1, seeds: 1}}
test: {{seeds: 1, steps: 5_000_000, evals: 1, episodes: 1}}
"""
