"""What a record is made of: cells that come back from JSON, and what runs train."""

import json
from dataclasses import replace

import pytest
from builders import cell, result, trial
from hypothesis import given
from hypothesis import strategies as st

from harness.core.curriculum import Curriculum, Level
from harness.core.identity import canonical, decode
from harness.core.matrix import Cell, NamedConfiguration
from harness.core.record import CellRecord, RunRecord
from harness.core.run import ACROSS, DEFAULT, TUNED, Variant
from harness.core.run_result import Failure, Status
from harness.core.scenario import Scenario, Score
from harness.core.search_settings import Component, Search
from harness.core.settings import Adaptive, Rung, Test
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo
from harness.core.spaces.parameter import Parameter, When
from harness.core.spaces.value_rules import RecordedRule


def halve(values, context):
    return values


FULL = cell(
    scenario=Scenario(
        name="Toy-v0",
        env="Toy-v0",
        action="Discrete",
        random=Score(value=1.0, source="measured"),
        baselines={"rest": Score(value=2.0, source="measured")},
        alternatives={"Box": {"continuous": True}},
        curriculum=Curriculum(levels=(Level(name="low", arguments={"n": 1}),), shares=(0.5,)),
    ),
    space=Space(
        parameters=(
            Parameter(
                name="lr", domain=Float(low=1e-5, high=0.1, log=True), default=1e-3, target="lr"
            ),
            Parameter(name="n", domain=Int(low=1, high=9), default=2, target="n"),
            Parameter(name="batch", domain=PowerOfTwo(low=8, high=64), default=8, target="batch"),
            Parameter(
                name="net",
                domain=Choice(options=("small", None)),
                default=None,
                target="policy_kwargs.net",
                when=When(parameter="n", values=(2, 3)),
            ),
        ),
        rules=(halve,),
    ),
    search=Search(pruner=Component(name="median", options={"warmup": 2}), first=({"lr": 0.1},)),
    test=Test(seeds=Adaptive(start=5, step=5, max=20)),
    variants=(NamedConfiguration(name="published", arguments={"lr": 0.5}, source="a book"),),
)


def recorded(value):
    return decode(Cell, json.loads(json.dumps(canonical(value, everything=True))))


def test_a_cell_comes_back_from_its_json():
    read = recorded(FULL)
    assert canonical(read, everything=True) == canonical(FULL, everything=True)
    assert read.identity() == FULL.identity()
    assert read.study_digest() == FULL.study_digest()
    assert (read.name, read.scenario, read.search) == (FULL.name, FULL.scenario, FULL.search)
    assert (read.test, read.variants) == (FULL.test, FULL.variants)
    assert read.space.parameters == FULL.space.parameters
    assert recorded(read) == read


def test_a_rule_of_a_record_is_a_name_that_cannot_be_applied():
    (rule,) = recorded(FULL).space.rules
    assert rule == RecordedRule("halve")
    with pytest.raises(TypeError, match="`halve` was read from a record"):
        rule({}, FULL.context(100))


@given(st.integers(0, 10**6))
def test_the_text_of_a_trial_says_its_number(number):
    variant = Variant.of_trial(number)
    assert variant.trial == (number or None)
    assert variant == ("default" if number == 0 else f"trial-{number}")
    assert variant.is_reserved


@pytest.mark.parametrize(
    "name", ["published", "ppo@CartPole-v1", "trial", "trial-", "trial-x", "7"]
)
def test_other_names_are_no_trials(name):
    assert Variant(name).trial is None
    assert Variant(name).is_reserved == name.startswith("trial-")


def test_the_default_and_the_winner_are_no_trials():
    assert (DEFAULT.trial, TUNED.trial) == (None, None)
    assert DEFAULT.is_reserved
    assert TUNED.is_reserved
    assert ACROSS.is_reserved


def held_out(run_id, variant, ended):
    return RunRecord(
        rung=Rung.TEST, variant=variant, index=0, trial=None, seed=1, arguments={}, run_id=run_id,
        result=ended,
    )  # fmt: skip


def test_a_run_that_stands_for_two_variants_counts_once():
    failure = Failure(kind="diverged", message="NaN")
    broken = replace(result("shared", None, Status.FAILED), failure=failure)
    lost = trial(1, None, status=Status.FAILED)
    lost = replace(lost, result=replace(lost.result, failure=failure))
    record = CellRecord(
        cell=cell(),
        trials=(trial(0, 1.0), lost, replace(trial(2, 1.0), result=None)),
        runs=(
            held_out("shared", DEFAULT, broken),
            held_out("shared", TUNED, broken),
            held_out("other", DEFAULT, result("other", 3.0)),
            held_out("open", TUNED, None),
        ),
        winner=DEFAULT,
    )
    assert record.name == "toy@Toy-v0"
    assert [each.run_id for each in record.results] == ["run-0", "run-1", "shared", "other"]
    assert [each.run_id for each in record.failures] == ["run-1", "shared"]
