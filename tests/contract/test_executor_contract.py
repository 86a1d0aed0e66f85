"""The contract of executors, run over that of one machine."""

from __future__ import annotations

import pytest

from harness.execution.local import LocalExecutor
from harness.testing.executor_contract import ExecutorContract, NewExecutor

pytestmark = [pytest.mark.training, pytest.mark.slow]


class TestLocal(ExecutorContract):
    @pytest.fixture
    def new_executor(self) -> NewExecutor:
        # Loads torch in the one test that trains, and not eight times over.
        return lambda: LocalExecutor(workers=2, threads=1, preload=[])
