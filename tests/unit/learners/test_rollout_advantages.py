"""Advantages are those of the library's buffers, and normalised by minibatch."""

import numpy as np
import torch
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st
from stable_baselines3.common.buffers import RolloutBuffer

from harness.learners.rollouts import compute_advantages, normalise

LIGHT = settings(max_examples=40, deadline=None, derandomize=True)


@LIGHT
@given(
    steps=st.integers(1, 30),
    count=st.integers(1, 3),
    gamma=st.floats(0, 1),
    gae_lambda=st.floats(0, 1),
    seed=st.integers(0, 2**16),
)
def test_advantages_are_the_buffers_own(steps, count, gamma, gae_lambda, seed):
    draw = np.random.default_rng(seed)
    box = spaces.Box(-1, 1, (1,))
    buffers = [RolloutBuffer(steps, box, box, "cpu", gae_lambda, gamma, count) for _ in range(2)]
    shape = (steps, count)
    filled = {
        "rewards": draw.normal(size=shape).astype(np.float32),
        "values": draw.normal(size=shape).astype(np.float32),
        "episode_starts": (draw.random(shape) < 0.3).astype(np.float32),
    }
    for buffer in buffers:
        for name, values in filled.items():
            getattr(buffer, name)[:] = values
    last, dones = draw.normal(size=count).astype(np.float32), draw.random(count) < 0.5
    buffers[0].compute_returns_and_advantage(torch.from_numpy(last), dones)
    compute_advantages(buffers[1], last, dones)
    assert np.array_equal(buffers[0].advantages, buffers[1].advantages)
    assert np.array_equal(buffers[0].returns, buffers[1].returns)


@LIGHT
@given(size=st.integers(2, 40), batch=st.integers(2, 40), seed=st.integers(0, 2**16))
def test_each_minibatch_is_normalised_by_itself(size, batch, seed):
    values = np.random.default_rng(seed).normal(3, 5, size).astype(np.float32)
    found = normalise(values, batch)
    for start in range(0, size, batch):
        part = torch.from_numpy(values[start : start + batch])
        wanted = part if len(part) == 1 else (part - part.mean()) / (part.std() + 1e-8)
        assert np.allclose(found[start : start + batch], wanted.numpy(), atol=1e-5)
