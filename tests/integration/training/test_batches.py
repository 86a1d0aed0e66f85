"""Training in batches of environments: Bucket Brigade, which offers them."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.vector import VectorEnv
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from harness.core.run_result import Status
from harness.envs import make_vector
from harness.training import build, train
from harness.training.vec_envs import GymVectorAdapter
from scenarios import SCENARIOS

pytestmark = pytest.mark.training

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@pytest.mark.parametrize("algorithm", ["ppo", "a2c", "dqn"])
def test_bucket_brigade_trains_and_twice_the_same(algorithm, run):
    from harness.algorithms import ALGORITHMS

    able = next(item for item in ALGORITHMS if item.name == algorithm).actions
    scenario = BY_NAME["bucket_brigade/easy-v0"].with_action_kind(able)
    work = run(algorithm, scenario, steps=240)
    first, second = train(work), train(work)
    assert first.failure is None
    assert first.status is Status.COMPLETE
    # Raw returns of whole games, not normalised ones: no game of this scenario is that short.
    assert {length for e in first.evaluations for length in e.lengths} == {11}
    assert [e.returns for e in first.evaluations] == [e.returns for e in second.evaluations]


@pytest.mark.parametrize("name", ["bucket_brigade/hard-joint-v1", "bucket_brigade/v2_minimal-v1"])
def test_other_modes_and_rules_train(name, run):
    result = train(run("ppo", BY_NAME[name]))
    assert result.failure is None


def test_agents_that_share_a_policy_train_and_twice_the_same(run):
    work = run("a2c", BY_NAME["bucket_brigade/easy-shared-v0"], steps=640)
    first, second = train(work), train(work)
    assert first.failure is None
    # Four agents choose in each of eleven nights; the return is the team's.
    assert {length for e in first.evaluations for length in e.lengths} == {44}
    assert [e.returns for e in first.evaluations] == [e.returns for e in second.evaluations]
    assert max(value for e in first.evaluations for value in e.returns) > 115.5


def test_a_memory_is_not_shared(run):
    result = train(run("ppo_recurrent", BY_NAME["bucket_brigade/easy-shared-v0"]))
    assert "keeps a memory" in result.failure.message


def test_a_batch_is_used_where_there_are_several_environments(run):
    learner = build(run("a2c", BY_NAME["bucket_brigade/easy-v0"]))
    assert isinstance(learner.env, VecNormalize)
    assert isinstance(learner.env.venv, GymVectorAdapter)
    assert learner.env.num_envs == 4


def test_gymnasiums_own_batches_lose_steps_and_are_not_used(run, cartpole):
    from dataclasses import replace

    several = replace(cartpole, n_envs=3)
    assert make_vector(several) is None
    learner = build(run("a2c", several))
    assert isinstance(learner.env, DummyVecEnv)


class Clock(VectorEnv):
    """Two environments that count: one ends after three steps, one is cut off after two."""

    def __init__(self) -> None:
        from gymnasium import spaces

        self.num_envs = 2
        self.single_observation_space = spaces.Box(-9, 9, (1,), np.float32)
        self.single_action_space = spaces.Discrete(2)
        self.seeds = []
        self.count = np.zeros(2, dtype=int)

    def reset(self, *, seed=None, options=None):
        self.seeds.append(seed)
        self.count[:] = 0
        return self._seen(), {}

    def step(self, actions):
        self.count += 1
        over = np.array([self.count[0] == 3, False])
        cut = np.array([False, self.count[1] == 2])
        last = self._seen()
        self.count[over | cut] = 0
        told = {"final_obs": last} if (over | cut).any() else {}
        return self._seen(), np.array([1.0, 2.0]), over, cut, told

    def _seen(self):
        return self.count[:, None].astype(np.float32)


def test_ends_and_time_limits_are_told_apart():
    env = GymVectorAdapter(Clock())
    env.seed(5)
    assert env.reset().tolist() == [[0.0], [0.0]]
    assert env._env.seeds == [5]
    seen = [env.step(np.zeros(2, dtype=int)) for _ in range(3)]
    assert [step[2].tolist() for step in seen] == [[False, False], [False, True], [True, False]]
    assert seen[0][3] == [{}, {}]
    cut, over = seen[1][3][1], seen[2][3][0]
    assert (cut["TimeLimit.truncated"], cut["terminal_observation"].tolist()) == (True, [2.0])
    assert (over["TimeLimit.truncated"], over["terminal_observation"].tolist()) == (False, [3.0])
    assert seen[1][0].tolist() == [[2.0], [0.0]]
    env.reset()
    assert env._env.seeds == [5, None]
