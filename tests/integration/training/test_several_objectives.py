"""A small campaign of several objectives, trained for real."""

import json

import pytest
from driven import Campaign

from harness.campaign.campaign_records import record

pytestmark = pytest.mark.training

MATRIX = """
name: small
scenarios: [CartPole-v1]
algorithms: [a2c]
search:
  objectives: [return, inference_time, parameters, {steps_to_threshold: 15}, seeds_spread]
  choose: {return: within 50 % of the best, then: parameters}
  sampler: {name: nsga2, population_size: 3}
  parameters: [learning_rate, net_arch]
  seeds: 2
  trials: 4
  steps: 256
  evals: 2
  episodes: 2
confirm: {top: 2, seeds: 2}
test: {seeds: 2, steps: 256, evals: 2, episodes: 2}
"""


def test_a_search_of_several_objectives_ends_with_a_front_on_held_out_seeds(tmp_path):
    campaign = Campaign(tmp_path, MATRIX)
    campaign.run("--workers", "1")
    notes = "".join(campaign.command("check", "matrix.yaml"))
    assert "`inference_time` is read off the clock" in notes
    (cell,) = record("small", tmp_path / "runs").cells
    for result in cell.results:
        assert 0 < result.cost.inference < 1
    # CartPole's actor: 4 inputs, two hidden layers, 2 actions, biases included.
    (default, *_) = (run for run in cell.runs if run.variant == "default")
    assert default.result.parameters == 4 * 64 + 64 + 64 * 64 + 64 + 64 * 2 + 2
    page = json.loads((tmp_path / "reports" / "small" / "results.json").read_text())
    front = page["parts"]["pareto"][cell.name]
    assert [axis["name"] for axis in front["axes"] if axis["clock"]] == ["inference_time"]
    tested = {point["variant"] for point in front["tested"]}
    assert {"default", "tuned"} <= tested or cell.winner == "default"
    assert all(point["finished"] == 2 for point in front["tested"])
    (html,) = (tmp_path / "reports" / "small" / "cells").glob("*.html")
    assert "Compromises between objectives" in html.read_text()
    out, _ = campaign.command("doctor", "small")
    assert "fail" not in out
    assert campaign.run("--workers", "2")[1].count("rung=") == 0
