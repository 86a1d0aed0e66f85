"""Real trainings of a few hundred steps."""

import math
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, PPO, SAC
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from harness import envs
from harness.algorithms import ALGORITHMS
from harness.core.protocol import Schedule
from harness.core.record import RunResult, Status
from harness.core.scenario import Normalize
from harness.training import build, train
from harness.training.cost import Meter
from harness.training.evaluate import Arena
from harness.training.watch import Watch

pytestmark = pytest.mark.training

OBSERVED = Normalize(observation=True)
BOTH = Normalize(observation=True, reward=True)


def without_cost(result):
    return {name: value for name, value in result.to_json().items() if name != "cost"}


def weights(learner):
    return torch.nn.utils.parameters_to_vector(learner.policy.parameters()).detach().numpy()


def learned(unit):
    """Weights after the training of a unit with its evaluations."""
    learner = build(unit)
    arena = Arena(unit.scenario, unit.schedule, masks=unit.algorithm.masks)
    watch = Watch(unit, arena, Meter(), None)
    try:
        learner.learn(unit.steps, callback=watch, log_interval=sys.maxsize)
        watch.finish(learner)
    finally:
        arena.close()
        learner.env.close()
    return weights(learner)


@pytest.fixture(params=ALGORITHMS, ids=lambda algorithm: algorithm.name)
def any_unit(request, unit, cartpole, pendulum):
    fitting = cartpole if "Discrete" in request.param.actions else pendulum
    return unit(request.param.name, fitting)


def test_every_algorithm_trains_and_twice_the_same(any_unit):
    first = train(any_unit)
    assert first.failure is None
    assert first.status is Status.COMPLETE
    assert math.isfinite(first.score)
    assert first.steps >= any_unit.steps
    assert first.unit == any_unit.id
    assert len(first.evaluations) == any_unit.schedule.evals
    assert first.evaluations[-1].step == first.steps
    torch.rand(3)  # whatever ran before in this process plays no part
    random.random()
    assert without_cost(train(any_unit)) == without_cost(first)


def test_results_survive_json(unit, cartpole):
    result = train(unit("ppo", cartpole))
    assert RunResult.from_json(result.to_json()) == result


def test_another_seed_is_another_training(unit, cartpole):
    one, two = unit("ppo", cartpole), unit("ppo", cartpole, seed=12)
    assert not np.array_equal(learned(one), learned(two))


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("name", ["ppo", "a2c", "ppo_recurrent", "dqn", "td3", "ars"])
def test_evaluating_does_not_disturb_training(name, deterministic, unit, cartpole, pendulum):
    scenario = pendulum if name == "td3" else cartpole
    rare = unit(name, scenario, schedule=Schedule(evals=1, episodes=3, seed=7))
    schedule = Schedule(evals=5, episodes=2, seed=8, deterministic=deterministic)
    often = replace(rare, schedule=schedule)
    assert np.array_equal(learned(rare), learned(often))


def test_evaluations_come_when_their_steps_are_reached(unit, cartpole):
    result = train(unit("a2c", cartpole, schedule=Schedule(evals=4, episodes=1, seed=7)))
    assert [evaluation.step for evaluation in result.evaluations] == [48, 96, 144, 192]


def test_steps_that_share_a_rollout_of_environments_share_an_evaluation(unit, cartpole):
    scenario = replace(cartpole, n_envs=64)
    several = unit(
        "a2c",
        scenario,
        arguments={"n_steps": 2},
        steps=128,
        schedule=Schedule(evals=4, episodes=2, seed=7),
    )
    result = train(several)
    assert [evaluation.step for evaluation in result.evaluations] == [64, 64, 128, 128]
    assert result.evaluations[0] == result.evaluations[1]


def test_random_search_is_evaluated_between_its_updates(unit, cartpole):
    """Within one the policy is a perturbed one; without any step up to the first it is zero."""
    many = unit("ars", cartpole, steps=400, schedule=Schedule(evals=20, episodes=2, seed=7))
    seen = []

    class Updates(BaseCallback):
        def _on_rollout_start(self):
            seen.append(self.model.num_timesteps)

        def _on_step(self):
            return True

    learner = build(many)
    learner.learn(many.steps, callback=Updates(), log_interval=sys.maxsize)
    learner.env.close()
    centres = {*seen, learner.num_timesteps}
    result = train(many)
    assert len(result.evaluations) == 20
    assert {evaluation.step for evaluation in result.evaluations} <= centres


