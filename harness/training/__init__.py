"""The torch and stable-baselines3 door: train one unit, evaluate, prune, save.

Nothing here imports torch until it is used, so that a command line that only plans stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from harness.training.devices import gpus
from harness.training.versions import numeric_versions

if TYPE_CHECKING:
    from harness.training.learner import build
    from harness.training.preloading import preload
    from harness.training.run import train

__all__ = ["build", "gpus", "numeric_versions", "preload", "train"]

_LAZY = {
    "build": "harness.training.learner",
    "preload": "harness.training.preloading",
    "train": "harness.training.run",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    return getattr(importlib.import_module(_LAZY[name]), name)
