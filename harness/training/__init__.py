"""The torch and stable-baselines3 door: train one run, evaluate, prune, save.

Nothing here imports torch until it is used, so that a command line that only plans stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import lazily
from harness.training.numerics import gpus, numeric_versions

if TYPE_CHECKING:
    from harness.training.learner import build
    from harness.training.preloading import preload
    from harness.training.train_seeds import train

__all__ = ["build", "gpus", "numeric_versions", "preload", "train"]

__getattr__ = lazily(
    __name__, {"learner": ("build",), "preloading": ("preload",), "train_seeds": ("train",)}
)
