"""Wrappers for environments of MiniGrid, panda-gym and highway-env.

They import gymnasium, and the catalogue of scenarios, which names them by path, does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import RecordConstructorArgs

Array = np.ndarray

OBJECTS: Final = 11
COLOURS: Final = 6
STATES: Final = 4
"""Kinds of object, colours and states of a cell; a door has three states, the agent four."""

_TEXT = (
    "a after and at avoid ball behind blue box door end fetch find from front get go goal green "
    "grey hallway in key lava left matching must near next object of on open opening pick purple "
    "put reach red right room rooms square the then to traverse unlock up use yellow you your ,"
)
WORDS: Final = tuple(_TEXT.split())
"""Every word of MiniGrid's and BabyAI's missions."""

LONGEST: Final = 40
"""Words of the longest mission, rounded up."""


class Symbols(gymnasium.ObservationWrapper[Array], RecordConstructorArgs):
    """One vector of zeros and ones: the cells in view, the direction, the mission if it varies.

    Codes of objects, colours and states have no order that a network could use; taken for pixels
    they would be divided by 255.
    """

    def __init__(self, env: gymnasium.Env, *, mission: bool | None = None) -> None:
        """Wrap a MiniGrid environment as it is registered, with its own observations.

        Args:
            env: With `image`, `direction` and `mission` in its observation.
            mission: Whether the words are part of the vector; None: if the mission varies.
        """
        # Gymnasium makes an environment again from its spec and these arguments.
        RecordConstructorArgs.__init__(self, mission=mission)
        gymnasium.ObservationWrapper.__init__(self, env)
        space = env.observation_space
        if not isinstance(space, spaces.Dict) or "image" not in space.spaces:
            raise TypeError(f"no view of a grid in {space}")
        self._mission = _varies(space["mission"]) if mission is None else mission
        self._tables = [np.eye(count, dtype=np.uint8) for count in (OBJECTS, COLOURS, STATES)]
        self._directions = np.eye(4, dtype=np.uint8)
        self._columns = {word: column for column, word in enumerate(WORDS)}
        shape = space["image"].shape or ()
        size = shape[0] * shape[1] * (OBJECTS + COLOURS + STATES) + 4
        size += LONGEST * len(WORDS) if self._mission else 0
        self.observation_space = spaces.Box(0, 1, (size,), np.uint8)

    def observation(self, observation: Any) -> Array:
        """The vector of one view."""
        image = observation["image"]
        parts = [table[image[..., i]].ravel() for i, table in enumerate(self._tables)]
        parts.append(self._directions[observation["direction"]])
        if self._mission:
            parts.append(self._words(observation["mission"]))
        return np.concatenate(parts)

    def _words(self, mission: str) -> Array:
        rows = np.zeros((LONGEST, len(WORDS)), dtype=np.uint8)
        for row, word in enumerate(re.findall(r"\w+|,", mission)[:LONGEST]):
            if word not in self._columns:
                raise ValueError(f"`{word}` of the mission `{mission}` is no known word")
            rows[row, self._columns[word]] = 1
        return rows.ravel()


def _varies(space: spaces.Space[object]) -> bool:
    """Whether a mission has placeholders; BabyAI's, of another class, always has."""
    return type(space).__name__ != "MissionSpace" or (
        getattr(space, "ordered_placeholders", None) is not None
    )


_HEIGHT: Final = 3
"""Metres above the table, out of the arm's reach."""


class SeededResets(gymnasium.Wrapper, RecordConstructorArgs):
    """Episodes of panda-gym's environments that follow from their seed.

    A reset without a seed takes the next one of a stream that the last given seed started. Without
    this wrapper it takes one from the operating system, so that only the first episode of a
    training repeats. And PyBullet keeps the contacts of a body that is moved by hand until its
    next step, in which they push it once more: they are cleared before every episode. The order in
    which it finds the contacts of several bodies changes digits, too; it can sort them.
    """

    def __init__(self, env: gymnasium.Env, *, sorted_contacts: bool = False) -> None:
        """Wrap an environment of panda-gym.

        Args:
            env: The environment.
            sorted_contacts: Needed with several loose bodies; it changes digits in every task.
        """
        RecordConstructorArgs.__init__(self, sorted_contacts=sorted_contacts)
        gymnasium.Wrapper.__init__(self, env)
        self._stream = np.random.default_rng()
        if sorted_contacts:
            arm: Any = env.unwrapped
            arm.sim.physics_client.setPhysicsEngineParameter(deterministicOverlappingPairs=1)

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        if seed is None:
            seed = int(self._stream.integers(2**31))
        else:
            self._stream = np.random.default_rng(seed)
        self._forget_contacts()
        return self.env.reset(seed=seed, options=options)

    def _forget_contacts(self) -> None:
        """Simulate one step with all bodies out of reach, so that nothing touches anything."""
        arm: Any = self.env.unwrapped
        arm.robot.reset()
        for height, body in enumerate(_free_bodies(arm.sim), start=_HEIGHT):
            arm.sim.set_base_pose(
                body, np.array([0.0, 0.0, height]), np.array([0.0, 0.0, 0.0, 1.0])
            )
        arm.sim.physics_client.stepSimulation()


def _free_bodies(sim: Any) -> list[str]:
    """The bodies that a task leaves loose, by panda-gym's own names."""
    return [name for name in sim._bodies_idx if name.startswith("object")]  # noqa: SLF001


class GoalReward(gymnasium.Wrapper, RecordConstructorArgs):
    """Rewards of highway-env's parking tasks that `compute_reward` repeats to the last digit.

    The task's own `compute_reward` leaves out the cost of a crash, which the step's reward has, and
    rounds differently for many steps than for one: hindsight replay would store other rewards than
    were earned. Crashes are in the steps' information; a replay buffer that does not store it
    (``copy_info_dict``) knows of none.
    """

    def __init__(self, env: gymnasium.Env) -> None:
        RecordConstructorArgs.__init__(self)
        gymnasium.Wrapper.__init__(self, env)
        config: Mapping[str, Any] = env.unwrapped.config  # type: ignore[attr-defined]
        self._weights = np.array(config["reward_weights"], dtype=np.float64)
        self._crash = float(config["collision_reward"])

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, _, terminated, truncated, info = self.env.step(action)
        achieved_goal, desired_goal = observation["achieved_goal"], observation["desired_goal"]
        reward = float(self.compute_reward(achieved_goal, desired_goal, info))
        return observation, reward, terminated, truncated, info

    def compute_reward(
        self, achieved_goal: Array, desired_goal: Array, info: Mapping[str, Any] | Sequence[Any]
    ) -> Array:
        """Minus the root of the weighted distance, and what a crash costs: (...,) of (..., D)."""
        distance = (np.abs(achieved_goal - desired_goal) * self._weights).sum(axis=-1)
        crashes = np.array(
            info.get("crashed", False)
            if isinstance(info, Mapping)
            else [one.get("crashed", False) for one in info]
        )
        reward: Array = -np.sqrt(distance) + self._crash * crashes
        return reward
