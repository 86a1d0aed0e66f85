"""Steps that no slot took: what learners get of slots with gaps, against slots without."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from gymnasium import spaces
from sb3_contrib.common.maskable.buffers import MaskableRolloutBuffer
from stable_baselines3.common.buffers import ReplayBuffer, RolloutBuffer

from harness.learners.gap_buffers import (
    GapReplayBuffer,
    MaskableGapRolloutBuffer,
    PlainGapRolloutBuffer,
)
from harness.learners.rollouts import read_samples

SEEN = spaces.Box(-1e6, 1e6, (1,), np.float32)
CHOICES = spaces.Discrete(2)
GAMMA, LAMBDA = 0.9, 0.8
KINDS = [
    (RolloutBuffer, PlainGapRolloutBuffer),
    (MaskableRolloutBuffer, MaskableGapRolloutBuffer),
]


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
    gaps = SimpleNamespace(acted=np.ones(1, bool), acting=np.ones(1, bool))
    sparse = PlainGapRolloutBuffer(plain(len(rows), 1), gaps)
    sparse.reset()
    begins = np.concatenate([starts[:1], ended[:-1]]).astype(np.float32)
    fill(sparse, gained.astype(np.float32), seen.astype(np.float32), begins, gaps, acted)
    sparse.compute_returns_and_advantage(torch.as_tensor(last), done)
    assert len(rows) > steps * 1.5
    found, wanted = np.array(pairs(sparse)), np.array(pairs(dense))
    assert found.shape == wanted.shape
    assert np.allclose(found, wanted, atol=1e-3)


def test_a_choice_whose_outcome_is_not_known_yet_is_left_out():
    gaps = SimpleNamespace(acted=np.ones(2, bool), acting=np.array([False, True]))
    buffer = PlainGapRolloutBuffer(plain(3, 2), gaps)
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


@pytest.mark.parametrize(("kind", "ours"), KINDS)
def test_without_gaps_nothing_changes_to_the_last_digit(kind, ours):
    rng = np.random.default_rng(1)
    rewards, values = rng.normal(size=(2, 16, 3)).astype(np.float32)
    starts = (rng.random((16, 3)) < 0.2).astype(np.float32)
    gaps = SimpleNamespace(acted=np.ones(3, bool), acting=np.ones(3, bool))
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
    gaps = SimpleNamespace(acted=np.ones(2, bool), acting=np.ones(2, bool))
    buffer = GapReplayBuffer(ReplayBuffer(20, SEEN, CHOICES, device="cpu", n_envs=2), gaps)

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


@pytest.mark.parametrize(("kind", "ours"), KINDS)
def test_an_update_in_numpy_is_given_taken_steps_only(kind, ours):
    gaps = SimpleNamespace(acted=np.ones(2, bool), acting=np.ones(2, bool))
    buffer = ours(plain(3, 2, kind), gaps)
    buffer.reset()
    acted = np.array([[1, 0], [0, 1], [1, 1]], bool)
    values = np.array([[1, 90], [80, 2], [3, 4]], np.float32)
    fill(buffer, np.ones((3, 2), np.float32), values, np.zeros((3, 2)), gaps, acted)
    buffer.compute_returns_and_advantage(torch.ones(2), np.zeros(2, bool))
    given = read_samples(buffer, lambda observations: observations)
    # Slot by slot, as the library's own buffer has them.
    assert given.inputs[:, 0].tolist() == [1, 3, 2, 4]
    assert [len(part) for part in (given.actions, given.advantages, given.returns)] == [4, 4, 4]
