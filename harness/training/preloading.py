"""Imports that every training needs, for the parent of the worker processes; only on a call."""

from __future__ import annotations

import importlib
from typing import Final

from harness.learners import LEARNERS

MODULES: Final = (
    "torch",
    "stable_baselines3",
    "sb3_contrib",
    "harness.training.train_run",
    *sorted(set(LEARNERS.values())),
)

COMPILER: Final = "torch._dynamo"

COMPILER_CHECKS: Final = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")
"""Methods of torch's optimisers that import torch's compiler to switch it off for themselves."""


def preload(*, compiler: bool = False) -> None:
    """Import torch, both learner packages and this door; a forked worker then starts at once.

    Args:
        compiler: Torch's, too, which takes as long as torch itself. The first step of any of
            torch's own optimisers imports it; the accelerated learners do without.
    """
    for module in MODULES:
        importlib.import_module(module)
    _skip_compiler_checks()
    if compiler:
        importlib.import_module(COMPILER)


def _skip_compiler_checks() -> None:
    """Keep optimisers from importing torch's compiler when they are made.

    They ask it to leave some methods alone; the answer is an attribute, which is set here.
    """
    from torch.optim import Optimizer

    for name in COMPILER_CHECKS:
        method = getattr(getattr(Optimizer, name), "__wrapped__", None)
        if method is not None:
            vars(method).setdefault("__dynamo_disable", method)
