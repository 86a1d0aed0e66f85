"""Shipped parameters as hyperparameter files of rl-baselines3-zoo (``hyperparams/<algo>.yml``)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.core.algorithm import ZOO_NAMES
from harness.core.arguments import ACTIVATIONS, DECAYED, NETWORKS, OPTIMIZERS
from harness.core.decisions.best_configurations import find_best_trial
from harness.core.opponents import with_infinities
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT
from harness.core.scenario import PETTINGZOO_PREFIX, TIME_LIMIT, Scenario
from harness.core.spaces.training_scenario import (
    STACK,
    ZOO_STACK,
    configure_scenario,
    learner_arguments,
)

_DIFFERENCE = "  # "
"""Begins a line about something that the zoo cannot say."""


def zoo_yaml(record: CampaignRecord) -> str:
    """All files of `zoo_files` in one text, each as a YAML document under its name.

    The zoo reads one document per file; `zoo_files` gives them apart.
    """
    files = zoo_files(record)
    return "---\n".join(f"# hyperparams/{name}\n{text}" for name, text in files.items())


def zoo_files(record: CampaignRecord) -> dict[str, str]:
    """File name -> text, one file per algorithm, an entry per environment.

    Only cells whose confirm rung has decided appear. For a schedule that the zoo has not stands the
    nearest one that it has, anything else that it cannot say is left out; a comment names either.
    """
    parts: dict[str, list[str]] = {}
    for cell in record.first_searches:
        trial = find_best_trial(cell)
        if trial is not None:
            algorithm = cell.cell.algorithm.name
            name = f"{ZOO_NAMES.get(algorithm, algorithm)}.yml"
            parts.setdefault(name, []).append("\n".join(_entry(cell, trial.arguments)))
    return {name: "\n\n".join(entries) + "\n" for name, entries in parts.items()}


def zoo_differences(text: str) -> list[str]:
    """What is not in a text of `zoo_files` or `zoo_yaml` as it was trained, as its comments say."""
    lines = text.splitlines()
    return [line.removeprefix(_DIFFERENCE) for line in lines if line.startswith(_DIFFERENCE)]


def _entry(cell: CellRecord, arguments: Mapping[str, object]) -> Iterator[str]:
    settings = cell.cell
    scenario = configure_scenario(settings.scenario, arguments)
    origin = "the default was kept" if cell.winner == DEFAULT else f"tuned, {cell.winner}"
    yield f"# {_comment(cell.name)}: {origin}"
    yield f"{_scalar(scenario.env.rpartition(':')[2])}:"
    head: dict[str, object] = {"n_timesteps": settings.test.steps, "policy": settings.policy}
    head |= {"n_envs": scenario.n_envs} if scenario.n_envs != 1 else {}
    for name, value in head.items():
        yield f"  {name}: {_scalar(value)}"
    normalize = scenario.normalize
    if normalize.observation or normalize.reward:
        flags = {"norm_obs": normalize.observation, "norm_reward": normalize.reward}
        yield f"  normalize: {_scalar(_python(flags))}"
    for name, value in learner_arguments(arguments).items():
        yield from _argument(name, value)
    yield from _environment(scenario)


def _environment(scenario: Scenario) -> Iterator[str]:
    """Arguments of the environment, and what in it the zoo has not."""
    source = scenario.env.rpartition(":")[0]
    if scenario.env.startswith(PETTINGZOO_PREFIX):
        yield f"{_DIFFERENCE}the zoo trains no games of several agents"
    elif source.endswith(".py"):
        yield f"{_DIFFERENCE}of {_comment(source)}: the zoo takes what is registered with Gymnasium"
    arguments = dict(with_infinities(scenario.arguments))
    if scenario.max_episode_steps is not None:
        # What the zoo passes on goes to `gymnasium.make` first.
        arguments[TIME_LIMIT] = scenario.max_episode_steps
    if arguments:
        yield f"  env_kwargs: {_scalar(arguments)}"
    yield from _wrappers(scenario)
    own = json.dumps(dict(scenario.training_arguments)) if scenario.training_arguments else ""
    for text in (*(wrapper.path for wrapper in scenario.training_wrappers), own):
        if text:
            yield f"{_DIFFERENCE}not written: {_comment(text)}, in training only"
    if scenario.curriculum is not None:
        yield f"{_DIFFERENCE}not written: {_comment(scenario.curriculum.describe(scenario.name))}"


def _wrappers(scenario: Scenario) -> Iterator[str]:
    """Wrappers of the environment; the zoo stacks observations over all of them."""
    *wrappers, last = scenario.wrappers or (None,)
    if last is not None and last.path == STACK:
        yield f"  frame_stack: {last.arguments['count']}"
        if scenario.normalize.observation:
            yield f"{_DIFFERENCE}frame_stack: {ZOO_STACK}"
    elif last is not None:
        wrappers.append(last)
    if wrappers:
        yield "  env_wrapper:"
    for wrapper in wrappers:
        yield f"    - {_scalar({wrapper.path: with_infinities(wrapper.arguments)})}"


def _argument(name: str, value: object) -> Iterator[str]:
    if isinstance(value, Mapping) and "schedule" in value:
        yield from _schedule(name, value["schedule"], value["initial"], value.get("final", 0))
    elif isinstance(value, Mapping) and "noise" in value:
        yield f"  noise_type: {_scalar(value['noise'].replace('_', '-'))}"
        yield f"  noise_std: {_scalar(value['sigma'])}"
    elif isinstance(value, Mapping):
        yield f"  {name}: {_scalar(_python(value))}"
    elif value is not None:
        yield f"  {name}: {_scalar(value)}"


def _schedule(name: str, kind: str, initial: float, final: float) -> Iterator[str]:
    """What the zoo has of a schedule: a constant, or straight to 0, of some arguments."""
    if kind == "constant":
        yield f"  {name}: {_scalar(initial)}"
        return
    # Cosine and straight schedules between the same ends have one mean.
    is_linear = final == 0 and name != DECAYED
    written = f"lin_{initial!r}" if is_linear else _scalar((initial + final) / 2)
    if not is_linear or kind != "linear":
        schedule = f"{_comment(kind)} schedule from {initial!r} to {final!r}"
        yield f"{_DIFFERENCE}{_comment(name)}: {written} stands for a {schedule}"
    yield f"  {name}: {written}"


def _scalar(value: object) -> str:
    """A YAML 1.1 scalar, flow list or flow mapping, as PyYAML reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_scalar(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{json.dumps(k)}: {_scalar(item)}" for k, item in value.items()) + "}"
        )
    return json.dumps(value)


def _float(value: float) -> str:
    """YAML 1.1 takes ``1e-05`` for text: the mantissa needs a point, and so does infinity."""
    text = repr(value).replace("inf", ".inf")
    mantissa, mark, exponent = text.partition("e")
    if not mark or "." in mantissa:
        return text
    return f"{mantissa}.0e{exponent}"


def _python(value: Any, name: str = "") -> str:
    """Text that the zoo evaluates: ``dict(net_arch=[64, 64], activation_fn=nn.ReLU)``."""
    if name == "activation_fn" and value in ACTIVATIONS:
        return f"nn.{ACTIVATIONS[value].name}"
    if name == "optimizer_class" and value in OPTIMIZERS:
        return f"th.optim.{OPTIMIZERS[value].name}"
    if name == "net_arch" and isinstance(value, str) and value in NETWORKS:
        return _python(NETWORKS[value])
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key}={_python(item, key)}" for key, item in value.items())
        return f"dict({inner})"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_python(item) for item in value) + "]"
    return repr(value)


def _comment(text: str) -> str:
    return " ".join(str(text).split())
