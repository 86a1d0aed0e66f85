"""Steps of slots that did not act, left out of what a learner learns from.

The slots of a game have gaps where an agent has left or waits for its turn (`harness.envs`). A step
with a gap is no step of the agent: what it earns meanwhile belongs to its last choice, its end is
the end of that choice, and its next observation is the one it chooses at next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sb3_contrib.common.maskable.buffers import MaskableRolloutBuffer
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import ReplayBuffer, RolloutBuffer

from harness.envs.multi_agent_envs import Gaps

__all__ = ["GapRollouts", "gaps_of", "leave_gaps_out"]

ATTRIBUTE = "gaps"


def gaps_of(learner: BaseAlgorithm) -> Gaps | None:
    """What says where the slots of a learner have gaps; None where it has no slots."""
    env = learner.get_env()
    if env is None or not env.has_attr(ATTRIBUTE):
        return None
    found: Gaps = env.get_attr(ATTRIBUTE)[0]
    return found


def leave_gaps_out(learner: BaseAlgorithm) -> None:
    """Give a learner of slots a buffer that leaves gaps out.

    A learner without a buffer of a known kind keeps what it has, and its environments go on
    refusing gaps.
    """
    gaps = gaps_of(learner)
    if gaps is not None:
        gaps.allowed = _replaced(learner, gaps)


def _replaced(learner: BaseAlgorithm, gaps: Gaps) -> bool:
    # The classes that the learner was made with stay in its saved file.
    for name, kinds in (
        ("rollout_buffer", {RolloutBuffer: Rollouts, MaskableRolloutBuffer: MaskedRollouts}),
        ("replay_buffer", {ReplayBuffer: Replay}),
    ):
        old: Any = getattr(learner, name, None)
        kind: Any = kinds.get(type(old))
        if kind is not None:
            setattr(learner, name, kind(old, gaps))
            return True
    return False


class GapRollouts(RolloutBuffer):
    """What both kinds of rollout buffer share.

    Attributes:
        acted: Which steps were taken, (n_steps, n_slots).
        kept: Those of them whose sequel is known.
    """

    def __init__(self, old: RolloutBuffer, gaps: Gaps) -> None:
        self._gaps = gaps
        super().__init__(
            old.buffer_size,
            old.observation_space,
            old.action_space,
            device=old.device,
            gae_lambda=old.gae_lambda,
            gamma=old.gamma,
            n_envs=old.n_envs,
        )

    def reset(self) -> None:
        self.acted = np.ones((self.buffer_size, self.n_envs), dtype=bool)
        self.kept = self.acted
        super().reset()

    def note(self) -> None:
        """Write down who acted in the step that is about to be added."""
        self.acted[self.pos] = self._gaps.acted

    def compute_returns_and_advantage(self, last_values: Any, dones: NDArray[Any]) -> None:
        if not self.has_gaps:
            super().compute_returns_and_advantage(last_values, dones)
            return
        self.fill(last_values.clone().cpu().numpy().flatten(), dones)

    @property
    def has_gaps(self) -> bool:
        return not (self.acted.all() and self._gaps.acting.all())

    def fill(self, last_values: NDArray[Any], dones: NDArray[Any]) -> None:
        """Generalised advantages (Schulman et al. 2016, eq. 16) over the steps that were taken.

        Args:
            last_values: Of the observations after the last step, (n_slots,).
            dones: Whether the episodes ended with the last step, (n_slots,).
        """
        self.kept = self.acted.copy()
        over = np.concatenate([self.episode_starts[1:], dones[None].astype(np.float32)]) > 0
        # Of a slot that waits at the end nobody knows yet what its last choice leads to.
        known = self._gaps.acting.copy()
        following = last_values.astype(np.float32)
        goes_on = np.ones(self.n_envs, dtype=np.float32)
        meanwhile = np.zeros(self.n_envs, dtype=np.float32)
        last = np.zeros(self.n_envs, dtype=np.float32)
        for step in reversed(range(self.buffer_size)):
            ended, acted = over[step], self.acted[step]
            known |= ended
            goes_on[ended], meanwhile[ended], last[ended] = 0.0, 0.0, 0.0
            meanwhile += self.rewards[step]
            value = self.values[step]
            gain = meanwhile + self.gamma * following * goes_on - value
            gain += self.gamma * self.gae_lambda * goes_on * last
            gain[~known] = 0.0
            self.kept[step] &= known
            self.advantages[step][acted] = gain[acted]
            last[acted], following[acted] = gain[acted], value[acted]
            goes_on[acted], meanwhile[acted] = 1.0, 0.0
            known |= acted
        self.returns = self.advantages + self.values

    def _places(self) -> NDArray[np.intp]:
        """Of the steps that count, in the order of the flattened arrays, shuffled."""
        return np.random.permutation(  # noqa: NPY002  (the stream of the library's own buffers)
            np.flatnonzero(self.kept.swapaxes(0, 1).reshape(-1))
        )

    def _batches(self, size: int | None, names: tuple[str, ...]) -> Iterator[Any]:
        places = self._places()
        if not self.generator_ready:
            for name in names:
                setattr(self, name, self.swap_and_flatten(getattr(self, name)))
            self.generator_ready = True
        size = size or max(1, len(places))
        for start in range(0, len(places), size):
            yield self._get_samples(places[start : start + size])


_PARTS = ("observations", "actions", "values", "log_probs", "advantages", "returns")


class Rollouts(GapRollouts):
    """A rollout buffer that hands out only steps that were taken."""

    def add(self, *args: Any, **kwargs: Any) -> None:
        self.note()
        super().add(*args, **kwargs)

    def get(self, batch_size: int | None = None) -> Iterator[Any]:  # type: ignore[override]
        yield from self._batches(batch_size, _PARTS)


class MaskedRollouts(GapRollouts, MaskableRolloutBuffer):
    """The same, with action masks."""

    def add(self, *args: Any, **kwargs: Any) -> None:
        self.note()
        super().add(*args, **kwargs)

    def get(self, batch_size: int | None = None) -> Iterator[Any]:  # type: ignore[override]
        yield from self._batches(batch_size, (*_PARTS, "action_masks"))


class Replay(ReplayBuffer):
    """A replay buffer of whole choices: one is stored when its agent is to choose again."""

    def __init__(self, old: ReplayBuffer, gaps: Gaps) -> None:
        self._gaps = gaps
        self._open: dict[int, list[Any]] = {}
        super().__init__(
            old.buffer_size * old.n_envs,
            old.observation_space,
            old.action_space,
            device=old.device,
            n_envs=1,
            optimize_memory_usage=old.optimize_memory_usage,
            handle_timeout_termination=old.handle_timeout_termination,
        )

    def add(
        self,
        obs: Any,
        next_obs: Any,
        action: NDArray[Any],
        reward: NDArray[Any],
        done: NDArray[Any],
        infos: list[dict[str, Any]],
    ) -> None:
        for slot in range(len(done)):
            if self._gaps.acted[slot]:
                self._open[slot] = [obs[slot], action[slot], 0.0]
            begun = self._open.get(slot)
            if begun is None:
                continue
            begun[2] += reward[slot]
            if done[slot] or self._gaps.acting[slot]:
                del self._open[slot]
                super().add(
                    begun[0][None],
                    next_obs[slot][None],
                    begun[1][None],
                    np.array([begun[2]], dtype=np.float32),
                    np.array([done[slot]]),
                    [infos[slot]],
                )
