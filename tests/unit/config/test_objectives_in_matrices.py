"""Objectives, and the rule that chooses among compromises, as a matrix writes them."""

from __future__ import annotations

import json

import pytest
from matrix_page import PAGE

from harness.core.objectives import METRICS
from harness.core.search_settings import Component, Objective, Preference, Tolerance
from harness.registry import Registry

ONE = "scenarios: [CartPole-v1]\nalgorithms: [ppo]\n"


@pytest.fixture(scope="module")
def registry():
    """What is installed: with a pruner that prunes nothing."""
    return Registry.from_packages()


def searching(written):
    return ONE + f"search: {{{written}}}\n"


def test_an_objective_has_a_short_form_and_a_usual_direction(load):
    written = "return, {parameters: max}, {steps_to_threshold: 400}, effort"
    search = load(searching(f"objectives: [{written}]")).cells[0].search
    assert search.objectives == (
        Objective(name="return", direction="max"),
        Objective(name="parameters", direction="max"),
        Objective(name="steps_to_threshold", direction="min", threshold=400),
        Objective(name="effort", direction="min"),
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("within 5 % of the best", Tolerance(amount=0.05, is_share=True)),
        ("within 2.5% of the best", Tolerance(amount=0.025, is_share=True)),
        ("within 10 of the best", Tolerance(amount=10, is_share=False)),
    ],
)
def test_a_rule_reads_as_a_sentence(load, written, expected):
    text = f"objectives: [return, effort], choose: {{return: {written}, then: effort}}"
    matrix = load(searching(text))
    rule = Preference(limits={"return": expected}, then="effort")
    assert matrix.cells[0].search.choose == rule
    assert load(json.dumps(matrix.document)).cells == matrix.cells


def test_nothing_is_pruned_and_the_document_keeps_what_was_written(load):
    matrix = load(searching("objectives: [return, effort]"))
    assert matrix.cells[0].search.pruner == Component(name="none")
    assert matrix.origins["search.pruner.name"] == "follows from `search.objectives`"
    assert "pruner" not in matrix.document["search"]
    with_budget = load(searching("objectives: [return, effort], budget: 60 runs"))
    assert with_budget.cells[0].search.pruner == Component(name="none")


def test_what_a_clock_tells_is_noted(load):
    texts = [n.text for n in load(searching("objectives: [return, train_time]")).notes]
    assert any("`train_time` is read off the clock" in text for text in texts)
    assert any("return within 5 % of the best; then train_time is shipped" in t for t in texts)
    texts = [n.text for n in load(searching("objectives: [return, effort]")).notes]
    assert not any("clock" in text for text in texts)


def test_one_objective_is_the_same_experiment_as_ever(load):
    identity = load(ONE).cells[0].identity()
    assert "objectives" not in identity["search"]
    several = load(searching("objectives: [return, effort]")).cells[0]
    assert several.study_digest() != load(searching("pruner: none")).cells[0].study_digest()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("objectives: [return, speed]", "`{FILE.py:FUNCTION: max}`; not `speed`"),
        ("objectives: [return]", "`search.objectives` needs `return` and another one"),
        ("objectives: [effort, parameters]", "`search.objectives` needs `return` and another one"),
        ("objectives: [return, effort, effort]", "objective `effort` stands twice"),
        (
            "objectives: [return, steps_to_threshold]",
            "objective `steps_to_threshold` needs `threshold`",
        ),
        ("objectives: [return, {effort: 3}]", "objective `effort` has no `threshold`"),
        (
            "objectives: [return, effort], pruner: median",
            "pruner `median` cannot judge a trial of several objectives",
        ),
        (
            "objectives: [return, seeds_spread]",
            "objective `seeds_spread` needs two seeds of each trial, confirm and test run",
        ),
        (
            "objectives: [return, effort], until: {plateau: 3}",
            "`search.until` judges the scores of one objective",
        ),
        (
            "objectives: [return, effort], sampler: cmaes",
            "sampler `cmaes` can follow one objective only",
        ),
        (
            "choose: {return: within 5 % of the best, then: effort}",
            "`search.choose` chooses among several objectives, but there are none",
        ),
        (
            "objectives: [return, effort], choose: {return: within 5 % of the best, then: size}",
            "`search.choose` names no objective: `size`",
        ),
        (
            "objectives: [return, effort], choose: {return: within 5 % of the best, then: return}",
            "`search.choose` limits `return` and lets it decide",
        ),
        (
            "objectives: [return, effort], choose: {return: nearly, then: effort}",
            "must be written `within 5 % of the best` or `within 10 of the best`",
        ),
        (
            "objectives: [return, effort], choose: return",
            "must be written `{return: within 5 % of the best, then: inference_time}`",
        ),
        ("objectives: [return, {effort: least}]", "has the direction `max` or `min`, not `least`"),
    ],
)
def test_what_does_not_hold_is_said_where_it_stands(problems, written, message):
    every = problems(searching(written))
    assert any(message in problem.message for problem in every)
    assert {problem.line for problem in every} == {3}


def test_the_page_lists_every_objective():
    page = PAGE.read_text(encoding="utf-8")
    for name, metric in METRICS.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` | `m")]
        assert f"`{metric.direction}`" in row
        assert ("read off the clock" in row) == metric.clock
