"""What a worker imports to prune and to save models: no database, and nothing it does not use."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import sys
import {module}
heavy = {heavy}
print([name for name in heavy if name in sys.modules])
"""
HEAVY = ("torch", "sklearn", "gymnasium", "pandas", "sqlalchemy", "alembic")


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("harness.tuning.pruning_replay, harness.tuning.pruners", HEAVY),
        ("harness.tuning.suggestion, harness.tuning.samplers", HEAVY),
        ("harness.execution.worker_process, harness.files", HEAVY),
        ("harness.training.model_playback", ("sqlalchemy", "pandas", "optuna")),
        ("harness.training.train_run", ("sqlalchemy", "pandas", "optuna")),
    ],
)
def test_a_worker_loads_no_more_than_it_needs(module: str, heavy: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(module=module, heavy=heavy)],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == "[]"
    assert not done.stderr
