"""Imports that every training needs, done once in the parent of the worker processes."""

from __future__ import annotations

import importlib
from typing import Final

from harness.learners import LEARNERS

__all__ = ["preload"]

MODULES: Final = (
    "torch",
    "stable_baselines3",
    "sb3_contrib",
    "harness.training.run",
    *sorted(set(LEARNERS.values())),
)

COMPILER: Final = "torch._dynamo"

ASKING: Final = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")
"""Methods of torch's optimisers that ask torch's compiler to leave them alone."""


def preload(*, compiler: bool = False) -> None:
    """Import torch, both learner packages and this door; a forked worker then starts at once.

    Args:
        compiler: Torch's, too, which takes as long as torch itself. The first step of any of
            torch's own optimisers imports it; the accelerated learners do without.
    """
    for module in MODULES:
        importlib.import_module(module)
    _leave_the_compiler_out()
    if compiler:
        importlib.import_module(COMPILER)


def _leave_the_compiler_out() -> None:
    """Have optimisers take for granted what the compiler answers: that it is not at work.

    They would import it to ask, when they are made.
    """
    from torch.optim import Optimizer

    for name in ASKING:
        method = getattr(getattr(Optimizer, name), "__wrapped__", None)
        if method is not None:
            vars(method).setdefault("__dynamo_disable", method)
