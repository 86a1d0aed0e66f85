"""The words of learner arguments: what an argument may be besides a plain JSON value.

Matrices write schedules, noise, replay buffers, activations, optimisers and networks by name; a
check refuses what does not fit (`harness.core.learner_arguments.argument_problems`), and training
builds the objects. Every name stands here once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeGuard

RESERVED: Final = frozenset(
    {"_init_setup_model", "device", "env", "policy", "seed", "tensorboard_log", "verbose"}
)
"""Constructor parameters that the harness itself sets."""

SCHEDULES: Final = ("constant", "linear", "cosine")
"""Schedules of a number, written ``{schedule: linear, initial: 0.001, final: 0}``."""

SCHEDULE_KEYS: Final = ("schedule", "initial", "final")

DECAYED: Final = "ent_coef"
"""The one argument that takes no schedule in the library, and one here: training moves it."""


@dataclass(frozen=True, slots=True)
class TorchName:
    """A class of torch that a matrix names.

    Attributes:
        name: Its name in ``torch.nn`` or ``torch.optim``.
        accelerated: Whether the accelerated learners have a counterpart.
    """

    name: str
    accelerated: bool = False


ACTIVATIONS: Final[Mapping[str, TorchName]] = MappingProxyType(
    {
        "elu": TorchName("ELU", accelerated=True),
        "gelu": TorchName("GELU"),
        "leaky_relu": TorchName("LeakyReLU"),
        "relu": TorchName("ReLU", accelerated=True),
        "silu": TorchName("SiLU"),
        "tanh": TorchName("Tanh", accelerated=True),
    }
)
"""``policy_kwargs.activation_fn``: a class of ``torch.nn``."""

OPTIMIZERS: Final[Mapping[str, TorchName]] = MappingProxyType(
    {
        "adam": TorchName("Adam", accelerated=True),
        "adamw": TorchName("AdamW", accelerated=True),
        "rmsprop": TorchName("RMSprop", accelerated=True),
        "sgd": TorchName("SGD"),
    }
)
"""``policy_kwargs.optimizer_class``: a class of ``torch.optim``."""

OPTIMIZER_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "alpha": ("rmsprop",),
        "amsgrad": ("adam", "adamw"),
        "betas": ("adam", "adamw"),
        "centered": ("rmsprop",),
        "dampening": ("sgd",),
        "eps": ("adam", "adamw", "rmsprop"),
        "momentum": ("sgd", "rmsprop"),
        "nesterov": ("sgd",),
        "weight_decay": tuple(OPTIMIZERS),
    }
)
"""Options of ``policy_kwargs.optimizer_kwargs`` -> the optimisers that have them."""

NETWORKS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {"tiny": (64,), "small": (64, 64), "medium": (256, 256), "big": (400, 300)}
)
"""Hidden layers by label, as rl-baselines3-zoo names them; ``policy_kwargs.net_arch``."""

NOISES: Final[Mapping[str, str]] = MappingProxyType(
    {"normal": "NormalActionNoise", "ornstein_uhlenbeck": "OrnsteinUhlenbeckActionNoise"}
)
"""``action_noise.noise``: a class of ``stable_baselines3.common.noise``."""

NO_NOISE: Final = "none"
"""What a search says for no action noise."""

NOISE_KEYS: Final = ("noise", "sigma")

HINDSIGHT: Final = "HerReplayBuffer"
"""Hindsight experience replay, Andrychowicz et al. 2017, https://arxiv.org/abs/1707.01495."""

BUFFERS: Final[Mapping[str, str]] = MappingProxyType(
    {HINDSIGHT: "stable_baselines3.her.her_replay_buffer:HerReplayBuffer"}
)
"""``replay_buffer_class``: ``module:Class``; unless one is named, the learner chooses its own."""

FREQUENCY_UNITS: Final = ("step", "episode")

SAVING: Final = "optimize_memory_usage"
"""Keep each observation once; a replay buffer cannot tell time limits from ends then."""

TIMEOUTS: Final = "handle_timeout_termination"
"""Option of replay buffers: a time limit is no end, and the learner bootstraps over it."""


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_finite_number(value: object) -> bool:
    """Whether a value is a number, and neither NaN nor infinite."""
    return is_number(value) and math.isfinite(value)


def is_schedule(value: object) -> bool:
    """Whether an argument is the JSON form of a schedule."""
    return isinstance(value, Mapping) and "schedule" in value