def test_every_evaluation_plays_the_same_episodes(unit, corridor_of):
    """Nothing is learned at a rate of zero, so nothing may change between the evaluations."""
    still = unit(
        "ppo",
        corridor_of(),
        arguments={"n_steps": 64, "batch_size": 32, "learning_rate": 0.0},
        schedule=Schedule(evals=3, episodes=12, seed=7),
    )
    result = train(still)
    assert len(result.evaluations[0].returns) == 12
    assert len({evaluation.returns for evaluation in result.evaluations}) == 1
    assert set(result.evaluations[0].lengths) == {10}
    # Episodes have their own seeds.
    assert len(set(result.evaluations[0].returns)) > 1


def test_the_score_is_the_mean_of_the_late_evaluations(unit, cartpole):
    result = train(unit("ppo", cartpole, schedule=Schedule(evals=8, episodes=2, seed=7)))
    late = result.evaluations[-2:]
    assert result.score == pytest.approx(sum(evaluation.mean for evaluation in late) / 2)


def test_pruning_stops_the_training(unit, cartpole):
    told = []

    def second(mean):
        told.append(mean)
        return len(told) == 2

    four = unit("a2c", cartpole, schedule=Schedule(evals=4, episodes=2, seed=7))
    result = train(four, should_stop=second)
    assert result.status is Status.PRUNED
    assert result.steps == 96
    assert [evaluation.mean for evaluation in result.evaluations] == told
    assert result.score == told[-1]
    assert result.failure is None


@pytest.mark.parametrize("name", ["ars", "sac"])
def test_learners_that_ignore_callbacks_stop_too(name, unit, cartpole, pendulum):
    scenario = pendulum if name == "sac" else cartpole
    result = train(
        unit(name, scenario, steps=400, schedule=Schedule(evals=10, episodes=1, seed=7)),
        should_stop=lambda mean: True,
    )
    assert result.status is Status.PRUNED
    assert result.steps < 400
    assert len(result.evaluations) < 10


def test_the_last_evaluation_is_not_asked_about(unit, cartpole):
    told = []
    result = train(unit("a2c", cartpole), should_stop=told.append)
    assert len(told) == len(result.evaluations) - 1


class TestFailures:
    def test_a_reward_that_is_no_number(self, unit, corridor_of):
        result = train(unit("ppo", corridor_of(nan_at=37)))
        assert result.status is Status.FAILED
        assert result.score is None
        assert result.failure.kind == "diverged"
        assert result.failure.step == 37
        assert "reward" in result.failure.message

    def test_an_environment_that_raises(self, unit, corridor_of):
        result = train(unit("dqn", corridor_of(raise_at=37)))
        assert result.failure.kind == "environment"
        assert result.failure.step == 37
        assert "the bridge is out" in result.failure.message
        assert "RuntimeError" in result.failure.traceback

    def test_an_environment_that_raises_in_evaluation(self, unit, corridor_of):
        """The evaluation's own environment gets to its 96th step before the training's."""
        long = unit(
            "ppo",
            corridor_of(raise_at=96),
            schedule=Schedule(evals=4, episodes=100, seed=7),
            steps=192,
        )
        result = train(long)
        assert result.failure.kind == "environment"
        assert result.failure.step == 48

    def test_a_policy_that_diverges(self, unit, corridor_of):
        wild = unit(
            "ppo",
            corridor_of(continuous=True, scale=1e30),
            arguments={"n_steps": 64, "batch_size": 32, "learning_rate": 1e30},
        )
        result = train(wild)
        assert result.failure.kind == "diverged"
        assert result.failure.step > 0

    def test_a_value_network_that_diverges(self, unit, corridor_of):
        """DQN takes the best of values that are no numbers without complaint."""
        wild = unit(
            "dqn",
            corridor_of(),
            arguments={"learning_rate": 3e38, "learning_starts": 10},
        )
        result = train(wild)
        assert result.failure.kind == "diverged"
        assert "weight" in result.failure.message

    def test_an_argument_the_learner_refuses(self, unit, cartpole):
        result = train(unit("ppo", cartpole, arguments={"batch_size": 1}))
        assert result.failure.kind == "exception"
        assert "batch_size" in result.failure.message
        assert result.steps == 0

    def test_what_is_known_before_the_failure_is_kept(self, unit, corridor_of):
        result = train(unit("a2c", corridor_of(nan_at=150)))
        assert len(result.evaluations) == 1
        assert result.steps == 149

    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError])
    def test_what_is_no_failure_of_the_training_is_raised(self, error, unit, cartpole):
        def stop(mean):
            raise error

        with pytest.raises(error):
            train(unit("a2c", cartpole), should_stop=stop)


