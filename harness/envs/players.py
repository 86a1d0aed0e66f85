"""Who plays the seats that do not learn: scripted players, saved models, and snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from harness import saved_models
from harness.core.opponents import Opponent, SavedModel, map_models
from harness.envs.environment_lookup import import_module, import_object
from harness.errors import UnknownNameError, UsageError
from harness.restricted_pickle import read_object

Act = Callable[[Any], Any]
"""An agent's own observation -> its action."""

Player = Callable[[Any, str, np.random.Generator], Act]
"""Environment, agent's name, random numbers -> how that agent acts for the length of one game."""

PolicyFunction = Callable[[np.ndarray, np.ndarray | None], np.ndarray]
"""Observations (N, d) and masks (N, n) of the shared spaces -> actions (N, ...)."""


def play_at_random(env: Any, agent: str, rng: np.random.Generator) -> Act:
    """Uniformly random actions, of those that are allowed."""
    space = env.action_space(agent)
    choices, first = getattr(space, "n", None), getattr(space, "start", 0)

    def act(observation: object) -> Any:
        if isinstance(observation, Mapping) and "action_mask" in observation:
            return int(first + rng.choice(np.flatnonzero(observation["action_mask"])))
        if choices is not None and not space.shape:
            return int(first + rng.integers(choices))
        space.seed(int(rng.integers(2**31)))
        return space.sample()

    return act


def players_of(
    module: str,
    names: Sequence[str | Opponent],
    open_player: Callable[[Opponent], Player] | None = None,
) -> list[tuple[str, Player]]:
    """The players of those names.

    Args:
        module: The module whose `PLAYERS` maps names to players, or ``module:NAME`` for another
            mapping; empty for none.
        names: Names in that mapping, ``random``, paths ``module:function``, or trained opponents.
        open_player: Makes a player of a trained opponent; None where those cannot play.

    Raises:
        UnknownNameError: There is no player of that name.
        UsageError: There is no such module or function, or `names` is not a list.
    """
    if isinstance(names, str) or not names:
        raise UsageError("`panel` is a list of players", help="write `panel: [random]`")
    named_players: dict[str, Player] = {"random": play_at_random}
    if module:
        named_players |= import_object(module) if ":" in module else import_module(module).PLAYERS
    players: list[tuple[str, Player]] = []
    for name in names:
        if not isinstance(name, str):
            players.append(_trained_player(name, open_player))
        elif name in named_players:
            players.append((name, named_players[name]))
        elif ":" in name:
            players.append((name, import_object(name)))
        else:
            raise UnknownNameError("player", name, sorted(named_players))
    return players


def _trained_player(
    opponent: Opponent, open_player: Callable[[Opponent], Player] | None
) -> tuple[str, Player]:
    if open_player is None or not hasattr(opponent, "observation_space"):
        raise UsageError(
            f"`panel` has a player {opponent!r}",
            help="write a word, a path `module:function`, or `{saved_model: FILE}`",
        )
    return opponent.name, open_player(opponent)


class SnapshotPool:
    """The latest snapshots of a learner.

    Attributes:
        every: Steps of the training between two snapshots.
    """

    def __init__(self, *, every: int, keep: int) -> None:
        """Make an empty pool.

        Args:
            every: Steps of the training between two snapshots, at least 1.
            keep: How many snapshots there are at most, at least 1.
        """
        if every < 1 or keep < 1:
            raise UsageError(
                f"`snapshot_every` is {every} and `pool` is {keep}", help="both are at least 1"
            )
        self.every = every
        self._keep = keep
        self._snapshots: list[PolicyFunction] = []

    def add(self, snapshot: PolicyFunction) -> None:
        """Add a snapshot; a full pool drops its oldest."""
        self._snapshots = [*self._snapshots, snapshot][-self._keep :]

    def sample(self, rng: np.random.Generator) -> PolicyFunction | None:
        """One of the snapshots, each with the same chance; None before the first."""
        if not self._snapshots:
            return None
        return self._snapshots[int(rng.integers(len(self._snapshots)))]


class UnplayedModel:
    """A saved model of which only the spaces are read: it fits environments but does not act."""

    def __init__(self, model: SavedModel) -> None:
        """Read the spaces.

        Raises:
            UsageError: It is no model of stable-baselines3, or its spaces cannot be read.
        """
        self.name = model.name
        content = saved_models.read(Path(model.path))
        data = saved_models.read_description(content, is_sampled=model.sampled)
        self.observation_space = _space(data, "observation_space", model)
        self.action_space = _space(data, "action_space", model)

    def __call__(
        self, observations: np.ndarray, masks: np.ndarray | None, rng: np.random.Generator
    ) -> np.ndarray:
        raise UsageError(
            f"{self.name} plays in trainings and evaluations only",
            help="replace it by a scripted opponent to try the environment alone",
        )


def without_players(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of an environment with every saved model replaced by an `UnplayedModel`.

    Raises:
        UsageError: A file is missing, or is not a model.
    """
    stand_ins: dict[str, object] = map_models(arguments, _read_spaces)
    return stand_ins


@lru_cache(maxsize=32)
def _read_spaces(model: SavedModel) -> UnplayedModel:
    return UnplayedModel(model)


def _space(data: Mapping[str, object], key: str, model: SavedModel) -> spaces.Space[object]:
    try:
        space = read_object(data, key)
    except Exception as exc:
        raise UsageError(
            f"the {key.replace('_', ' ')} of {model.path} cannot be read: {exc}",
            help="save the model again with the versions that are installed here",
        ) from exc
    if not isinstance(space, spaces.Space):
        raise UsageError(f"{model.path} has no {key.replace('_', ' ')}", help="save it again")
    return space
