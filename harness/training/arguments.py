"""JSON forms of arguments -> the objects a learner's constructor takes."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from stable_baselines3.common.noise import (
    ActionNoise,
    NormalActionNoise,
    OrnsteinUhlenbeckActionNoise,
)

from harness.core.algorithm import BUFFERS
from harness.errors import UnknownNameError, UsageError
from harness.training.schedules import is_schedule, schedule

__all__ = ["RESERVED", "objects"]

RESERVED: Final = frozenset(
    {"_init_setup_model", "device", "env", "policy", "seed", "tensorboard_log", "verbose"}
)
"""Arguments that the harness itself sets."""

ACTIVATIONS: Final[Mapping[str, type[torch.nn.Module]]] = {
    "elu": torch.nn.ELU,
    "gelu": torch.nn.GELU,
    "leaky_relu": torch.nn.LeakyReLU,
    "relu": torch.nn.ReLU,
    "silu": torch.nn.SiLU,
    "tanh": torch.nn.Tanh,
}

OPTIMIZERS: Final[Mapping[str, type[torch.optim.Optimizer]]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}

NOISES: Final[Mapping[str, type[NormalActionNoise | OrnsteinUhlenbeckActionNoise]]] = {
    "normal": NormalActionNoise,
    "ornstein_uhlenbeck": OrnsteinUhlenbeckActionNoise,
}


def objects(arguments: Mapping[str, Any], action_shape: tuple[int, ...]) -> dict[str, Any]:
    """Constructor arguments of a learner.

    Args:
        arguments: As JSON: schedules, action noise, replay buffer, activation and optimiser by
            name.
        action_shape: Shape of one action, for action noise.

    Raises:
        UnknownNameError: A schedule, noise, activation or optimiser of that name is not there.
        UsageError: An argument is the harness's own, or its form does not hold.
    """
    own = sorted(RESERVED & set(arguments))
    if own:
        raise UsageError(
            f"`{own[0]}` is set by the harness",
            help="take it out of the arguments; seeds and policies follow from the matrix",
        )
    built = {name: _object(value) for name, value in arguments.items()}
    if isinstance(arguments.get("action_noise"), Mapping):
        built["action_noise"] = _noise(arguments["action_noise"], action_shape)
    if isinstance(arguments.get("replay_buffer_class"), str):
        built["replay_buffer_class"] = _buffer(arguments["replay_buffer_class"])
    if arguments.get("policy_kwargs") is not None:
        built["policy_kwargs"] = _policy_arguments(arguments["policy_kwargs"])
    if isinstance(arguments.get("train_freq"), list | tuple):
        built["train_freq"] = tuple(arguments["train_freq"])
    return built


def _object(value: Any) -> Any:
    return schedule(value) if is_schedule(value) else value


def _policy_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    # The learners write into this dictionary, so each gets one of its own.
    built = dict(given)
    for name, kind, known in (
        ("activation_fn", "activation", ACTIVATIONS),
        ("optimizer_class", "optimizer", OPTIMIZERS),
    ):
        if isinstance(built.get(name), str):
            built[name] = _named(kind, built[name], known)
    return built


def _noise(form: Mapping[str, Any], action_shape: tuple[int, ...]) -> ActionNoise:
    if set(form) != {"noise", "sigma"}:
        raise UsageError(
            f"action noise {dict(form)} does not hold",
            help='write {"noise": "normal", "sigma": 0.1}',
        )
    kind = _named("action noise", form["noise"], NOISES)
    noise: ActionNoise = kind(np.zeros(action_shape), np.full(action_shape, float(form["sigma"])))
    return noise


def _buffer(name: str) -> Any:
    module, _, kind = str(_named("replay buffer", name, BUFFERS)).partition(":")
    return getattr(importlib.import_module(module), kind)


def _named(kind: str, name: Any, known: Mapping[str, Any]) -> Any:
    if name not in known:
        raise UnknownNameError(kind, str(name), list(known))
    return known[name]
