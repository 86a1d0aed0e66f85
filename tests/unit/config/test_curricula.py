"""`curriculum:` in a matrix: what it stands for, and everything that can be wrong with it."""

from __future__ import annotations

import dataclasses

import pytest

from harness.config import load_matrix
from harness.core.curriculum import Level
from harness.errors import MatrixError, UsageError

OWN = (Level(name="weak", arguments={"g": 2.0}), Level(name="moon", arguments={"g": 5.0}))


@pytest.fixture
def pendulum(registry, description):
    """The registry with a Pendulum that has levels, and spaces that depend on two arguments."""

    def describe(scenario):
        if "h" in scenario.arguments:
            raise UsageError("unexpected argument `h`", help="take it out")
        size = f"Box({scenario.arguments.get('size', 3)})"
        return description(observation_space=size, layouts=("acts", size))

    scenario = dataclasses.replace(registry.scenarios["Pendulum-v1"], levels=OWN)
    known = {**registry.scenarios, scenario.name: scenario}
    return dataclasses.replace(registry, scenarios=known, describe=describe)


def matrix(curriculum: str, scenario: str = "Pendulum-v1") -> str:
    return (
        f"scenarios:\n  - name: {scenario}\n    curriculum: {curriculum}\nalgorithms: [ppo]\n"
        "search: {evals: 4}\n"
    )


@pytest.fixture
def curriculum(write, pendulum):
    def of(text: str, **options):
        loaded = load_matrix(write(matrix(text)), pendulum, **options)
        return loaded.cells[0].scenario.curriculum

    return of


@pytest.fixture
def problem(write, pendulum):
    def of(text: str, scenario: str = "Pendulum-v1"):
        with pytest.raises(MatrixError) as caught:
            load_matrix(write(matrix(text, scenario)), pendulum)
        (found,) = caught.value.problems
        return found

    return of


def test_true_takes_the_scenarios_levels_for_equal_shares(curriculum):
    found = curriculum("true")
    assert found.levels == OWN
    assert found.shares == pytest.approx((1 / 3, 2 / 3))
    assert found.thresholds == ()


@pytest.mark.parametrize("text", ["false", "{use: false, at: [0.9, 0.1]}"])
def test_false_is_none(curriculum, text):
    assert curriculum(text) is None


def test_an_override_can_switch_it_off(write, pendulum):
    text = matrix("true") + 'overrides: [{match: "*@*", curriculum: false}]\n'
    assert load_matrix(write(text), pendulum).cells[0].scenario.curriculum is None


def test_levels_may_be_named_or_written(curriculum):
    found = curriculum("{levels: [weak, {arguments: {g: 6}}, {name: hm, arguments: {g: 7}}]}")
    assert [level.name for level in found.levels] == ["weak", "g=6", "hm"]
    assert [level.arguments["g"] for level in found.levels] == [2.0, 6, 7]


def test_one_threshold_stands_for_all_levels_and_sets_no_share(curriculum):
    found = curriculum("{threshold: -300, episodes: 20}")
    assert (found.thresholds, found.episodes, found.shares) == ((-300.0, -300.0), 20, ())


def test_a_threshold_and_shares_go_together(curriculum):
    found = curriculum("{threshold: [-300, -200], evaluations: 2, at: [0.2, 0.4]}")
    assert (found.thresholds, found.evaluations) == ((-300.0, -200.0), 2)
    assert found.shares == (0.2, 0.4)


def test_a_curriculum_makes_another_study(write, pendulum):
    def study(text):
        return load_matrix(write(matrix(text)), pendulum).cells[0].study_digest()

    assert len({study("true"), study("false"), study("{at: [0.1, 0.2]}")}) == 3


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("{levels: [week]}", "`Pendulum-v1` has no level `week`", "did you mean `weak`?"),
        ("{levels: [{}]}", "`levels` needs `arguments`, or the name of a level", ""),
        ("{levels: []}", "`levels` must not be empty", ""),
        (
            "{levels: [weak, {arguments: {g: 10.0}}]}",
            "level `g=10.0` is `Pendulum-v1` itself",
            "leave it out: the scenario always comes last",
        ),
        (
            "{levels: [weak, {name: same, arguments: {g: 2.0}}]}",
            "level `same` has the arguments of an earlier one",
            "leave one of them out",
        ),
        (
            "{levels: [weak, {name: weak, arguments: {g: 3.0}}]}",
            "two levels are called `weak`",
            "give each a `name` of its own",
        ),
        (
            "{threshold: -300}",
            "`threshold` without `episodes`",
            "add `episodes: 20`, the training episodes whose mean has to reach it",
        ),
        (
            "{episodes: 3}",
            "`episodes` without `threshold`",
            "add `threshold`, the mean return to reach",
        ),
        (
            "{threshold: 1, episodes: 3, evaluations: 1}",
            "`episodes` and `evaluations` exclude each other",
            "a mean is over training episodes or over evaluations on the scenario itself",
        ),
        (
            "{threshold: 1, evaluations: 4}",
            "`evaluations` is 4, but a run has 4",
            "a level could never be left; take fewer, or evaluate more often",
        ),
        (
            "{at: [0.5]}",
            "2 levels have 1 values of `at`",
            "one for each: when it is left; the scenario itself needs none",
        ),
        (
            "{at: [0.6, 0.5]}",
            "`at` does not rise between 0 and 1: 0.6, 0.5",
            "shares of the training's steps, e.g. `[0.25, 0.5]`",
        ),
        (
            "{at: [0.5, 1.0]}",
            "`at` does not rise between 0 and 1: 0.5, 1",
            "shares of the training's steps, e.g. `[0.25, 0.5]`",
        ),
        (
            "{levels: [weak, {arguments: {size: 4}}]}",
            "level `size=4` observes Box(4), `Pendulum-v1` observes Box(3)",
            "one policy can only go through levels with equal spaces",
        ),
        (
            "{levels: [{arguments: {h: 4}}]}",
            "level `h=4`: unexpected argument `h`",
            "take it out",
        ),
        ("{levles: [weak]}", "unknown key `levles`", "did you mean `levels`?"),
    ],
)
def test_what_does_not_hold_is_said_with_its_place(problem, text, message, help):
    found = problem(text)
    assert message in found.message
    assert help in found.help
    assert found.line == 3


@pytest.mark.parametrize("threshold", ["high", "true", "[]", "[1, high]"])
def test_a_threshold_is_a_number_or_several(write, pendulum, threshold):
    with pytest.raises(MatrixError) as caught:
        load_matrix(write(matrix(f"{{threshold: {threshold}, episodes: 2}}")), pendulum)
    message = caught.value.problems[0].message
    assert message == "`threshold` must be a number, or a list with one per level"


def test_a_scenario_without_levels_needs_some(problem):
    found = problem("true", scenario="CartPole-v1")
    assert found.message == "`CartPole-v1` has no levels of its own"
    assert "levels: [{arguments:" in found.help
