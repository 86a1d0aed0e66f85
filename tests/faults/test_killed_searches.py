"""Searches that wait for other cells, or have several objectives, killed on the way."""

import pytest
from driven import Campaign, kill

from harness.campaign.campaign_records import record

pytestmark = [pytest.mark.training]

MATRIX = """
name: small
seed: 3
scenarios:
  - {name: first, env: CartPole-v1}
  - {name: second, env: CartPole-v1, max_episode_steps: 100}
algorithms: [a2c]
search:
  objectives: [return, parameters, effort]
  sampler: {name: nsga2, population_size: 3}
  parameters: [learning_rate, n_steps, net_arch]
  transfer: true
  trials: 5
  steps: 128
  evals: 2
  episodes: 1
confirm: {top: 2, seeds: 1}
test: {seeds: 1, steps: 128, evals: 2, episodes: 1}
"""


def trials_of(campaign):
    cells = record("small", campaign.folder / "runs").cells
    return {cell.name: [(t.values, t.suggestion.source) for t in cell.trials] for cell in cells}


def test_kills_change_no_trial_of_searches_that_wait_and_compromise(tmp_path):
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    for folder in (alone, killed):
        folder.mkdir()
    undisturbed, campaign = Campaign(alone, MATRIX), Campaign(killed, MATRIX)
    undisturbed.run("--workers", "1")
    for results in (2, 9):
        process = campaign.start("--workers", "2")
        campaign.wait_for_results(results, process)
        kill(process)
    campaign.run("--workers", "2")
    assert campaign.scores() == undisturbed.scores()
    assert trials_of(campaign) == trials_of(undisturbed)
    ids = [result["run_id"] for result in campaign.results()]
    assert len(ids) == len(set(ids))
    assert "fail" not in campaign.command("doctor", "small")[0]
