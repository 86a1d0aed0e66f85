"""Agents that were trained: each sees the game from its own seat, as the learner does."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

from harness.core.opponents import Opponent
from scenarios.bucket_brigade.agents import Script
from scenarios.bucket_brigade.features import agent_space, as_first, observed
from scenarios.bucket_brigade.game import State
from scenarios.bucket_brigade.rules import Rules

__all__ = ["script_of"]

Array = np.ndarray[Any, Any]


def script_of(rules: Rules, opponent: Opponent) -> Script:
    """A trained opponent as an agent of any seat.

    It learned as agent 0, and is told the game so in every seat, see `as_first`.

    Raises:
        ValueError: It was trained in a game of another shape.
    """
    _expect_fit(rules, opponent)

    def act(_rules: Rules, state: State, seat: int, rng: np.random.Generator) -> Array:
        seen = observed(rules, as_first(state, seat), 0)
        actions = np.asarray(opponent(seen, None, rng))
        if actions.ndim == 1:
            actions = np.stack(np.unravel_index(actions, rules.action), axis=-1)
        chosen = actions.astype(np.int64)
        chosen[:, 0] = (chosen[:, 0] + seat) % rules.houses
        return chosen if chosen.shape[1] == 3 else np.concatenate((chosen, chosen[:, 1:]), axis=1)

    return act


def _expect_fit(rules: Rules, opponent: Opponent) -> None:
    wanted, seen = agent_space(rules).shape, opponent.observation_space.shape
    if seen != wanted:
        raise ValueError(
            f"{opponent.name} sees {seen}, an agent of this game {wanted}: it was trained among "
            "another number of agents or houses, or in another rule set or mode"
        )
    acts = opponent.action_space
    flat = isinstance(acts, spaces.Discrete) and int(acts.n) == np.prod(rules.action)
    own = spaces.MultiDiscrete(list(rules.action))
    if not flat and acts != own:
        raise ValueError(f"{opponent.name} acts in {acts}, an agent of this game in {own}")
