"""The grammar of learner arguments: what an argument may be besides a plain JSON value.

Matrices write schedules, noise, replay buffers, activations, optimisers and networks by name; a
check refuses what does not fit, and training builds the objects. Every name stands here once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from harness.errors import did_you_mean

__all__ = [
    "ACTIVATIONS",
    "BUFFERS",
    "HINDSIGHT",
    "NETWORKS",
    "NOISES",
    "NO_NOISE",
    "OPTIMIZERS",
    "RESERVED",
    "SCHEDULES",
    "ArgumentProblem",
    "TorchName",
    "argument_problems",
    "is_schedule",
    "problems_of",
]

RESERVED: Final = frozenset(
    {"_init_setup_model", "device", "env", "policy", "seed", "tensorboard_log", "verbose"}
)
"""Constructor parameters that the harness itself sets."""

SCHEDULES: Final = ("constant", "linear", "cosine")
"""Schedules of a number, written ``{schedule: linear, initial: 0.001, final: 0}``."""

SCHEDULE_KEYS: Final = ("schedule", "initial", "final")


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


@dataclass(frozen=True, slots=True)
class ArgumentProblem:
    """Something that is wrong with an argument.

    Attributes:
        path: Keys that lead to it, from the argument's name on.
        message: What is wrong.
        help: What to do.
        at_key: Whether the key is wrong, and not its value.
    """

    path: tuple[str, ...]
    message: str
    help: str
    at_key: bool = False


def argument_problems(arguments: Mapping[str, Any]) -> Iterator[ArgumentProblem]:
    """What training cannot build of a learner's arguments, as JSON."""
    for name, value in arguments.items():
        yield from problems_of(name, value)


def problems_of(name: str, value: Any) -> Iterator[ArgumentProblem]:
    """What training cannot build of one argument."""
    if name in RESERVED:
        hint = "remove it; seeds, devices and policies have settings of their own"
        message = f"`{name}` is given by the harness itself"
        yield ArgumentProblem((name,), message, hint, at_key=True)
    elif name == "action_noise":
        yield from _noise(name, value)
    elif name == "replay_buffer_class":
        if value is not None:
            yield from _unknown("replay buffer", (name,), value, BUFFERS)
    elif name == "policy_kwargs":
        yield from _policy(name, value)
    elif name == "train_freq" and isinstance(value, list | tuple):
        fits = len(value) == 2 and _is_number(value[0]) and value[1] in FREQUENCY_UNITS
        if not fits:
            message = f"`{name}` does not take {list(value)}"
            yield ArgumentProblem((name,), message, "write a number, or `[1, episode]`")
    elif is_schedule(value):
        yield from _schedule(name, value)


def is_schedule(value: object) -> bool:
    """Whether an argument is the JSON form of a schedule."""
    return isinstance(value, Mapping) and "schedule" in value


def _schedule(name: str, form: Mapping[str, Any]) -> Iterator[ArgumentProblem]:
    yield from _unknown("schedule", (name, "schedule"), form["schedule"], SCHEDULES)
    hint = "write `{schedule: linear, initial: 1e-3}`"
    if not _is_number(form.get("initial")):
        message = f"the schedule of `{name}` needs a number `initial`"
        yield ArgumentProblem((name, "initial"), message, hint)
    if not _is_number(form.get("final", 0)):
        message = f"`final` of the schedule of `{name}` must be a number"
        yield ArgumentProblem((name, "final"), message, hint)
    yield from _surplus((name,), form, SCHEDULE_KEYS, "a schedule")


def _noise(name: str, form: object) -> Iterator[ArgumentProblem]:
    if form is None:
        return
    hint = "write `{noise: normal, sigma: 0.1}`"
    if not isinstance(form, Mapping) or "noise" not in form:
        yield ArgumentProblem((name,), f"`{name}` needs a kind of noise and its `sigma`", hint)
        return
    yield from _unknown("action noise", (name, "noise"), form["noise"], NOISES)
    if not _is_number(form.get("sigma")):
        yield ArgumentProblem((name, "sigma"), f"`{name}` needs a number `sigma`", hint)
    yield from _surplus((name,), form, NOISE_KEYS, "action noise")


def _policy(name: str, form: object) -> Iterator[ArgumentProblem]:
    if form is None:
        return
    if not isinstance(form, Mapping):
        hint = "write `{net_arch: small, activation_fn: tanh}`"
        yield ArgumentProblem((name,), f"`{name}` must be a mapping", hint)
        return
    for key, kind, names in (
        ("activation_fn", "activation", ACTIVATIONS),
        ("optimizer_class", "optimizer", OPTIMIZERS),
    ):
        if key in form:
            yield from _unknown(kind, (name, key), form[key], names)
    network = form.get("net_arch")
    parts = network if isinstance(network, Mapping) else {"": network}
    for key, widths in parts.items():
        if isinstance(widths, str):
            path = (name, "net_arch", key) if key else (name, "net_arch")
            yield from _unknown("network", path, widths, NETWORKS)


def _unknown(
    kind: str, path: tuple[str, ...], value: object, names: Collection[str]
) -> Iterator[ArgumentProblem]:
    if not isinstance(value, str) or value not in names:
        hint = did_you_mean(str(value), list(names)) or f"known: {', '.join(names)}"
        yield ArgumentProblem(path, f"unknown {kind} `{value}`", hint)


def _surplus(
    path: tuple[str, ...], form: Mapping[str, Any], keys: tuple[str, ...], where: str
) -> Iterator[ArgumentProblem]:
    for key in sorted(form.keys() - set(keys)):
        message = f"unknown key `{key}` in {where}"
        yield ArgumentProblem((*path, key), message, f"known: {', '.join(keys)}", at_key=True)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
