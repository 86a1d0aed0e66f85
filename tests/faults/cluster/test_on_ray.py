"""The same campaign on a Ray cluster whose workers, nodes and coordinator are lost."""

import contextlib
import os
import signal
import time

import psutil
import pytest
import sweeps
from clusters import add_node, remove_node, small_cluster
from driven import MATRIX, PATIENCE, Campaign, kill
from test_interrupts import LONG, SLOW

from harness.envs import make
from scenarios import SCENARIOS

pytest.importorskip("ray", reason="the extra `ray` is not installed")
pytestmark = [pytest.mark.ray, pytest.mark.training, pytest.mark.slow]


SLOWER = MATRIX.replace("steps: 256", "steps: 1024") + "backend: sb3\n"
"""Runs that take a second, so that something runs wherever something is taken away."""


VETERANS = """
name: small
scenarios:
  - name: veterans
    env: bucket_brigade/hard-v0
    n_envs: 2
    # The coordinator's own folder: the file is not there for any process that runs elsewhere.
    arguments: {opponents: [{saved_model: /proc/self/cwd/veteran.zip}, random]}
algorithms: [{name: ppo, arguments: {n_steps: 64, batch_size: 32, n_epochs: 2}}]
search: {trials: 1, in_flight: 1, steps: 128, evals: 2, episodes: 2}
confirm: {top: 1, seeds: 1}
test: {seeds: 1, steps: 128, evals: 2, episodes: 2}
"""


@pytest.fixture(scope="module")
def cluster():
    with small_cluster(nodes=3) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The numbers of one local worker."""
    campaign = Campaign(tmp_path_factory.mktemp("alone"), SLOWER)
    campaign.run("--workers", "1", "--save-models")
    return campaign


def on(cluster, *options):
    return ("--executor", "ray", "--address", cluster.address, *options)


def runs():
    """Processes that train on the cluster: children of fork servers, which are of Ray's workers."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            parent = process.parent()
            if parent is not None and "forkserver" in " ".join(parent.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def wait_for_runs(count, process, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while len(found := runs()) < count:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "no run runs"
        time.sleep(0.1)
    return found


def kill_a_worker(process):
    """Kill the Ray worker of a run that has just begun, which then cannot end in time."""
    known = set(runs())
    while True:
        assert process.poll() is None, process.communicate()[1]
        for run in set(runs()) - known:
            with contextlib.suppress(psutil.NoSuchProcess, AttributeError, ProcessLookupError):
                os.kill(run.parent().ppid(), signal.SIGKILL)
                return
        time.sleep(0.02)


def models(campaign):
    folder = campaign.folder / "runs" / "small" / "models"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*"))


@pytest.fixture(params=["file", "server"] if sweeps.ALL else ["server"])
def kept(request, campaign):
    """A campaign in a file of its own, and one on a PostgreSQL server."""
    if request.param == "file":
        return campaign(matrix=SLOWER)
    postgres = request.getfixturevalue("postgres")
    return campaign(matrix=SLOWER, HARNESS_STORAGE=postgres.url(postgres.database()))


def test_a_node_removed_and_a_worker_killed_change_no_digit(kept, alone, cluster):
    whole = kept
    node = add_node(cluster)
    process = whole.start(*on(cluster, "--save-models"))
    whole.wait_for_results(2, process)
    remove_node(cluster, node)
    whole.wait_for_results(6, process)
    kill_a_worker(process)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert whole.scores() == alone.scores()
    assert models(whole) == models(alone) != []
    ids = [result["run_id"] for result in whole.results()]
    assert len(ids) == len(set(ids)) == len(alone.results())
    again = sum(result["cost"]["attempts"] - 1 for result in whole.results())
    assert 1 <= again <= 2, "one run was lost with the node, one with the worker, and no other"
    # What came of tuning follows after an empty line.
    progress = err.strip().partition("\n\n")[0].splitlines()
    assert all(line.startswith("20") for line in progress), "Ray talks into the progress"


def test_frozen_opponents_travel_to_nodes_that_have_no_such_file(campaign, cluster):
    from stable_baselines3 import PPO

    game = campaign(matrix=VETERANS)
    env = make(next(one for one in SCENARIOS if one.name == "bucket_brigade/easy-v0"))
    PPO("MlpPolicy", env, n_steps=64).save(game.folder / "veteran.zip")
    game.run(*on(cluster), code=...)
    failures = [result["failure"] for result in game.results()]
    assert failures, "nothing has run"
    assert not any(failures), failures


def test_a_killed_coordinator_takes_its_runs_along_and_resumes(campaign, alone, cluster):
    killed = campaign(matrix=SLOWER)
    process = killed.start(*on(cluster))
    killed.wait_for_results(4, process)
    running = wait_for_runs(1, process)
    kill(process)
    _, alive = psutil.wait_procs(running, timeout=PATIENCE)
    assert not alive
    killed.run(*on(cluster, "--workers", "2"))
    assert killed.scores() == alone.scores()


def test_interrupts_drain_and_stop(campaign, cluster):
    # No node can import what lies beside the tests.
    long = campaign(matrix=LONG.replace(SLOW, "CartPole-v1"))
    process = long.start(*on(cluster))
    running = wait_for_runs(2, process)
    # To the whole group, as a terminal does.
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(2)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    _, alive = psutil.wait_procs(running, timeout=PATIENCE)
    assert not alive
    assert long.results() == []


def test_a_node_with_other_versions_is_refused_and_nothing_is_recorded(
    campaign, monkeypatch, tmp_path
):
    other = tmp_path / "other"
    (other / "numpy-0.0.1.dist-info").mkdir(parents=True)
    (other / "numpy-0.0.1.dist-info" / "METADATA").write_text("Name: numpy\nVersion: 0.0.1\n")
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(other))
        with small_cluster(nodes=1) as cluster:
            patch.undo()
            refused = campaign()
            _, err = refused.run(*on(cluster), code=3)
    assert "has other versions: numpy 0.0.1 instead of" in err
    assert refused.results() == []


def test_nobody_there(campaign):
    _, err = campaign().run("--executor", "ray", "--address", "127.0.0.1:1", code=3)
    assert "no Ray cluster can be joined at `127.0.0.1:1`" in err
    assert "ray start --head" in err


def test_no_node_with_a_gpu(campaign, cluster):
    _, err = campaign().run(*on(cluster, "--set", "resources.gpus=0.5"), code=2)
    assert "no node of the cluster has 1 CPUs and 0.5 GPUs" in err
