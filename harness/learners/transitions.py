"""Transitions of a replay buffer as numpy arrays, stored and drawn as the buffer itself does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from stable_baselines3.common.buffers import NStepReplayBuffer, ReplayBuffer
from stable_baselines3.common.vec_env import VecNormalize

from harness.learners.accelerated import Encoder
from harness.learners.flat_memory import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Transitions:
    """B transitions.

    Attributes:
        inputs: Observations as a network reads them, (B, d).
        actions: As stored, (B, k).
        next_inputs: The observations after them, (B, d).
        rewards: (B,).
        discounts: Of the value of the next observations; 0 where the episode ended, (B,).
    """

    inputs: Floats
    actions: np.ndarray
    next_inputs: Floats
    rewards: Floats
    discounts: Floats


def is_plain(buffer: ReplayBuffer) -> bool:
    """Whether a buffer stores one array of each kind, as `store_step` does."""
    plain = type(buffer) is ReplayBuffer or type(buffer) is NStepReplayBuffer
    return plain and not buffer.optimize_memory_usage


def store_step(
    buffer: ReplayBuffer,
    observations: np.ndarray,
    next_observations: np.ndarray,
    actions: np.ndarray,
    rewards: np.ndarray,
    dones: np.ndarray,
    infos: list[dict[str, object]],
    normalization: VecNormalize | None,
) -> None:
    """Append one step of all environments to a plain buffer."""
    step = buffer.pos
    rows, next_rows = buffer.observations[step], buffer.next_observations[step]
    rows[:] = observations.reshape(rows.shape)
    next_rows[:] = next_observations.reshape(next_rows.shape)
    buffer.actions[step] = actions.reshape(len(dones), -1)
    buffer.rewards[step] = rewards
    buffer.dones[step] = dones
    buffer.timeouts[step] = 0.0
    for index in np.flatnonzero(dones) if dones.any() else ():
        # The observation that came back belongs to the next episode.
        info = infos[index]
        final = info.get("terminal_observation")
        if final is not None:
            next_rows[index] = final
            if normalization is not None:
                next_rows[index] = normalization.unnormalize_obs(next_rows[index])
        if buffer.handle_timeout_termination:
            buffer.timeouts[step, index] = info.get("TimeLimit.truncated", False)
    buffer.pos = step + 1
    if buffer.pos == buffer.buffer_size:
        buffer.full, buffer.pos = True, 0


def sample_transitions(
    buffer: ReplayBuffer,
    size: int,
    *,
    gamma: float,
    encode: Encoder,
    normalization: VecNormalize | None,
) -> Transitions:
    """A batch drawn with numpy's global generator, by the calls that the buffer makes."""
    if type(buffer) is not ReplayBuffer or buffer.optimize_memory_usage:
        return _sample_by_buffer(buffer, size, gamma, encode, normalization)
    limit = buffer.buffer_size if buffer.full else buffer.pos
    rows = np.random.randint(0, limit, size=size)  # noqa: NPY002  (the one that SB3 draws from)
    indices = rows * buffer.n_envs
    indices += np.random.randint(0, buffer.n_envs, size=size)  # noqa: NPY002

    def take(array: np.ndarray) -> np.ndarray:
        return array.reshape(-1, *array.shape[2:]).take(indices, axis=0)

    observations, next_observations = take(buffer.observations), take(buffer.next_observations)
    rewards = take(buffer.rewards)
    if normalization is not None:
        observations = normalization.normalize_obs(observations)  # type: ignore[assignment]
        next_observations = normalization.normalize_obs(next_observations)  # type: ignore[assignment]
        rewards = normalization.normalize_reward(rewards).astype(np.float32)
    ends = take(buffer.dones)
    ends *= 1 - take(buffer.timeouts)
    return Transitions(
        inputs=encode(observations),
        actions=take(buffer.actions),
        next_inputs=encode(next_observations),
        rewards=rewards,
        discounts=(1 - ends) * np.float32(gamma),
    )


def _sample_by_buffer(
    buffer: ReplayBuffer,
    size: int,
    gamma: float,
    encode: Encoder,
    normalization: VecNormalize | None,
) -> Transitions:
    """A batch that a buffer of another kind draws itself."""
    data = buffer.sample(size, env=normalization)
    discounts: Any = np.float32(gamma)
    if data.discounts is not None:
        discounts = data.discounts.numpy()[:, 0].astype(np.float32, copy=False)
    return Transitions(
        inputs=encode(data.observations.numpy()),
        actions=data.actions.numpy(),
        next_inputs=encode(data.next_observations.numpy()),
        rewards=data.rewards.numpy()[:, 0].astype(np.float32, copy=False),
        discounts=(1 - data.dones.numpy()[:, 0]) * discounts,
    )
