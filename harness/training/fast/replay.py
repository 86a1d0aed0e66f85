"""Transitions of a replay buffer as numpy arrays, stored and drawn as the buffer itself does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import NStepReplayBuffer, ReplayBuffer
from stable_baselines3.common.vec_env import VecNormalize

from harness.training.fast.memory import Floats
from harness.training.fast.observations import Encoder

__all__ = ["Transitions", "drawn", "is_plain", "stored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transitions:
    """B transitions.

    Attributes:
        inputs: Observations as a network reads them, (B, d).
        actions: As stored, (B, k).
        following: The observations after them, (B, d).
        rewards: (B,).
        discounts: Of the value of what follows; 0 where nothing does, (B,).
    """

    inputs: Floats
    actions: NDArray[Any]
    following: Floats
    rewards: Floats
    discounts: Floats


def is_plain(buffer: ReplayBuffer) -> bool:
    """Whether a buffer stores one array of each kind, as `stored` does."""
    known = type(buffer) is ReplayBuffer or type(buffer) is NStepReplayBuffer
    return known and not buffer.optimize_memory_usage


def stored(
    buffer: ReplayBuffer,
    observations: NDArray[Any],
    following: NDArray[Any],
    actions: NDArray[Any],
    rewards: NDArray[Any],
    dones: NDArray[Any],
    infos: list[dict[str, Any]],
    normalization: VecNormalize | None,
) -> None:
    """Append one step of all environments to a plain buffer."""
    place = buffer.pos
    rows, after = buffer.observations[place], buffer.next_observations[place]
    rows[:] = observations.reshape(rows.shape)
    after[:] = following.reshape(after.shape)
    buffer.actions[place] = actions.reshape(len(dones), -1)
    buffer.rewards[place] = rewards
    buffer.dones[place] = dones
    buffer.timeouts[place] = 0.0
    for index in np.flatnonzero(dones) if dones.any() else ():
        # What follows in `following` belongs to the next episode.
        info = infos[index]
        final = info.get("terminal_observation")
        if final is not None:
            after[index] = final
            if normalization is not None:
                after[index] = normalization.unnormalize_obs(after[index])
        if buffer.handle_timeout_termination:
            buffer.timeouts[place, index] = info.get("TimeLimit.truncated", False)
    buffer.pos = place + 1
    if buffer.pos == buffer.buffer_size:
        buffer.full, buffer.pos = True, 0


def drawn(
    buffer: ReplayBuffer,
    size: int,
    *,
    gamma: float,
    encode: Encoder,
    normalization: VecNormalize | None,
) -> Transitions:
    """Transitions drawn with numpy's global generator, by the calls that the buffer makes."""
    if type(buffer) is not ReplayBuffer or buffer.optimize_memory_usage:
        return _asked_for(buffer, size, gamma, encode, normalization)
    limit = buffer.buffer_size if buffer.full else buffer.pos
    rows = np.random.randint(0, limit, size=size)  # noqa: NPY002  (the one that SB3 draws from)
    places = rows * buffer.n_envs
    places += np.random.randint(0, buffer.n_envs, size=size)  # noqa: NPY002

    def some(array: NDArray[Any]) -> NDArray[Any]:
        return array.reshape(-1, *array.shape[2:]).take(places, axis=0)

    inputs, following = some(buffer.observations), some(buffer.next_observations)
    rewards = some(buffer.rewards)
    if normalization is not None:
        inputs = normalization.normalize_obs(inputs)  # type: ignore[assignment]
        following = normalization.normalize_obs(following)  # type: ignore[assignment]
        rewards = normalization.normalize_reward(rewards).astype(np.float32)
    ends = some(buffer.dones)
    ends *= 1 - some(buffer.timeouts)
    return Transitions(
        inputs=encode(inputs),
        actions=some(buffer.actions),
        following=encode(following),
        rewards=rewards,
        discounts=(1 - ends) * np.float32(gamma),
    )


def _asked_for(
    buffer: ReplayBuffer,
    size: int,
    gamma: float,
    encode: Encoder,
    normalization: VecNormalize | None,
) -> Transitions:
    """Transitions that a buffer of another kind draws itself."""
    data = buffer.sample(size, env=normalization)
    discounts: Any = np.float32(gamma)
    if data.discounts is not None:
        discounts = data.discounts.numpy()[:, 0].astype(np.float32, copy=False)
    return Transitions(
        inputs=encode(data.observations.numpy()),
        actions=data.actions.numpy(),
        following=encode(data.next_observations.numpy()),
        rewards=data.rewards.numpy()[:, 0].astype(np.float32, copy=False),
        discounts=(1 - data.dones.numpy()[:, 0]) * discounts,
    )
