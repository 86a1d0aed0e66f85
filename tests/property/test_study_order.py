"""A search is the same study whatever the order in which its trials finish."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import optuna
import pytest
from builders import CARTPOLE, PLAIN_PPO
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sweeps import examples

from harness.core.matrix import Cell
from harness.core.record import Suggestion, TrialRecord
from harness.core.run_result import Evaluation, Failure, RunResult, Status
from harness.core.search_settings import Component, Objective, Search
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo
from harness.core.spaces.parameter import Parameter, When
from harness.registry import Registry, component_paths
from harness.tuning import suggestion
from harness.tuning.suggestion import Suggester

TRIALS = 14
SAMPLERS: dict[str, dict[str, Any]] = {
    "tpe": {"n_startup_trials": 3},
    "random": {},
    "auto": {"n_startup_trials": 3},
    "cmaes": {"popsize": 4, "consider_pruned_trials": True},
    "grid": {"points": 2},
    "nsga2": {"population_size": 4},
    "qmc": {},
}
SPACE = Space(
    parameters=(
        Parameter(name="lr", domain=Float(low=1e-5, high=1e-1, log=True), default=3e-4),
        Parameter(
            name="gamma",
            domain=Float(low=0.9, high=0.9999, log=True, complement=True),
            default=0.99,
        ),
        Parameter(name="n_steps", domain=PowerOfTwo(low=32, high=4096), default=2048),
        Parameter(name="net", domain=Choice(options=("small", "big")), default="small"),
        Parameter(
            name="layers",
            domain=Int(low=1, high=9),
            default=2,
            when=When(parameter="net", values=("big",)),
        ),
    )
)
TWO = (
    Objective(name="return", direction="max"),
    Objective(name="steps_to_threshold", direction="min", threshold=8.0),
)
"""Of the sampler that is made for several objectives."""

REGISTRY = Registry(samplers=component_paths("sampler"))
Choose = Callable[[list[int]], int]

samplers = pytest.mark.parametrize("sampler", SAMPLERS)
widths = pytest.mark.parametrize("in_flight", [1, 2, 4])


def cell_with(sampler: str, in_flight: int) -> Cell:
    component = Component(name=sampler, options=SAMPLERS[sampler])
    return Cell(
        scenario=CARTPOLE,
        algorithm=PLAIN_PPO,
        space=SPACE,
        search=Search(
            trials=TRIALS,
            evals=4,
            in_flight=in_flight,
            sampler=component,
            objectives=TWO if sampler == "nsga2" else (),
        ),
        seed=3,
    )


def outcome(number: int, asked: Suggestion) -> RunResult:
    """What training would return: decided by number and coordinates alone."""
    luck = random.Random(f"{number} {json.dumps(dict(asked.coordinates))}")
    score = asked.coordinates["log2(n_steps)"] + luck.gauss(0, 1)
    status = luck.choices(list(Status), weights=[6, 2, 1])[0]
    means = [score * step / 4 for step in range(1, 5)][: 4 if status is Status.COMPLETE else 2]
    return RunResult(
        run_id=f"run-{number}",
        status=status,
        score=None if status is Status.FAILED else means[-1],
        steps=1000,
        evaluations=tuple(
            Evaluation(step=250 * place, returns=(mean,), lengths=(1,))
            for place, mean in enumerate(means, start=1)
        ),
        failure=Failure(kind="diverged", message="NaN") if status is Status.FAILED else None,
    )


def record(cell: Cell, asked: Suggestion) -> TrialRecord:
    # Through JSON and back, as the ledger keeps it.
    kept = Suggestion(
        number=asked.number,
        coordinates=json.loads(json.dumps(dict(asked.coordinates))),
        trial_attrs=json.loads(json.dumps(dict(asked.trial_attrs))),
        study_attrs=json.loads(json.dumps(dict(asked.study_attrs))),
    )
    values = cell.space.decode(kept.coordinates)
    return TrialRecord(suggestion=kept, values=values, arguments={}, seed=asked.number, run_id="u")


def play(cell: Cell, choose: Choose, *, eager: bool = False) -> list[TrialRecord]:
    """A whole search: `choose` says which open trial finishes next.

    With `eager`, everything that has a result is told at once, as plain Optuna does.
    """
    trials: list[TrialRecord] = []
    done: dict[int, RunResult] = {}
    told = 0

    def ask() -> None:
        number = len(trials)
        past = [n for n in range(number) if n < told or (eager and n in done)]
        asked = Suggester(REGISTRY, "campaign", cell).suggest(
            [replace(trials[n], result=done[n]) for n in past],
            [trials[n] for n in range(number) if n not in past],
        )
        trials.append(record(cell, asked))

    for _ in range(cell.search.in_flight):
        ask()
    while told < TRIALS:
        number = choose([n for n in range(told, len(trials)) if n not in done])
        done[number] = outcome(number, trials[number].suggestion)
        while told in done:
            told += 1
            if len(trials) < TRIALS:
                ask()
    return [replace(trial, result=done[trial.number]) for trial in trials]


def coordinates(trials: list[TrialRecord]) -> str:
    """Text that differs when one bit of one coordinate does."""
    return json.dumps([dict(trial.suggestion.coordinates) for trial in trials])


@lru_cache
def in_order(sampler: str, in_flight: int) -> tuple[TrialRecord, ...]:
    return tuple(play(cell_with(sampler, in_flight), min))


@samplers
@widths
@settings(
    max_examples=examples(2, 5),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
@given(order=st.randoms(use_true_random=False))
def test_any_completion_order_gives_the_same_trials(
    sampler: str, in_flight: int, order: random.Random
) -> None:
    trials = play(cell_with(sampler, in_flight), order.choice)
    assert coordinates(trials) == coordinates(list(in_order(sampler, in_flight)))


@samplers
@widths
def test_last_come_first_served_gives_the_same_trials(sampler: str, in_flight: int) -> None:
    trials = play(cell_with(sampler, in_flight), max)
    assert coordinates(trials) == coordinates(list(in_order(sampler, in_flight)))


@samplers
@widths
def test_resume_at_every_point_suggests_the_same(sampler: str, in_flight: int) -> None:
    cell = cell_with(sampler, in_flight)
    trials = in_order(sampler, in_flight)
    for number, trial in enumerate(trials):
        count = max(0, number - in_flight + 1)
        suggester = Suggester(REGISTRY, "campaign", cell)
        again = suggester.suggest(trials[:count], trials[count:number])
        assert again.coordinates == trial.suggestion.coordinates


@samplers
def test_more_trials_keep_the_first_ones(sampler: str) -> None:
    cell = cell_with(sampler, 2)
    longer = replace(cell, search=replace(cell.search, trials=10 * TRIALS))
    assert coordinates(play(longer, max)) == coordinates(list(in_order(sampler, 2)))


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_telling_at_once_would_depend_on_the_order(
    sampler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The orders played above are no formality: without the lag they give other trials."""
    cell = cell_with(sampler, 4)
    monkeypatch.setattr(suggestion, "_check_order", lambda *arguments: None)
    found = {coordinates(play(cell, random.Random(seed).choice, eager=True)) for seed in range(6)}
    assert len(found) > 1


def test_a_running_sampler_would_not_survive_a_resume() -> None:
    """Nor is the seed per ask: one sampler for the study repeats itself after a restart."""

    def ask(study: optuna.Study) -> float:
        trial = study.ask()
        value = trial.suggest_float("x", 0, 1)
        study.tell(trial, value)
        return value

    def sampler() -> optuna.samplers.BaseSampler:
        return optuna.samplers.RandomSampler(seed=3)

    whole = optuna.create_study(sampler=sampler())
    uninterrupted = [ask(whole) for _ in range(4)]
    resumed = optuna.create_study(sampler=sampler())
    first = [ask(resumed) for _ in range(2)]
    resumed.sampler = sampler()
    second = [ask(resumed) for _ in range(2)]
    assert first == uninterrupted[:2]
    assert second == first != uninterrupted[2:]
