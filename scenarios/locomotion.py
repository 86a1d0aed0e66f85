"""MuJoCo's walkers on slopes, and with bodies and ground drawn anew for every episode.

`scenarios.terrain` has the environments and what their arguments mean. A policy that holds on all
of them is more robust than one tuned to a single body, and the returns are lower for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core.scenario import Normalize, Scenario
from scenarios.sources import recorded

__all__ = ["SCENARIOS"]

_RANDOMISED = {"friction": [0.5, 1.5], "mass": [0.8, 1.2], "gravity": [0.9, 1.1]}
_TASKS = {
    "Ant": "an ant",
    "HalfCheetah": "a cheetah",
    "Hopper": "a hopper",
    "Humanoid": "a humanoid",
    "Walker2d": "a walker",
}


def _task(task: str, kind: str, arguments: Mapping[str, Any], description: str) -> Scenario:
    name = f"locomotion/{task}-{kind}-v5"
    return Scenario(
        name=name,
        env=f"scenarios.terrain:locomotion/{task}-v5",
        family="locomotion",
        action="Box",
        arguments=arguments,
        normalize_on_policy=Normalize(observation=True, reward=True),
        max_episode_steps=1000,
        random=recorded(name),
        steps=2_000_000 if task == "Humanoid" else 1_000_000,
        requires="gymnasium[mujoco]",
        licence="gymnasium: MIT; MuJoCo: Apache-2.0",
        description=description,
    )


SCENARIOS = (
    *(
        _task(
            task,
            "randomised",
            _RANDOMISED,
            f"Run with {body} whose friction, mass and gravity change with every episode.",
        )
        for task, body in _TASKS.items()
    ),
    *(
        _task(task, "slope", {"slope": 5.0}, f"Run with {body} up a slope of five degrees.")
        for task, body in _TASKS.items()
    ),
)
