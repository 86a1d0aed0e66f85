"""The rules as functions over a batch of games: numpy arrays whose first axis is the game.

Random numbers are drawn in the order in which one game draws them, so that a batch of one game,
given ``numpy.random.RandomState(seed)``, replays the published game of that seed. A larger batch
draws row by row from the same generator.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final

import numpy as np

from scenarios.bucket_brigade.rules import Rules

Array = np.ndarray

SAFE: Final = 0
BURNING: Final = 1
RUINED: Final = 2
REST: Final = 0
WORK: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """B games at the start of a night, with H houses and N agents.

    Attributes:
        houses: What each house is, (B, H).
        houses_before: What each house was when rewards were last given; one that is safe again was
            saved. All safe at the start: a fire of the start earns nothing when put out at once.
        effort: How far each fire is suppressed, (B, H); used with `Rules.suppression` alone.
        signals, locations: What each agent said and where it went last, (B, N).
        last_actions: House and mode of each agent's last night, (B, N, 2); zeros at the start.
        night: Number of the night, (B,), from 0.
    """

    houses: Array
    houses_before: Array
    effort: Array
    signals: Array
    locations: Array
    last_actions: Array
    night: Array


def game_generator(seed: int) -> np.random.RandomState:
    """The generator of a game's seed: the published one up to its largest, 2^32 - 1."""
    if seed < 2**32:
        return np.random.RandomState(seed)
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))


def begin(rules: Rules, count: int, rng: np.random.RandomState) -> State:
    """`count` games at the start of their first night."""
    size = (count, rules.houses)
    houses = np.zeros(size, dtype=np.int8)
    if rules.classic:
        # Python and numpy both round halves to even.
        fires = round(rules.initial * rules.houses)
        for row in houses:
            row[rng.choice(rules.houses, size=fires, replace=False)] = BURNING
    else:
        houses[rng.random_sample(size) < rules.ignition] = BURNING
    return State(
        houses=houses,
        houses_before=np.zeros(size, dtype=np.int8),
        effort=np.zeros(size),
        signals=np.zeros((count, rules.agents), dtype=np.int64),
        locations=np.zeros((count, rules.agents), dtype=np.int64),
        last_actions=np.zeros((count, rules.agents, 2), dtype=np.int64),
        night=np.zeros(count, dtype=np.int64),
    )


def replace_games(state: State, rows: Array, fresh: State) -> State:
    """The state with the games of `rows` (a mask or indices) replaced by fresh ones, in order."""
    arrays = {}
    for field in fields(State):
        array = getattr(state, field.name).copy()
        array[rows] = getattr(fresh, field.name)
        arrays[field.name] = array
    return State(**arrays)


def play(
    rules: Rules, state: State, actions: Array, rng: np.random.RandomState
) -> tuple[State, Array, Array]:
    """One night of every game.

    Args:
        rules: Of all games.
        state: Before.
        actions: House, mode and signal of every agent, (B, N, 3); ``classic`` ignores the signal.
        rng: Random numbers for extinguishing, spreading and catching fire.

    Returns:
        The state after, the agents' rewards (B, N), and which games are over (B,).
    """
    house, mode = actions[..., 0], actions[..., 1]
    houses = state.houses.copy()
    ring = np.arange(rules.houses)
    workers = ((house[..., None] == ring) & (mode[..., None] == WORK)).sum(axis=1)
    effort = state.effort
    if rules.suppression is None:
        _extinguish(rules, houses, workers, rng)
        houses[houses == BURNING] = RUINED
    else:
        effort = _suppress(rules, houses, workers, effort)
        _spread(rules, houses, rng)
    _ignite(rules, houses, state.night, rng)
    rewards = _rewards(rules, state.houses_before, houses, house, mode)
    over = (state.night >= rules.nights) & ~(houses == BURNING).any(axis=1)
    after = State(
        houses=houses,
        houses_before=houses,
        effort=effort,
        signals=mode if rules.classic else actions[..., 2],
        locations=house,
        last_actions=actions[..., :2],
        night=state.night + 1,
    )
    return after, rewards, over


def _extinguish(rules: Rules, houses: Array, workers: Array, rng: np.random.RandomState) -> None:
    """Put fires out, in place; a fire without workers draws its number too."""
    burning = houses == BURNING
    at_fires = workers[burning]
    if rules.classic:
        chance = 1.0 - np.exp(-rules.extinguish * at_fires)
    else:
        chance = 1.0 - (1.0 - rules.extinguish) ** at_fires
    still = houses[burning]
    still[rng.random_sample(still.size) < chance] = SAFE
    houses[burning] = still


def _suppress(rules: Rules, houses: Array, workers: Array, effort: Array) -> Array:
    """Put out, in place, the fires whose suppression is complete; returns the new efforts."""
    efforts = effort + workers * (rules.suppression or 0.0)
    out = (houses == BURNING) & (efforts >= 1.0)
    houses[out] = SAFE
    return np.where(houses == BURNING, efforts, 0.0)


def _spread(rules: Rules, houses: Array, rng: np.random.RandomState) -> None:
    """Light the neighbours of fires, in place: house by house, the lower neighbour first.

    A house lit on the way can light the next one in the same night.
    """
    for house in range(rules.houses):
        for neighbour in ((house - 1) % rules.houses, (house + 1) % rules.houses):
            at_risk = (houses[:, house] == BURNING) & (houses[:, neighbour] == SAFE)
            lit = np.flatnonzero(at_risk)
            lit = lit[rng.random_sample(lit.size) < rules.spread]
            houses[lit, neighbour] = BURNING


def _ignite(rules: Rules, houses: Array, night: Array, rng: np.random.RandomState) -> None:
    """Let safe houses catch fire, in place; one that was saved this very night can, too."""
    at_risk = houses == SAFE
    if rules.last_ignition is not None:
        at_risk &= (night < rules.last_ignition)[:, None]
    safe = houses[at_risk]
    safe[rng.random_sample(safe.size) < rules.ignition] = BURNING
    houses[at_risk] = safe


def _rewards(rules: Rules, before: Array, houses: Array, house: Array, mode: Array) -> Array:
    """What the night is worth to every agent, (B, N)."""
    gains, losses, distances = _tables(rules)
    away = distances[np.arange(rules.agents), house] * rules.distance_cost
    rewards = np.where(mode == WORK, -(rules.work_cost + away), rules.rest_reward)
    safe, is_ruined = houses == SAFE, houses == RUINED
    rewards += ((before != SAFE) & safe) @ gains - is_ruined @ losses
    team = rules.team_reward * safe.sum(axis=1) / rules.houses
    team -= rules.team_penalty * is_ruined.sum(axis=1) / rules.houses
    rewards += (0.1 * team if rules.classic else team)[:, None]
    return rewards


@lru_cache(maxsize=64)
def _tables(rules: Rules) -> tuple[Array, Array, Array]:
    """Gain and loss of every agent by house, (H, N), and distances from its home, (N, H)."""
    ring = np.arange(rules.houses)
    owns = (ring % rules.agents)[:, None] == np.arange(rules.agents)
    gains = np.where(owns, rules.own_reward, rules.other_reward)
    losses = np.where(owns, rules.own_penalty, rules.other_penalty)
    apart = np.abs(homes(rules)[:, None] - ring)
    return gains, losses, np.minimum(apart, rules.houses - apart)


def homes(rules: Rules) -> Array:
    """The house each agent lives at, (N,)."""
    own = rules.homes or [agent % rules.houses for agent in range(rules.agents)]
    return np.array(own, dtype=np.int64)
