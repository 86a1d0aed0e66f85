"""A game as text and as a picture."""

from __future__ import annotations

from typing import Final

import numpy as np

from scenarios.bucket_brigade.game import BURNING, RUINED, WORK, State
from scenarios.bucket_brigade.rules import Rules

Array = np.ndarray

WORDS: Final = ("safe", "burning", "ruined")

SIZE: Final = 320
"""Width and height of the picture in pixels."""

BACKGROUND: Final = (250, 250, 247)
HOUSES: Final = ((88, 140, 106), (222, 110, 44), (92, 88, 84))
AGENTS: Final = (
    (46, 94, 170),
    (170, 51, 119),
    (204, 160, 30),
    (0, 150, 160),
    (120, 80, 170),
    (150, 110, 80),
)
IDLE: Final = (255, 255, 255)


def text(rules: Rules, state: State, game: int = 0) -> str:
    """One line for the night, one per house: state, owner, who is there and whether they work."""
    lines = [f"night {state.night[game]}"]
    for house, what in enumerate(state.houses[game]):
        visitors = [
            f"{agent}{'*' if state.last_actions[game, agent, 1] == WORK else ''}"
            for agent in range(rules.agents)
            if state.night[game] > 0 and state.locations[game, agent] == house
        ]
        agents = f"  agents {' '.join(visitors)}" if visitors else ""
        lines.append(f"house {house}  {WORDS[what]:8} owner {house % rules.agents}{agents}")
    return "\n".join(lines)


def picture(rules: Rules, state: State, game: int = 0) -> Array:
    """An RGB image, (320, 320, 3) uint8: houses on a ring, owners as rims, agents outside of it.

    An agent that worked in the last night is a full disc, one that rested an empty one.
    """
    image = np.full((SIZE, SIZE, 3), BACKGROUND, dtype=np.uint8)
    angles = np.linspace(0.0, 2 * np.pi, rules.houses, endpoint=False)
    radius = 0.5 * min(0.3 * SIZE * np.sin(np.pi / max(rules.houses, 3)), 0.14 * SIZE)
    for house, angle in enumerate(angles):
        colour = AGENTS[house % rules.agents % len(AGENTS)]
        centre = _point(angle, 0.28)
        _disc(image, centre, radius + 4, colour)
        _disc(image, centre, radius, HOUSES[state.houses[game, house]])
        if state.houses[game, house] in {BURNING, RUINED}:
            _disc(
                image,
                centre,
                radius / 2,
                (255, 214, 92) if _burns(state, game, house) else (0,) * 3,
            )
    if state.night[game] > 0:
        _agents(image, rules, state, game, angles)
    return image


def _burns(state: State, game: int, house: int) -> bool:
    return bool(state.houses[game, house] == BURNING)


def _agents(image: Array, rules: Rules, state: State, game: int, angles: Array) -> None:
    beside = [0] * rules.houses
    for agent in range(rules.agents):
        house = int(state.locations[game, agent])
        centre = _point(angles[house], 0.39 + 0.06 * beside[house])
        beside[house] += 1
        _disc(image, centre, 8, AGENTS[agent % len(AGENTS)])
        if state.last_actions[game, agent, 1] != WORK:
            _disc(image, centre, 5, IDLE)


def _point(angle: float, distance: float) -> tuple[float, float]:
    """Row and column at a distance from the centre, as shares of the picture, clockwise."""
    return (
        SIZE * (0.5 - distance * float(np.cos(angle))),
        SIZE * (0.5 + distance * float(np.sin(angle))),
    )


def _disc(
    image: Array, centre: tuple[float, float], radius: float, colour: tuple[int, ...]
) -> None:
    rows, columns = np.ogrid[:SIZE, :SIZE]
    image[(rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2] = colour
