"""A filled rollout buffer as flat arrays, and generalised advantages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sb3_contrib.common.maskable.buffers import MaskableRolloutBuffer
from stable_baselines3.common.buffers import RolloutBuffer

from harness.training.fast.heads import Masks
from harness.training.fast.memory import Floats
from harness.training.fast.observations import Encoder
from harness.training.gaps import GapRollouts

__all__ = ["Samples", "advantages", "normalised", "samples"]


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
    actions: NDArray[Any]
    values: Floats
    log_probs: Floats
    advantages: Floats
    returns: Floats
    masks: Masks = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: slice | NDArray[np.intp]) -> Samples:
        """Some of the samples."""
        return Samples(
            inputs=self.inputs[place],
            actions=self.actions[place],
            values=self.values[place],
            log_probs=self.log_probs[place],
            advantages=self.advantages[place],
            returns=self.returns[place],
            masks=None if self.masks is None else self.masks[place],
        )

    def batches(self, size: int) -> Iterator[tuple[slice, Samples]]:
        """Consecutive minibatches, the last one perhaps smaller, with their places."""
        for start in range(0, len(self), size):
            place = slice(start, start + size)
            yield place, self[place]


def samples(buffer: RolloutBuffer, encode: Encoder) -> Samples:
    """The steps of a full buffer, environment by environment as its own `get` has them."""

    def flat(array: NDArray[Any]) -> NDArray[Any]:
        return array.swapaxes(0, 1).reshape(len(array) * buffer.n_envs, -1)

    masks = flat(buffer.action_masks) if isinstance(buffer, MaskableRolloutBuffer) else None
    everything = Samples(
        inputs=encode(flat(buffer.observations)),
        actions=flat(buffer.actions),
        values=flat(buffer.values)[:, 0],
        log_probs=flat(buffer.log_probs)[:, 0],
        advantages=flat(buffer.advantages)[:, 0],
        returns=flat(buffer.returns)[:, 0],
        masks=None if masks is None else masks > 0,
    )
    if isinstance(buffer, GapRollouts) and buffer.has_gaps:
        return everything[np.flatnonzero(flat(buffer.kept))]
    return everything


def advantages(buffer: RolloutBuffer, last_values: Floats, dones: NDArray[np.bool_]) -> None:
    """Fill a buffer's advantages and returns (Schulman et al. 2016, eq. 16).

    Args:
        buffer: Full.
        last_values: Of the observations after the last step, (n_envs,).
        dones: Whether the episodes ended with the last step, (n_envs,).
    """
    goes_on = np.empty_like(buffer.rewards)
    np.subtract(1.0, buffer.episode_starts[1:], out=goes_on[:-1])
    goes_on[-1] = 1.0 - dones.astype(np.float32)
    following = np.concatenate([buffer.values[1:], last_values[None]])
    delta = buffer.rewards + buffer.gamma * following * goes_on - buffer.values
    share = buffer.gamma * buffer.gae_lambda * goes_on
    if buffer.n_envs == 1:
        # Scalars of the same type are quicker than rows of one.
        delta, share = delta[:, 0], share[:, 0]
    last: Any = 0
    found = []
    for step, part in zip(delta[::-1], share[::-1], strict=True):
        last = step + part * last
        found.append(last)
    buffer.advantages = np.array(found[::-1], np.float32).reshape(buffer.rewards.shape)
    buffer.returns = buffer.advantages + buffer.values


def normalised(values: Floats, size: int) -> Floats:
    """Advantages with mean 0 and deviation 1 in each consecutive minibatch.

    Args:
        values: (N,).
        size: Of a minibatch; the last one may be smaller, and stays as it is if it is single.
    """
    whole = len(values) // size * size
    result = values.copy()
    for rows in (result[:whole].reshape(-1, size), result[whole:].reshape(1, -1)):
        if rows.shape[1] > 1:
            deviations = rows.std(axis=1, ddof=1, keepdims=True)
            np.subtract(rows, rows.mean(axis=1, keepdims=True), out=rows)
            np.divide(rows, deviations + np.float32(1e-8), out=rows)
    return result
