"""Saved models that play: the policy that was saved, seeded, and refused once it is another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gymnasium import spaces

from harness import saved_models
from harness.campaign.matrices import load
from harness.core.decisions import plan
from harness.core.opponents import SavedModel
from harness.core.scenario import Normalize, Scenario
from harness.training import build, train
from harness.training.frozen_policies import FrozenPolicy, load_opponents
from harness.training.model_playback import save
from scenarios import SCENARIOS

pytestmark = pytest.mark.training

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
EASY, HARD = (replace(BY_NAME[f"bucket_brigade/{name}-v0"], n_envs=2) for name in ("easy", "hard"))
CARTPOLE = Scenario(name="CartPole-v1", env="CartPole-v1", action="Discrete")
PENDULUM = Scenario(name="Pendulum-v1", env="Pendulum-v1", action="Box", max_episode_steps=50)


def pinned(path: Path, *, sampled: bool = False) -> SavedModel:
    return SavedModel(path=str(path), sha256=saved_models.read(path).sha256, sampled=sampled)


@pytest.fixture
def trained(run, tmp_path):
    """A learner after its first steps, and the file it was saved to."""

    def make(name, scenario, **changes):
        learner = build(run(name, scenario, **changes))
        learner.learn(64, **({"use_masking": False} if name == "ppo_mask" else {}))
        path = tmp_path / f"{name}.zip"
        save(learner, path)
        learner.env.close()
        return learner, path

    return make


@pytest.mark.parametrize(
    ("name", "scenario", "changes"),
    [
        ("ppo", replace(CARTPOLE, normalize=Normalize(observation=True)), {}),
        ("ppo", CARTPOLE, {"backend": "fast"}),
        ("ppo_mask", CARTPOLE, {}),
        ("dqn", CARTPOLE, {}),
        ("qrdqn", CARTPOLE, {}),
        ("ars", CARTPOLE, {}),
        ("ppo", PENDULUM, {"arguments": {"n_steps": 64, "batch_size": 32, "use_sde": True}}),
        ("sac", PENDULUM, {}),
        ("td3", PENDULUM, {}),
        ("tqc", PENDULUM, {}),
        ("crossq", PENDULUM, {"arguments": {"policy_kwargs": {"net_arch": [32]}}}),
    ],
)
def test_it_acts_as_the_learner_that_was_saved(trained, name, scenario, changes):
    learner, path = trained(name, scenario, **changes)
    frozen = FrozenPolicy(pinned(path))
    seen = learner.observation_space.sample()[None] * np.linspace(0.01, 1, 8)[:, None]
    seen = np.clip(seen, -3, 3).astype(np.float32)
    normalization = learner.get_vec_normalize_env()
    shown = seen if normalization is None else normalization.normalize_obs(seen)
    expected, _ = learner.predict(shown, deterministic=True)
    assert np.array_equal(frozen(seen, None, np.random.default_rng(0)), expected)
    assert frozen.observation_space == learner.observation_space


def test_what_it_draws_comes_from_the_generator_of_the_game_alone(trained):
    _, path = trained("ppo", PENDULUM)
    mode, sampled = FrozenPolicy(pinned(path)), FrozenPolicy(pinned(path, sampled=True))
    seen = np.zeros((4, 3), dtype=np.float32)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    drawn = sampled(seen, None, np.random.default_rng(5))
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    assert np.array_equal(sampled(seen, None, np.random.default_rng(5)), drawn)
    assert not np.array_equal(sampled(seen, None, np.random.default_rng(6)), drawn)
    assert len(np.unique(mode(seen, None, np.random.default_rng(5)))) == 1


def test_a_masked_policy_keeps_to_what_is_allowed(trained):
    _, path = trained("ppo_mask", CARTPOLE)
    frozen = FrozenPolicy(pinned(path, sampled=True))
    masks = np.array([[False, True], [True, False]] * 20)
    acted = frozen(np.zeros((40, 4), np.float32), masks, np.random.default_rng(0))
    assert acted.tolist() == [1, 0] * 20


def test_train_freeze_and_train_against_it(run, tmp_path, monkeypatch):
    """From a model of one campaign to the cells of another, and back to the last digit."""
    monkeypatch.chdir(tmp_path)
    for name, place in (("ppo", "ppo@easy/best.zip"), ("dqn", "veteran.zip")):
        easy = EASY.with_action_kind(frozenset({"Discrete"})) if name == "dqn" else EASY
        assert train(run(name, easy), save_to=tmp_path / "models" / place).failure is None
    Path("m.yaml").write_text(
        """\
scenarios:
  - name: veterans
    env: bucket_brigade/hard-v0
    arguments:
      opponents:
        - {saved_model: models/ppo@easy/best.zip, sampled: true}
        - {saved_model: models/veteran.zip}
algorithms: [ppo]
test: {steps: 192, evals: 2, episodes: 3}
""",
        encoding="utf-8",
    )
    cell = load("m.yaml").cells[0]
    work = plan.retrain(cell, {"n_steps": 64, "batch_size": 32, "n_epochs": 2}, seed=3)
    result = train(work)
    assert result.failure is None
    assert train(work).evaluations == result.evaluations
    scripted = replace(cell.scenario, arguments={"opponents": ["rest", "rest"]})
    assert train(replace(work, scenario=scripted)).evaluations != result.evaluations


def test_a_run_refuses_a_file_that_has_changed_or_is_gone(run, trained, tmp_path):
    _, path = trained("ppo", EASY)
    model = pinned(path)
    work = run("ppo", replace(HARD, arguments={"opponents": [model, "rest"]}))
    statistics = path.with_suffix(saved_models.STATISTICS)
    kept = statistics.read_bytes()
    statistics.write_bytes(kept + b" ")
    failure = train(work).failure
    assert failure is not None
    assert "is not what it was when the matrix was read" in failure.message
    statistics.write_bytes(kept)
    assert train(work).failure is None
    # What one process has opened, it has checked; another one looks again.
    gone = replace(model, path=str(tmp_path / "elsewhere.zip"))
    failure = train(replace(work, scenario=replace(HARD, arguments={"opponents": [gone]}))).failure
    assert failure is not None
    assert "elsewhere.zip cannot be read: No such file" in failure.message


def test_on_a_panel_it_plays_for_masks_and_seats(run, tmp_path):
    pytest.importorskip("pettingzoo.classic.connect_four_v3", reason="the extra `marl` is missing")
    four = replace(BY_NAME["classic/connect_four-v3"], n_envs=2)
    path = tmp_path / "four.zip"
    assert train(run("ppo_mask", four, steps=64), save_to=path).failure is None
    model = pinned(path, sampled=True)
    arguments = {**four.arguments, "mode": "learner_vs", "panel": ["random", model]}
    work = run("ppo_mask", replace(four, arguments=arguments))
    result = train(work)
    assert result.failure is None
    assert f"against {model.name}" in result.evaluations[-1].parts
    assert train(work).evaluations == result.evaluations


def test_only_models_are_replaced(trained):
    _, path = trained("ppo", EASY)
    scenario = replace(HARD, arguments={"opponents": [pinned(path), "rest"], "flat": True})
    found = load_opponents(scenario).arguments
    assert isinstance(found["opponents"][0], FrozenPolicy)
    assert found["opponents"][1:] == ["rest"]
    assert found["flat"]
    assert found["opponents"][0].action_space == spaces.MultiDiscrete([10, 2])
