"""Imports that every training needs, done once in the parent of the worker processes."""

from __future__ import annotations

import importlib
from typing import Final

__all__ = ["preload"]

MODULES: Final = (
    "torch",
    # The first optimiser imports this one, which takes as long as torch itself.
    "torch._dynamo",
    "stable_baselines3",
    "sb3_contrib",
    "harness.training.run",
    "harness.training.fast.crossq",
    "harness.training.fast.deterministic",
    "harness.training.fast.greedy",
    "harness.training.fast.learners",
    "harness.training.fast.soft",
)


def preload() -> None:
    """Import torch, both learner packages and this door; a forked worker then starts at once."""
    for module in MODULES:
        importlib.import_module(module)
