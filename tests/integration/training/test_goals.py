"""Goal environments, hindsight, wrappers of training alone, versions of simulators."""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import replace
from typing import ClassVar

import gymnasium
import numpy as np
import pytest
from driven import Campaign
from gymnasium import spaces
from gymnasium.vector.utils import batch_space
from stable_baselines3 import HerReplayBuffer

from harness.campaign import record
from harness.core.scenario import Normalize, Scenario, Wrapper
from harness.training import build, train
from harness.training.dry_runs import dry_run

pytestmark = pytest.mark.training

POINT = spaces.Box(-10.0, 10.0, (1,), np.float32)


class Line(gymnasium.Env):
    """Walk to a point on a line within ten steps; -1 for every step away from it."""

    def __init__(self):
        keys = ("observation", "achieved_goal", "desired_goal")
        self.observation_space = spaces.Dict(dict.fromkeys(keys, POINT))
        self.action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._place, self._time = np.zeros(1, np.float32), 0
        self._goal = self.np_random.uniform(-2, 2, 1).astype(np.float32)
        return self._seen(), {}

    def step(self, action):
        self._place = np.clip(self._place + action, -10, 10).astype(np.float32)
        self._time += 1
        seen = self._seen()
        reward = float(self.compute_reward(seen["achieved_goal"], seen["desired_goal"], {}))
        return seen, reward, False, self._time == 10, {}

    def compute_reward(self, achieved, desired, info):
        return -(np.abs(achieved - desired).max(axis=-1) > 0.3).astype(np.float32)

    def _seen(self):
        return {
            "observation": self._place,
            "achieved_goal": self._place,
            "desired_goal": self._goal,
        }


class Lines(gymnasium.vector.VectorEnv):
    """Several of them as a batch."""

    metadata: ClassVar[dict[str, object]] = {
        "autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP
    }

    def __init__(self, num_envs, max_episode_steps):
        self.num_envs, self.lines = num_envs, [Line() for _ in range(num_envs)]
        first = self.lines[0]
        self.single_observation_space = first.observation_space
        self.single_action_space = first.action_space
        self.observation_space = batch_space(first.observation_space, num_envs)
        self.action_space = batch_space(first.action_space, num_envs)

    def reset(self, *, seed=None, options=None):
        seeds = [None if seed is None else seed + index for index in range(self.num_envs)]
        pairs = zip(self.lines, seeds, strict=True)
        return self.stack([each.reset(seed=seed)[0] for each, seed in pairs]), {}

    def step(self, actions):
        pairs = zip(self.lines, actions, strict=True)
        seen, rewards, ends, cuts, _ = zip(*(each.step(a) for each, a in pairs), strict=True)
        info = {"final_obs": seen} if cuts[0] else {}
        observations = self.reset()[0] if cuts[0] else self.stack(seen)
        return observations, np.array(rewards), np.array(ends), np.array(cuts), info

    def stack(self, seen):
        return {key: np.stack([each[key] for each in seen]) for key in seen[0]}

    def compute_reward(self, achieved, desired, info):
        return self.lines[0].compute_reward(achieved, desired, info)


@pytest.fixture
def line(monkeypatch):
    module = type(sys)("goal_worlds")
    module.Line, module.Lines = Line, Lines
    monkeypatch.setitem(sys.modules, "goal_worlds", module)
    gymnasium.register("Line-v0", "goal_worlds:Line")
    gymnasium.register("Lines-v0", "goal_worlds:Line", vector_entry_point="goal_worlds:Lines")
    yield Scenario(
        name="Line-v0", env="Line-v0", action="Box", observation="dict", max_episode_steps=10
    )
    del gymnasium.registry["Line-v0"], gymnasium.registry["Lines-v0"]


def hindsight(run, line, **scenario):
    arguments = {
        "replay_buffer_class": "HerReplayBuffer",
        "replay_buffer_kwargs": {"n_sampled_goal": 4, "goal_selection_strategy": "future"},
        "learning_starts": 40,
        "batch_size": 32,
        "policy_kwargs": {"net_arch": [16]},
    }
    made = run("sac", replace(line, **scenario), arguments=arguments)
    return replace(made, policy="MultiInputPolicy", steps=80)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"n_envs": 2},
        {"n_envs": 2, "env": "Lines-v0"},
        {"normalize": Normalize(observation=True)},
    ],
    ids=str,
)
def test_hindsight_learns_from_other_goals(run, line, settings):
    asked = hindsight(run, line, **settings)
    learner = build(asked)
    assert type(learner.replay_buffer) is HerReplayBuffer
    learner.learn(asked.steps)
    # Four of five sampled transitions have a goal that was reached later in their episode.
    batch = learner.replay_buffer.sample(500)
    learner.env.close()
    reached = (batch.rewards == 0).float().mean()
    assert 0.3 < reached < 1
    if "normalize" not in settings:
        goals = (batch.next_observations["achieved_goal"], batch.observations["desired_goal"])
        rewards = Line().compute_reward(*(each.numpy() for each in goals), None)
        assert batch.rewards[:, 0].tolist() == rewards.tolist()
    assert train(asked).failure is None


