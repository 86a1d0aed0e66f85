"""A small campaign whose later searches begin with the winners of the earlier ones."""

import pytest
from driven import Campaign

from harness.campaign.campaign_records import record

pytestmark = pytest.mark.training

MATRIX = """
name: small
seed: 1
scenarios:
  - {name: first, env: CartPole-v1}
  - {name: second, env: CartPole-v1, max_episode_steps: 100}
  - {name: third, env: CartPole-v1, max_episode_steps: 50}
algorithms: [a2c]
search:
  parameters: [learning_rate, n_steps]
  transfer: true
  trials: 4
  steps: 256
  evals: 2
  episodes: 4
confirm: {top: 2, seeds: 1}
test: {seeds: 1, steps: 256, evals: 2, episodes: 2}
"""


def test_winners_are_the_first_trials_of_the_cells_that_follow(tmp_path):
    campaign = Campaign(tmp_path, MATRIX)
    campaign.run("--workers", "2")
    cells = {cell.cell.scenario.name: cell for cell in record("small", tmp_path / "runs").cells}
    shipped = {
        cell.name: cell.trials[cell.winner.trial].values
        for cell in cells.values()
        if cell.winner.trial is not None
    }
    given = [trial for cell in cells.values() for trial in cell.trials if trial.suggestion.source]
    assert given
    assert not any(trial.suggestion.source for trial in cells["first"].trials)
    for trial in given:
        assert trial.values == pytest.approx(shipped[trial.suggestion.source])
    page = tmp_path / "reports" / "small" / "cells" / "a2c-third.html"
    assert "shipped by a2c@" in page.read_text()
    assert "fail" not in campaign.command("doctor", "small")[0]
