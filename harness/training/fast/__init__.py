"""Accelerated learners: stable-baselines3's own, with their inner loops in numpy.

They train to the numbers of the learners they derive from, up to the rounding of float32. Nothing
here imports torch until it is used.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

__all__ = ["accelerated"]

LEARNERS: Final[Mapping[str, str]] = {
    "sb3_contrib.ppo_mask.ppo_mask:MaskablePPO": "FastMaskablePPO",
    "stable_baselines3.a2c.a2c:A2C": "FastA2C",
    "stable_baselines3.ppo.ppo:PPO": "FastPPO",
}


def accelerated(learner: str) -> type[BaseAlgorithm]:
    """The accelerated form of a learner, ``module:Class``; see `harness.core.backend`."""
    module = importlib.import_module("harness.training.fast.learners")
    kind: type[BaseAlgorithm] = getattr(module, LEARNERS[learner])
    return kind
