"""Evaluation: the same seeded episodes every time, in environments of their own."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from stable_baselines3.common.base_class import BaseAlgorithm

from harness import envs
from harness.core.evaluation import RETURN_PARTS, Schedule
from harness.core.run_result import Evaluation
from harness.core.scenario import Scenario
from harness.errors import DivergedError
from harness.training.frozen_policies import load_opponents
from harness.training.randomness import borrowed_generators
from harness.training.voting_policies import VotingPolicy

Actor = BaseAlgorithm | VotingPolicy
"""What acts in an evaluation."""

LOCK_STEP: Final = 10
"""Environments that are stepped together; one call of the policy serves them all."""

_WARM_ACTIONS: Final = 5
_TIMED_ACTIONS: Final = 30
_LONGEST_TIMING: Final = 0.1
"""Actions that are timed in each evaluation, and seconds after which no more are."""


Episodes = tuple[list[float], list[int], dict[str, list[float]]]
"""Return and length of every episode, and the parts of returns by their names."""


class Arena:
    """The environments a policy is evaluated in.

    Episode e is reset with seed ``schedule.seed + e``: derived seeds lie far enough apart for
    that, and inside the evaluation's own range. It is always played in environment
    ``e % len(environments)``, after the same earlier episodes.

    Attributes:
        action_seconds: What the policy takes for one action: the median in each evaluation, and of
            these the least, which others on the machine disturbed least; 0 before the first one.
    """

    def __init__(
        self, scenario: Scenario, schedule: Schedule, *, masks: bool, steps: int | None = None
    ) -> None:
        """Make the environments.

        Args:
            scenario: What to evaluate in.
            schedule: How many episodes, their seed, whether the policy acts by its mode.
            masks: Whether the learner takes action masks.
            steps: Of the training; they decide when an episode counts as endless.
        """
        self._schedule = schedule
        count = min(schedule.episodes, LOCK_STEP)
        scenario = load_opponents(scenario)
        # A constructor may draw from the generators that a learner is about to draw from.
        with borrowed_generators(schedule.seed):
            self._environments = [envs.make(scenario, steps=steps) for _ in range(count)]
        self._takes_masks = masks and is_masking_supported(self._environments[0])
        self._latest: tuple[Any, Any] | None = None
        self.action_seconds = 0.0

    def close(self) -> None:
        for environment in self._environments:
            environment.close()

    def evaluate(self, learner: Actor) -> Evaluation:
        """Play all episodes with the learner's present policy; training does not notice.

        Raises:
            DivergedError: An action, observation or return is not finite.
            EnvironmentFailedError: An environment raised, or does not end an episode.
        """
        with borrowed_generators(self._schedule.seed, learner.action_space):
            returns, lengths, parts = self._play(learner)
            took = self._time(learner)
        self.action_seconds = min(took, self.action_seconds or took)
        if not all(map(math.isfinite, returns)):
            raise DivergedError("the return of an evaluation episode is not finite")
        return Evaluation(
            step=learner.num_timesteps,
            returns=tuple(returns),
            lengths=tuple(lengths),
            parts={name: math.fsum(values) / len(values) for name, values in sorted(parts.items())},
        )

    def _time(self, learner: Actor) -> float:
        """Median seconds that the policy takes for one action."""
        if self._latest is None:
            return 0.0
        observation, mask = self._latest
        starts = np.ones(1, dtype=bool)
        seconds: list[float] = []
        # The first ones are slower than any that follow.
        for _ in range(_WARM_ACTIONS + _TIMED_ACTIONS):
            begin = time.perf_counter()
            act(
                learner,
                [observation],
                None,
                starts,
                deterministic=self._schedule.deterministic,
                masks=[mask] if self._takes_masks else None,
            )
            seconds.append(time.perf_counter() - begin)
            if len(seconds) > _WARM_ACTIONS and math.fsum(seconds) > _LONGEST_TIMING:
                break
        return statistics.median(seconds[_WARM_ACTIONS:])

    def _play(self, learner: Actor) -> Episodes:
        environments = self._environments
        episodes = self._schedule.episodes
        returns, lengths = [0.0] * episodes, [0] * episodes
        parts: dict[str, list[float]] = {}
        current: list[int | None] = list(range(len(environments)))
        observations = [self._reset(slot, slot) for slot in range(len(environments))]
        masks = [self._mask(slot) for slot in range(len(environments))]
        starts = np.ones(len(environments), dtype=bool)
        state: Any = None
        while any(episode is not None for episode in current):
            # Finished slots stay in the batch, so that its size never decides a digit.
            actions, state = act(
                learner,
                observations,
                state,
                starts,
                deterministic=self._schedule.deterministic,
                masks=masks if self._takes_masks else None,
            )
            starts[:] = False
            for slot, episode in enumerate(current):
                if episode is None:
                    continue
                observation, reward, terminated, truncated, info = environments[slot].step(
                    actions[slot]
                )
                returns[episode] += float(reward)
                lengths[episode] += 1
                observations[slot] = observation
                if terminated or truncated:
                    for name, part in info.get(RETURN_PARTS, {}).items():
                        parts.setdefault(name, []).append(float(part))
                    next_episode = episode + len(environments)
                    current[slot] = next_episode if next_episode < episodes else None
                    starts[slot] = True
                    if next_episode >= episodes:
                        continue
                    observations[slot] = self._reset(slot, next_episode)
                if self._takes_masks:
                    masks[slot] = self._mask(slot)
        self._latest = (observations[0], masks[0])
        return returns, lengths, parts

    def _reset(self, slot: int, episode: int) -> Any:
        observation, _ = self._environments[slot].reset(seed=self._schedule.seed + episode)
        return observation

    def _mask(self, slot: int) -> Any:
        return get_action_masks(self._environments[slot]) if self._takes_masks else None


def act(
    learner: Actor,
    observations: Sequence[object],
    state: Any,
    starts: np.ndarray,
    *,
    deterministic: bool,
    masks: Sequence[Any] | None,
) -> tuple[Any, Any]:
    """Actions for raw observations, one per environment, and the policy's state after them.

    Args:
        learner: Its policy acts, with the statistics of its own normalisation.
        observations: B of them.
        state: Of a recurrent policy; None before its first action.
        starts: Whether an episode begins, (B,).
        deterministic: By the mode instead of sampling.
        masks: Which actions are allowed, B arrays; None where the learner takes no masks.
    """
    batch = _stack(observations)
    normalization = learner.get_vec_normalize_env()
    if normalization is not None:
        batch = normalization.normalize_obs(batch)
    more = {} if masks is None else {"action_masks": np.stack(masks)}
    return learner.predict(
        batch, state=state, episode_start=starts, deterministic=deterministic, **more
    )


def _stack(observations: Sequence[Any]) -> Any:
    first = observations[0]
    if isinstance(first, Mapping):
        return {key: np.array([item[key] for item in observations]) for key in first}
    # `np.stack` takes three times as long.
    return np.array(observations)
