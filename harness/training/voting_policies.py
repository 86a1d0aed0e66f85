"""Policies that act together: they vote, or act by their mean where actions are continuous.

A vote is taken for each component of an action. Of several actions with equally many votes it is
the one that the better member has: members stand in their order, the best first.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BasePolicy

from harness.training.observation_statistics import ObservationStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    """A policy at one moment of its training."""

    weights: Mapping[str, torch.Tensor]
    statistics: ObservationStatistics | None
    steps: int


class Member:
    """The policy of a learner, as it was at each of its evaluations.

    Attributes:
        action_space: The learner's; None before its first evaluation.
    """

    def __init__(self) -> None:
        self.action_space: spaces.Space[Any] | None = None
        self._policy: BasePolicy | None = None
        self._snapshots: list[_Snapshot] = []
        self._statistics: ObservationStatistics | None = None

    def add(self, learner: BaseAlgorithm, count: int = 1) -> None:
        """Remember the policy, once for each of `count` evaluations that fall on one moment."""
        normalization = learner.get_vec_normalize_env()
        weights = learner.policy.state_dict()
        snapshot = _Snapshot(
            weights={name: weight.detach().clone() for name, weight in weights.items()},
            statistics=None
            if normalization is None
            else copy.deepcopy(ObservationStatistics.of(normalization)),
            steps=learner.num_timesteps,
        )
        self._policy, self.action_space = learner.policy, learner.action_space
        self._snapshots += [snapshot] * count

    def restore(self, index: int) -> int:
        """Act as at that evaluation, from 0; returns the steps trained until then."""
        snapshot = self._snapshots[index]
        if self._policy is not None:
            self._policy.load_state_dict(snapshot.weights)
        self._statistics = snapshot.statistics
        return snapshot.steps

    def actions(self, observations: Any, **more: Any) -> np.ndarray:
        """Its actions (B, ...) for raw observations (B, ...).

        Raises:
            RuntimeError: No policy was added.
        """
        if self._policy is None:
            raise RuntimeError("a member has no policy")
        if self._statistics is not None:
            observations = self._statistics.normalize_obs(observations)
        actions, _ = self._policy.predict(observations, None, **more)
        return np.asarray(actions)


class VotingPolicy:
    """Members that act together, for an evaluation or to be looked at.

    Attributes:
        action_space: Of the environment.
        num_timesteps: Environment steps that all members together were trained for.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        """Have members act together; each has a policy."""
        action_space = members[0].action_space
        if action_space is None:
            raise RuntimeError("a member has no policy")
        self.action_space = action_space
        self.num_timesteps = 0
        self._members = members

    def restore(self, index: int) -> None:
        """Act as the members did at that evaluation of theirs, from 0."""
        self.num_timesteps = sum(member.restore(index) for member in self._members)

    def get_vec_normalize_env(self) -> None:
        """Nothing: each member normalises observations by its own statistics."""
        return

    def predict(
        self,
        observation: object,
        state: object = None,
        episode_start: object = None,
        deterministic: bool = False,
        action_masks: object = None,
    ) -> tuple[np.ndarray, Any]:
        """Actions (B, ...) for a batch of raw observations, as a learner gives them."""
        more = {} if action_masks is None else {"action_masks": action_masks}
        actions = [
            member.actions(
                observation, episode_start=episode_start, deterministic=deterministic, **more
            )
            for member in self._members
        ]
        return joint_actions(np.stack(actions), self.action_space), state


def joint_actions(actions: np.ndarray, space: spaces.Space[object]) -> np.ndarray:
    """What members do together, (B, ...).

    Args:
        actions: Of each, (k, B, ...), the best member's first.
        space: They are averaged in a Box, and voted on in any other.
    """
    if isinstance(space, spaces.Box):
        mean: np.ndarray = actions.mean(axis=0, dtype=np.float64).astype(actions.dtype)
        return mean
    votes = (actions[:, None] == actions[None]).sum(axis=1)
    winner = votes.argmax(axis=0)  # of equally many the first, the best member's
    joint: np.ndarray = np.take_along_axis(actions, winner[None], axis=0)[0]
    return joint
