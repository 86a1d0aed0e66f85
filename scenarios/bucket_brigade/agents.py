"""Agents that do not learn, for a batch of games at once.

The ten parameters of the heuristic are, in order: honesty, work tendency, neighbour help, own
priority, risk aversion, coordination, exploration, fatigue, rest bias, altruism.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from harness.core.opponents import Opponent
from scenarios.bucket_brigade.game import BURNING, REST, WORK, State
from scenarios.bucket_brigade.rules import Rules

__all__ = ["ARCHETYPES", "NAMES", "Cast", "Character", "heuristic"]

Array = np.ndarray[Any, Any]

Character = str | Sequence[float] | Opponent
"""An agent: one of `NAMES`, the ten parameters of the heuristic, or one that was trained."""

_Known = str | tuple[float, ...] | Opponent

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
        rules: Of the games.
        state: What is seen, of B games.
        seats: Which agents act, (K,).
        parameters: Of each in each game, (B, K, 10).
        rng: Drawn from.

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
    tired = (draws[4] < fatigue) & (state.night > 0)[:, None]
    house = np.where(tired, state.last_actions[:, seats, 0], house)
    mode = np.where(tired, state.last_actions[:, seats, 1], mode)
    return np.stack((house, mode, signal), axis=-1).astype(np.int64, copy=False)


def _attraction(
    rules: Rules, state: State, burning: Array, home: Array, weights: tuple[Array, ...]
) -> Array:
    """How much each house draws each agent, (B, K, H), at least 0.01."""
    help_, own, risk, together = (weight[..., None] for weight in weights)
    ring = np.arange(rules.houses)
    apart = np.abs(home[:, None] - ring)
    distance = np.minimum(apart, rules.houses - apart)
    nearby = burning[:, ring - 1].astype(np.int64) + burning[:, (ring + 1) % rules.houses]
    crowd = (state.locations[..., None] == ring).sum(axis=1)
    drawn = 0.1 / (1.0 + distance) + own * (distance == 0) + 0.5 * burning[:, None, :]
    drawn += 0.3 * help_ * (nearby > 0)[:, None, :] + 0.1 * together * crowd[:, None, :]
    drawn -= 0.2 * risk * nearby[:, None, :]
    least: Array = np.maximum(drawn, 0.01)
    return least


def _pick(weights: Array, draws: Array) -> Array:
    """One index of the last axis each, with chances in proportion to the weights."""
    heaped = np.cumsum(weights, axis=-1)
    found: Array = (heaped <= draws[..., None] * heaped[..., -1:]).sum(axis=-1)
    picked: Array = np.minimum(found, weights.shape[-1] - 1)
    return picked


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
            rules: Of the games.
            seats: Which agents they are.
            characters: Who each of them is.

        Raises:
            ValueError: A character is neither known nor ten numbers in 0 .. 1, or was trained in
                another game.
        """
        self._rules = rules
        known = [_known(character) for character in characters]
        scripts = [_script(rules, character) for character in known]
        self._scripted = [
            (place, seat, script)
            for place, (seat, script) in enumerate(zip(seats, scripts, strict=True))
            if script is not None
        ]
        thinking = [place for place, script in enumerate(scripts) if script is None]
        self._places = np.array(thinking, dtype=np.int64)
        self._seats = np.array([seats[place] for place in thinking], dtype=np.int64)
        self._drawn = [i for i, place in enumerate(thinking) if known[place] == RANDOM]
        self._fixed = np.array(
            [_parameters(known[place]) for place in thinking], dtype=np.float64
        ).reshape(len(thinking), PARAMETERS)
        self._parameters = np.empty((0, len(thinking), PARAMETERS))
        self._size = len(known)

    def begin(self, rows: Array, count: int, rng: np.random.Generator) -> None:
        """Start new games: draw the parameters of those who change from game to game.

        Args:
            rows: Mask of the games that start, (B,).
            count: How many those are.
            rng: Drawn from.
        """
        if len(self._parameters) != len(rows):
            self._parameters = np.tile(self._fixed, (len(rows), 1, 1))
        if self._drawn:
            fresh = rng.random((count, len(self._drawn), PARAMETERS))
            self._parameters[np.flatnonzero(rows)[:, None], self._drawn] = fresh

    def act(self, state: State, rng: np.random.Generator) -> Array:
        """Actions of all seats in their order, (B, K, 3)."""
        actions = np.empty((len(state.night), self._size, 3), dtype=np.int64)
        if len(self._places):
            actions[:, self._places] = heuristic(
                self._rules, state, self._seats, self._parameters, rng
            )
        for place, seat, script in self._scripted:
            actions[:, place] = script(self._rules, state, seat, rng)
        return actions


def _script(rules: Rules, character: _Known) -> Script | None:
    """How an agent without parameters acts; None for the heuristic."""
    if isinstance(character, str):
        return SCRIPTS.get(character)
    if isinstance(character, tuple):
        return None
    # It knows spaces; the catalogue of scenarios, which knows the agents' names, does not.
    from scenarios.bucket_brigade.trained import script_of

    return script_of(rules, character)


def _known(character: Character) -> _Known:
    if isinstance(character, str):
        if character not in NAMES:
            raise ValueError(f"no agent `{character}`; there are: {', '.join(NAMES)}")
        return character
    if not isinstance(character, Sequence):
        return _trained(character)
    numbers = tuple(float(number) for number in character)
    if len(numbers) != PARAMETERS or not all(0 <= number <= 1 for number in numbers):
        raise ValueError(
            f"{list(character)} are no {PARAMETERS} parameters in 0 .. 1 of a scripted agent"
        )
    return numbers


def _trained(character: Any) -> Opponent:
    if not hasattr(character, "observation_space"):
        raise ValueError(
            f"{character!r} is no agent: write a name, ten numbers, or {{saved_model: FILE}}"
        )
    opponent: Opponent = character
    return opponent


def _parameters(character: _Known) -> tuple[float, ...]:
    if isinstance(character, tuple):
        return character
    fixed = ARCHETYPES.get(character) if isinstance(character, str) else None
    return fixed or (0.0,) * PARAMETERS
