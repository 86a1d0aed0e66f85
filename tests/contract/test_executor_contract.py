"""The contract of executors, run over those that are built in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clusters import small_cluster

from harness.execution.local import LocalExecutor
from harness.testing.executor import ExecutorContract, Open

pytestmark = [pytest.mark.training, pytest.mark.slow]


class TestLocal(ExecutorContract):
    @pytest.fixture
    def opened(self) -> Open:
        return lambda: LocalExecutor(workers=2, threads=1)


@pytest.fixture(scope="module")
def node() -> Iterator[None]:
    """A cluster of one node, joined."""
    ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
    with small_cluster(nodes=1, cpus=2) as cluster:
        ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
        yield
        ray.shutdown()


class TestRay(ExecutorContract):
    @pytest.fixture
    def opened(self, node: None) -> Open:
        from harness.execution.ray_cluster import RayExecutor

        return lambda: RayExecutor(workers=2, threads=1)