class TestMasks:
    def test_forbidden_actions_are_never_taken(self, unit, corridor_of):
        result = train(unit("ppo_mask", corridor_of(masked=True)))
        assert result.failure is None
        assert result.score == 10.0

    def test_masks_are_optional(self, unit, corridor_of):
        result = train(unit("ppo_mask", corridor_of()))
        assert result.failure is None
        assert result.status is Status.COMPLETE


class TestEnvironments:
    def test_several_at_once(self, unit, cartpole):
        four = unit("ppo", replace(cartpole, n_envs=4), arguments={"n_steps": 32})
        result = train(four)
        assert result.failure is None
        assert result.steps == 256

    def test_each_has_its_own_seed(self, unit, cartpole):
        learner = build(unit("ppo", replace(cartpole, n_envs=3), seed=41))
        first = learner.env.reset()
        learner.env.close()
        for place in range(3):
            alone = envs.make(cartpole)
            observation, _ = alone.reset(seed=41 + place)
            alone.close()
            assert np.array_equal(first[place], observation)

    @pytest.mark.parametrize("name", ["ppo", "td3"])
    def test_normalised(self, name, unit, pendulum):
        result = train(unit(name, replace(pendulum, normalize=BOTH)))
        assert result.failure is None
        # Raw returns, not normalised ones.
        assert result.score < -100

    def test_normalisation_discounts_as_the_learner_does(self, unit, pendulum):
        for arguments, gamma in (({"gamma": 0.9}, 0.9), ({}, 0.99)):
            learner = build(unit("ppo", replace(pendulum, normalize=BOTH), arguments=arguments))
            assert learner.get_vec_normalize_env().gamma == gamma
            learner.env.close()

    def test_evaluation_uses_the_frozen_statistics(self, unit, corridor_of):
        """With statistics moved far off, the same weights play another game."""
        normalised = unit("ppo", replace(corridor_of(scale=5.0), normalize=OBSERVED), steps=640)
        learner = build(normalised)
        learner.learn(640)
        arena = Arena(normalised.scenario, normalised.schedule, masks=False)
        statistics = learner.get_vec_normalize_env().obs_rms
        before = statistics.copy()
        seen = arena.evaluate(learner)
        assert np.array_equal(statistics.mean, before.mean)
        assert statistics.count == before.count
        statistics.mean = statistics.mean + 100.0
        moved = arena.evaluate(learner)
        arena.close()
        learner.env.close()
        assert seen.returns != moved.returns


class TestSchedules:
    @pytest.mark.parametrize(("kind", "half"), [("linear", 0.5e-3), ("cosine", 0.5e-3)])
    def test_the_learning_rate_falls(self, kind, half, unit, cartpole):
        rates = []

        class Rates(BaseCallback):
            def _on_rollout_start(self):
                rates.append(self.model.policy.optimizer.param_groups[0]["lr"])

            def _on_step(self):
                return True

        scheduled = unit(
            "ppo",
            cartpole,
            steps=256,
            arguments={
                "n_steps": 64,
                "batch_size": 32,
                "learning_rate": {"schedule": kind, "initial": 1e-3},
            },
        )
        learner = build(scheduled)
        learner.learn(256, callback=Rates())
        learner.env.close()
        assert rates[0] == pytest.approx(1e-3)
        assert rates[2] == pytest.approx(half)
        assert rates == sorted(rates, reverse=True)
        assert learner.policy.optimizer.param_groups[0]["lr"] == pytest.approx(0.0)


