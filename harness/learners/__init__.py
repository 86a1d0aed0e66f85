"""The accelerated learners: those of stable-baselines3 with their inner loops in numpy.

They train to the numbers of the learners they derive from, up to the rounding of float32. They know
the models of stable-baselines3 and sb3-contrib and nothing of the rest of the harness. Nothing
here imports torch until it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

__all__ = ["LEARNERS", "accelerated_class"]

LEARNERS: Final = {
    "A2C": "harness.learners.on_policy",
    "CrossQ": "harness.learners.sac_family",
    "DDPG": "harness.learners.td3_family",
    "DQN": "harness.learners.dqn_family",
    "MaskablePPO": "harness.learners.on_policy",
    "PPO": "harness.learners.on_policy",
    "QRDQN": "harness.learners.dqn_family",
    "SAC": "harness.learners.sac_family",
    "TD3": "harness.learners.td3_family",
    "TQC": "harness.learners.sac_family",
}
"""Name of a learner's class -> the module that has its accelerated form."""


def accelerated_class(name: str) -> type[BaseAlgorithm]:
    """The accelerated form of a learner, by the name of the class it derives from."""
    module = importlib.import_module(LEARNERS[name])
    kind: type[BaseAlgorithm] = getattr(module, f"Fast{name}")
    return kind
