"""Grid worlds of MiniGrid and BabyAI.

An observation is a table of codes, neither a picture nor quantities. `Symbols` of
`scenarios.env_wrappers` makes one-hot vectors of it, of the direction, and of the mission's words
if the mission varies.
"""

from __future__ import annotations

from harness.core.scenario import Family, Scenario, Score, Wrapper
from scenarios.scenario_scores import ZOO, measured_scores, published_score, scenario

_GRID = Scenario(
    name="",
    env="",
    action="Discrete",
    family="minigrid",
    imports=("minigrid",),
    wrappers=(Wrapper(path="scenarios.env_wrappers.Symbols"),),
    steps=1_000_000,
    requires="rl-harness[minigrid]",
    packages=("minigrid",),
    licence="minigrid: MIT, no assets",
    description="A grid world of which the agent sees the seven by seven cells before it.",
)


def _ppo(value: float, std: float, steps: str) -> Score:
    return published_score(
        value,
        algorithm="PPO tuned",
        steps=steps,
        runs=f"one run (std over episodes {std:g})",
        source=ZOO,
    )


def _shortest(name: str) -> Score | None:
    """The shortest way for who knows all walls; published returns are far below it."""
    return measured_scores(f"MiniGrid-{name}-v0").get("shortest way")


def _grid(name: str, limit: int, steps: int, reference: Score | None, description: str) -> Scenario:
    return scenario(
        _GRID,
        f"MiniGrid-{name}-v0",
        description,
        max_episode_steps=limit,
        reference=reference,
        steps=steps,
    )


SCENARIOS = (
    _grid(
        "Empty-Random-5x5",
        100,
        100_000,
        _ppo(0.968, 0.013, "100,000"),
        "Walk to the goal of an empty room; 1 at the goal, less the later.",
    ),
    _grid(
        "DoorKey-5x5",
        250,
        100_000,
        _ppo(0.964, 0.006, "100,000"),
        "Fetch a key, open the door, walk to the goal.",
    ),
    _grid("Unlock", 288, 100_000, _ppo(0.963, 0.016, "100,000"), "Fetch a key and open the door."),
    _grid(
        "KeyCorridorS3R1",
        270,
        500_000,
        _ppo(0.949, 0.011, "500,000"),
        "Find the key to a locked room and pick up what lies in it.",
    ),
    _grid(
        "RedBlueDoors-6x6",
        720,
        1_000_000,
        _shortest("RedBlueDoors-6x6"),
        "Open the red door, then the blue one.",
    ),
    _grid(
        "GoToDoor-5x5",
        100,
        5_000_000,
        _shortest("GoToDoor-5x5"),
        "Stop beside the door of the colour that the mission names.",
    ),
    _grid(
        "FourRooms",
        100,
        5_000_000,
        _shortest("FourRooms"),
        "Find the goal in one of four rooms.",
    ),
)

FAMILIES = (Family(ids=("MiniGrid-*", "BabyAI-*"), draft=_GRID),)
