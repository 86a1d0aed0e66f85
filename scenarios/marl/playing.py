"""What a scripted player is: environment, agent and random numbers in, a way to act out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["Act", "Array", "Player", "plain"]

Array = np.ndarray[Any, Any]

Act = Callable[[Any], Any]
"""What the agent sees -> what it does, for the length of one game."""

Player = Callable[[Any, str, np.random.Generator], Act]


def plain(rule: Callable[[Array], int]) -> Player:
    """A player that needs nothing but what it sees."""
    return lambda _env, _agent, _rng: rule
