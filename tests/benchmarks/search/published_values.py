"""Configurations that rl-baselines3-zoo trains environments with, as values of our parameters.

    export RL_ZOO=FOLDER      # its `hyperparams`, with a file for each algorithm

What an entry leaves out is the library's default, which somebody found good enough.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from harness.core.arguments import NETWORKS
from harness.core.spaces.domain import Choice, Float
from harness.registry import Registry

FOLDER: Final = "RL_ZOO"
FILES: Final = {"ppo_mask": "ppo", "ppo_recurrent": "ppo_lstm"}
"""Our algorithm -> its file there, where the names differ; maskable PPO has none of its own."""

LABELS: Final = {str(list(widths)): label for label, widths in NETWORKS.items()}
REGISTRY: Final = Registry.from_packages()


@cache
def entries(algorithm: str) -> dict[str, dict[str, Any]]:
    """Environment -> its values, of every environment that an algorithm's file names."""
    path = Path(os.environ[FOLDER]) / f"{FILES.get(algorithm, algorithm)}.yml"
    if not path.exists():
        return {}
    document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    named = {env: entry for env, entry in document.items() if env != "default"}
    return {env: dict(_values(algorithm, entry)) for env, entry in named.items()}


def elsewhere(algorithm: str, environment: str) -> dict[str, list[Any]]:
    """Parameter -> its values in all other environments, ``lunar_lander`` meaning all its kinds."""
    word = environment.replace("_", "")
    values: dict[str, list[Any]] = {}
    for env, entry in entries(algorithm).items():
        name = env.lower().replace("-", "").replace("_", "")
        if word and (word in name or (name == "atari" and word.startswith("atari"))):
            continue
        for parameter, value in entry.items():
            values.setdefault(parameter, []).append(value)
    return values


def _values(algorithm: str, entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The values of our parameters; what cannot be told is left out."""
    known = REGISTRY.algorithm(algorithm)
    space = known.space.with_defaults(REGISTRY.learner(known).parameters)
    translated = _translated(entry)
    for parameter in space.parameters:
        switch = parameter.when
        if switch is not None and translated.get(switch.parameter) not in switch.values:
            continue
        value = translated.get(parameter.name, parameter.default)
        whole = not isinstance(parameter.domain, Choice | Float)
        yield parameter.name, int(value) if whole else value


def _translated(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry under our names."""
    plain = {name: value for name, value in entry.items() if not isinstance(value, list)}
    values = {name: _number(value) for name, value in plain.items()}
    rate = str(entry.get("learning_rate", ""))
    values["lr_schedule"] = "linear" if rate.startswith("lin_") else "constant"
    envs = int(entry.get("n_envs", 1))
    if "n_steps" in values:
        values["n_steps"] = _power_of_two(values["n_steps"] * envs)  # a rollout, of all together
    if "batch_size" in values:
        values["batch_size"] = _power_of_two(values["batch_size"])
    bonus = values.get("ent_coef", 0.0)
    values["entropy_bonus"] = not isinstance(bonus, str) and bonus > 0
    every, steps = int(values.get("train_freq", 1)), int(values.get("gradient_steps", 1))
    if "train_freq" in values or "gradient_steps" in values:
        values["replay_ratio"] = float(Fraction(every if steps == -1 else steps, every))
        values["train_freq"] = _power_of_two(every)
    values["noise"] = str(entry.get("noise_type", "none")).replace("-", "_")
    values["noise_sigma"] = entry.get("noise_std", 0.1)
    return values | _networks(str(entry.get("policy_kwargs", "")))


def _networks(text: str) -> dict[str, Any]:
    """Layers and activation, where the text of the policy's arguments has them plainly."""
    plain = " ".join(text.split())
    layers = re.search(r"net_arch=(?:dict\(pi=)?(\[[\d, ]+\])", plain)
    activation = re.search(r"activation_fn=nn\.(\w+)", plain)
    values: dict[str, Any] = {}
    if layers:
        values["net_arch"] = LABELS.get(layers[1], layers[1])
    if activation:
        values["activation_fn"] = activation[1].lower()
    return values


def _number(value: Any) -> Any:
    """The number of ``lin_3e-4`` and of a number in quotes."""
    text = str(value).removeprefix("lin_")
    try:
        return float(text) if isinstance(value, str) else value
    except ValueError:
        return value


def _power_of_two(value: float) -> int:
    return 1 << max(0, round(value) - 1).bit_length()
