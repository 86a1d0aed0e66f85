from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.config import load_matrix
from harness.core.algorithm import Algorithm
from harness.core.matrix import Matrix
from harness.core.scenario import Description, Scenario, Score
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo
from harness.core.spaces.parameter import Parameter, When
from harness.errors import MatrixError, Problem
from harness.registry import Registry

NETWORKS = {"tiny": [32, 32], "small": [64, 64], "big": [256, 256]}


def network(values, context):
    if "net_arch" not in values:
        return values
    label = values["net_arch"]
    return values | {"net_arch": NETWORKS[label] if label in NETWORKS else json.loads(label)}


def decay(values, context):
    ruled = dict(values)
    kind = ruled.pop("lr_schedule", "constant")
    if kind != "constant" and "learning_rate" in ruled:
        ruled["learning_rate"] = {"schedule": kind, "initial": ruled["learning_rate"]}
    return ruled


def ratio(values, context):
    ruled = dict(values)
    share = ruled.pop("replay_ratio", None)
    if share is None or "train_freq" not in ruled:
        return ruled
    return ruled | {"gradient_steps": max(1, round(share * ruled["train_freq"]))}


RATE = Parameter(name="learning_rate", domain=Float(low=1e-5, high=1e-2, log=True))
GAMMA = Parameter(name="gamma", domain=Float(low=0.9, high=0.9999, log=True, complement=True))
NET = Parameter(
    name="net_arch",
    domain=Choice(options=("small", "big")),
    default="small",
    target="policy_kwargs.net_arch",
)
SCHEDULE = Parameter(
    name="lr_schedule",
    domain=Choice(options=("constant", "linear")),
    default="constant",
    target="learning_rate.schedule",
)
SDE = (
    Parameter(name="use_sde", domain=Choice(options=(False, True)), actions=frozenset({"Box"})),
    Parameter(
        name="sde_sample_freq",
        domain=Int(low=-1, high=64),
        actions=frozenset({"Box"}),
        when=When(parameter="use_sde", values=(True,)),
    ),
)
REPLAY = (
    Parameter(name="train_freq", domain=PowerOfTwo(low=1, high=64)),
    Parameter(
        name="replay_ratio",
        domain=Choice(options=(0.5, 1.0, 2.0)),
        default=1.0,
        target="gradient_steps",
    ),
)
ROLLOUT = (
    Parameter(name="n_steps", domain=PowerOfTwo(low=32, high=4096)),
    Parameter(name="batch_size", domain=PowerOfTwo(low=16, high=512)),
    Parameter(name="n_epochs", domain=Int(low=3, high=20)),
)


def _algorithm(name, module, actions, parameters, *, on_policy):
    return Algorithm(
        name=name,
        title=name.upper(),
        learner=f"stable_baselines3.{module}:{name.upper()}",
        policies={"vector": "MlpPolicy", "dict": "MultiInputPolicy"},
        actions=frozenset(actions),
        on_policy=on_policy,
        space=Space(parameters=parameters, rules=(network, decay, ratio)),
    )


@pytest.fixture(scope="session")
def registry() -> Registry:
    both = ("Discrete", "Box")
    shared = (RATE, SCHEDULE, GAMMA, NET)
    algorithms = [
        _algorithm("ppo", "ppo.ppo", both, (*shared, *ROLLOUT, *SDE), on_policy=True),
        _algorithm("a2c", "a2c.a2c", both, shared, on_policy=True),
        _algorithm("dqn", "dqn.dqn", ("Discrete",), shared, on_policy=False),
        _algorithm("sac", "sac.sac", ("Box",), (*shared, *REPLAY), on_policy=False),
    ]
    scenarios = [
        Scenario(
            name="CartPole-v1",
            env="CartPole-v1",
            action="Discrete",
            random=Score(value=22, source="measured"),
        ),
        Scenario(name="Acrobot-v1", env="Acrobot-v1", action="Discrete"),
        Scenario(name="Pendulum-v1", env="Pendulum-v1", action="Box", arguments={"g": 10.0}),
        Scenario(name="Pixels-v0", env="Pixels-v0", action="Discrete", observation="image"),
    ]

    def find(name: str) -> Scenario | None:
        known = {"my_envs:Maze-v0", "Unregistered-v3"}
        return Scenario(name=name, env=name, action="Discrete") if name in known else None

    here = "config_components"
    return Registry(
        scenarios={scenario.name: scenario for scenario in scenarios},
        algorithms={algorithm.name: algorithm for algorithm in algorithms},
        samplers={"tpe": f"{here}:tpe", "random": f"{here}:random"},
        pruners={"median": f"{here}:median", "threshold": f"{here}:threshold"},
        find=find,
        suggest=lambda: ["LunarLander-v3"],
    )


@pytest.fixture(scope="session")
def description() -> Callable[..., Description]:
    """What an environment says of itself, a Pendulum's where nothing else is said."""

    def of(**changes: Any) -> Description:
        pendulum = Description(
            action="Box",
            observation="vector",
            action_space="Box(1)",
            observation_space="Box(3)",
            layouts=("Box(1)", "Box(3)"),
            max_episode_steps=200,
            threshold=None,
        )
        return replace(pendulum, **changes)

    return of


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Write a file into the current folder, which is fresh; gives its name."""
    monkeypatch.chdir(tmp_path)

    def to_file(text: str, name: str = "m.yaml") -> str:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
        return name

    return to_file


@pytest.fixture
def load(write, registry) -> Callable[..., Matrix]:
    """Load a matrix from its text."""
    return lambda text, **options: load_matrix(write(text), registry, **options)


@pytest.fixture
def problems(write, registry) -> Callable[..., tuple[Problem, ...]]:
    """The problems of a matrix, from its text."""

    def found(text: str, **options) -> tuple[Problem, ...]:
        with pytest.raises(MatrixError) as caught:
            load_matrix(write(text), registry, **options)
        return caught.value.problems

    return found
