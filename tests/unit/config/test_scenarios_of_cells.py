"""What a scenario brings to its cells: other kinds of actions, its own ranges, its scores."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from harness.core.identity import digest
from harness.core.scenario import Scenario, Score
from harness.core.spaces.domain import Float
from harness.registry import Registry

PANEL = Scenario(
    name="panel",
    env="Panel-v0",
    action="MultiDiscrete",
    arguments={"lamps": 3},
    random=Score(value=1.0, source="measured"),
    reference=Score(value=9.0, source="measured"),
    baselines={"resting": Score(value=2.0, source="measured")},
    ranges={"gamma": {"low": 0.5, "high": 0.999}, "tau": {"low": 0.1}},
    alternatives={"Discrete": {"flat": True}},
)


SEATED = replace(
    PANEL, name="seated", choices={"mode": ("solo", "shared"), "players": ("ann", "bob")}
)


@pytest.fixture(scope="module")
def registry(registry: Registry) -> Registry:
    ppo = registry.algorithms["ppo"]
    able = replace(ppo, actions=ppo.actions | {"MultiDiscrete"})
    return replace(
        registry,
        scenarios={**registry.scenarios, "panel": PANEL, "seated": SEATED},
        algorithms={**registry.algorithms, "ppo": able},
    )


def test_a_scenario_takes_the_kind_of_actions_its_algorithm_can_act_in(load):
    matrix = load("scenarios: [panel]\nalgorithms: [ppo, dqn]\n")
    assert matrix["ppo@panel"].scenario.action == "MultiDiscrete"
    assert matrix["ppo@panel"].scenario.arguments == {"lamps": 3}
    assert matrix["dqn@panel"].scenario.action == "Discrete"
    assert matrix["dqn@panel"].scenario.arguments == {"lamps": 3, "flat": True}
    # The same task in another notation: its scores hold.
    assert matrix["dqn@panel"].scenario.reference == PANEL.reference


@pytest.mark.parametrize(
    ("scores", "message", "column"),
    [
        ("reference: 1", "`reference` is 1, but `random` is 1", 38),
        ("random: 10", "`reference` is 9, but `random` is 10", 35),
        ("random: 5, reference: -2", "`reference` is -2, but `random` is 5", 49),
    ],
)
def test_a_reference_lies_above_the_random_policy(scores, message, column, problems):
    (found,) = problems(f"scenarios: [{{name: panel, {scores}}}]\nalgorithms: [ppo, dqn]\n")
    assert (found.message, found.line, found.column) == (message, 1, column)


def test_an_algorithm_that_no_kind_suits_is_still_refused(problems):
    (found,) = problems("scenarios: [panel]\nalgorithms: [sac]\n")
    assert "`sac` cannot act in `panel`: its actions are MultiDiscrete" in found.message
    assert "these can: a2c, dqn, ppo" in found.help or "these can: ppo, a2c, dqn" in found.help


def test_a_scenario_has_ranges_of_its_own_and_the_matrix_the_last_word(load):
    (own,) = load("scenarios: [panel]\nalgorithms: [ppo]\n").cells
    assert own.space["gamma"].domain == Float(low=0.5, high=0.999, log=True, complement=True)
    assert "tau" not in own.space
    (said,) = load("scenarios: [panel]\nalgorithms: [ppo]\nspace: {gamma: {low: 0.7}}\n").cells
    assert said.space["gamma"].domain == Float(low=0.7, high=0.999, log=True, complement=True)


def test_scores_of_another_environment_are_not_this_ones(load):
    text = "scenarios: [{name: panel, arguments: {lamps: 5}%s}]\nalgorithms: [ppo]\n"
    (cell,) = load(text % "").cells
    assert cell.scenario.arguments == {"lamps": 5}
    assert (cell.scenario.random, cell.scenario.reference) == (None, None)
    assert cell.scenario.baselines == {}
    (cell,) = load(text % ", reference: 12").cells
    assert cell.scenario.random is None
    assert cell.scenario.reference.value == 12


def test_saying_what_holds_anyway_keeps_the_scores(load):
    (cell,) = load("scenarios: [{name: panel, arguments: {lamps: 3}}]\nalgorithms: [dqn]\n").cells
    assert cell.scenario.random == PANEL.random
    assert cell.scenario.baselines == PANEL.baselines


@pytest.mark.parametrize(
    ("arguments", "message", "help_"),
    [
        ("{mode: shaerd}", "`mine` knows no mode `shaerd`", "did you mean `shared`?"),
        ("{players: [ann, carol]}", "`mine` knows no players `carol`", "known: ann, bob"),
    ],
)
def test_a_misspelt_word_of_a_scenario_is_found_before_anything_runs(
    problems, arguments, message, help_
):
    text = f"""
