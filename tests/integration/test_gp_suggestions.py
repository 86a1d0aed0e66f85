"""The Gaussian-process sampler, apart from the others because it imports torch."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from builders import CARTPOLE, PLAIN_PPO

from harness.core.learner_arguments.cell_arguments import configuration
from harness.core.matrix import Cell
from harness.core.record import TrialRecord
from harness.core.run_result import Evaluation, RunResult, Status
from harness.core.search_settings import Component, Objective, Search
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, PowerOfTwo
from harness.core.spaces.parameter import Parameter, When
from harness.registry import Registry, component_paths
from harness.tuning.suggestion import Suggester

REGISTRY = Registry(samplers=component_paths("sampler"))
pytestmark = pytest.mark.training

TRIALS = 9
SPACE = Space(
    parameters=(
        Parameter(name="x", domain=Float(low=0.0, high=1.0), default=0.9),
        Parameter(name="n_steps", domain=PowerOfTwo(low=32, high=1024), default=64),
        Parameter(name="net", domain=Choice(options=("small", "big")), default="small"),
        Parameter(
            name="width",
            domain=Float(low=1.0, high=2.0),
            default=1.5,
            when=When(parameter="net", values=("big",)),
        ),
    )
)


@pytest.fixture
def cell() -> Cell:
    sampler = Component(name="gp", options={"n_startup_trials": 3})
    return Cell(
        scenario=CARTPOLE,
        algorithm=PLAIN_PPO,
        space=SPACE,
        search=Search(trials=TRIALS, evals=1, in_flight=2, sampler=sampler),
        seed=3,
    )


@pytest.fixture
def several(cell: Cell) -> Cell:
    """The cell with two objectives."""
    steps = Objective(name="steps_to_threshold", direction="min", threshold=-10.0)
    objectives = (Objective(name="return", direction="max"), steps)
    return replace(cell, search=replace(cell.search, objectives=objectives))


def outcome(trial: TrialRecord) -> RunResult:
    score = -(((trial.values["x"] or 0.0) - 0.3) ** 2) * 100
    return RunResult(
        run_id="u",
        status=Status.COMPLETE,
        score=score,
        steps=100,
        evaluations=(Evaluation(step=100, returns=(score,), lengths=(1,)),),
    )


def play(cell: Cell, order: random.Random) -> list[TrialRecord]:
    trials: list[TrialRecord] = []
    done: dict[int, RunResult] = {}
    told = 0
    while told < TRIALS:
        while len(trials) < min(TRIALS, told + cell.search.in_flight):
            past = [replace(trial, result=done[trial.number]) for trial in trials[:told]]
            asked = Suggester(REGISTRY, "campaign", cell).suggest(past, trials[told:])
            values, _ = configuration(cell, asked.number, asked.coordinates)
            trials.append(
                TrialRecord(suggestion=asked, values=values, arguments={}, seed=1, run_id="u")
            )
        if told in done:
            told += 1  # one tell, then one ask
            continue
        number = order.choice([n for n in range(told, len(trials)) if n not in done])
        done[number] = outcome(trials[number])
    return trials


def test_gp_is_the_same_for_any_completion_order_and_learns(cell: Cell) -> None:
    played = [play(cell, random.Random(seed)) for seed in (1, 2)]
    texts = {json.dumps([dict(t.suggestion.coordinates) for t in trials]) for trials in played}
    assert len(texts) == 1
    last = played[0][-3:]
    assert any(trial.suggestion.trial_attrs for trial in last)  # the model spoke, not chance
    assert min(abs(trial.values["x"] - 0.3) for trial in played[0]) < 0.1


def test_gp_goes_on_without_a_default_outside_its_range(cell: Cell) -> None:
    space = cell.space.with_parameter(replace(cell.space["x"], default=None))
    trials = play(replace(cell, space=space), random.Random(1))
    assert trials[0].values["x"] is None
    assert all(space.contains(trial.values) for trial in trials[1:])
    assert any(trial.suggestion.trial_attrs for trial in trials[-3:])


def test_gp_of_two_objectives_is_the_same_for_any_completion_order(several: Cell) -> None:
    played = [play(several, random.Random(seed)) for seed in (1, 2)]
    texts = {json.dumps([dict(t.suggestion.coordinates) for t in trials]) for trials in played}
    assert len(texts) == 1
    assert texts != {json.dumps([dict(t.suggestion.coordinates) for t in one_objective(several)])}


def one_objective(several: Cell) -> list[TrialRecord]:
    single = replace(several, search=replace(several.search, objectives=()))
    return play(single, random.Random(1))
