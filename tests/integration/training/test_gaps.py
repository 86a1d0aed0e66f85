"""Steps that nobody took: what learners get of slots with gaps, against slots without."""

from __future__ import annotations

import sys
import types
from dataclasses import replace

import numpy as np
import pytest
import torch
from gymnasium import spaces
from sb3_contrib.common.maskable.buffers import MaskableRolloutBuffer
from stable_baselines3.common.buffers import ReplayBuffer, RolloutBuffer

from harness.core.record import Status
from harness.core.scenario import Scenario
from harness.envs.multi_agent_envs import Gaps
from harness.training import build, train
from harness.training.fast.rollouts import samples
from harness.training.gaps import GapRollouts, MaskedRollouts, Replay, Rollouts

pytestmark = pytest.mark.training

SEEN = spaces.Box(-1e6, 1e6, (1,), np.float32)
CHOICES = spaces.Discrete(2)
GAMMA, LAMBDA = 0.9, 0.8


def plain(steps, slots, kind=RolloutBuffer):
    return kind(steps, SEEN, CHOICES, device="cpu", gae_lambda=LAMBDA, gamma=GAMMA, n_envs=slots)


def fill(buffer, rewards, values, starts, gaps=None, acted=None):
    """Add steps (T, N); the observation of a step is its value."""
    for step in range(len(rewards)):
        if gaps is not None:
            gaps.acted = acted[step]
        buffer.add(
            values[step][:, None],
            np.zeros((len(values[step]), 1)),
            rewards[step],
            starts[step],
            torch.as_tensor(values[step]),
            torch.zeros(len(values[step])),
        )


def pairs(buffer):
    """(observation, advantage, return) of everything a learner is given, sorted."""
    got = [
        tuple(round(float(x), 4) for x in row)
        for data in buffer.get(4)
        for row in zip(data.observations[:, 0], data.advantages, data.returns, strict=True)
    ]
    return sorted(got)


def test_taken_steps_are_worth_what_they_are_without_gaps_between_them():
    rng = np.random.default_rng(0)
    steps = 60
    rewards, values = rng.normal(size=(2, steps, 1)).astype(np.float32)
    starts = (rng.random((steps, 1)) < 0.15).astype(np.float32)
    last, done = np.array([0.7], np.float32), np.array([False])
    dense = plain(steps, 1)
    fill(dense, rewards, values, starts)
    dense.compute_returns_and_advantage(torch.as_tensor(last), done)

    # The same steps with idle ones strewn in: rewards and ends may come while the slot is idle.
    rows = []
    for step in range(steps):
        ended = bool(starts[step + 1, 0]) if step + 1 < steps else False
        pauses = int(rng.integers(3)) if step + 1 < steps else 0
        shares = rng.dirichlet(np.ones(pauses + 1)) * rewards[step, 0]
        ends = int(rng.integers(pauses + 1)) if ended else pauses
        # What is earned after an end belongs to no choice.
        shares[ends] += shares[ends + 1 :].sum()
        shares[ends + 1 :] = 0
        for place in range(pauses + 1):
            value = values[step, 0] if place == 0 else 1e5
            rows.append((place == 0, shares[place], value, ended and place == ends))
    acted, gained, seen, ended = (np.array(column)[:, None] for column in zip(*rows, strict=True))
    gaps = Gaps(acted=np.ones(1, bool), acting=np.ones(1, bool), allowed=True)
    sparse = Rollouts(plain(len(rows), 1), gaps)
    sparse.reset()
    begins = np.concatenate([starts[:1], ended[:-1]]).astype(np.float32)
    fill(sparse, gained.astype(np.float32), seen.astype(np.float32), begins, gaps, acted)
    sparse.compute_returns_and_advantage(torch.as_tensor(last), done)
    assert len(rows) > steps * 1.5
    found, wanted = np.array(pairs(sparse)), np.array(pairs(dense))
    assert found.shape == wanted.shape
    assert np.allclose(found, wanted, atol=1e-3)


def test_a_choice_whose_outcome_is_not_known_yet_is_left_out():
    gaps = Gaps(acted=np.ones(2, bool), acting=np.array([False, True]), allowed=True)
    buffer = Rollouts(plain(3, 2), gaps)
    buffer.reset()
    # Slot 0 waits at the end; slot 1 is about to choose.
    acted = np.array([[1, 0], [0, 1], [1, 0]], bool)
    values = np.array([[1, 90], [80, 2], [3, 70]], np.float32)
    fill(buffer, np.ones((3, 2), np.float32), values, np.zeros((3, 2)), gaps, acted)
    buffer.compute_returns_and_advantage(torch.tensor([5.0, 4.0]), np.zeros(2, bool))
    first = 2 + GAMMA * 3 - 1
    second = 2 + GAMMA * 4 - 2
    assert pairs(buffer) == [
        (1.0, round(first, 4), round(first + 1, 4)),
        (2.0, round(second, 4), round(second + 2, 4)),
    ]


