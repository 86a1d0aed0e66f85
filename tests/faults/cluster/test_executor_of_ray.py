"""The contract of executors, run over that of Ray."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from clusters import small_cluster

from harness.core.opponents import SavedModel
from harness.errors import UsageError
from harness.testing.executor_contract import ExecutorContract, NewExecutor
from harness.testing.executor_orders import answer, order

ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
pytestmark = [pytest.mark.ray, pytest.mark.training, pytest.mark.slow]


@pytest.fixture(scope="module")
def node() -> Iterator[None]:
    """A cluster of one node, joined."""
    with small_cluster(nodes=1, cpus=2) as cluster:
        ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
        yield
        ray.shutdown()


class TestRay(ExecutorContract):
    @pytest.fixture
    def new_executor(self, node: None) -> NewExecutor:
        from harness.execution.ray_cluster import RayExecutor

        return lambda: RayExecutor(workers=2, threads=1)

    def test_a_saved_model_that_is_gone_fails_its_run_alone(
        self, new_executor: NewExecutor
    ) -> None:
        asked = order(3)
        gone = SavedModel(path="/nowhere/best.zip", sha256="0")
        scenario = replace(asked.run.scenario, arguments={"opponents": [gone]})
        with new_executor() as executor:
            lost = executor.submit(
                answer, replace(asked, run=replace(asked.run, scenario=scenario))
            )
            assert isinstance(error := lost.exception(timeout=600), UsageError)
            assert "/nowhere/best.zip cannot be read" in error.message
            assert executor.submit(answer, asked).result(timeout=600).score == 3.0
