"""Steps that nobody took: what learners get of slots with gaps, against slots without."""

from __future__ import annotations

import sys
import types
from dataclasses import replace

import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3.common.buffers import RolloutBuffer

from harness.core.run_result import Status
from harness.core.scenario import Scenario
from harness.learners.gap_buffers import GapRolloutBuffer
from harness.training import build, train

pytestmark = pytest.mark.training

CHOICES = spaces.Discrete(2)


class Leaving:
    """Two agents; ``short`` leaves after one step of ten, ``long`` is paid for action 1."""

    metadata = {}  # noqa: RUF012
    possible_agents = ("short", "long")

    def __init__(self):
        self.agents = []

    def observation_space(self, name):
        return spaces.Box(0, 10, (1,), np.float32)

    def action_space(self, name):
        return CHOICES

    def reset(self, seed=None, options=None):
        self.agents, self._time = list(self.possible_agents), 0
        return dict.fromkeys(self.agents, np.zeros(1, np.float32)), {}

    def step(self, actions):
        self._time += 1
        names, last = list(self.agents), self._time == 10
        self.agents = [] if last else ["long"]
        over = {name: name not in self.agents for name in names}
        seen = dict.fromkeys(names, np.array([self._time], np.float32))
        return seen, {n: float(actions[n]) for n in names}, over, dict.fromkeys(names, False), {}

    def close(self):
        pass


@pytest.fixture
def leaving(monkeypatch):
    module = types.ModuleType("leaving_v0")
    module.parallel_env = Leaving
    monkeypatch.setitem(sys.modules, "leaving_v0", module)
    return Scenario(name="leaving", env="pettingzoo:leaving_v0", action="Discrete", n_envs=2)


@pytest.mark.parametrize("algorithm", ["ppo", "a2c", "trpo", "ppo_mask", "dqn"])
def test_agents_that_leave_are_learned_from_while_they_are_there(algorithm, run, leaving):
    more = {"learning_starts": 40} if algorithm == "dqn" else {}
    work = run(algorithm, leaving, steps=256)
    work = run(algorithm, leaving, steps=256, arguments={**work.arguments, **more})
    result = train(work)
    assert result.failure is None
    assert result.status is Status.COMPLETE
    # Of two slots of ten steps, eleven steps are taken.
    assert result.game_steps == result.steps / 2
    assert result.agent_steps / result.steps == pytest.approx(11 / 20, abs=0.02)
    assert set(result.evaluations[-1].parts) == {"short", "long"}
    assert {length for e in result.evaluations for length in e.lengths} == {11}
    assert train(work).evaluations == result.evaluations


@pytest.mark.parametrize("algorithm", ["ppo", "ppo_mask", "a2c"])
def test_the_accelerated_learner_leaves_the_same_steps_out(algorithm, learned, run, leaving):
    # A step that nobody took has no advantage, but an entropy: without a bonus for that, and with
    # a norm that all gradients are cut to, nothing would tell one step too many.
    bonus = {"ent_coef": 0.3, "max_grad_norm": 100.0, "learning_rate": 1e-2}

    def weights(backend, **changes):
        work = run(algorithm, leaving, backend=backend, **{"steps": 512, **changes})
        return learned(replace(work, arguments={**work.arguments, **bonus}))

    plainly, quickly = (weights(backend) for backend in ("sb3", "fast"))
    assert np.abs(plainly - quickly).max() < 1e-4
    assert np.abs(plainly - weights("sb3", steps=1)).max() > 1e-3


def test_who_counts_whole_episodes_is_told_so(run, leaving):
    result = train(run("ars", leaving))
    assert result.failure.kind == "environment"
    assert "`short` does not act while others do" in result.failure.message


def test_the_saved_model_is_the_librarys_own(run, leaving):
    learner = build(run("ppo", leaving))
    assert isinstance(learner.rollout_buffer, GapRolloutBuffer)
    assert learner.rollout_buffer_class is RolloutBuffer
    learner.env.close()