@pytest.mark.parametrize(
    ("kind", "ours"), [(RolloutBuffer, Rollouts), (MaskableRolloutBuffer, MaskedRollouts)]
)
def test_without_gaps_nothing_changes_to_the_last_digit(kind, ours):
    rng = np.random.default_rng(1)
    rewards, values = rng.normal(size=(2, 16, 3)).astype(np.float32)
    starts = (rng.random((16, 3)) < 0.2).astype(np.float32)
    gaps = Gaps(acted=np.ones(3, bool), acting=np.ones(3, bool), allowed=True)
    library, own = plain(16, 3, kind), ours(plain(16, 3, kind), gaps)
    batches = []
    for buffer in (library, own):
        buffer.reset()
        fill(buffer, rewards, values, starts)
        buffer.compute_returns_and_advantage(torch.ones(3), np.array([True, False, False]))
        np.random.seed(4)  # noqa: NPY002
        batches.append([[part.tolist() for part in data] for data in buffer.get(8)])
    assert batches[0] == batches[1]


def test_a_replay_buffer_stores_whole_choices():
    gaps = Gaps(acted=np.ones(2, bool), acting=np.ones(2, bool), allowed=True)
    buffer = Replay(ReplayBuffer(20, SEEN, CHOICES, device="cpu", n_envs=2), gaps)

    def add(seen, following, rewards, done, acted, acting):
        gaps.acted, gaps.acting = np.array(acted, bool), np.array(acting, bool)
        column = np.array(seen, np.float32)[:, None], np.array(following, np.float32)[:, None]
        actions = np.array([[1], [0]])
        buffer.add(*column, actions, np.array(rewards), np.array(done), [{}, {}])

    add([1, 9], [9, 2], [1.0, 5.0], [0, 0], acted=[1, 0], acting=[0, 1])
    add([9, 2], [3, 9], [0.5, 2.0], [0, 0], acted=[0, 1], acting=[1, 0])
    add([3, 9], [4, 5], [7.0, -1.0], [1, 1], acted=[1, 0], acting=[1, 0])
    stored = buffer.pos
    assert stored == 3
    parts = (buffer.observations, buffer.next_observations, buffer.rewards, buffer.dones)
    rows = [tuple(float(part[i].item()) for part in parts) for i in range(stored)]
    # The second slot earned 5 before its first choice; that is nobody's.
    assert rows == [(1, 3, 1.5, 0), (3, 4, 7.0, 1), (2, 5, 1.0, 1)]
    assert buffer.actions[:3, 0, 0].tolist() == [1, 1, 0]


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


@pytest.mark.parametrize(
    ("kind", "ours"), [(RolloutBuffer, Rollouts), (MaskableRolloutBuffer, MaskedRollouts)]
)
def test_an_update_in_numpy_is_given_taken_steps_only(kind, ours):
    gaps = Gaps(acted=np.ones(2, bool), acting=np.ones(2, bool), allowed=True)
    buffer = ours(plain(3, 2, kind), gaps)
    buffer.reset()
    acted = np.array([[1, 0], [0, 1], [1, 1]], bool)
    values = np.array([[1, 90], [80, 2], [3, 4]], np.float32)
    fill(buffer, np.ones((3, 2), np.float32), values, np.zeros((3, 2)), gaps, acted)
    buffer.compute_returns_and_advantage(torch.ones(2), np.zeros(2, bool))
    given = samples(buffer, lambda observations: observations)
    # Slot by slot, as the library's own buffer has them.
    assert given.inputs[:, 0].tolist() == [1, 3, 2, 4]
    assert [len(part) for part in (given.actions, given.advantages, given.returns)] == [4, 4, 4]


def test_who_counts_whole_episodes_is_told_so(run, leaving):
    result = train(run("ars", leaving))
    assert result.failure.kind == "environment"
    assert "`short` does not act while others do" in result.failure.message


def test_the_saved_model_is_the_librarys_own(run, leaving):
    learner = build(run("ppo", leaving))
    assert isinstance(learner.rollout_buffer, GapRollouts)
    assert learner.rollout_buffer_class is RolloutBuffer
    learner.env.close()
