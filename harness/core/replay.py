"""Replay buffers that a matrix may name, by the class that they are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["BUFFERS", "HINDSIGHT"]

HINDSIGHT: Final = "HerReplayBuffer"
"""Hindsight experience replay, Andrychowicz et al. 2017, https://arxiv.org/abs/1707.01495."""

BUFFERS: Final[Mapping[str, str]] = MappingProxyType(
    {HINDSIGHT: "stable_baselines3.her.her_replay_buffer:HerReplayBuffer"}
)
"""Name in a matrix -> ``module:Class``; what is not named is the learner's own choice."""
