"""Ray hands out shares of a GPU: as many runs at a time as share it, and all of them see it.

The node says that it has a GPU, and its workers believe it; the runs only wait beside it.
"""

import json
from dataclasses import replace

import pytest
from clusters import small_cluster

from harness.core.settings import Resources
from harness.errors import UsageError
from harness.testing import executor_orders as orders

ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
pytestmark = [pytest.mark.ray, pytest.mark.slow]

CPUS = 2


@pytest.fixture(scope="module")
def node():
    def believe():
        from harness.execution import ray_node

        ray_node.gpus = lambda: 1

    with small_cluster(nodes=1, cpus=CPUS, gpus=1) as cluster:
        hook = {"worker_process_setup_hook": believe}
        ray.init(cluster.address, log_to_driver=False, logging_level="ERROR", runtime_env=hook)
        yield
        ray.shutdown()


@pytest.fixture
def executor(node):
    from harness.execution.ray_cluster import RayExecutor

    executor = RayExecutor(workers=None, threads=1)
    yield executor
    executor.shutdown(wait=True, cancel_futures=True)


def occupied(executor, share, logs):
    """When runs that want a share ran, and what they saw; all are submitted at once."""
    futures = []
    for seed, log in enumerate(logs):
        plain = orders.order(seed, log=log)
        run = replace(plain.run, resources=Resources(cpus=1, gpus=share))
        futures.append(executor.submit(orders.occupy, replace(plain, run=run)))
    assert [future.result(600).score for future in futures] == [0, 1, 2][: len(logs)]
    return [json.loads(log.read_text()) for log in logs]


def most_at_a_time(told):
    return max(sum(one["begin"] <= at["begin"] < one["end"] for one in told) for at in told)


@pytest.mark.parametrize(("share", "together"), [(0.5, 2), (1, 1)])
def test_as_many_runs_run_as_share_the_gpu(executor, tmp_path, share, together):
    executor.check(Resources(cpus=1, gpus=share))
    warmed = occupied(executor, share, [tmp_path / "a", tmp_path / "b"])
    told = occupied(executor, share, [tmp_path / "1", tmp_path / "2", tmp_path / "3"])
    assert most_at_a_time(told) == together
    assert {one["gpus"] for one in warmed + told} == {"0"}


def test_a_run_wider_than_the_node_is_refused(executor):
    assert executor.capacity() == Resources(cpus=CPUS, gpus=1)
    with pytest.raises(UsageError, match=r"no node of the cluster has 1 CPUs and 2 GPUs"):
        executor.check(Resources(cpus=1, gpus=2))
