"""A full rollout buffer as flat arrays, and generalised advantages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sb3_contrib.common.maskable.buffers import MaskableRolloutBuffer
from stable_baselines3.common.buffers import RolloutBuffer

from harness.learners.accelerated import Encoder
from harness.learners.distributions import Masks
from harness.learners.flat_memory import Floats
from harness.learners.gap_buffers import GapRolloutBuffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """N steps of a rollout, of all environments; first dimension N.

    Attributes:
        inputs: Of the network, (N, d).
        actions: (N, k).
        values, log_probs: Of the policy that acted, (N,).
        advantages, returns: (N,).
        masks: Allowed actions, (N, n).
    """

    inputs: Floats
    actions: np.ndarray
    values: Floats
    log_probs: Floats
    advantages: Floats
    returns: Floats
    masks: Masks = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> Samples:
        """Some of the samples."""
        return Samples(
            inputs=self.inputs[rows],
            actions=self.actions[rows],
            values=self.values[rows],
            log_probs=self.log_probs[rows],
            advantages=self.advantages[rows],
            returns=self.returns[rows],
            masks=None if self.masks is None else self.masks[rows],
        )

    def batches(self, size: int) -> Iterator[tuple[slice, Samples]]:
        """Consecutive minibatches, the last one perhaps smaller, and which rows they are."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield rows, self[rows]


def read_samples(buffer: RolloutBuffer, encode: Encoder) -> Samples:
    """The steps of a full buffer, environment by environment as its own `get` has them."""

    def flatten(array: np.ndarray) -> np.ndarray:
        return array.swapaxes(0, 1).reshape(len(array) * buffer.n_envs, -1)

    masks = flatten(buffer.action_masks) if isinstance(buffer, MaskableRolloutBuffer) else None
    samples = Samples(
        inputs=encode(flatten(buffer.observations)),
        actions=read_actions(flatten(buffer.actions)),
        values=flatten(buffer.values)[:, 0],
        log_probs=flatten(buffer.log_probs)[:, 0],
        advantages=flatten(buffer.advantages)[:, 0],
        returns=flatten(buffer.returns)[:, 0],
        masks=None if masks is None else masks > 0,
    )
    if isinstance(buffer, GapRolloutBuffer) and buffer.has_gaps:
        return samples[np.flatnonzero(flatten(buffer.usable))]
    return samples


def read_actions(actions: NDArray[Any]) -> NDArray[Any]:
    """Stored actions as networks take them; a buffer has the type of their space."""
    return actions.astype(np.float32, copy=False) if actions.dtype.kind == "f" else actions


def compute_advantages(
    buffer: RolloutBuffer, last_values: Floats, dones: NDArray[np.bool_]
) -> None:
    """Fill a buffer's advantages and returns (Schulman et al. 2016, eq. 16).

    Args:
        buffer: Full.
        last_values: Of the observations after the last step, (n_envs,).
        dones: Whether the episodes ended with the last step, (n_envs,).
    """
    continues = np.empty_like(buffer.rewards)
    np.subtract(1.0, buffer.episode_starts[1:], out=continues[:-1])
    continues[-1] = 1.0 - dones.astype(np.float32)
    next_values = np.concatenate([buffer.values[1:], last_values[None]])
    delta = buffer.rewards + buffer.gamma * next_values * continues - buffer.values
    discount = buffer.gamma * buffer.gae_lambda * continues
    if buffer.n_envs == 1:
        # Scalars of the same type are quicker than rows of one.
        delta, discount = delta[:, 0], discount[:, 0]
    last: Any = 0
    advantages = []
    for step_delta, step_discount in zip(delta[::-1], discount[::-1], strict=True):
        last = step_delta + step_discount * last
        advantages.append(last)
    buffer.advantages = np.array(advantages[::-1], np.float32).reshape(buffer.rewards.shape)
    buffer.returns = buffer.advantages + buffer.values


def normalise(advantages: Floats, size: int) -> Floats:
    """Advantages with mean 0 and deviation 1 in each consecutive minibatch.

    Args:
        advantages: (N,).
        size: Of a minibatch; the last one may be smaller, and stays as it is if it is single.
    """
    whole = len(advantages) // size * size
    result = advantages.copy()
    for rows in (result[:whole].reshape(-1, size), result[whole:].reshape(1, -1)):
        if rows.shape[1] > 1:
            deviations = rows.std(axis=1, ddof=1, keepdims=True)
            np.subtract(rows, rows.mean(axis=1, keepdims=True), out=rows)
            np.divide(rows, deviations + np.float32(1e-8), out=rows)
    return result
