"""What a configuration changes of its scenario: names, values, and what does not hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.curriculum import Curriculum, Level
from harness.core.scenario import Normalize, Scenario, Wrapper
from harness.core.spaces.training_scenario import (
    SCENARIO_NAMES,
    STACK,
    configure_scenario,
    learner_arguments,
    present_value,
    scenario_problems,
    scenario_target,
)

LEVELS = (Level(name="easy"), Level(name="less easy"))
PLAIN = Scenario(
    name="Toy-v0",
    env="Toy-v0",
    action="Box",
    n_envs=3,
    arguments={"g": 9.8, "wind": {"power": 2}},
    wrappers=(Wrapper(path="own:Wrapper"),),
)
TAUGHT = replace(PLAIN, curriculum=Curriculum(levels=LEVELS, shares=(0.2, 0.4)))


@pytest.mark.parametrize(
    ("name", "target"),
    [
        *((name, f"scenario.{name}") for name in SCENARIO_NAMES),
        *((f"scenario.{name}", f"scenario.{name}") for name in SCENARIO_NAMES),
        ("scenario.arguments.g", "scenario.arguments.g"),
        ("scenario.arguments.wind.power", "scenario.arguments.wind.power"),
        ("scenario.arguments.", None),
        ("scenario.arguments", None),
        ("arguments.g", None),
        ("scenario", None),
        ("scenario.steps", None),
        ("gamma", None),
    ],
)
def test_a_name_stands_for_a_place_in_the_scenario(name, target):
    assert scenario_target(name) == target


def test_the_learner_gets_the_rest():
    both = {"gamma": 0.9, "scenario": {"n_envs": 2}}
    assert learner_arguments(both) == {"gamma": 0.9}


@pytest.mark.parametrize("arguments", [{}, {"gamma": 0.9}, {"scenario": {}}, {"scenario": 3}])
def test_a_configuration_without_changes_leaves_the_scenario_itself(arguments):
    assert configure_scenario(PLAIN, arguments) is PLAIN


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"n_envs": 8}, {"n_envs": 8}),
        ({"normalize": True}, {"normalize": Normalize(observation=True, reward=True)}),
        ({"normalize": {"reward": True}}, {"normalize": Normalize(reward=True)}),
        ({"frame_stack": 1}, {}),
        (
            {"frame_stack": 4},
            {"wrappers": (*PLAIN.wrappers, Wrapper(path=STACK, arguments={"count": 4}))},
        ),
        ({"arguments": {"g": 1.0}}, {"training_arguments": {"g": 1.0}}),
        ({"curriculum": {"at": 0.5}}, {}),
        ({"n_envs": 2, "normalize": False}, {"n_envs": 2, "normalize": Normalize()}),
    ],
)
def test_a_configuration_changes_what_it_names(change, outcome):
    assert configure_scenario(PLAIN, {"scenario": change}) == replace(PLAIN, **outcome)


def test_what_it_does_not_name_stays():
    half = replace(PLAIN, normalize=Normalize(observation=True), training_arguments={"h": 1})
    changes = {"normalize": {"reward": True}, "arguments": {"g": 2}}
    trained = configure_scenario(half, {"scenario": changes})
    assert trained.normalize == Normalize(observation=True, reward=True)
    assert trained.training_arguments == {"h": 1, "g": 2}
    assert trained.arguments == PLAIN.arguments


@pytest.mark.parametrize(
    ("times", "shares"),
    [
        ({"at": 0.5}, (0.25, 0.5)),
        ({"at": 1}, (0.5, 1.0)),
        ({"rate": 0.05}, (0.1, 0.2)),
        ({"rate": 0.001}, (0.5, 1.0)),  # never beyond the training
        ({}, (0.2, 0.4)),
    ],
)
def test_a_curriculum_ends_where_the_configuration_says(times, shares):
    trained = configure_scenario(TAUGHT, {"scenario": {"curriculum": times}})
    assert trained.curriculum.shares == shares
    assert trained.curriculum.levels == LEVELS


@given(st.floats(0.01, 1))
def test_a_curriculum_in_its_present_form_stays(end):
    at = configure_scenario(TAUGHT, {"scenario": {"curriculum": {"at": end}}})
    for name in ("at", "rate"):
        value = present_value(at, f"scenario.curriculum.{name}")
        again = configure_scenario(at, {"scenario": {"curriculum": {name: value}}})
        assert again.curriculum.shares == pytest.approx(at.curriculum.shares)


@pytest.mark.parametrize(
    ("scenario", "name", "value"),
    [
        (PLAIN, "n_envs", 3),
        (PLAIN, "normalize", False),
        (replace(PLAIN, normalize=Normalize(observation=True)), "normalize", None),
        (replace(PLAIN, normalize=Normalize(observation=True)), "normalize.observation", True),
        (replace(PLAIN, normalize=Normalize(observation=True)), "normalize.reward", False),
        (replace(PLAIN, normalize=Normalize(observation=True, reward=True)), "normalize", True),
        (PLAIN, "frame_stack", 1),
        (PLAIN, "curriculum.at", None),
        (PLAIN, "curriculum.rate", None),
        (TAUGHT, "curriculum.at", 0.4),
        (TAUGHT, "curriculum.rate", 0.025),
        (replace(PLAIN, curriculum=Curriculum(levels=LEVELS)), "curriculum.at", None),
        (PLAIN, "arguments.g", 9.8),
        (PLAIN, "arguments.wind.power", 2),
        (PLAIN, "arguments.h", None),
    ],
)
def test_the_scenario_has_a_value_at_each_place(scenario, name, value):
    assert present_value(scenario, f"scenario.{name}") == value


def problems(value, scenario=TAUGHT):
    return [(each.path, each.message) for each in scenario_problems(value, scenario)]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"n_envs": 1},
        {"n_envs": 1024, "frame_stack": 64},
        {"frame_stack": 1},
        {"normalize": True},
        {"normalize": {"observation": True, "reward": False}},
        {"arguments": {"g": 1}},
        {"curriculum": {"at": 1}},
        {"curriculum": {"rate": 0.01}},
    ],
)
def test_what_holds_has_no_problems(value):
    assert problems(value) == []
    assert problems(value, None) == []


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        (3, "scenario", "`scenario` must be a mapping, not 3"),
        ({"n_env": 3}, "scenario.n_env", "a configuration sets no `n_env` of its scenario"),
        ({"n_envs": 0}, "scenario.n_envs", "`n_envs` must be at least 1, not 0"),
        ({"n_envs": 1.5}, "scenario.n_envs", "`n_envs` must be a whole number, not 1.5"),
        ({"frame_stack": 0}, "scenario.frame_stack", "`frame_stack` must be at least 1, not 0"),
        ({"frame_stack": 65}, "scenario.frame_stack", "`frame_stack` must be at most 64, not 65"),
        ({"normalize": 1}, "scenario.normalize", "`normalize` must be true or false, not 1"),
        ({"normalize": {"reward": 1}}, "scenario.normalize.reward", "`reward` must be true or"),
        ({"normalize": {"x": True}}, "scenario.normalize.x", "`normalize` has no `x`"),
        ({"arguments": [1]}, "scenario.arguments", "`arguments` must be a mapping, not"),
        ({"curriculum": 0.5}, "scenario.curriculum", "`curriculum` takes `at` or `rate`"),
        ({"curriculum": {}}, "scenario.curriculum", "`curriculum` takes `at` or `rate`"),
        ({"curriculum": {"to": 1}}, "scenario.curriculum", "`curriculum` takes `at` or `rate`"),
        (
            {"curriculum": {"at": 0.5, "rate": 0.1}},
            "scenario.curriculum",
            "`curriculum` takes `at` or `rate`",
        ),
        ({"curriculum": {"at": 0}}, "scenario.curriculum.at", "`at` must be above 0, not 0"),
        ({"curriculum": {"at": 1.1}}, "scenario.curriculum.at", "`at` must be at most 1, not"),
        ({"curriculum": {"rate": 0.001}}, "scenario.curriculum.rate", "`rate` must be at least"),
        ({"curriculum": {"rate": 1.1}}, "scenario.curriculum.rate", "`rate` must be at most 1"),
    ],
)
def test_what_does_not_hold_is_said_where_it_stands(value, path, message):
    ((place, text),) = problems(value)
    assert ".".join(place) == path
    assert text.startswith(message)


def test_help_is_given_for_a_word_that_nearly_is_one():
    near, far = (next(scenario_problems({key: 1}, None)) for key in ("n_env", "zzzz"))
    assert near.at_key
    assert near.help == "did you mean `n_envs`?"
    assert far.help == "it has: n_envs, normalize, frame_stack, arguments, curriculum"


def test_some_changes_need_a_scenario_that_can_have_them():
    ((_, text),) = problems({"curriculum": {"at": 0.5}}, PLAIN)
    assert text.startswith("`Toy-v0` has no curriculum here")
    dicts = replace(PLAIN, observation="dict")
    ((_, text),) = problems({"frame_stack": 4}, dicts)
    assert text == "observations of `Toy-v0` are of kind dict: none are stacked"
    assert problems({"n_envs": 4}, dicts) == []
