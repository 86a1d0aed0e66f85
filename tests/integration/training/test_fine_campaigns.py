"""A coarse campaign, and a fine one around what it found."""

import pytest
from driven import Campaign

from harness.campaign.campaign_records import record

pytestmark = pytest.mark.training

COARSE = """
name: coarse
seed: 2
scenarios: [CartPole-v1]
algorithms: [a2c]
search: {trials: 4, steps: 256, evals: 2, episodes: 4, parameters: [learning_rate, n_steps, gamma]}
confirm: {top: 2, seeds: 1}
test: {seeds: 1, steps: 256, evals: 2, episodes: 2}
"""

FINE = """
name: small
extends: coarse.yaml
algorithms: [{name: a2c, arguments: {from_campaign: coarse}}]
search: {parameters: [learning_rate], trials: 3}
"""


def test_a_fine_campaign_goes_on_from_a_coarse_one_without_copying(tmp_path):
    (tmp_path / "coarse.yaml").write_text(COARSE)
    campaign = Campaign(tmp_path, FINE)
    campaign.command("run", "--matrix", "coarse.yaml", "--workers", "1")
    (coarse,) = record("coarse", tmp_path / "runs").cells
    found = coarse.trials[coarse.winner.trial or 0]
    campaign.run("--workers", "1")
    (fine,) = record("small", tmp_path / "runs").cells
    assert list(fine.trials[1].values) == ["learning_rate"]
    assert fine.trials[1].values["learning_rate"] == pytest.approx(found.values["learning_rate"])
    for name, value in found.arguments.items():
        if name != "learning_rate":
            assert all(trial.arguments[name] == value for trial in fine.trials)
    # It goes on where the coarse campaign is gone.
    (tmp_path / "runs" / "coarse").rename(tmp_path / "elsewhere")
    campaign.command("report", "small")
    assert "fail" not in campaign.command("doctor", "small")[0]
