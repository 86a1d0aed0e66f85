"""Mean returns of scripted agents, many games at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scenarios.bucket_brigade.agents import Cast, Character
from scenarios.bucket_brigade.game import begin, play
from scenarios.bucket_brigade.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """Finished games.

    Attributes:
        returns: Undiscounted return of every agent, (B, N).
        nights: Length of every game, (B,).
    """

    returns: np.ndarray
    nights: np.ndarray

    @property
    def learner(self) -> tuple[float, float]:
        """Mean return of agent 0 and its standard error."""
        return _mean(self.returns[:, 0])

    @property
    def team(self) -> tuple[float, float]:
        """Mean of all agents' returns together and its standard error."""
        return _mean(self.returns.sum(axis=1))


def play_out(
    rules: Rules,
    characters: Sequence[Character],
    *,
    games: int,
    seed: int,
    limit: int | None = None,
) -> Played:
    """Play games to their end.

    Args:
        rules: Of all games.
        characters: Who each agent is.
        games: How many.
        seed: Of the games and, in another stream, of the agents.
        limit: Nights after which a game is cut off.
    """
    chance, thoughts = np.random.RandomState(seed), np.random.default_rng(seed)
    cast = Cast(rules, range(rules.agents), characters)
    state = begin(rules, games, chance)
    cast.begin(np.ones(games, dtype=bool), games, thoughts)
    returns = np.zeros((games, rules.agents))
    nights = np.zeros(games, dtype=np.int64)
    going = np.ones(games, dtype=bool)
    while going.any():
        # Games that are over are played on and not counted: the batch keeps its shape.
        state, rewards, over = play(rules, state, cast.act(state, thoughts), chance)
        returns[going] += rewards[going]
        nights[going] += 1
        going &= ~over
        if limit is not None:
            going &= nights < limit
    return Played(returns=returns, nights=nights)


def _mean(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
