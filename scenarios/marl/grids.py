"""Scripted players of pursuit and of knights_archers_zombies."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from scenarios.marl.playing import Act, Array, Player, plain

__all__ = ["PLAYERS"]

PURSUERS, EVADERS = 1, 2
"""Layers of a pursuer's view."""

MOTIONS: Final = np.array([[-1, 0], [1, 0], [0, 1], [0, -1], [0, 0]])
"""What a pursuer's actions add to its place."""

FORWARD, LEFT, RIGHT, ATTACK, NOTHING = 0, 2, 3, 4, 5
"""Actions of knights_archers_zombies."""

ZOMBIES: Final = 10
"""Rows at the end of what an agent of knights_archers_zombies sees."""


def _hunt(_env: object, _agent: str, rng: np.random.Generator) -> Act:
    """pursuit: to a free side of the evader with most pursuers about; at random if none is seen."""

    def act(seen: Array) -> int:
        middle = np.array(seen.shape[:2]) // 2
        # A view is laid out row by row, actions and places are x and y.
        evaders = np.argwhere(seen[..., EVADERS].T > 0) - middle
        if not len(evaders):
            return int(rng.integers(len(MOTIONS)))
        friends = np.argwhere(seen[..., PURSUERS].T > 0) - middle
        friends = friends[np.abs(friends).sum(axis=1) > 0]
        about = (_distances(evaders, friends) <= 3).sum(axis=1)
        target = evaders[np.argmax(2 * about - np.abs(evaders).sum(axis=1))]
        sides = target + MOTIONS[:4]
        taken = (_distances(sides, friends) == 0).any(axis=1)
        goal = min(sides[~taken] if not taken.all() else sides, key=lambda s: np.abs(s).sum())
        return int(np.abs(goal - MOTIONS).sum(axis=1).argmin())

    return act


def _distances(places: Array, others: Array) -> Array:
    """Steps from each of N places to each of M others, (N, M)."""
    apart: Array = np.abs(places[:, None] - others[None]).sum(axis=-1)
    return apart


def _aim(seen: Array) -> int:
    """knights_archers_zombies: turn to the nearest zombie and attack."""
    zombies = seen[-ZOMBIES:]
    there = zombies[zombies[:, 0] > 0]
    if not len(there):
        return NOTHING
    nearest = there[there[:, 0].argmin(), 1:3]
    heading = seen[0, 3:5]
    side = heading[0] * nearest[1] - heading[1] * nearest[0]
    ahead = float(heading @ nearest)
    if ahead > 0 and abs(side) < 0.12 * ahead:
        return ATTACK
    return RIGHT if side > 0 else LEFT


PLAYERS: Final[Mapping[str, Player]] = MappingProxyType({"hunt": _hunt, "aim": plain(_aim)})