def test_hindsight_is_the_same_every_time(run, line):
    first, second = (train(hindsight(run, line)) for _ in range(2))
    assert first.failure is None
    assert first.evaluations == second.evaluations


def test_hindsight_without_an_episode_is_a_failure_with_its_reason(run, line):
    asked = hindsight(run, line)
    asked = replace(asked, arguments={**asked.arguments, "learning_starts": 5})
    result = train(asked)
    assert result.failure is not None
    assert "episode" in result.failure.message


def _one_number(_env, achieved, desired, info):
    return -float(np.linalg.norm(achieved - desired) > 0.3)


def _of_information(_env, achieved, desired, info):
    return np.array([each["reward"] for each in info])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"compute_reward": _one_number},
            r"`compute_reward` of Line-v0 has the shape \(\), not \(",
        ),
        ({"compute_reward": _of_information}, "raised KeyError in compute_reward"),
        ({"compute_reward": None}, "raised TypeError in compute_reward"),
    ],
)
def test_what_hindsight_cannot_ask_for_is_said_before_and_by_the_run(
    run, line, monkeypatch, changes, words
):
    for name, value in changes.items():
        monkeypatch.setattr(Line, "step", _step_without_goals)
        monkeypatch.setattr(Line, name, value)
    asked = hindsight(run, line)
    (fault,) = dry_run([asked])
    assert re.search(words, fault.message)
    failure = train(asked).failure
    assert failure.kind == "environment"
    assert re.search(words, failure.message)


def _step_without_goals(self, action):
    self._time += 1
    return self._seen(), -1.0, False, self._time == 10, {}


def test_hindsight_needs_the_parts_of_a_goal(run, line, monkeypatch):
    monkeypatch.setattr(
        Line, "_seen", lambda self: {"observation": self._place, "goal": self._goal}
    )
    monkeypatch.setattr(Line, "step", _step_without_goals)
    keys = dict.fromkeys(("observation", "goal"), POINT)
    monkeypatch.setattr(Line, "observation_space", spaces.Dict(keys), raising=False)
    monkeypatch.setattr(
        Line, "__init__", lambda self: setattr(self, "action_space", spaces.Box(-1.0, 1.0, (1,)))
    )
    (fault,) = dry_run([hindsight(run, line)])
    assert "no `achieved_goal`" in fault.message
    assert fault.path == ("arguments", "replay_buffer_class")


SEARCH = """
name: small
scenarios: [{name: line, env: "lines.py:Line", max_episode_steps: 10}]
algorithms: [{name: sac, arguments: {learning_starts: 20, policy_kwargs: {net_arch: [8]}}}]
space:
  replay_buffer_class: {choices: [HerReplayBuffer, null]}
  n_sampled_goal: {low: 1, high: 5}
  goal_selection_strategy: {choices: [future, final, episode]}
search:
  parameters: [replay_buffer_class, n_sampled_goal, goal_selection_strategy]
  trials: 7
  steps: 60
  evals: 2
  episodes: 1
  sampler: random
confirm: {top: 1, seeds: 1}
test: {seeds: 1, steps: 60, evals: 1, episodes: 1}
"""


def test_hindsight_is_searched_with_its_goals(tmp_path):
    head = "import gymnasium\nimport numpy as np\nfrom gymnasium import spaces\n"
    point = "POINT = spaces.Box(-10.0, 10.0, (1,), np.float32)\n"
    (tmp_path / "lines.py").write_text(head + point + inspect.getsource(Line))
    Campaign(tmp_path, SEARCH).run("--workers", "1")
    (cell,) = record("small", tmp_path / "runs").cells
    buffers = set()
    for trial in cell.trials:
        assert trial.result.failure is None
        buffer = trial.arguments.get("replay_buffer_class")
        goals = trial.arguments.get("replay_buffer_kwargs")
        names = ("n_sampled_goal", "goal_selection_strategy")
        is_hindsight = buffer == "HerReplayBuffer"
        assert goals == ({name: trial.values[name] for name in names} if is_hindsight else None)
        buffers.add(buffer)
    assert buffers == {"HerReplayBuffer", None}


def test_evaluation_does_not_see_the_wrappers_of_training(run, cartpole):
    halved = Wrapper(
        path="gymnasium.wrappers.ClipReward", arguments={"min_reward": 0.0, "max_reward": 0.5}
    )
    asked = run("ppo", replace(cartpole, training_wrappers=(halved,)))
    learner = build(asked)
    learner.learn(64)
    trained = [info["r"] / info["l"] for info in learner.ep_info_buffer]
    learner.env.close()
    assert trained == [0.5] * len(trained)
    assert trained
    for evaluation in train(asked).evaluations:
        assert evaluation.returns == tuple(map(float, evaluation.lengths))


def test_a_run_refuses_another_version_of_its_simulator(run, cartpole):
    here = run("ppo", replace(cartpole, versions={"gymnasium": gymnasium.__version__}))
    other = run("ppo", replace(cartpole, versions={"gymnasium": "0.0.1"}))
    assert here.id != other.id
    assert train(here).failure is None
    failure = train(other).failure
    assert failure is not None
    assert "planned with gymnasium 0.0.1" in failure.message
