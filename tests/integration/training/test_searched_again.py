"""A campaign that is searched again after it has ended: what was trained stays as it is."""

import json

import pytest
from driven import Campaign

from harness.campaign.campaign_records import record

pytestmark = pytest.mark.training

MATRIX = """
name: small
seed: 3
scenarios: [CartPole-v1]
algorithms: [a2c]
search: {trials: 3, steps: 200, evals: 8, episodes: 3, parameters: [learning_rate, gamma]}
confirm: {top: 1, seeds: 2}
test: {seeds: 2, steps: 200, evals: 8, episodes: 3}
"""


def test_further_searches_leave_the_first_as_it_was(tmp_path):
    campaign = Campaign(tmp_path, MATRIX)
    campaign.run("--workers", "1")
    (before,) = record("small", tmp_path / "runs").cells
    text, _ = campaign.command("plan", "matrix.yaml", "--set", "search.repeats=2", "--json")
    planned = {cell["cell"]: cell for cell in json.loads(text)["cells"]}
    assert set(planned) == {"a2c@CartPole-v1", "a2c@CartPole-v1#2"}
    campaign.run("--workers", "2", "--set", "search.repeats=2")
    first, second = record("small", tmp_path / "runs").cells
    assert (first.trials, first.runs, first.winner) == (before.trials, before.runs, before.winner)
    assert second.name == "a2c@CartPole-v1#2"
    assert all(trial.result is not None for trial in second.trials)
    assert {run.variant for run in second.runs if run.rung == "test"} == {"tuned"}
    parts = json.loads((tmp_path / "reports/small/results.json").read_text())["parts"]
    (row,) = parts["searches"]["rows"]
    assert [winner["finished"] for winner in row["searches"]["winners"]] == [2, 2]
    assert row["searches"]["difference"]["low"] is not None
    assert len(parts["leaderboard"]["rows"]) == 1
    levels = parts["variance"]["a2c@CartPole-v1"]["levels"]
    assert {"episodes", "evaluations", "training seeds", "searches"} <= set(levels)
    assert "fail" not in campaign.command("doctor", "small")[0]
