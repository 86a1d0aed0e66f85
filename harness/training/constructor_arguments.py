"""Learner arguments as JSON -> the objects a learner's constructor takes.

What the arguments may be is `harness.core.arguments`. Schedules are functions of the share of the
training that remains, 1 .. 0. `LinearSchedule` is the library's own, so that a saved model needs
nothing of this package.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import torch
from stable_baselines3.common import noise
from stable_baselines3.common.utils import LinearSchedule

from harness.core.arguments import (
    ACTIVATIONS,
    BUFFERS,
    DECAYED,
    NETWORKS,
    NOISES,
    OPTIMIZERS,
    is_schedule,
)
from harness.core.learner_arguments.argument_contradictions import Signature
from harness.core.learner_arguments.argument_problems import argument_problems, normal_arguments
from harness.core.spaces.training_scenario import learner_arguments
from harness.errors import UsageError

Schedule = Callable[[float], float]
"""Share of the training that remains, in 1 .. 0 -> value."""


_ANY_LEARNER: Final = Signature()


class CosineSchedule:
    """Half a cosine from `initial` to `final` (Loshchilov and Hutter 2017, eq. 5, no restart)."""

    def __init__(self, initial: float, final: float) -> None:
        self.initial = initial
        self.final = final

    def __call__(self, remaining: float) -> float:
        # The last rollout may end beyond the budget, where the remaining share is negative.
        done = 1 - min(max(remaining, 0.0), 1.0)
        return self.final + (self.initial - self.final) * (1 + math.cos(math.pi * done)) / 2

    def __repr__(self) -> str:
        return f"CosineSchedule(initial={self.initial}, final={self.final})"


def build_arguments(
    arguments: Mapping[str, object],
    action_shape: tuple[int, ...],
    signature: Signature = _ANY_LEARNER,
) -> dict[str, Any]:
    """Constructor arguments of a learner.

    Args:
        arguments: As JSON.
        action_shape: Shape of one action, for action noise.

    Raises:
        UsageError: An argument is not in the grammar.
    """
    normal = normal_arguments(arguments, signature)
    for problem in argument_problems(normal, signature):
        raise UsageError(problem.message, help=problem.help)
    own = learner_arguments(normal)
    return {name: _build(name, value, action_shape) for name, value in own.items()}


def _build(name: str, value: Any, action_shape: tuple[int, ...]) -> object:
    if name == DECAYED and is_schedule(value):
        # The learner takes a number, and its training another one before every update.
        return float(value["initial"])
    if value is None or is_schedule(value):
        return None if value is None else build_schedule(value)
    if name == "action_noise":
        kind = getattr(noise, NOISES[value["noise"]])
        return kind(np.zeros(action_shape), np.full(action_shape, float(value["sigma"])))
    if name == "replay_buffer_class":
        module, _, buffer = BUFFERS[value].partition(":")
        return getattr(importlib.import_module(module), buffer)
    if name == "policy_kwargs":
        return _policy_arguments(value)
    return tuple(value) if name == "train_freq" and isinstance(value, list) else value


def build_schedule(form: Mapping[str, Any]) -> Schedule | float:
    """The schedule of a JSON form ``{"schedule": ..., "initial": ..., "final": 0}``."""
    kind, initial, final = form["schedule"], float(form["initial"]), float(form.get("final", 0.0))
    if kind == "constant":
        return initial
    if kind == "cosine":
        return CosineSchedule(initial, final)
    return LinearSchedule(initial, final, 1.0)


def _policy_arguments(arguments: Mapping[str, Any]) -> dict[str, object]:
    # The learners write into this dictionary, so each gets one of its own.
    own = dict(arguments)
    if "activation_fn" in own:
        own["activation_fn"] = getattr(torch.nn, ACTIVATIONS[own["activation_fn"]].name)
    if "optimizer_class" in own:
        own["optimizer_class"] = getattr(torch.optim, OPTIMIZERS[own["optimizer_class"]].name)
    network = own.get("net_arch")
    if isinstance(network, Mapping):
        own["net_arch"] = {part: _widths(widths) for part, widths in network.items()}
    elif network is not None:
        own["net_arch"] = _widths(network)
    return own


def _widths(layers: object) -> Any:
    return list(NETWORKS[layers]) if isinstance(layers, str) else layers