scenarios:
  - {{name: mine, env: seated, arguments: {arguments}}}
algorithms: [ppo, a2c]
"""
    (found,) = problems(text)
    assert message in found.message
    assert found.help == help_
    assert found.line == 3


def test_a_scenario_leaves_paths_numbers_and_unknown_arguments_to_itself(load):
    text = """
scenarios:
  - {name: mine, env: seated, arguments: {mode: solo, players: [ann, "m:f", [0.5]], more: yes?}}
algorithms: [ppo]
"""
    assert load(text).cells


INFINITE = """
scenarios:
  - name: panel
    arguments: {lamps: [0.7, .inf]}
    wrappers: [{path: a.B, arguments: {low: -.INF}}]
algorithms: [ppo]
overrides: [{match: "ppo@*", env_arguments: {least: [-.inf]}}]
"""


def test_arguments_of_environments_may_be_infinite(load):
    scenario = load(INFINITE)["ppo@panel"].scenario
    assert scenario.arguments == {"lamps": [0.7, ".inf"], "least": ["-.inf"]}
    assert scenario.wrappers[0].arguments == {"low": "-.inf"}
    # A document is kept as JSON, and read again from it.
    again = load(json.dumps(load(INFINITE).document, allow_nan=False))
    assert again["ppo@panel"].scenario == scenario
    assert digest(scenario) == digest(again["ppo@panel"].scenario)
    written_by_a_package = replace(scenario, arguments={"lamps": [0.7, math.inf]})
    assert written_by_a_package.arguments == {"lamps": [0.7, ".inf"]}


@pytest.mark.parametrize(
    "line",
    [
        "timeout: .inf",
        "search: {steps: -.inf}",
        "space: {gamma: {low: 0.5, high: .inf}}",
        "space: {gamma: {choices: [0.99, .inf]}}",
        'overrides: [{match: "ppo@*", arguments: {gamma: .inf}}]',
        "test: {seeds: [1, .inf]}",
    ],
)
def test_nothing_else_may_be_infinite(problems, line):
    messages = [p.message for p in problems(f"scenarios: [panel]\nalgorithms: [ppo]\n{line}\n")]
    assert any(message.endswith("inf` is not a finite number") for message in messages)


@pytest.mark.parametrize("number", [".nan", ".NaN", "1e999"])
def test_an_environment_is_not_given_what_is_no_number(problems, number):
    (fault,) = problems(INFINITE.replace("-.INF", number))
    assert fault.message == f"`{number}` is not a finite number"
    assert fault.line == 5


@pytest.mark.parametrize(
    ("wrapper", "word"),
    [
        ("gymnasium.wrappers.NormalizeObservation", "observation"),
        ("gymnasium.wrappers:NormalizeReward", "reward"),
        ("gymnasium.wrappers.ClipReward", None),
        ("own.NormalizeReward", None),
    ],
)
def test_wrappers_with_statistics_of_their_own_are_pointed_out(load, wrapper, word):
    for key in ("wrappers", "training_wrappers"):
        text = f'scenarios: [{{name: Pendulum-v1, {key}: ["{wrapper}"]}}]\nalgorithms: [ppo]\n'
        notes = [note.text for note in load(text).notes]
        said = [each for each in notes if "statistics of its own" in each]
        assert len(said) == (word is not None)
        assert all(f"`normalize: {{{word}: true}}`" in each for each in said)
