"""Buffers that leave steps out in which a slot of a game did not act.

The slots of a game have gaps where an agent has left or waits for its turn. A step with a gap is no
step of the agent: what it earns meanwhile belongs to its last choice, its end is the end of that
choice, and its next observation is the one it chooses at next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sb3_contrib.common.maskable.buffers import MaskableRolloutBuffer
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import ReplayBuffer, RolloutBuffer

PARTS = ("observations", "actions", "values", "log_probs", "advantages", "returns")


class SlotActivity(Protocol):
    """Which slots act, as the environments say.

    Attributes:
        acted: Those that acted in the latest step, (n_slots,).
        acting: Those that are to act next, (n_slots,).
    """

    acted: NDArray[np.bool_]
    acting: NDArray[np.bool_]


def replace_buffer(learner: BaseAlgorithm, activity: SlotActivity) -> bool:
    """Give a learner a buffer that leaves gaps out; False where its kind has no such form."""
    # The classes that the learner was made with stay in its saved file.
    for name, kinds in (
        (
            "rollout_buffer",
            {
                RolloutBuffer: PlainGapRolloutBuffer,
                MaskableRolloutBuffer: MaskableGapRolloutBuffer,
            },
        ),
        ("replay_buffer", {ReplayBuffer: GapReplayBuffer}),
    ):
        buffer: Any = getattr(learner, name, None)
        kind: Any = kinds.get(type(buffer))
        if kind is not None:
            setattr(learner, name, kind(buffer, activity))
            return True
    return False


class GapRolloutBuffer(RolloutBuffer):
    """What both kinds of rollout buffer share.

    Attributes:
        acted: Which steps were taken, (n_steps, n_slots).
        usable: Those of them whose outcome is known.
    """

    def __init__(self, buffer: RolloutBuffer, activity: SlotActivity) -> None:
        """Make an empty buffer.

        Args:
            buffer: The one it replaces.
            activity: Kept up to date by the environments.
        """
        self._activity = activity
        super().__init__(
            buffer.buffer_size,
            buffer.observation_space,
            buffer.action_space,
            device=buffer.device,
            gae_lambda=buffer.gae_lambda,
            gamma=buffer.gamma,
            n_envs=buffer.n_envs,
        )

    def reset(self) -> None:
        self.acted = np.ones((self.buffer_size, self.n_envs), dtype=bool)
        self.usable = self.acted
        super().reset()

    def record_activity(self) -> None:
        """Write down which slots acted in the step that is about to be added."""
        self.acted[self.pos] = self._activity.acted

    def compute_returns_and_advantage(self, last_values: Any, dones: np.ndarray) -> None:
        if not self.has_gaps:
            super().compute_returns_and_advantage(last_values, dones)
            return
        self.compute_gap_advantages(last_values.clone().cpu().numpy().flatten(), dones)

    @property
    def has_gaps(self) -> bool:
        return not (self.acted.all() and self._activity.acting.all())

    def compute_gap_advantages(self, last_values: np.ndarray, dones: np.ndarray) -> None:
        """Generalised advantages (Schulman et al. 2016, eq. 16) over the steps that were taken.

        Args:
            last_values: Of the observations after the last step, (n_slots,).
            dones: Whether the episodes ended with the last step, (n_slots,).
        """
        self.usable = self.acted.copy()
        ends = np.concatenate([self.episode_starts[1:], dones[None].astype(np.float32)]) > 0
        # Where a slot waits at the end, the outcome of its last choice is not known yet.
        has_outcome = self._activity.acting.copy()
        next_values = last_values.astype(np.float32)
        continues = np.ones(self.n_envs, dtype=np.float32)
        rewards = np.zeros(self.n_envs, dtype=np.float32)
        last = np.zeros(self.n_envs, dtype=np.float32)
        # Backwards: `rewards` adds up what was earned since a slot's choice.
        for step in reversed(range(self.buffer_size)):
            end, actors = ends[step], self.acted[step]
            has_outcome |= end
            continues[end], rewards[end], last[end] = 0.0, 0.0, 0.0
            rewards += self.rewards[step]
            value = self.values[step]
            advantage = rewards + self.gamma * next_values * continues - value
            advantage += self.gamma * self.gae_lambda * continues * last
            advantage[~has_outcome] = 0.0
            self.usable[step] &= has_outcome
            self.advantages[step][actors] = advantage[actors]
            last[actors], next_values[actors] = advantage[actors], value[actors]
            continues[actors], rewards[actors] = 1.0, 0.0
            has_outcome |= actors
        self.returns = self.advantages + self.values

    def _shuffle(self) -> NDArray[np.intp]:
        """Indices of the usable steps in the flattened arrays, shuffled."""
        return np.random.permutation(  # noqa: NPY002  (the stream of the library's own buffers)
            np.flatnonzero(self.usable.swapaxes(0, 1).reshape(-1))
        )

    def _batches(self, size: int | None, names: tuple[str, ...]) -> Iterator[object]:
        indices = self._shuffle()
        if not self.generator_ready:
            for name in names:
                setattr(self, name, self.swap_and_flatten(getattr(self, name)))
            self.generator_ready = True
        size = size or max(1, len(indices))
        for start in range(0, len(indices), size):
            yield self._get_samples(indices[start : start + size])


class PlainGapRolloutBuffer(GapRolloutBuffer):
    """A rollout buffer that yields only steps that were taken."""

    def add(self, *args: Any, **kwargs: Any) -> None:
        self.record_activity()
        super().add(*args, **kwargs)

    def get(self, batch_size: int | None = None) -> Iterator[Any]:  # type: ignore[override]
        yield from self._batches(batch_size, PARTS)


class MaskableGapRolloutBuffer(GapRolloutBuffer, MaskableRolloutBuffer):
    """The same, with action masks."""

    def add(self, *args: Any, **kwargs: Any) -> None:
        self.record_activity()
        super().add(*args, **kwargs)

    def get(self, batch_size: int | None = None) -> Iterator[Any]:  # type: ignore[override]
        yield from self._batches(batch_size, (*PARTS, "action_masks"))


class GapReplayBuffer(ReplayBuffer):
    """A replay buffer of whole choices: one is stored when its agent is to choose again."""

    def __init__(self, buffer: ReplayBuffer, activity: SlotActivity) -> None:
        """Make an empty buffer.

        Args:
            buffer: The one it replaces.
            activity: Kept up to date by the environments.
        """
        self._activity = activity
        self._choices: dict[int, list[Any]] = {}
        """Slot -> observation, action and reward so far of the choice that goes on."""
        super().__init__(
            buffer.buffer_size * buffer.n_envs,
            buffer.observation_space,
            buffer.action_space,
            device=buffer.device,
            n_envs=1,
            optimize_memory_usage=buffer.optimize_memory_usage,
            handle_timeout_termination=buffer.handle_timeout_termination,
        )

    def add(
        self,
        obs: Any,
        next_obs: Any,
        action: np.ndarray,
        reward: np.ndarray,
        done: np.ndarray,
        infos: list[dict[str, Any]],
    ) -> None:
        for slot in range(len(done)):
            if self._activity.acted[slot]:
                self._choices[slot] = [obs[slot], action[slot], 0.0]
            choice = self._choices.get(slot)
            if choice is None:
                continue
            choice[2] += reward[slot]
            if done[slot] or self._activity.acting[slot]:
                del self._choices[slot]
                super().add(
                    choice[0][None],
                    next_obs[slot][None],
                    choice[1][None],
                    np.array([choice[2]], dtype=np.float32),
                    np.array([done[slot]]),
                    [infos[slot]],
                )
