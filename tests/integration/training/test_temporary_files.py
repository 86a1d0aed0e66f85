"""The library's loggers leave a folder per model; a campaign trains thousands of models."""

import tempfile

import pytest

from harness.core.settings import FAST, SB3
from harness.training import train

pytestmark = pytest.mark.training


@pytest.mark.parametrize("backend", [SB3, FAST])
def test_a_training_leaves_nothing_behind(run, cartpole, tmp_path, monkeypatch, backend):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    work = run("ppo", cartpole, backend=backend)
    assert train(work, save_to=tmp_path / "model.zip").failure is None
    left = {path.name for path in (tmp_path / "temporary").rglob("*")}
    # Torch keeps one folder per user, however many trainings there are.
    assert {name for name in left if not name.startswith("torchinductor_")} == set()
