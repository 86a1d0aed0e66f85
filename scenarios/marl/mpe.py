"""Scripted players of mpe2's particle worlds.

What agents see is laid out in mpe2's scenarios; actions are nothing, left, right, down, up.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from scenarios.marl.playing import Act, Array, Player, plain

__all__ = ["PLAYERS"]

REST: Final = 0
MOVES: Final = 5
COLOURS: Final = np.array([[0.75, 0.25, 0.25], [0.25, 0.75, 0.25], [0.25, 0.25, 0.75]])
"""Of simple_reference's landmarks, in their order."""


def _towards(target: Array, velocity: Array) -> int:
    """The action that brings an agent to a place, and brakes before it gets there."""
    wanted = target - 0.5 * velocity
    axis = int(np.argmax(np.abs(wanted)))
    if abs(wanted[axis]) < 0.03:
        return REST
    return 1 + 2 * axis + int(wanted[axis] > 0)


def _stay(_env: object, _agent: str, _rng: np.random.Generator) -> Act:
    return lambda _seen: REST


def _cover(_env: object, agent: str, _rng: np.random.Generator) -> Act:
    """simple_spread: agent i goes to landmark i."""
    place = 4 + 2 * int(agent.rpartition("_")[2])

    def act(seen: Array) -> int:
        return _towards(seen[place : place + 2], seen[:2])

    return act


def _point(seen: Array) -> int:
    """simple_reference: say which landmark the other one seeks, and go where one is told to."""
    say = int(np.abs(COLOURS - seen[8:11]).sum(axis=1).argmin())
    heard = seen[11:]
    where = 2 + 2 * min(int(heard.argmax()), 2)
    move = _towards(seen[where : where + 2], seen[:2]) if heard.any() else REST
    return move + MOVES * say


def _chase(seen: Array) -> int:
    """simple_tag, pursuers: straight to where the prey is about to be."""
    ahead = seen[12:14] + 0.3 * (seen[14:16] - seen[:2])
    axis = int(np.argmax(np.abs(ahead)))
    return 1 + 2 * axis + int(ahead[axis] > 0)


def _flee(seen: Array) -> int:
    """simple_tag, prey: away from all pursuers, the nearest most, and not out of the field."""
    pursuers = seen[8:14].reshape(3, 2)
    distances = np.maximum(np.linalg.norm(pursuers, axis=1, keepdims=True), 0.05)
    away = -(pursuers / distances**3).sum(axis=0)
    position = seen[2:4]
    away -= 40 * np.sign(position) * np.maximum(np.abs(position) - 0.7, 0)
    axis = int(np.argmax(np.abs(away)))
    return 1 + 2 * axis + int(away[axis] > 0)


PLAYERS: Final[Mapping[str, Player]] = MappingProxyType(
    {
        "stay": _stay,
        "cover": _cover,
        "point": plain(_point),
        "chase": plain(_chase),
        "flee": plain(_flee),
    }
)
