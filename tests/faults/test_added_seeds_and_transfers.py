"""Real trainings with seeds that are added and winners that travel, killed on the way."""

import json

import pytest
from driven import Campaign, kill

pytestmark = [pytest.mark.training]

MATRIX = """
name: small
seed: 3
scenarios:
  - CartPole-v1
  - {name: Acrobot-v1, n_envs: 2, max_episode_steps: 40}
algorithms: [{name: ppo, arguments: {n_steps: 64, n_epochs: 2}}]
search: {trials: 4, steps: 128, evals: 2, episodes: 1, sampler: random, pruner: none}
confirm: {top: 2, seeds: 1}
test: {seeds: {start: 2, step: 1, max: 3}, steps: 128, evals: 2, episodes: 1}
transfer: {seeds: 1}
"""


def test_a_killed_campaign_takes_its_looks_and_carries_its_winners(tmp_path):
    campaign = Campaign(tmp_path, MATRIX)
    process = campaign.start("--workers", "2")
    campaign.wait_for_results(15, process)
    kill(process)
    _, err = campaign.run("--workers", "2")
    assert "rung=transfer" in err
    status = json.loads(campaign.command("status", "small", "--json")[0])
    assert status["status"] == "complete"
    carried = [cell["transfer"] for cell in status["cells"]]
    assert carried == [{"done": 1, "planned": 1}] * 2
    shipped = [cell for cell in status["cells"] if cell["winner"] != "default"]
    assert shipped  # so that there is something to look at
    for cell in status["cells"]:
        assert cell["interim"]["final"]
        # Three seeds a side cannot decide, whatever they are; a default that was kept is one side.
        runs = 2 * 3 if cell in shipped else 2
        assert cell["test"] == {"done": runs, "planned": runs}
    ids = [result["run_id"] for result in campaign.results()]
    assert len(ids) == len(set(ids))
    results = json.loads((tmp_path / "reports/small/results.json").read_text())
    (transfer,) = results["parts"]["transfer"]["algorithms"]
    assert transfer["algorithm"] == "ppo"
    assert all(None not in row for row in transfer["means"])
    assert (tmp_path / "reports/small/transfer.html").is_file()
    campaign.command("doctor", "small")
