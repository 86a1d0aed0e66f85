"""Small campaigns with ensembles, trained for real, and their models played."""

import json

import numpy as np
import pytest
from driven import Campaign
from gymnasium import spaces

from harness.campaign.campaign_records import record
from harness.core.run import configurations_of

pytestmark = pytest.mark.training

MATRIX = """
name: small
seed: 7
scenarios: [CartPole-v1, Pendulum-v1]
algorithms: [a2c, sac]
exclude: [sac@CartPole-v1, a2c@Pendulum-v1]
search: {parameters: [learning_rate], trials: 4, steps: 192, evals: 2, episodes: 2}
confirm: {top: 1, seeds: 1}
variants: {together: {of: top 3}}
test: {seeds: 2, steps: 192, evals: 2, episodes: 2, variants: [default, tuned, together]}
overrides:
  - match: sac@*
    arguments: {learning_starts: 32, policy_kwargs: {net_arch: [16]}}
    normalize: true
"""


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    campaign = Campaign(tmp_path_factory.mktemp("ensembles"), MATRIX)
    campaign.run("--workers", "1", "--save-models")
    return campaign


def test_discrete_actions_are_voted_on_and_continuous_ones_averaged():
    from harness.training.voting_policies import joint_actions

    votes = np.array([[0, 2, 1], [1, 1, 2], [1, 2, 0]])
    # Of equally many votes the best member's, which is the first, counts.
    np.testing.assert_array_equal(joint_actions(votes, spaces.Discrete(3)), [1, 2, 1])
    parts = np.array([[[0, 5]], [[1, 6]], [[1, 5]]])
    space = spaces.MultiDiscrete([2, 7])
    np.testing.assert_array_equal(joint_actions(parts, space), [[1, 5]])
    numbers = np.array([[[0.0]], [[1.0]], [[0.5]]], dtype=np.float32)
    mean = joint_actions(numbers, spaces.Box(-1, 1, (1,)))
    np.testing.assert_array_equal(mean, np.array([[0.5]], dtype=np.float32))
    assert mean.dtype == np.float32


def test_an_ensemble_is_tested_counted_and_shown(campaign):
    cells = record("small", campaign.folder / "runs").cells
    for cell in cells:
        runs = [run for run in cell.runs if run.variant == "together"]
        assert len(runs) == 2
        for run in runs:
            assert len(configurations_of(run.arguments)) == 3
            assert run.result.steps >= 3 * 192
            assert len(run.result.evaluations) == 2
            assert run.result.failure is None
    page = json.loads(
        (campaign.folder / "reports" / "small" / "results.json").read_text(encoding="utf-8")
    )
    sources = {
        row["comparison"]["cell"]: row["source"] for row in page["parts"]["variants"]["rows"]
    }
    assert sources["a2c@CartPole-v1"].startswith("vote of ")
    assert sources["sac@Pendulum-v1"].startswith("mean of ")
    assert sources["a2c@CartPole-v1"].count("trial-") >= 2


@pytest.mark.parametrize("cell", ["a2c@CartPole-v1", "sac@Pendulum-v1"])
def test_a_saved_ensemble_plays_its_evaluation_again(campaign, cell):
    words = ("play", cell, "--campaign", "small", "--variant", "together", "--episodes", "2")
    played = json.loads(campaign.command(*words, "--json")[0])
    runs = next(
        each.runs for each in record("small", campaign.folder / "runs").cells if each.name == cell
    )
    results = [run.result for run in runs if run.variant == "together"]
    returns = [list(result.evaluations[-1].returns) for result in results]
    assert [episode["return"] for episode in played["episodes"]] in returns


def test_the_model_of_one_configuration_is_no_ensemble(campaign):
    folder = campaign.folder / "runs" / "small" / "models" / "a2c@CartPole-v1"
    model = next(folder.glob("default-seed*.zip"))
    words = ("play", "a2c@CartPole-v1", "--campaign", "small", "--variant", "together")
    _, err = campaign.command(*words, "--model", str(model), code=...)
    assert "no ensemble of 3 models" in " ".join(err.split())


def test_more_workers_change_no_digit(campaign, tmp_path):
    other = Campaign(tmp_path, MATRIX)
    other.run("--workers", "2")
    scores = [
        [(run.variant, run.index, run.result.score) for cell in cells for run in cell.runs]
        for cells in (
            record("small", folder / "runs").cells for folder in (campaign.folder, tmp_path)
        )
    ]
    assert scores[0] == scores[1]
