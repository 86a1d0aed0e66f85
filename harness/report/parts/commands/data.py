"""How to train the shipped parameters again and use the model with plain stable-baselines3."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Any, Final

from harness.core.decisions.best_configurations import find_best_trial, model_folder, train_command
from harness.core.opponents import map_leaves, models_in, saved_model_from_json
from harness.core.scenario import INFINITIES, Scenario
from harness.core.spaces.training_scenario import configure_scenario
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part

_VERSION: Final = re.compile(r"-v\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Text to copy.

    Attributes:
        train: The shell command that repeats one test run and saves its model.
        seed: The training seed it names, the first held-out one.
        load: Python that loads the saved model with the learner's own library.
        play: The shell command that plays it, where gymnasium alone does not make the environment.
        parameters: The shell command that writes the parameters.
    """

    train: str
    seed: int
    load: str
    play: str
    parameters: str


def compute(view: CellView) -> Commands | None:
    """Left out while nothing is shipped."""
    tuned = view.row.tuned
    if tuned is None or not tuned.seeds:
        return None
    folder = model_folder(view.row.cell)
    trial = find_best_trial(view.cell)
    # What was searched of a scenario, the model is used in: it sees what it was trained to see.
    scenario = configure_scenario(view.cell.cell.scenario, {} if trial is None else trial.arguments)
    play = ["harness", "play", view.row.cell, "--campaign", view.campaign]
    play += ["--model", f"{folder}/model.zip"]
    export = ["harness", "export", view.campaign, "--format", "yaml"]
    return Commands(
        train=train_command(view.campaign, view.row.cell, tuned.seeds[0]),
        seed=tuned.seeds[0],
        load=_load(view.cell.cell.algorithm.learner, scenario, folder),
        play="" if _is_plain(scenario) else shlex.join(play),
        parameters=shlex.join(export),
    )


def _load(learner: str, scenario: Scenario, folder: str) -> str:
    module, _, name = learner.partition(":")
    package = module.split(".")[0]
    public = package if package in {"stable_baselines3", "sb3_contrib"} else module
    lines = [f"from {public} import {name}"]
    model = repr(f"{folder}/model.zip")
    if not _is_plain(scenario):
        return "\n".join([*lines, "", f"model = {name}.load({model})"])
    lines += _environment(scenario, folder)
    return "\n".join([*lines, f"model = {name}.load({model}, env=env)"])


class _Infinity(str):
    """An infinite number that is written as Python writes one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"float({self.replace('.', '')!r})"


def _in_python(value: object) -> Any:
    return _Infinity(value) if isinstance(value, str) and value in INFINITIES else value


def _is_plain(scenario: Scenario) -> bool:
    """Whether `gymnasium.make` is all that it takes."""
    # The text before a colon is a module, which has to register what comes after it.
    is_registered = ":" not in scenario.env or _VERSION.search(scenario.env) is not None
    if scenario.wrappers or scenario.sources or not is_registered:
        return False
    return not models_in(map_leaves(scenario.arguments, saved_model_from_json))


def _environment(scenario: Scenario, folder: str) -> list[str]:
    imports = [f"import {module}" for module in scenario.imports]
    words = [repr(scenario.env)]
    own = map_leaves(scenario.arguments, _in_python)
    arguments = [f"{name}={value!r}" for name, value in own.items()]
    if not scenario.normalize.observation:
        line = f"env = gymnasium.make({', '.join(words + arguments)})"
        return ["import gymnasium", *imports, "", line]
    if scenario.arguments:
        words.append(f"env_kwargs={own!r}")
    wrap = "env = VecNormalize(env, training=False, norm_reward=False)"
    read = f"numbers = numpy.load({folder + '/model.vecnormalize.npz'!r})"
    lines = [wrap, read, "env.obs_rms.mean, env.obs_rms.var = numbers['mean'], numbers['var']"]
    if scenario.observation == "dict":
        lines = [
            read,
            "keys = [name[:-5] for name in numbers if name.endswith('/mean')]",
            f"{wrap[:-1]}, norm_obs_keys=keys)",
            "for key, rms in env.obs_rms.items():",
            "    rms.mean, rms.var = numbers[f'{key}/mean'], numbers[f'{key}/var']",
        ]
    return [
        "import numpy",
        "from stable_baselines3.common.env_util import make_vec_env",
        "from stable_baselines3.common.vec_env import VecNormalize",
        *imports,
        "",
        f"env = make_vec_env({', '.join(words)})",
        *lines,
    ]


PART = Part(title="Train it again", page="cell", order=70, compute=compute)
