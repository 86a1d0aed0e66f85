"""The page about own samplers, pruners and objectives does what it says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from driven import Campaign

from harness.campaign.campaign_records import record

pytestmark = [pytest.mark.training, pytest.mark.slow]

PAGE = Path(__file__).parents[3] / "docs" / "own_components.md"


def files_of(page):
    """Name of a file -> its text, from the blocks of a page whose first line is that name."""
    blocks = re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", page, re.DOTALL)
    return dict(blocks)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    files = files_of(PAGE.read_text(encoding="utf-8"))
    assert set(files) == {
        "matrix.yaml",
        "mine.py",
        "pruned.yaml",
        "late.py",
        "notes.py",
        "test_mine.py",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    campaign = Campaign(folder, files["matrix.yaml"])
    campaign.run("--workers", "2")
    return campaign


def test_own_sampler_and_objective_run_for_real(campaign):
    (cell,) = record("own", campaign.folder / "runs").cells
    assert len(cell.trials) == 5
    assert cell.cell.search.sampler.name == "mine.py:halves"
    measured = [result.measures["mine.py:steadiness"] for result in cell.results]
    assert all(value <= 0 for value in measured)
    data = json.loads((campaign.folder / "reports" / "own" / "results.json").read_text())
    front = data["parts"]["pareto"][cell.name]
    assert [axis["label"] for axis in front["axes"]] == ["return", "steadiness"]
    assert "fail" not in campaign.command("doctor", "own")[0]
    # From another folder, where nothing lies beside the matrix that the campaign keeps.
    assert campaign.run("--workers", "1")[1].count("rung=") == 0


def test_own_listener_gets_every_run_once(campaign):
    (cell,) = record("own", campaign.folder / "runs").cells
    lines = (campaign.folder / "runs" / "own" / "runs.jsonl").read_text().splitlines()
    kept = [json.loads(line) for line in lines]
    assert sorted(entry["run"] for entry in kept) == sorted(each.run_id for each in cell.results)


def test_own_pruner_runs_for_real(campaign):
    campaign.command("run", "--matrix", "pruned.yaml", "--workers", "1")
    (cell,) = record("pruned", campaign.folder / "runs").cells
    assert cell.cell.search.pruner.name == "late.py:behind"
    assert len(cell.trials) == 5


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("def lines(folder): pass", "cannot be made: TypeError: lines() takes 1"),
        (
            "def lines(folder, campaign): raise OSError('no disk')",
            "cannot be made: OSError: no disk",
        ),
        ("def lines(folder, campaign): pass", "made as a NoneType without `list_run_ids`"),
    ],
)
def test_a_listener_that_cannot_listen_is_named(tmp_path, function, message):
    (tmp_path / "notes.py").write_text(function)
    matrix = "name: own\nscenarios: [CartPole-v1]\nalgorithms: [a2c]\nlisteners: [notes.py:lines]\n"
    _, err = Campaign(tmp_path, matrix).run("--workers", "1", code=2)
    assert message in err
    assert "internal" not in err


def test_where_an_objective_fails_every_run_the_report_is_written(tmp_path):
    (tmp_path / "mine.py").write_text("def none(learner, evaluations): return None")
    rungs = "steps: 64, evals: 1, episodes: 1"
    matrix = f"""
name: own
scenarios: [CartPole-v1]
algorithms: [a2c]
search: {{trials: 2, {rungs}, objectives: [return, {{mine.py:none: max}}]}}
confirm: {{top: 1, seeds: 1}}
test: {{seeds: 2, {rungs}}}
"""
    _, err = Campaign(tmp_path, matrix).run("--workers", "1", code=1)
    assert "gave None" in err
    assert (tmp_path / "reports" / "own" / "index.html").exists()


def test_the_suites_pass(campaign):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"],
        cwd=campaign.folder,
        env=campaign.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "8 passed" in done.stdout
