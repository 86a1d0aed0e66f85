"""Agents that were trained: each sees the game from its own seat, as the learner does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium import spaces

from harness.core.opponents import Opponent
from scenarios.bucket_brigade.agents import Script
from scenarios.bucket_brigade.features import agent_space, observed
from scenarios.bucket_brigade.game import State
from scenarios.bucket_brigade.rules import Rules

__all__ = ["script_of"]

Array = np.ndarray[Any, Any]


def script_of(rules: Rules, opponent: Opponent) -> Script:
    """A trained opponent as an agent of any seat.

    It learned as agent 0. In seat k agents are counted from itself on and houses from house k, so
    that it finds itself and its own houses where it learned to look for them. Where the ring is no
    multiple of the agents, it is told wrong whose the last houses are.

    Raises:
        ValueError: It was trained in a game of another shape.
    """
    _expect_fit(rules, opponent)

    def act(_rules: Rules, state: State, seat: int, rng: np.random.Generator) -> Array:
        seen = observed(rules, _from_seat(state, seat), 0)
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


def _from_seat(state: State, seat: int) -> State:
    """The same games, told from one agent on."""
    houses = state.houses.shape[1]
    # Before the first night places are zeros that say nothing.
    moved = np.where(state.night > 0, seat, 0)[:, None]
    last = np.roll(state.last_actions, -seat, axis=1)
    last[..., 0] = (last[..., 0] - moved) % houses
    return replace(
        state,
        houses=np.roll(state.houses, -seat, axis=1),
        signals=np.roll(state.signals, -seat, axis=1),
        locations=(np.roll(state.locations, -seat, axis=1) - moved) % houses,
        last_actions=last,
    )
