"""Entries of rl-baselines3-zoo's hyperparameter files: what in them is the learner's, what not.

The zoo writes one file per algorithm, ``hyperparams/ppo.yml``, with an entry per environment. Lines
of an entry are arguments of the learner, some as Python text, or settings of the environment.
Nothing of it is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from harness.config.documents.nodes import Node, build, plain
from harness.config.documents.yaml_text import parse
from harness.config.foreign.foreign_names import python_value
from harness.core.arguments import NOISES
from harness.core.scenario import TIME_LIMIT
from harness.core.spaces.training_scenario import STACK, ZOO_STACK
from harness.input_limits import read_file

_LINEAR: Final = re.compile(r"lin_([-+0-9.eE]+)")
_TENSORFLOW: Final = "RMSpropTFLike"
_NORMALIZE: Final = {"norm_obs": "observation", "norm_reward": "reward"}

_NOT_TAKEN: Final[Mapping[str, str]] = {
    "callback": "callbacks are no part of a matrix",
    "monitor_kwargs": "episodes are counted without it",
    "n_timesteps": "`search.steps` and `test.steps` are lengths",
    "vec_env_wrapper": "wrappers are of single environments",
}


@dataclass(slots=True)
class ZooEntry:
    """What an entry comes to.

    Attributes:
        arguments: Of the learner.
        settings: Of the scenario, as an override writes them.
        lines: Of the file that became these settings, as it has them.
        others: Lines that became nothing, each with the reason.
    """

    arguments: dict[str, Node] = field(default_factory=dict)
    settings: dict[str, Node] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)

    def take(self, key: str, name: str, node: Node, value: object) -> None:
        """A line that becomes a setting of the scenario."""
        self.settings[key] = build(value, node.location)
        self.lines[key] = f"{name} {_format(node)}"


def read_entries(path: Path, name: str) -> dict[str, Node]:
    """Environment -> its entry.

    Raises:
        ValueError: It cannot be read, or is none of the zoo's files.
    """
    try:
        root, problems = parse(read_file(path).decode(), name)
    except OSError as error:
        raise ValueError(f"`{name}` cannot be read: {error.strerror}") from error
    for fault in problems:
        raise ValueError(f"`{name}`, line {fault.line}: {fault.message}")
    entries = {} if root is None else root.children
    if not entries or not all(isinstance(node.value, Mapping) for node in entries.values()):
        raise ValueError(f"`{name}` holds no hyperparameters by environment")
    return {str(name): node for name, node in entries.items()}


def zoo_entry(node: Node, algorithm: str) -> ZooEntry:
    """What an entry comes to here.

    Args:
        algorithm: Whose it is, by its name here.

    Raises:
        ValueError: A value is written in a way that the zoo does not have.
    """
    entry = ZooEntry()
    for name, child in node.value.items():
        if name in _NOT_TAKEN:
            entry.others.append(f"{name} {_format(child)} ({_NOT_TAKEN[name]})")
        elif name == "n_envs":
            entry.take("n_envs", name, child, child.value)
        elif name == "normalize":
            _take_normalization(entry, child)
        elif name == "env_kwargs":
            _take_environment(entry, child)
        elif name == "noise_type":
            _take_noise(entry, child, node.get("noise_std"))
        elif name == "policy_kwargs":
            _take_policy(entry, child, algorithm)
        elif name not in {"env_wrapper", "frame_stack", "noise_std", "policy"}:
            entry.arguments[name] = _argument(name, child)
    _take_wrappers(entry, node)
    _fit_batch(entry)
    return entry


def _argument(name: str, node: Node) -> Node:
    value = node.value
    linear = _LINEAR.fullmatch(value) if isinstance(value, str) else None
    if linear:
        value = {"schedule": "linear", "initial": float(linear[1])}
    elif name.endswith("_kwargs"):
        value = _python(node)
    elif name == "clip_range_vf" and isinstance(value, int | float) and value < 0:
        value = None  # how the zoo says that there is none
    else:
        return node
    return replace(build(value, node.location), key=node.key)


def _take_policy(entry: ZooEntry, node: Node, algorithm: str) -> None:
    """Arguments of the policy, but for what no policy has here."""
    options = dict(_python(node))
    if algorithm == "ars" and "net_arch" in options:
        entry.others.append(f"net_arch {options.pop('net_arch')} (its policy is linear here)")
    if options.get("optimizer_class") == _TENSORFLOW:
        options["optimizer_class"] = "rmsprop"
        entry.others.append(f"optimizer_class {_TENSORFLOW} (rmsprop is the nearest)")
    entry.arguments["policy_kwargs"] = replace(build(options, node.location), key=node.key)


def _fit_batch(entry: ZooEntry) -> None:
    """A batch larger than the rollout is the rollout, which is what the learner makes of it."""
    envs = entry.settings["n_envs"].value if "n_envs" in entry.settings else 1
    batch, steps = entry.arguments.get("batch_size"), entry.arguments.get("n_steps")
    if batch is None or steps is None:
        return
    if not all(isinstance(each, int) for each in (batch.value, steps.value, envs)):
        return  # told where arguments are checked
    rollout = steps.value * envs
    if batch.value > rollout:
        entry.others.append(f"batch_size {batch.value} (a rollout has {rollout})")
        entry.arguments["batch_size"] = replace(batch, value=rollout)


def _take_normalization(entry: ZooEntry, node: Node) -> None:
    value = _python(node)
    options = value if isinstance(value, Mapping) else {}
    flags = {
        ours: options.get(theirs, bool(value) if not options else True)
        for theirs, ours in _NORMALIZE.items()
    }
    entry.take("normalize", "normalize", node, flags)
    for name in options.keys() - _NORMALIZE.keys():
        entry.others.append(f"normalize {name} (statistics are kept one way)")


def _take_environment(entry: ZooEntry, node: Node) -> None:
    """Arguments of `gymnasium.make`, of which the time limit is a setting here."""
    arguments = dict(_python(node))
    if TIME_LIMIT in arguments:
        limit = arguments.pop(TIME_LIMIT)
        entry.take(TIME_LIMIT, TIME_LIMIT, build(limit, node.location), limit)
    if arguments:
        entry.take("env_arguments", "env_kwargs", build(arguments, node.location), arguments)


def _take_noise(entry: ZooEntry, node: Node, std: Node | None) -> None:
    if node.value is None:
        return
    word = str(node.value).strip().replace("-", "_")
    if word not in NOISES:
        raise ValueError(f"`noise_type: {node.value}` is none of {', '.join(NOISES)}")
    if std is None:
        raise ValueError("`noise_type` has no `noise_std` beside it")
    noise = build({"noise": word, "sigma": std.value}, node.location)
    entry.arguments["action_noise"] = replace(noise, key=node.key)


def _take_wrappers(entry: ZooEntry, node: Node) -> None:
    """Wrappers and frame stack: all of them, or none where one cannot be had here."""
    wrapper, stack = node.get("env_wrapper"), node.get("frame_stack")
    nodes = [n for n in (wrapper, stack) if n is not None and n.value is not None]
    if not nodes:
        return
    text = ", ".join(
        f"{name} {_format(each)}"
        for name, each in (("env_wrapper", wrapper), ("frame_stack", stack))
        if each is not None and each.value is not None
    )
    wrappers = [] if wrapper is None else list(_wrappers(plain(wrapper)))
    reason = next((r for path, _ in wrappers if (r := _obstacle(path))), "")
    if reason:
        entry.others.append(f"{text} ({reason})")
        return
    if stack is not None:
        wrappers.append((STACK, {"count": stack.value}))
        normalize = entry.settings.get("normalize")
        if normalize is not None and plain(normalize)["observation"]:
            text += f" ({ZOO_STACK})"
    specs = [{"path": path, "arguments": options} for path, options in wrappers]
    entry.settings["wrappers"] = build(specs, nodes[0].location)
    entry.lines["wrappers"] = text


def _wrappers(value: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Path and arguments of each wrapper: a name, a mapping of one name, or a list of these."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Mapping) and len(item) == 1:
            ((path, options),) = item.items()
            yield str(path), options if isinstance(options, Mapping) else {}
        elif isinstance(item, str):
            yield item, {}
        elif item is not None:
            raise ValueError(f"`env_wrapper` is a name or a list of them, not {item!r}")


def _obstacle(path: str) -> str:
    """Why a wrapper cannot be had here; empty where it can."""
    if "atari_wrappers" in path:
        return "games have the wrappers of their family here"
    return "" if find_spec(path.partition(".")[0]) else f"`{path}` is not installed"


def _python(node: Node) -> Any:
    """A value that may be written as Python text."""
    if not isinstance(node.value, str):
        return plain(node)
    try:
        return python_value(node.value)
    except ValueError as error:
        raise ValueError(f"line {node.location.line}: {error}") from error


def _format(node: Node) -> str:
    value = plain(node)
    return " ".join((f"{value:g}" if isinstance(value, float) else str(value)).split())
