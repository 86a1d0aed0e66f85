"""What agents see: everything but the number of the night, as one flat vector."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from scenarios.bucket_brigade.game import State
from scenarios.bucket_brigade.rules import Rules

if TYPE_CHECKING:
    # The catalogue of scenarios imports this module, and it imports no simulator.
    from gymnasium import spaces

Array = np.ndarray


def observe_common(rules: Rules, state: State) -> Array:
    """What all agents see, (B, H + 4 N + 10 or 12): houses, signals, locations, actions, rules."""
    count = len(state.night)
    facts = np.broadcast_to(_facts(rules), (count, len(_facts(rules))))
    parts = (
        state.houses,
        state.signals,
        state.locations,
        state.last_actions.reshape(count, -1),
        facts,
    )
    return np.concatenate(parts, axis=1, dtype=np.float32)


def observe_agent(rules: Rules, state: State, agent: int) -> Array:
    """What one agent sees, (B, D): in ``v1`` with a one-hot of the agent at the end."""
    common = observe_common(rules, state)
    if rules.classic:
        return common
    identity = np.broadcast_to(_identity(rules)[agent], (len(common), rules.agents))
    return np.concatenate((common, identity), axis=1, dtype=np.float32)


def as_first(state: State, seat: int) -> State:
    """The same games as the agent in a seat sees them if it takes itself for agent 0.

    Agents are counted from that agent on and houses from house `seat`, so that it finds itself and
    its own houses where agent 0 does. If the number of houses is no multiple of the number of
    agents, the owners of the last houses are wrong.
    """
    houses = state.houses.shape[1]
    # Before the first night locations are zeros that mean nothing.
    offset = np.where(state.night > 0, seat, 0)[:, None]
    last = np.roll(state.last_actions, -seat, axis=1)
    last[..., 0] = (last[..., 0] - offset) % houses
    return replace(
        state,
        houses=np.roll(state.houses, -seat, axis=1),
        signals=np.roll(state.signals, -seat, axis=1),
        locations=(np.roll(state.locations, -seat, axis=1) - offset) % houses,
        last_actions=last,
    )


def common_space(rules: Rules) -> spaces.Box:
    """The space of `observe_common`, without the axis of the games."""
    from gymnasium import spaces

    facts = _facts(rules)
    last = rules.houses - 1
    high = np.concatenate(
        (
            np.full(rules.houses, 2),
            np.full(rules.agents, 1),
            np.full(rules.agents, last),
            np.tile((last, 1), rules.agents),
            facts,
        ),
        dtype=np.float32,
    )
    low = np.zeros_like(high)
    # Constants of the game may be 0, and equal bounds would break scaling by the bounds.
    return spaces.Box(low, np.maximum(high, 1.0), dtype=np.float32)


def agent_space(rules: Rules) -> spaces.Box:
    """The space of `observe_agent`, without the axis of the games."""
    from gymnasium import spaces

    common = common_space(rules)
    if rules.classic:
        return common
    low = np.concatenate((common.low, np.zeros(rules.agents, dtype=np.float32)))
    high = np.concatenate((common.high, np.ones(rules.agents, dtype=np.float32)))
    return spaces.Box(low, high, dtype=np.float32)


@lru_cache(maxsize=64)
def _facts(rules: Rules) -> Array:
    """The rules as numbers, in the published order of each rule set."""
    numbers: tuple[float, ...]
    if rules.classic:
        numbers = (
            rules.spread,
            rules.extinguish,
            rules.team_reward,
            rules.team_penalty,
            rules.work_cost,
            rules.initial,
            rules.nights,
            rules.ignition,
            rules.nights if rules.last_ignition is None else rules.last_ignition,
            rules.agents,
        )
    else:
        numbers = (
            rules.spread,
            rules.extinguish,
            rules.ignition,
            rules.team_reward,
            rules.team_penalty,
            rules.own_reward,
            rules.other_reward,
            rules.own_penalty,
            rules.other_penalty,
            rules.work_cost,
            rules.nights,
            rules.agents,
        )
    return np.array(numbers, dtype=np.float32)


@lru_cache(maxsize=64)
def _identity(rules: Rules) -> Array:
    return np.eye(rules.agents, dtype=np.float32)
