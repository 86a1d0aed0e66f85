"""MiniGrid's observations as one-hot vectors. Imports gymnasium; the catalogue does not."""

from __future__ import annotations

import re
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import RecordConstructorArgs

__all__ = ["Symbols"]

Array = np.ndarray[Any, Any]

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


class Symbols(gymnasium.ObservationWrapper[Array, Any, Any], RecordConstructorArgs):
    """One vector of zeros and ones: the cells in view, the direction, the mission if it varies.

    Codes of objects, colours and states have no order that a network could use; taken for pixels
    they would be divided by 255.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], *, mission: bool | None = None) -> None:
        """Take a MiniGrid environment as it is registered, observations unwrapped.

        Args:
            env: With `image`, `direction` and `mission` in its observation.
            mission: Whether the words are part of the vector; None for where they vary.
        """
        # So that gymnasium can make the environment again from its spec.
        RecordConstructorArgs.__init__(self, mission=mission)
        gymnasium.ObservationWrapper.__init__(self, env)
        space = env.observation_space
        if not isinstance(space, spaces.Dict) or "image" not in space.spaces:
            raise TypeError(f"no view of a grid in {space}")
        self._mission = _varies(space["mission"]) if mission is None else mission
        self._tables = [np.eye(count, dtype=np.uint8) for count in (OBJECTS, COLOURS, STATES)]
        self._directions = np.eye(4, dtype=np.uint8)
        self._columns = {word: place for place, word in enumerate(WORDS)}
        shape = space["image"].shape or ()
        size = shape[0] * shape[1] * (OBJECTS + COLOURS + STATES) + 4
        size += LONGEST * len(WORDS) if self._mission else 0
        self.observation_space = spaces.Box(0, 1, (size,), np.uint8)

    def observation(self, observation: Any) -> Array:
        """The vector of one view."""
        image = observation["image"]
        parts = [table[image[..., place]].ravel() for place, table in enumerate(self._tables)]
        parts.append(self._directions[observation["direction"]])
        if self._mission:
            parts.append(self._words(observation["mission"]))
        return np.concatenate(parts)

    def _words(self, mission: str) -> Array:
        rows = np.zeros((LONGEST, len(WORDS)), dtype=np.uint8)
        for place, word in enumerate(re.findall(r"\w+|,", mission)[:LONGEST]):
            if word not in self._columns:
                raise ValueError(f"`{word}` of the mission `{mission}` is no known word")
            rows[place, self._columns[word]] = 1
        return rows.ravel()


def _varies(space: spaces.Space[Any]) -> bool:
    """Whether a mission has placeholders; BabyAI's, of another class, always has."""
    return type(space).__name__ != "MissionSpace" or (
        getattr(space, "ordered_placeholders", None) is not None
    )
