"""A campaign run from Python, as a notebook does."""

import re
from pathlib import Path

import pytest

from harness import load_matrix, results, run
from harness.errors import MatrixError

MATRIX = """
name: study
scenarios: [CartPole-v1]
algorithms: [ppo]
search: {trials: 4, steps: 256, evals: 2, episodes: 1}
confirm: {top: 1, seeds: 1}
test: {seeds: 2, steps: 256, evals: 2, episodes: 1}
"""


@pytest.mark.training
def test_a_matrix_is_loaded_run_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(MATRIX)
    matrix = load_matrix("m.yaml", sets={"search.trials": 2}, name="mine")
    events: list[object] = []
    campaign = run(matrix, workers=1, listener=events.append)
    assert len(campaign.trials) == 2
    assert len(campaign.leaderboard) == 1
    assert Path("reports/mine/index.html").is_file()
    assert events
    assert re.search(r"end campaign=mine done=(\d+)/\1 ", capsys.readouterr().err)
    assert results("mine").record == campaign.record
    again = run(matrix, workers=1, quiet=True)
    assert again.record.cells == campaign.record.cells


def test_a_wrong_matrix_is_refused_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(MATRIX)
    with pytest.raises(MatrixError, match="1 problem") as caught:
        load_matrix("m.yaml", sets={"search.trials": "many"})
    assert "--set" in caught.value.__notes__[0]
