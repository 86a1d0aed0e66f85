"""Lengths of trainings that nobody named."""

from __future__ import annotations

import pytest

from harness.config import ImplicitBudget, implicit_budgets

TWO = "scenarios: [CartPole-v1, Acrobot-v1]\nalgorithms: [ppo]\n"
BOTH = ("ppo@CartPole-v1", "ppo@Acrobot-v1")


def test_what_nobody_names_is_told_with_its_default(load):
    found = implicit_budgets(load(TWO + "search: {steps: 5000}\ntest: {seeds: 2}\n"))
    assert found == (ImplicitBudget(key="test.steps", steps=50_000, cells=BOTH),)
    assert [one.key for one in implicit_budgets(load(TWO))] == ["search.steps", "test.steps"]


@pytest.mark.parametrize(
    "options", [{"sets": ["test.steps=300"]}, {"profile": "smoke"}, {"sets": ["test.steps=50000"]}]
)
def test_layers_name_it_too(load, options):
    text = TWO + "search: {steps: 5000}\nprofiles: {smoke: {test: {steps: 100}}}\n"
    assert implicit_budgets(load(text, **options)) == ()


def test_what_the_base_names_is_named(load, write):
    write(TWO + "search: {steps: 1000}\ntest: {steps: 1000}\n", "base.yaml")
    assert implicit_budgets(load("extends: base.yaml\n")) == ()


def test_an_override_names_it_for_its_own_cells(load):
    override = (
        "overrides: [{match: '*@Cart*', test: {steps: 100}}, {match: 'ppo@*', test: {seeds: 2}}]\n"
    )
    text = TWO + "search: {steps: 5000}\n" + override
    (found,) = implicit_budgets(load(text))
    assert found.cells == BOTH[1:]
    every = "overrides: [{match: 'ppo@*', test: {steps: 100}}]\n"
    assert implicit_budgets(load(TWO + "search: {steps: 5000}\n" + every)) == ()
