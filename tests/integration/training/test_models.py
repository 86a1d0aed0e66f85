"""What a training keeps in memory and leaves on the disk."""

import subprocess
import sys
import tempfile
from dataclasses import replace

import numpy as np
import pytest
from sb3_contrib import RecurrentPPO
from stable_baselines3 import A2C, PPO, SAC
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from harness import envs
from harness.core.evaluation import Schedule
from harness.core.scenario import Normalize
from harness.training import build, train

BOTH = Normalize(observation=True, reward=True)

pytestmark = pytest.mark.training


@pytest.mark.parametrize(("name", "n_envs"), [("dqn", 1), ("dqn", 3), ("qrdqn", 1)])
def test_a_capped_buffer_changes_no_digit(name, n_envs, run, cartpole, monkeypatch, learned):
    scenario = replace(cartpole, n_envs=n_envs)
    small = run(name, scenario, arguments={"buffer_size": 5_000, "learning_starts": 20})
    capped = learned(small)
    monkeypatch.setattr("harness.training.learner._sufficient_capacity", lambda run: None)
    assert np.array_equal(capped, learned(small))


def test_it_holds_what_the_budget_can_fill(run, cartpole):
    learner = build(run("dqn", cartpole))
    assert 192 < learner.replay_buffer.buffer_size < 300
    assert learner.buffer_size == 1_000_000
    learner.env.close()


def test_a_small_one_is_left_alone(run, cartpole):
    learner = build(run("dqn", cartpole, arguments={"buffer_size": 50}))
    assert learner.replay_buffer.buffer_size == 50
    learner.env.close()


def test_episodes_have_no_known_length(run, pendulum):
    arguments = {"train_freq": [1, "episode"], "buffer_size": 5_000}
    learner = build(run("td3", pendulum, arguments=arguments))
    assert learner.replay_buffer.buffer_size == 5_000
    learner.env.close()


def test_plain_stable_baselines_plays_it(run, cartpole, tmp_path):
    path = tmp_path / "deep" / "model.zip"
    result = train(run("ppo", cartpole), save_to=path)
    files = sorted(file.name for file in path.parent.iterdir())
    assert files == ["model.zip", "model.zip.sha256"]
    assert replayed(PPO.load(path, device="cpu"), cartpole) == result.evaluations[-1].returns


def test_with_its_normalisation(run, pendulum, tmp_path):
    scenario = replace(pendulum, normalize=BOTH)
    path = tmp_path / "model.zip"
    result = train(run("a2c", scenario), save_to=path)
    venv = DummyVecEnv([lambda: envs.make(pendulum, guard=False)])
    statistics = VecNormalize(venv, training=False, norm_reward=False)
    # As the report's page says it.
    numbers = np.load(tmp_path / "model.vecnormalize.npz", allow_pickle=False)
    statistics.obs_rms.mean, statistics.obs_rms.var = numbers["mean"], numbers["var"]
    returns = replayed(A2C.load(path, device="cpu"), pendulum, statistics.normalize_obs)
    venv.close()
    assert returns == pytest.approx(result.evaluations[-1].returns)
    assert not list(tmp_path.glob("*.pkl"))


def test_schedules_need_no_harness_to_load(run, cartpole, tmp_path):
    path = tmp_path / "model.zip"
    arguments = {
        "n_steps": 64,
        "batch_size": 32,
        "learning_rate": {"schedule": "cosine", "initial": 1e-3},
        "clip_range": {"schedule": "linear", "initial": 0.2},
    }
    train(run("ppo", cartpole, arguments=arguments), save_to=path)
    code = (
        "import sys; sys.modules['harness'] = None\n"
        "from stable_baselines3 import PPO\n"
        f"model = PPO.load({str(path)!r}, device='cpu')\n"
        "print(model.lr_schedule(0.5), model.clip_range(0.5))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    rate, clip = map(float, done.stdout.split())
    assert (rate, clip) == (pytest.approx(0.5e-3), pytest.approx(0.1))


def test_the_buffer_size_asked_for_is_kept(run, pendulum, tmp_path):
    path = tmp_path / "model.zip"
    train(run("sac", pendulum, arguments={"buffer_size": 4321}), save_to=path)
    assert SAC.load(path, device="cpu").buffer_size == 4321


def test_failed_and_pruned_trainings_leave_nothing(run, corridor_of, tmp_path):
    train(run("ppo", corridor_of(nan_at=37)), save_to=tmp_path / "one.zip")
    train(
        run("ppo", corridor_of()),
        save_to=tmp_path / "two.zip",
        should_stop=lambda mean: True,
    )
    assert list(tmp_path.iterdir()) == []


def test_memory_begins_anew_with_every_episode(run, cartpole, tmp_path):
    """More episodes than environments: played one by one they return the same."""
    path = tmp_path / "model.zip"
    twelve = run("ppo_recurrent", cartpole, schedule=Schedule(evals=1, episodes=12, seed=7))
    result = train(twelve, save_to=path)
    model = RecurrentPPO.load(path, device="cpu")
    assert replayed(model, cartpole, episodes=12) == result.evaluations[-1].returns


def replayed(model, scenario, normalize=lambda observation: observation, episodes=3):
    """Returns of the evaluation's episodes, played one by one with plain `predict`."""
    returns = []
    for episode in range(episodes):
        env = envs.make(scenario, guard=False)
        observation, _ = env.reset(seed=7 + episode)
        total, over, state = 0.0, False, None
        while not over:
            action, state = model.predict(normalize(observation), state=state, deterministic=True)
            observation, reward, terminated, truncated, _ = env.step(action)
            total += float(reward)
            over = terminated or truncated
        env.close()
        returns.append(total)
    return tuple(returns)


def test_no_folder_is_left_behind(run, cartpole, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    train(run("ppo", cartpole))
    assert list(tmp_path.iterdir()) == []
