"""A small campaign that chooses one configuration for three scenarios and tests it in each."""

import json

import pytest
from driven import Campaign

from harness.campaign.campaign_records import record

pytestmark = pytest.mark.training

MATRIX = """
name: small
seed: 1
scenarios:
  - {name: first, env: CartPole-v1, random: 20, reference: 500}
  - {name: second, env: CartPole-v1, max_episode_steps: 100, random: 20, reference: 100}
  - {name: third, env: CartPole-v1, max_episode_steps: 50, random: 20, reference: 50}
algorithms: [a2c]
search:
  parameters: [learning_rate, n_steps]
  trials: 4
  steps: 256
  evals: 2
  episodes: 1
confirm: {top: 2, seeds: 1}
test: {seeds: 2, steps: 256, evals: 2, episodes: 1}
transfer: {seeds: 1, tune_across: mean}
"""


def test_one_configuration_is_chosen_on_fresh_seeds_and_tested_on_held_out_ones(tmp_path):
    campaign = Campaign(tmp_path, MATRIX)
    campaign.run("--workers", "2")
    parts = json.loads((tmp_path / "reports/small/results.json").read_text())["parts"]
    (entry,) = parts["across"]["algorithms"]
    names = ["default", *(f"a2c@{scenario}" for scenario in entry["scenarios"])]
    assert [candidate["name"] for candidate in entry["candidates"]] == names
    worth = {each["name"]: each["worth"] for each in entry["candidates"]}
    assert worth[entry["choice"]] == max(worth.values())
    assert len(set(worth.values())) > 1  # not every cell ships the default
    for cell in entry["cells"]:
        assert len(cell["scores"]["scores"]) == 2
        assert not cell["scores"]["pending"]
    assert all(cell["is_winner"] for cell in entry["cells"] if cell["cell"] == entry["choice"])
    for cell in parts["seeds"]["cells"]:
        assert len(cell["test"]) == 2
        assert not set(cell["test"]) & set(cell["transfer"])
    page = (tmp_path / "reports/small/transfer.html").read_text()
    assert "One configuration for all scenarios" in page
    campaign.command("doctor", "small")
    status = json.loads(campaign.command("status", "small", "--json")[0])
    for cell in status["cells"]:
        assert cell["transfer"]["done"] == cell["transfer"]["planned"] > 0
    # Nothing is left to do, and nothing is trained twice.
    ids = [result["run_id"] for result in campaign.results()]
    campaign.run()
    assert [result["run_id"] for result in campaign.results()] == ids
    assert len(ids) == len(set(ids))


def test_it_is_trained_saved_and_played_by_its_name(tmp_path):
    campaign = Campaign(tmp_path, MATRIX)
    campaign.run("--workers", "2", "--save-models")
    (_, cell, _) = record("small", tmp_path / "runs").cells
    runs = {run.seed: run for run in cell.runs if run.variant == "across"}
    status = json.loads(campaign.command("status", "small", "--json")[0])["best"][cell.name]
    assert status["variants"]["across"]["configurations"] == [dict(runs[min(runs)].arguments)]
    assert "--variant across" in status["variants"]["across"]["command"]
    # Where it is what the cell ships, or the default, its model has that name.
    played = json.loads(
        campaign.command("play", cell.name, "--variant", "across", "--episodes", "1", "--json")[0]
    )
    assert len(played["episodes"]) == 1
    seed = str(next(iter(runs)))
    words = ("--variant", "across", "--seed", seed, "--out", "again", "--json")
    again = json.loads(campaign.command("train", cell.name, *words)[0])
    assert again["model"] == "again.zip"
