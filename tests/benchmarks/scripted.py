"""Scripted policies that references and baselines of single-agent scenarios are measured with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import gymnasium

from harness.core.scenario import Scenario
from harness.envs import make

__all__ = ["PLAYERS", "SCRIPTED", "scripted_returns"]

Act = Callable[[Any], Any]
Script = Callable[[gymnasium.Env[Any, Any]], Act]
"""An environment whose episode has just begun -> observation -> action."""


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


SCRIPTED: Mapping[str, Mapping[str, Script]] = {}
"""Scenario -> its scripted policies."""

PLAYERS: Mapping[str, tuple[str, ...]] = {
    "mpe/simple_spread-v3": ("stay", "cover"),
    "mpe/simple_reference-v3": ("stay", "point"),
    "mpe/simple_tag-v3": ("stay", "chase"),
    "sisl/pursuit-v5": ("hunt",),
    "butterfly/knights_archers_zombies-v11": ("aim",),
    "classic/connect_four-v3": ("tactical",),
}
"""Game of several agents -> the scenario's own players that fit the learners' seats."""
