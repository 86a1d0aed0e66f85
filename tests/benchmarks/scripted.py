"""Scripted policies that references of single-agent scenarios are measured with.

They see all of the environment. Those of games of several agents are part of the scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import gymnasium
import numpy as np

from harness.core.scenario import Scenario
from harness.envs import make

Env = gymnasium.Env[Any, Any]
Place = tuple[int, int]
Act = Callable[[Any], Any]
Script = Callable[[Env], Act]
"""An environment whose episode has just begun -> observation -> action."""

SLOWER = 4
"""Action of highway-env."""

LEFT, RIGHT, FORWARD, TOGGLE, DONE = 0, 1, 2, 5, 6
"""Actions of MiniGrid."""

HEADINGS: tuple[Place, ...] = ((1, 0), (0, 1), (-1, 0), (0, -1))
"""Of MiniGrid's agent, and the neighbours of a maze's cell."""


def scripted_returns(scenario: Scenario, policy: str, *, seed: int) -> Iterator[float]:
    """Undiscounted returns of one of them, without end."""
    env, begin = make(scenario), SCRIPTED[scenario.name][policy]
    seen, _ = env.reset(seed=seed)
    while True:
        act, earned, done = begin(env), 0.0, False
        while not done:
            seen, reward, terminated, truncated, _ = env.step(act(seen))
            earned += float(reward)
            done = terminated or truncated
        yield earned
        seen, _ = env.reset()


def slow(_env: Env) -> Act:
    """highway-env: brake to the lowest speed and keep the lane."""
    return lambda _seen: SLOWER


def waypoints(env: Env) -> Act:
    """PointMaze: through the middle of one cell after the other, braking on the way."""
    maze: Any = env.unwrapped.maze  # type: ignore[attr-defined]
    free = {
        (i, j) for i, row in enumerate(maze.maze_map) for j, cell in enumerate(row) if cell != 1
    }

    def act(seen: Any) -> Any:
        place, velocity = seen["observation"][:2], seen["observation"][2:]
        here = tuple(int(i) for i in maze.cell_xy_to_rowcol(place))
        there = tuple(int(i) for i in maze.cell_xy_to_rowcol(seen["desired_goal"]))
        way = shortest(here, lambda cell: neighbours(cell, free), lambda cell: cell == there)
        target = seen["desired_goal"]
        if len(way) > 1:
            target = maze.cell_rowcol_to_xy(np.array(way[0]))
        return np.clip(10 * (target - place) - 3 * velocity, -1, 1).astype(np.float32)

    return act


def neighbours(cell: Place, free: set[Place]) -> Iterator[tuple[Place, Place]]:
    for i, j in HEADINGS:
        beside = (cell[0] + i, cell[1] + j)
        if beside in free:
            yield beside, beside


def shortest(
    start: Any, after: Callable[[Any], Iterator[tuple[Any, Any]]], arrived: Callable[[Any], bool]
) -> list[Any]:
    """What to do, in order, to get from a state to one of those that are sought."""
    ways: dict[Any, list[Any]] = {start: []}
    reached = [start]
    for state in reached:
        if arrived(state):
            return ways[state]
        for action, then in after(state):
            if then not in ways:
                ways[then] = [*ways[state], action]
                reached.append(then)
    raise ValueError("there is no way")


def to_the_goal(env: Env) -> Act:
    """MiniGrid: the shortest way to the goal, all walls known."""
    grid = env.unwrapped.grid  # type: ignore[attr-defined]
    return planned(walk(env, lambda x, y, _: getattr(grid.get(x, y), "type", "") == "goal"))


def to_the_door(env: Env) -> Act:
    """GoToDoor: the shortest way to a field beside the door that is asked for."""
    x, y = env.unwrapped.target_pos  # type: ignore[attr-defined]
    return planned([*walk(env, lambda i, j, _: abs(i - x) + abs(j - y) == 1), DONE])


def red_then_blue(env: Env) -> Act:
    """RedBlueDoors: the shortest way to before the red door, then to before the blue one."""
    world: Any = env.unwrapped
    cells = [world.grid.get(i, j) for i in range(world.width) for j in range(world.height)]
    actions: list[int] = []
    start = None
    for door in (world.red_door, world.blue_door):
        x, y = divmod(next(i for i, cell in enumerate(cells) if cell is door), world.height)

        def before(i: int, j: int, heading: int, x: int = x, y: int = y) -> bool:
            return (i + HEADINGS[heading][0], j + HEADINGS[heading][1]) == (x, y)

        actions += [*walk(env, before, start), TOGGLE]
        start = replayed(env, actions)
    return planned(actions)


def walk(env: Env, arrived: Callable[[int, int, int], bool], start: Any = None) -> list[int]:
    """Turns and steps to where the agent is to be, at x, y and a heading."""
    world: Any = env.unwrapped
    begin = start or (*map(int, world.agent_pos), int(world.agent_dir))

    def after(state: tuple[int, int, int]) -> Iterator[tuple[int, tuple[int, int, int]]]:
        x, y, heading = state
        yield LEFT, (x, y, (heading - 1) % 4)
        yield RIGHT, (x, y, (heading + 1) % 4)
        i, j = x + HEADINGS[heading][0], y + HEADINGS[heading][1]
        cell = world.grid.get(i, j)
        if cell is None or cell.can_overlap():
            yield FORWARD, (i, j, heading)

    return shortest(begin, after, lambda state: arrived(*state))


def replayed(env: Env, actions: list[int]) -> tuple[int, int, int]:
    """Where the agent is after turns and steps none of which meets an obstacle."""
    world: Any = env.unwrapped
    (x, y), heading = map(int, world.agent_pos), int(world.agent_dir)
    for action in actions:
        if action == FORWARD:
            x, y = x + HEADINGS[heading][0], y + HEADINGS[heading][1]
        elif action in {LEFT, RIGHT}:
            heading = (heading + (1 if action == RIGHT else -1)) % 4
    return x, y, heading


def planned(actions: list[int]) -> Act:
    left = iter(actions)
    return lambda _seen: next(left, DONE)


SCRIPTED: Mapping[str, Mapping[str, Script]] = {
    "merge-v1": {"slow": slow},
    "PointMaze_UMaze-v3": {"waypoints": waypoints},
    "MiniGrid-FourRooms-v0": {"shortest way": to_the_goal},
    "MiniGrid-GoToDoor-5x5-v0": {"shortest way": to_the_door},
    "MiniGrid-RedBlueDoors-6x6-v0": {"shortest way": red_then_blue},
}
"""Scenario -> its scripted policies."""

PLAYERS: Mapping[str, tuple[str, ...]] = {
    "mpe/simple_spread-v3": ("stay", "cover"),
    "mpe/simple_reference-v3": ("stay", "point"),
    "mpe/simple_tag-v3": ("stay", "chase"),
    "sisl/pursuit-v5": ("hunt", "surround"),
    "butterfly/knights_archers_zombies-v11": ("aim",),
    "classic/connect_four-v3": ("tactical",),
}
"""Game of several agents -> the scenario's own players that fit the learners' seats."""
