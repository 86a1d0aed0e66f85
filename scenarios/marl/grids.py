"""Scripted players of pursuit and of knights_archers_zombies."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from scenarios.marl.playing import Act, Array, Player, plain

__all__ = ["PLAYERS"]

EVADERS: Final = 2
"""Layer of a pursuer's view that counts evaders."""

FORWARD, LEFT, RIGHT, ATTACK, NOTHING = 0, 2, 3, 4, 5
"""Actions of knights_archers_zombies."""

ZOMBIES: Final = 10
"""Rows at the end of what an agent of knights_archers_zombies sees."""


def _hunt(env: object, agent: str, rng: np.random.Generator) -> Act:
    """pursuit: to the nearest evader in view; at random where there is none."""

    def act(seen: Array) -> int:
        middle = np.array(seen.shape[:2]) // 2
        evaders = np.argwhere(seen[..., EVADERS] > 0) - middle
        if not len(evaders):
            return int(rng.integers(5))
        x, y = evaders[np.abs(evaders).sum(axis=1).argmin()]
        if abs(x) + abs(y) <= 1:
            return 4
        if abs(x) >= abs(y):
            return int(x > 0)
        return 2 if y > 0 else 3

    return act


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


