"""Scripted players of pursuit and of knights_archers_zombies."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from scenarios.marl.playing import Act, Array, Player, plain

__all__ = ["PLAYERS"]

PURSUERS, EVADERS = 1, 2
"""Layers of a pursuer's view."""

MOTIONS: Final = np.array([[-1, 0], [1, 0], [0, 1], [0, -1], [0, 0]])
"""What a pursuer's actions add to its place."""

FOUR: Final = 4
"""Directions, and pursuers that it takes to surround an evader in the open."""

NEVER: Final = 1_000_000

Place = tuple[int, int]

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


def _surround(env: Any, agent: str, _rng: np.random.Generator) -> Act:
    """pursuit: with the whole board in sight, four at a time to all sides of one evader."""
    game = env.unwrapped.env
    own = int(agent.rpartition("_")[2])
    far = _Ways(game.map_matrix >= 0)

    def act(_seen: Array) -> int:
        pursuers = [tuple(game.pursuer_layer.get_position(i)) for i in range(game.n_pursuers)]
        layer = game.evader_layer
        evaders = [tuple(layer.get_position(i)) for i in range(layer.n_agents())]
        goals: dict[int, Place] = {}
        for first in range(0, own + 1, FOUR):
            group = range(first, min(first + FOUR, len(pursuers)))
            if evaders:
                chased = min(evaders, key=lambda e: sum(far(e, pursuers[i]) for i in group))
                goals |= _sides(chased, {i: pursuers[i] for i in group}, far)
                evaders.remove(chased)
        here, goal = pursuers[own], goals.get(own, pursuers[own])
        return min(range(len(MOTIONS)), key=lambda a: far(goal, _moved(here, a)))

    return act


class _Ways:
    """Steps between any two open fields of a map; a great many to a field that is not open."""

    def __init__(self, free: Array) -> None:
        self.free = free
        self._known: dict[Place, dict[Place, int]] = {}

    def __call__(self, goal: Place, place: Place) -> int:
        if goal not in self._known:
            self._known[goal] = self._from(goal)
        return self._known[goal].get(place, NEVER)

    def open(self, place: Place) -> bool:
        inside = all(0 <= i < n for i, n in zip(place, self.free.shape, strict=True))
        return inside and bool(self.free[place])

    def _from(self, goal: Place) -> dict[Place, int]:
        steps, reached = {goal: 0}, [goal]
        for place in reached:
            for action in range(FOUR):
                beside = _moved(place, action)
                if beside not in steps and self.open(beside):
                    steps[beside] = steps[place] + 1
                    reached.append(beside)
        return steps


def _sides(chased: Place, pursuers: Mapping[int, Place], far: _Ways) -> dict[int, Place]:
    """Who goes to which side, so that the last of them is there soonest; spare ones follow."""
    sides = [side for side in (_moved(chased, a) for a in range(FOUR)) if far.open(side)]
    sides = sides[: len(pursuers)]

    def late(who: tuple[int, ...]) -> tuple[int, int]:
        ways = [far(side, pursuers[i]) for i, side in zip(who, sides, strict=True)]
        return max(ways, default=0), sum(ways)

    best = min(permutations(pursuers, len(sides)), key=late)
    return dict.fromkeys(pursuers, chased) | dict(zip(best, sides, strict=True))


def _moved(place: Place, action: int) -> Place:
    x, y = MOTIONS[action]
    return int(place[0] + x), int(place[1] + y)


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


PLAYERS: Final[Mapping[str, Player]] = MappingProxyType(
    {"hunt": _hunt, "surround": _surround, "aim": plain(_aim)}
)
