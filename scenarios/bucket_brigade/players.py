"""The scripted agents as players of the PettingZoo game, each in a seat of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from scenarios.bucket_brigade.agents import NAMES, Cast

__all__ = ["PLAYERS"]

Act = Callable[[Any], np.ndarray[Any, Any]]


def _player(name: str) -> Callable[[Any, str, np.random.Generator], Act]:
    def begin(env: Any, agent: str, rng: np.random.Generator) -> Act:
        game = env.unwrapped
        seat = game.possible_agents.index(agent)
        cast = Cast(game.rules, [seat], [name])
        cast.begin(np.ones(1, dtype=bool), 1, rng)

        def act(_seen: Any) -> np.ndarray[Any, Any]:
            chosen: np.ndarray[Any, Any] = cast.act(game.position, rng)[0, 0]
            if game.as_first:
                chosen[0] = (chosen[0] - seat) % game.rules.houses
            return chosen[: len(game.rules.action)]

        return act

    return begin


PLAYERS: Final[Mapping[str, Callable[..., Act]]] = MappingProxyType(
    {name: _player(name) for name in NAMES}
)
"""`NAMES` as players; ``random`` is the heuristic of random character, ``uniform`` chance."""
