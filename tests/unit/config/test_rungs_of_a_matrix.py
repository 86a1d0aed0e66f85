"""Rules that add seeds, and the transfer rung, from a document to cells."""

from __future__ import annotations

import pytest

from harness.core.decisions.plan import plan_test
from harness.core.settings import Adaptive, Margin, Transfer

TWO = "scenarios: [CartPole-v1, Acrobot-v1]\nalgorithms: [ppo]\n"
RULE = "test: {seeds: {start: 5, step: 5, max: 20}}\n"


def test_a_rule_reaches_every_cell_and_an_override_its_own(load):
    matrix = load(TWO + RULE + "overrides: [{match: '*@CartPole-v1', test: {seeds: {max: 40}}}]\n")
    cart, acrobot = (cell.test.seeds for cell in matrix.cells)
    assert cart == Adaptive(start=5, step=5, max=40)
    assert acrobot == Adaptive(start=5, step=5, max=20)


def test_a_number_takes_the_place_of_a_rule_and_the_other_way_round(load):
    assert load(TWO + RULE, sets=["test.seeds=7"]).cells[0].test.seeds == 7
    grown = load(TWO + "test: {seeds: [1, 2]}\n", sets=["test.seeds={start: 2, step: 1, max: 3}"])
    assert grown.cells[0].test.seeds == Adaptive(start=2, step=1, max=3)
    raised = load(TWO + RULE, sets=["test.seeds.max=30"])
    assert raised.cells[0].test.seeds == Adaptive(start=5, step=5, max=30)


@pytest.mark.parametrize(
    ("written", "message", "help_"),
    [
        ("{start: 5, step: 0, max: 20}", "`step` must be at least 1, not 0", ""),
        ("{start: 5, steps: 5, max: 20}", "unknown key `steps`", "did you mean `step`?"),
        (
            "{start: 30, step: 5, max: 20}",
            "`test.seeds.max` is 20, but the first look takes 30 seeds",
            "raise `max`, or lower `start`",
        ),
        ("{start: many, step: 5, max: 20}", "`start` must be a whole number", ""),
        ("some", "`seeds` must be a number of seeds or a list of seeds", ""),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_where_it_stands(problems, written, message, help_):
    (found,) = problems(TWO + f"test: {{seeds: {written}}}\n")
    assert found.message.startswith(message)
    assert found.help.startswith(help_)
    assert found.line == 3


def test_what_a_rule_leaves_out_is_five_and_five_to_twenty(load):
    assert load(TWO + "test: {seeds: {max: 10}}\n").cells[0].test.seeds == Adaptive(
        start=5, step=5, max=10
    )


def test_a_rule_is_for_the_test_rung_only(problems):
    (found,) = problems(TWO + "confirm: {seeds: {start: 1, step: 1, max: 2}}\n")
    assert "must be a number of seeds or a list of seeds" in found.message


def test_no_transfer_unless_it_is_asked_for(load):
    assert load(TWO).cells[0].transfer == Transfer(seeds=0)
    matrix = load(
        TWO + "transfer: {seeds: 3}\noverrides: [{match: '*@Acrobot-v1', transfer: {seeds: 0}}]\n"
    )
    assert [cell.transfer.seeds for cell in matrix.cells] == [3, 0]


def test_a_negative_number_of_transfer_seeds_is_refused(problems):
    (found,) = problems(TWO + "transfer: {seeds: -1}\n")
    assert found.message == "`seeds` must be at least 0, not -1"


MINE = "variants: {phase6: {arguments: {'*': {gamma: 0.9}}}}\n"


def test_what_tuned_is_held_against_is_tested(load):
    (cell, _) = load(TWO + MINE + "test: {seeds: 2, against: phase6}\n").cells
    assert cell.test.tested_variants == ("default", "tuned", "phase6")
    assert [run.index for run in plan_test(cell, None) if run.variant == "phase6"] == [0, 1]
    assert (
        len(load(TWO + MINE + "test: {variants: [default, tuned]}\n").cells[0].test.tested_variants)
        == 2
    )


@pytest.mark.parametrize(
    ("name", "help_"),
    [
        ("phase7", "did you mean `phase6`?"),
        ("561.5", ""),
        ("default", "tuned is always held against the default"),
    ],
)
def test_what_tuned_is_held_against_must_have_a_configuration(problems, name, help_):
    found, *_ = problems(TWO + MINE + f"test: {{against: {name}}}\n")
    assert found.help.startswith(help_)
    assert found.line == 4


@pytest.mark.parametrize(
    ("written", "margin"),
    [
        ("5 %", Margin(amount=0.05, is_share=True)),
        ("2.5%", Margin(amount=0.025, is_share=True)),
        ("12", Margin(amount=12.0, is_share=False)),
    ],
)
def test_a_margin_is_a_share_or_a_return(load, written, margin):
    assert load(TWO + f"test: {{margin: {written}}}\n").cells[0].test.margin == margin


@pytest.mark.parametrize("written", ["0", "-5 %", "some", "true", "100 %"])
def test_a_margin_that_is_none_is_refused(problems, written):
    (found,) = problems(TWO + f"test: {{margin: {written}}}\n")
    assert found.message.startswith("`margin` must be a share")


def test_a_margin_needs_a_fixed_number_of_seeds(problems):
    found, *_ = problems(TWO + "test: {seeds: {start: 5, step: 5, max: 20}, margin: 5 %}\n")
    assert "`test.margin` needs a fixed number of seeds" in found.message
