"""Scripted players of PettingZoo's and mpe2's games.

A player is a function of environment, agent's name and random numbers that returns how the agent
acts for the length of one game. Importing this module imports no simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations
from types import MappingProxyType
from typing import Any, Final

import numpy as np

Array = np.ndarray

Act = Callable[[Any], Any]
"""An agent's observation -> its action."""

Player = Callable[[Any, str, np.random.Generator], Act]


def _rule_player(rule: Callable[[Array], int]) -> Player:
    """A player that needs nothing but its observation."""
    return lambda _env, _agent, _rng: rule


# Particle worlds (mpe2). Actions are nothing, left, right, down, up.

REST: Final = 0
MOVES: Final = 5
COLOURS: Final = np.array([[0.75, 0.25, 0.25], [0.25, 0.75, 0.25], [0.25, 0.25, 0.75]])
"""Colours of simple_reference's landmarks, in their order."""


def _towards(target: Array, velocity: Array) -> int:
    """The action that moves an agent to a target at that distance and brakes before it arrives."""
    direction = target - 0.5 * velocity
    return REST if np.abs(direction).max() < 0.03 else _step_along(direction)


def _step_along(direction: Array) -> int:
    """The action along the axis in which the direction is longest."""
    axis = int(np.argmax(np.abs(direction)))
    return 1 + 2 * axis + int(direction[axis] > 0)


def _stay(_env: object, _agent: str, _rng: np.random.Generator) -> Act:
    return lambda _observation: REST


def _cover(_env: object, agent: str, _rng: np.random.Generator) -> Act:
    """simple_spread: agent i goes to landmark i."""
    start = 4 + 2 * int(agent.rpartition("_")[2])

    def act(observation: Array) -> int:
        return _towards(observation[start : start + 2], observation[:2])

    return act


def _point(observation: Array) -> int:
    """simple_reference: name the other's landmark, and go to the landmark that it names."""
    word = int(np.abs(COLOURS - observation[8:11]).sum(axis=1).argmin())
    message = observation[11:]
    start = 2 + 2 * min(int(message.argmax()), 2)
    move = _towards(observation[start : start + 2], observation[:2]) if message.any() else REST
    return move + MOVES * word


def _chase(observation: Array) -> int:
    """simple_tag, pursuers: straight to where the prey will be."""
    return _step_along(observation[12:14] + 0.3 * (observation[14:16] - observation[:2]))


def _flee(observation: Array) -> int:
    """simple_tag, prey: away from all pursuers, the nearest most, and not out of the field."""
    pursuers = observation[8:14].reshape(3, 2)
    distances = np.maximum(np.linalg.norm(pursuers, axis=1, keepdims=True), 0.05)
    away = -(pursuers / distances**3).sum(axis=0)
    position = observation[2:4]
    away -= 40 * np.sign(position) * np.maximum(np.abs(position) - 0.7, 0)
    return _step_along(away)


PARTICLE_PLAYERS: Final[Mapping[str, Player]] = MappingProxyType(
    {
        "stay": _stay,
        "cover": _cover,
        "point": _rule_player(_point),
        "chase": _rule_player(_chase),
        "flee": _rule_player(_flee),
    }
)


# Connect four: an agent sees the board from its own side.

ROWS: Final = 6
COLUMNS: Final = 7
LINES: Final = tuple(
    tuple((row + i * down, column + i * right) for i in range(4))
    for row in range(ROWS)
    for column in range(COLUMNS)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1))
    if row + 3 * down < ROWS and 0 <= column + 3 * right < COLUMNS
)
"""The cells of all 69 lines of four."""

CELLS: Final = np.array([[row * COLUMNS + column for row, column in line] for line in LINES])


def _tactical(_env: object, _agent: str, rng: np.random.Generator) -> Act:
    """Complete an own line of four, else prevent one of the other's, else play any column."""

    def act(observation: Mapping[str, Any]) -> int:
        own, others = np.moveaxis(np.asarray(observation["observation"]), -1, 0)
        free = np.flatnonzero(observation["action_mask"])
        for pieces in (own, others):
            winning = [column for column in free if _wins(pieces, own + others, int(column))]
            if winning:
                return int(rng.choice(winning))
        return int(rng.choice(free))

    return act


def _wins(pieces: Array, board: Array, column: int) -> bool:
    """Whether a piece dropped into a column completes four; row 0 is the top."""
    row = int(np.flatnonzero(board[:, column] == 0)[-1])
    cells = pieces.reshape(-1).copy()
    cells[row * COLUMNS + column] = 1
    return bool((cells[CELLS].sum(axis=1) == 4).any())


BOARD_PLAYERS: Final[Mapping[str, Player]] = MappingProxyType({"tactical": _tactical})


# Pursuit. A view is laid out row by row, positions and motions are (x, y).

PURSUERS: Final = 1
EVADERS: Final = 2
"""Layers of a pursuer's view."""

MOTIONS: Final = np.array([[-1, 0], [1, 0], [0, 1], [0, -1], [0, 0]])
"""What a pursuer's actions add to its position; the first four are the directions."""

DIRECTIONS: Final = range(4)
GROUP: Final = 4
"""Pursuers that it takes to surround an evader in the open."""

UNREACHABLE: Final = 1_000_000

Position = tuple[int, int]


