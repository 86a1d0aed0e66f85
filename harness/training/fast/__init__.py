"""Accelerated learners: stable-baselines3's own, with their inner loops in numpy.

They train to the numbers of the learners they derive from, up to the rounding of float32. Nothing
here imports torch until it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

__all__ = ["accelerated"]

OFF_POLICY = {
    "CrossQ": "crossq",
    "DDPG": "deterministic",
    "DQN": "greedy",
    "QRDQN": "greedy",
    "SAC": "soft",
    "TD3": "deterministic",
    "TQC": "soft",
}
"""Modules of the learners that are not on-policy."""


def accelerated(learner: str) -> type[BaseAlgorithm]:
    """The accelerated form of a learner, ``module:Class``; see `harness.core.backend`."""
    name = learner.partition(":")[2]
    module = importlib.import_module(f"{__name__}.{OFF_POLICY.get(name, 'learners')}")
    kind: type[BaseAlgorithm] = getattr(module, f"Fast{name}")
    return kind
