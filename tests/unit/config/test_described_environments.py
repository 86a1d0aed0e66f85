"""Scenarios are as the environment that a run makes describes itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.config import load_matrix
from harness.core.scenario import Description, Scenario
from harness.errors import MatrixError, UsageError
from harness.registry import Registry

Answer = Callable[[Scenario], dict[str, Any]]


class Asked:
    """A registry whose environments answer, and what they were asked."""

    def __init__(self, registry: Registry, description: Callable[..., Description]) -> None:
        self.scenarios: list[Scenario] = []
        self.answer: Answer = lambda scenario: {}
        self._description = description
        ppo, pendulum = registry.algorithms["ppo"], registry.scenarios["Pendulum-v1"]
        drawing = replace(ppo, policies={**ppo.policies, "image": "CnnPolicy"})
        lander = replace(
            pendulum, name="Lander", env="Lander-v3", alternatives={"Discrete": {"digital": True}}
        )
        self.registry = replace(
            registry,
            describe=self._describe,
            scenarios={**registry.scenarios, "Lander": lander},
            algorithms={**registry.algorithms, "ppo": drawing},
        )

    def _describe(self, scenario: Scenario) -> Description:
        self.scenarios.append(scenario)
        return self._description(**self.answer(scenario))


@pytest.fixture
def asked(registry, description) -> Asked:
    return Asked(registry, description)


@pytest.fixture
def load(write, asked) -> Callable[[str], Any]:
    return lambda text: load_matrix(write(text), asked.registry)


@pytest.fixture
def problem(load) -> Callable[[str], Any]:
    def of(text: str) -> Any:
        with pytest.raises(MatrixError) as caught:
            load(text)
        (found,) = caught.value.problems
        return found

    return of


def matrix(scenario: str, algorithm: str = "ppo") -> str:
    return f"scenarios:\n  - {scenario}\nalgorithms: [{algorithm}]\n"


@pytest.mark.parametrize(
    "scenario",
    [
        "Pendulum-v1",
        "{name: Pendulum-v1, n_envs: 4, normalize: true, max_episode_steps: 50}",
        "{name: Pendulum-v1, arguments: {g: 10.0}}",
        "Lander",
    ],
)
def test_a_registered_scenario_is_believed(load, asked, scenario):
    load(matrix(scenario))
    assert not asked.scenarios


@pytest.mark.parametrize(
    ("scenario", "key", "value"),
    [
        ("{name: Pendulum-v1, arguments: {g: 9.0}}", "arguments", {"g": 9.0}),
        ("{name: Pendulum-v1, wrappers: [a.B]}", "wrappers", ("a.B",)),
        ("{name: Pendulum-v1, training_wrappers: [a.B]}", "training_wrappers", ("a.B",)),
        ("{name: Unregistered-v3, arguments: {size: 3}}", "arguments", {"size": 3}),
        ("{name: Unregistered-v3, wrappers: [a.B, c.D]}", "wrappers", ("a.B", "c.D")),
        ("{name: Unregistered-v3, n_envs: 4}", "n_envs", 4),
        ("{name: Unregistered-v3, max_episode_steps: 7}", "max_episode_steps", 7),
    ],
)
def test_what_a_run_makes_is_what_is_asked(load, asked, scenario, key, value):
    (cell,) = load(matrix(scenario)).cells
    (one,) = asked.scenarios
    found = getattr(one, key)
    assert (tuple(each.path for each in found) if "wrappers" in key else found) == value
    assert (cell.scenario.action, cell.scenario.observation) == ("Box", "vector")


def test_an_argument_changes_what_algorithms_can_act_in(load, problem, asked):
    asked.answer = lambda scenario: (
        {"action": "Discrete"} if scenario.arguments.get("digital") else {}
    )
    text = "{name: Unregistered-v3, arguments: {digital: true}}"
    assert load(matrix(text, "dqn"))["dqn@Unregistered-v3"].scenario.action == "Discrete"
    refusal = problem(matrix(text, "sac"))
    assert refusal.message == "`sac` cannot act in `Unregistered-v3`: its actions are Discrete"
    assert load(matrix("Unregistered-v3", "sac")).cells
    assert "its actions are Box" in problem(matrix("Unregistered-v3", "dqn")).message


def test_an_argument_changes_the_policy_network(load, problem, asked):
    asked.answer = lambda scenario: (
        {"observation": "image"} if scenario.arguments.get("pixels") else {}
    )
    text = "{name: Pendulum-v1, arguments: {pixels: true}}"
    assert load(matrix(text)).cells[0].policy == "CnnPolicy"
    assert (
        "has no policy for `Pendulum-v1`: it observes image" in problem(matrix(text, "sac")).message
    )
    flat = "{name: Pendulum-v1, arguments: {pixels: true}, observation: vector}"
    assert load(matrix(flat)).cells[0].policy == "MlpPolicy"


def test_another_kind_of_action_is_asked_for_with_the_other_arguments(load, problem, asked):
    asked.answer = lambda scenario: (
        {"action": "Discrete"} if scenario.arguments.get("digital") else {}
    )
    (cell,) = load(matrix("{name: Lander, arguments: {wind: 3}}", "dqn")).cells
    assert cell.scenario.arguments == {"g": 10.0, "digital": True, "wind": 3}
    assert cell.scenario.action == "Discrete"
    # What is written has the last word.
    refusal = problem(matrix("{name: Lander, arguments: {digital: false}}", "dqn"))
    assert "its actions are Box" in refusal.message


def test_limit_and_threshold_are_the_environments_where_nothing_is_written(load, asked):
    asked.answer = lambda scenario: {"max_episode_steps": 70, "threshold": 5.0}
    (cell,) = load(matrix("Unregistered-v3")).cells
    assert (cell.scenario.max_episode_steps, cell.scenario.threshold) == (70, 5.0)
    (cell,) = load(matrix("{name: Unregistered-v3, max_episode_steps: 30}")).cells
    assert cell.scenario.max_episode_steps == 30


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("action: Discrete", "the action of `Unregistered-v3` is Box, not Discrete"),
        ("observation: dict", "the observation of `Unregistered-v3` is vector, not dict"),
        ("observation: image", "the observation of `Unregistered-v3` is vector, not image"),
    ],
)
def test_what_is_declared_is_so(load, problem, written, message):
    fault = problem(matrix(f"{{name: Unregistered-v3, {written}}}"))
    assert (fault.message, fault.line) == (message, 2)
    assert load(matrix("{name: Unregistered-v3, action: Box, observation: vector}")).cells


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("it takes no argument 'gaol'", 4),
        ("wrapper `a.B` does not fit", 5),
        ("module `mine` cannot be imported", 6),
        ("something is a broken thing", 4),
    ],
)
def test_an_error_stands_where_its_reason_is_written(problem, asked, said, line):
    def answer(scenario: Scenario) -> dict[str, Any]:
        raise UsageError(said, help="mend it")

    asked.answer = answer
    text = """
    name: Unregistered-v3
    arguments: {a: 1, gaol: 2}
    wrappers: [a.B]
    imports: [mine]
"""
    fault = problem(f"scenarios:\n  -{text}algorithms: [ppo, a2c]\n")
    assert fault.message == f"scenario `Unregistered-v3`: {said}"
    assert (fault.line, fault.help) == (line, "mend it")


def test_what_makes_no_other_environment_changes_no_identity(load):
    plain, changed = (
        load(matrix(text)).cells[0].identity()
        for text in ("Pendulum-v1", "{name: Pendulum-v1, arguments: {g: 10.0}, wrappers: []}")
    )
    assert plain == changed