class TestReplayBuffer:
    @pytest.mark.parametrize(("name", "n_envs"), [("dqn", 1), ("dqn", 3), ("qrdqn", 1)])
    def test_a_capped_buffer_changes_no_digit(self, name, n_envs, unit, cartpole, monkeypatch):
        scenario = replace(cartpole, n_envs=n_envs)
        small = unit(name, scenario, arguments={"buffer_size": 5_000, "learning_starts": 20})
        capped = learned(small)
        monkeypatch.setattr("harness.training.learner._needed_capacity", lambda unit: None)
        assert np.array_equal(capped, learned(small))

    def test_it_holds_what_the_budget_can_fill(self, unit, cartpole):
        learner = build(unit("dqn", cartpole))
        assert 192 < learner.replay_buffer.buffer_size < 300
        assert learner.buffer_size == 1_000_000
        learner.env.close()

    def test_a_small_one_is_left_alone(self, unit, cartpole):
        learner = build(unit("dqn", cartpole, arguments={"buffer_size": 50}))
        assert learner.replay_buffer.buffer_size == 50
        learner.env.close()

    def test_episodes_have_no_known_length(self, unit, pendulum):
        arguments = {"train_freq": [1, "episode"], "buffer_size": 5_000}
        learner = build(unit("td3", pendulum, arguments=arguments))
        assert learner.replay_buffer.buffer_size == 5_000
        learner.env.close()


class TestSaving:
    def test_plain_stable_baselines_plays_it(self, unit, cartpole, tmp_path):
        path = tmp_path / "deep" / "model.zip"
        result = train(unit("ppo", cartpole), save_to=path)
        assert [file.name for file in path.parent.iterdir()] == ["model.zip"]
        assert replayed(PPO.load(path, device="cpu"), cartpole) == result.evaluations[-1].returns

    def test_with_its_normalisation(self, unit, pendulum, tmp_path):
        scenario = replace(pendulum, normalize=BOTH)
        path = tmp_path / "model.zip"
        result = train(unit("a2c", scenario), save_to=path)
        venv = DummyVecEnv([lambda: envs.make(pendulum, guard=False)])
        statistics = VecNormalize.load(str(tmp_path / "vecnormalize.pkl"), venv)
        returns = replayed(A2C.load(path, device="cpu"), pendulum, statistics.normalize_obs)
        venv.close()
        assert returns == pytest.approx(result.evaluations[-1].returns)

    def test_schedules_need_no_harness_to_load(self, unit, cartpole, tmp_path):
        path = tmp_path / "model.zip"
        arguments = {
            "n_steps": 64,
            "batch_size": 32,
            "learning_rate": {"schedule": "cosine", "initial": 1e-3},
            "clip_range": {"schedule": "linear", "initial": 0.2},
        }
        train(unit("ppo", cartpole, arguments=arguments), save_to=path)
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

    def test_the_buffer_size_asked_for_is_kept(self, unit, pendulum, tmp_path):
        path = tmp_path / "model.zip"
        train(unit("sac", pendulum, arguments={"buffer_size": 4321}), save_to=path)
        assert SAC.load(path, device="cpu").buffer_size == 4321

    def test_failed_and_pruned_trainings_leave_nothing(self, unit, corridor_of, tmp_path):
        train(unit("ppo", corridor_of(nan_at=37)), save_to=tmp_path / "one.zip")
        train(
            unit("ppo", corridor_of()),
            save_to=tmp_path / "two.zip",
            should_stop=lambda mean: True,
        )
        assert list(tmp_path.iterdir()) == []


def replayed(model, scenario, normalize=lambda observation: observation):
    """Returns of the evaluation's episodes, played one by one with plain `predict`."""
    returns = []
    for episode in range(3):
        env = envs.make(scenario, guard=False)
        observation, _ = env.reset(seed=7 + episode)
        total, over = 0.0, False
        while not over:
            action, _ = model.predict(normalize(observation), deterministic=True)
            observation, reward, terminated, truncated, _ = env.step(action)
            total += float(reward)
            over = terminated or truncated
        env.close()
        returns.append(total)
    return tuple(returns)


def test_no_folder_is_left_behind(unit, cartpole, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    train(unit("ppo", cartpole))
    assert list(tmp_path.iterdir()) == []


def test_threads_are_set(unit, cartpole):
    before = torch.get_num_threads()
    try:
        build(unit("ppo", cartpole, threads=2)).env.close()
        assert torch.get_num_threads() == 2
        build(unit("ppo", cartpole, threads=1)).env.close()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_costs_are_split(unit, cartpole):
    cost = train(unit("ppo", cartpole)).cost
    assert cost.learn > 0
    assert cost.evaluate > 0
    assert cost.learn + cost.evaluate <= cost.wall
    assert cost.learn_cpu + cost.evaluate_cpu <= cost.cpu
    assert cost.steps_per_second == pytest.approx(192 / cost.learn)
    assert cost.peak_memory > 50 * 1024**2
    assert cost.started.endswith("+00:00")
    assert cost.host
    assert Path("/proc/cpuinfo").exists() <= bool(cost.cpu_model)