def _hunt(_env: object, _agent: str, rng: np.random.Generator) -> Act:
    """To a free side of the evader with most pursuers near it; at random if none is in view."""

    def act(view: Array) -> int:
        centre = np.array(view.shape[:2]) // 2
        evaders = np.argwhere(view[..., EVADERS].T > 0) - centre
        if not len(evaders):
            return int(rng.integers(len(MOTIONS)))
        friends = np.argwhere(view[..., PURSUERS].T > 0) - centre
        friends = friends[np.abs(friends).sum(axis=1) > 0]
        near = (_distances(evaders, friends) <= 3).sum(axis=1)
        target = evaders[np.argmax(2 * near - np.abs(evaders).sum(axis=1))]
        sides = target + MOTIONS[:4]
        is_taken = (_distances(sides, friends) == 0).any(axis=1)
        free = sides if is_taken.all() else sides[~is_taken]
        goal = min(free, key=lambda side: np.abs(side).sum())
        return int(np.abs(goal - MOTIONS).sum(axis=1).argmin())

    return act


def _distances(positions: Array, others: Array) -> Array:
    """Steps from each of N positions to each of M others, (N, M)."""
    distances: Array = np.abs(positions[:, None] - others[None]).sum(axis=-1)
    return distances


def _surround(env: Any, agent: str, _rng: np.random.Generator) -> Act:
    """With the whole board in view, four pursuers at a time to all sides of one evader."""
    game = env.unwrapped.env
    own = int(agent.rpartition("_")[2])
    steps = _Steps(game.map_matrix >= 0)

    def act(_view: Array) -> int:
        pursuers = [tuple(game.pursuer_layer.get_position(i)) for i in range(game.n_pursuers)]
        layer = game.evader_layer
        evaders = [tuple(layer.get_position(i)) for i in range(layer.n_agents())]
        goals: dict[int, Position] = {}
        for first in range(0, own + 1, GROUP):
            group = range(first, min(first + GROUP, len(pursuers)))
            if evaders:
                target = min(evaders, key=lambda e: sum(steps(e, pursuers[i]) for i in group))
                goals |= _assign_sides(target, {i: pursuers[i] for i in group}, steps)
                evaders.remove(target)
        position, goal = pursuers[own], goals.get(own, pursuers[own])
        return min(range(len(MOTIONS)), key=lambda action: steps(goal, _move(position, action)))

    return act


class _Steps:
    """Steps between any two open fields of a map; `UNREACHABLE` to a field that is not open."""

    def __init__(self, is_open: Array) -> None:
        self._is_open = is_open
        self._by_goal: dict[Position, dict[Position, int]] = {}

    def __call__(self, goal: Position, position: Position) -> int:
        if goal not in self._by_goal:
            self._by_goal[goal] = self._search(goal)
        return self._by_goal[goal].get(position, UNREACHABLE)

    def is_open(self, position: Position) -> bool:
        sizes = zip(position, self._is_open.shape, strict=True)
        return all(0 <= i < size for i, size in sizes) and bool(self._is_open[position])

    def _search(self, goal: Position) -> dict[Position, int]:
        """Steps to the goal from every field that reaches it, by breadth-first search."""
        steps, queue = {goal: 0}, [goal]
        for position in queue:
            for action in DIRECTIONS:
                neighbour = _move(position, action)
                if neighbour not in steps and self.is_open(neighbour):
                    steps[neighbour] = steps[position] + 1
                    queue.append(neighbour)
        return steps


def _assign_sides(
    target: Position, pursuers: Mapping[int, Position], steps: _Steps
) -> dict[int, Position]:
    """Pursuer -> side of the target, so that the last one arrives soonest; spare ones follow it."""
    sides = [side for side in (_move(target, a) for a in DIRECTIONS) if steps.is_open(side)]
    sides = sides[: len(pursuers)]

    def arrival(order: tuple[int, ...]) -> tuple[int, int]:
        ways = [steps(side, pursuers[i]) for i, side in zip(order, sides, strict=True)]
        return max(ways, default=0), sum(ways)

    best = min(permutations(pursuers, len(sides)), key=arrival)
    return dict.fromkeys(pursuers, target) | dict(zip(best, sides, strict=True))


def _move(position: Position, action: int) -> Position:
    x, y = MOTIONS[action]
    return int(position[0] + x), int(position[1] + y)


PURSUIT_PLAYERS: Final[Mapping[str, Player]] = MappingProxyType(
    {"hunt": _hunt, "surround": _surround}
)

# Knights, archers and zombies.

LEFT, RIGHT, ATTACK, NOTHING = 2, 3, 4, 5
"""Actions; 0 goes forward."""

ZOMBIES: Final = 10
"""Rows at the end of an agent's observation."""


def _aim(observation: Array) -> int:
    """Turn to the nearest zombie and attack."""
    rows = observation[-ZOMBIES:]
    zombies = rows[rows[:, 0] > 0]
    if not len(zombies):
        return NOTHING
    nearest = zombies[zombies[:, 0].argmin(), 1:3]
    heading = observation[0, 3:5]
    side = heading[0] * nearest[1] - heading[1] * nearest[0]
    ahead = float(heading @ nearest)
    if ahead > 0 and abs(side) < 0.12 * ahead:
        return ATTACK
    return RIGHT if side > 0 else LEFT


KNIGHTS_PLAYERS: Final[Mapping[str, Player]] = MappingProxyType({"aim": _rule_player(_aim)})
