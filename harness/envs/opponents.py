"""Who plays the seats that do not learn: scripted players, saved models, and snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.core.opponents import Opponent
from harness.envs.imports import import_module, load
from harness.errors import UnknownNameError, UsageError

__all__ = ["Act", "Mind", "Player", "Pool", "players_of", "uniform"]

Array = np.ndarray[Any, Any]

Act = Callable[[Any], Any]
"""An agent's own observation -> its action."""

Player = Callable[[Any, str, np.random.Generator], Act]
"""Environment, agent, random numbers -> how that agent acts for the length of one game."""

Mind = Callable[[Array, Array | None], Array]
"""A frozen policy: observations (N, d) and masks (N, n) of the shared spaces -> actions."""


def uniform(env: Any, agent: str, rng: np.random.Generator) -> Act:
    """Uniformly random actions, of those that are allowed."""
    space = env.action_space(agent)
    choices = getattr(space, "n", None)

    def act(observation: Any) -> Any:
        if isinstance(observation, Mapping) and "action_mask" in observation:
            return int(rng.choice(np.flatnonzero(observation["action_mask"])))
        if choices is not None and not space.shape:
            return int(rng.integers(choices))
        space.seed(int(rng.integers(2**31)))
        return space.sample()

    return act


def players_of(
    module: str,
    names: Sequence[str | Opponent],
    seat: Callable[[Opponent], Player] | None = None,
) -> list[tuple[str, Player]]:
    """The players of those names.

    Args:
        module: Dotted name of the module whose `PLAYERS` maps names to players; empty for none.
        names: Of those, ``random``, paths ``module:function``, or opponents that were trained.
        seat: Makes a player of a trained one; None where there is no seat for such.

    Raises:
        UnknownNameError: There is no player of that name.
        UsageError: A module or function is not there, or the list is none.
    """
    if isinstance(names, str) or not names:
        raise UsageError("`panel` is a list of players", help="write `panel: [random]`")
    known: dict[str, Player] = {"random": uniform}
    if module:
        known |= import_module(module).PLAYERS
    found: list[tuple[str, Player]] = []
    for name in names:
        if not isinstance(name, str):
            found.append(_trained(name, seat))
        elif name in known:
            found.append((name, known[name]))
        elif ":" in name:
            found.append((name, load(name)))
        else:
            raise UnknownNameError("player", name, sorted(known))
    return found


def _trained(opponent: Opponent, seat: Callable[[Opponent], Player] | None) -> tuple[str, Player]:
    if seat is None or not hasattr(opponent, "observation_space"):
        raise UsageError(
            f"`panel` has a player {opponent!r}",
            help="write a word, a path `module:function`, or `{saved_model: FILE}`",
        )
    return opponent.name, seat(opponent)


class Pool:
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
        self._minds: list[Mind] = []

    def add(self, mind: Mind) -> None:
        """Put a snapshot in; the oldest leaves a full pool."""
        self._minds = [*self._minds, mind][-self._keep :]

    def draw(self, rng: np.random.Generator) -> Mind | None:
        """One of the snapshots, each as likely; None before the first."""
        return self._minds[int(rng.integers(len(self._minds)))] if self._minds else None
