"""Agents that do not learn, scripted or trained before, for a batch of games at once.

The ten parameters of the heuristic are, in order: honesty, work tendency, neighbour help, own
priority, risk aversion, coordination, exploration, fatigue, rest bias, altruism.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from harness.core.opponents import Opponent
from scenarios.bucket_brigade.features import agent_space, as_first, observe_agent
from scenarios.bucket_brigade.game import BURNING, REST, WORK, State
from scenarios.bucket_brigade.rules import Rules

Array = np.ndarray

Character = str | Sequence[float] | Opponent
"""An agent: one of `NAMES`, the ten parameters of the heuristic, or a trained opponent."""

_CheckedCharacter = str | tuple[float, ...] | Opponent

PARAMETERS: Final = 10

ARCHETYPES: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "firefighter": (1.0, 0.9, 0.5, 0.8, 0.5, 0.7, 0.1, 0.0, 0.0, 0.8),
        "free_rider": (0.7, 0.2, 0.0, 0.9, 0.0, 0.0, 0.1, 0.0, 0.9, 0.0),
        "hero": (1.0, 1.0, 1.0, 0.5, 0.1, 0.5, 0.0, 0.9, 0.0, 1.0),
        "coordinator": (0.9, 0.6, 0.7, 0.6, 0.8, 1.0, 0.05, 0.0, 0.2, 0.6),
        "liar": (0.1, 0.7, 0.0, 0.9, 0.2, 0.8, 0.3, 0.0, 0.4, 0.2),
    }
)
"""Heuristics with fixed parameters."""

RANDOM: Final = "random"
"""The heuristic with parameters drawn uniformly from 0 .. 1 at the start of every game."""


def heuristic(
    rules: Rules, state: State, seats: Array, parameters: Array, rng: np.random.Generator
) -> Array:
    """Actions of the parametrised heuristic.

    Args:
        rules: The rules of the games.
        state: State of B games.
        seats: The agents that act, (K,).
        parameters: The parameters of each in each game, (B, K, 10).
        rng: Random numbers.

    Returns:
        House, mode and signal, (B, K, 3).
    """
    honesty, work, help_, own, risk, together, explore, fatigue, rest, altruism = np.moveaxis(
        parameters, -1, 0
    )
    burning = state.houses == BURNING
    home = seats % rules.houses
    burning_share = burning.mean(axis=1, keepdims=True)
    intent = work + risk * burning_share + 0.5 * own * burning[:, home]
    intent = np.clip(intent * (1.0 - rest), 0.0, 1.0)
    draws = rng.random((5, *intent.shape))
    signal = (intent > 0.5) == (draws[0] < honesty)
    weights = _attraction(rules, state, burning, home, (help_, own, risk, together))
    house = _pick(weights, draws[1])
    mode = draws[2] < np.where(signal, honesty, intent * altruism)
    exploring = draws[3] < explore
    house = np.where(exploring, rng.integers(rules.houses, size=house.shape), house)
    mode = np.where(exploring, rng.integers(2, size=mode.shape), mode)
    is_tired = (draws[4] < fatigue) & (state.night > 0)[:, None]
    house = np.where(is_tired, state.last_actions[:, seats, 0], house)
    mode = np.where(is_tired, state.last_actions[:, seats, 1], mode)
    return np.stack((house, mode, signal), axis=-1).astype(np.int64, copy=False)


def _attraction(
    rules: Rules, state: State, burning: Array, home: Array, weights: tuple[Array, ...]
) -> Array:
    """How much each house attracts each agent, (B, K, H), at least 0.01."""
    help_, own, risk, together = (weight[..., None] for weight in weights)
    ring = np.arange(rules.houses)
    apart = np.abs(home[:, None] - ring)
    distance = np.minimum(apart, rules.houses - apart)
    nearby = burning[:, ring - 1].astype(np.int64) + burning[:, (ring + 1) % rules.houses]
    crowd = (state.locations[..., None] == ring).sum(axis=1)
    attraction = 0.1 / (1.0 + distance) + own * (distance == 0) + 0.5 * burning[:, None, :]
    attraction += 0.3 * help_ * (nearby > 0)[:, None, :] + 0.1 * together * crowd[:, None, :]
    attraction -= 0.2 * risk * nearby[:, None, :]
    weights_of_houses: Array = np.maximum(attraction, 0.01)
    return weights_of_houses


def _pick(weights: Array, draws: Array) -> Array:
    """One index of the last axis each, with chances in proportion to the weights."""
    sums = np.cumsum(weights, axis=-1)
    index: Array = (sums <= draws[..., None] * sums[..., -1:]).sum(axis=-1)
    last_or_less: Array = np.minimum(index, weights.shape[-1] - 1)
    return last_or_less


Script = Callable[[Rules, State, int, np.random.Generator], Array]
"""Rules, games, seat, random numbers -> house, mode and signal in every game, (B, 3)."""


def _uniform(rules: Rules, state: State, _seat: int, rng: np.random.Generator) -> Array:
    return rng.integers((rules.houses, 2, 2), size=(len(state.night), 3))


def _rest(rules: Rules, state: State, seat: int, _rng: np.random.Generator) -> Array:
    return _everywhere(state, (seat % rules.houses, REST, REST))


def _work_own(rules: Rules, state: State, seat: int, _rng: np.random.Generator) -> Array:
    return _everywhere(state, (seat % rules.houses, WORK, WORK))


def _specialist(rules: Rules, state: State, seat: int, _rng: np.random.Generator) -> Array:
    own = np.arange(rules.houses) % rules.agents == seat
    return _at_first(rules, (state.houses == BURNING) & own, seat)


def _fight_first(rules: Rules, state: State, seat: int, _rng: np.random.Generator) -> Array:
    return _at_first(rules, state.houses == BURNING, seat)


def _everywhere(state: State, action: tuple[int, int, int]) -> Array:
    return np.tile(np.array(action, dtype=np.int64), (len(state.night), 1))


def _at_first(rules: Rules, worth: Array, seat: int) -> Array:
    """Work, and say so, at the first house that is worth it; rest at home where none is."""
    any_ = worth.any(axis=1)
    house = np.where(any_, worth.argmax(axis=1), seat % rules.houses)
    return np.stack((house, any_, any_), axis=1).astype(np.int64, copy=False)


SCRIPTS: Final[Mapping[str, Script]] = MappingProxyType(
    {
        "uniform": _uniform,
        "rest": _rest,
        "work_own": _work_own,
        "specialist": _specialist,
        "fight_first": _fight_first,
    }
)
"""Agents without parameters: uniformly random actions; always resting; always working at home;
fighting fires at its own houses; fighting the first fire on the ring."""

NAMES: Final = (RANDOM, *ARCHETYPES, *SCRIPTS)
"""Every scripted agent."""


class Cast:
    """Agents that do not learn in some seats of B games."""

    def __init__(self, rules: Rules, seats: Sequence[int], characters: Sequence[Character]) -> None:
        """Give every seat its character.

        Args:
            rules: The rules of the games.
            seats: The agents' numbers.
            characters: The character of each of them.

        Raises:
            ValueError: A character is neither known nor ten numbers in 0 .. 1, or was trained in
                another game.
        """
        self._rules = rules
        cast = [_check(character) for character in characters]
        scripts = [_script(rules, character) for character in cast]
        self._scripted = [
            (index, seat, script)
            for index, (seat, script) in enumerate(zip(seats, scripts, strict=True))
            if script is not None
        ]
        heuristics = [index for index, script in enumerate(scripts) if script is None]
        self._heuristics = np.array(heuristics, dtype=np.int64)
        self._seats = np.array([seats[index] for index in heuristics], dtype=np.int64)
        self._random = [i for i, index in enumerate(heuristics) if cast[index] == RANDOM]
        self._fixed = np.array(
            [_parameters(cast[index]) for index in heuristics], dtype=np.float64
        ).reshape(len(heuristics), PARAMETERS)
        self._parameters = np.empty((0, len(heuristics), PARAMETERS))
        self._size = len(cast)

    def begin(self, rows: Array, count: int, rng: np.random.Generator) -> None:
        """Start new games: draw the parameters of the agents of random character.

        Args:
            rows: Mask of the games that start, (B,).
            count: How many those are.
            rng: Random numbers.
        """
        if len(self._parameters) != len(rows):
            self._parameters = np.tile(self._fixed, (len(rows), 1, 1))
        if self._random:
            fresh = rng.random((count, len(self._random), PARAMETERS))
            self._parameters[np.flatnonzero(rows)[:, None], self._random] = fresh

    def act(self, state: State, rng: np.random.Generator) -> Array:
        """Actions of all seats in their order, (B, K, 3)."""
        actions = np.empty((len(state.night), self._size, 3), dtype=np.int64)
        if len(self._heuristics):
            actions[:, self._heuristics] = heuristic(
                self._rules, state, self._seats, self._parameters, rng
            )
        for index, seat, script in self._scripted:
            actions[:, index] = script(self._rules, state, seat, rng)
        return actions


def _script(rules: Rules, character: _CheckedCharacter) -> Script | None:
    """How an agent without parameters acts; None for the heuristic."""
    if isinstance(character, str):
        return SCRIPTS.get(character)
    if isinstance(character, tuple):
        return None
    return _trained_script(rules, character)


def _trained_script(rules: Rules, opponent: Opponent) -> Script:
    """A trained opponent as an agent of any seat.

    It learned as agent 0, so it sees the game as agent 0 does in every seat, see `as_first`.

    Raises:
        ValueError: It was trained in a game of another shape.
    """
    _expect_fit(rules, opponent)

    def act(_rules: Rules, state: State, seat: int, rng: np.random.Generator) -> Array:
        observations = observe_agent(rules, as_first(state, seat), 0)
        actions = np.asarray(opponent(observations, None, rng))
        if actions.ndim == 1:
            actions = np.stack(np.unravel_index(actions, rules.action), axis=-1)
        choices = actions.astype(np.int64)
        choices[:, 0] = (choices[:, 0] + seat) % rules.houses
        return (
            choices if choices.shape[1] == 3 else np.concatenate((choices, choices[:, 1:]), axis=1)
        )

    return act


def _expect_fit(rules: Rules, opponent: Opponent) -> None:
    # The catalogue of scenarios imports this module, and it imports no simulator.
    from gymnasium import spaces

    shape, own_shape = agent_space(rules).shape, opponent.observation_space.shape
    if own_shape != shape:
        raise ValueError(
            f"{opponent.name} sees {own_shape}, an agent of this game {shape}: it was trained "
            "among another number of agents or houses, or in another rule set or mode"
        )
    own_actions = opponent.action_space
    flat = isinstance(own_actions, spaces.Discrete) and own_actions.n == np.prod(rules.action)
    actions = spaces.MultiDiscrete(list(rules.action))
    if not flat and own_actions != actions:
        raise ValueError(
            f"{opponent.name} acts in {own_actions}, an agent of this game in {actions}"
        )


def _check(character: Character) -> _CheckedCharacter:
    if isinstance(character, str):
        if character not in NAMES:
            raise ValueError(f"no agent `{character}`; there are: {', '.join(NAMES)}")
        return character
    if not isinstance(character, Sequence):
        return _expect_opponent(character)
    numbers = tuple(float(number) for number in character)
    if len(numbers) != PARAMETERS or not all(0 <= number <= 1 for number in numbers):
        raise ValueError(
            f"{list(character)} are no {PARAMETERS} parameters in 0 .. 1 of a scripted agent"
        )
    return numbers


def _expect_opponent(character: Any) -> Opponent:
    if not hasattr(character, "observation_space"):
        raise ValueError(
            f"{character!r} is no agent: write a name, ten numbers, or {{saved_model: FILE}}"
        )
    opponent: Opponent = character
    return opponent


def _parameters(character: _CheckedCharacter) -> tuple[float, ...]:
    if isinstance(character, tuple):
        return character
    archetype = ARCHETYPES.get(character) if isinstance(character, str) else None
    return archetype or (0.0,) * PARAMETERS
