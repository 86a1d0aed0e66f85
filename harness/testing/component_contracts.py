"""What every sampler, pruner, objective and listener has to hold, built in or a user's own.

Whoever writes one runs its suite in a test file of their own::

    class TestMine(SamplerContract):
        reference = "my_package.samplers:mine"

`reference` is what a matrix names, or the absolute path of a file with the function's name;
`options` are its options. `ObjectiveContract` trains 64 steps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from harness.algorithms.a2c import ALGORITHM as A2C
from harness.core.decisions import plan
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.record import TrialRecord
from harness.core.run import Curve, PruningRule
from harness.core.run_result import Evaluation, Failure, RunResult, Status
from harness.core.scenario import Scenario
from harness.core.search_settings import Component, Objective, Search
from harness.core.settings import Rung, Test
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Float, PowerOfTwo
from harness.core.spaces.parameter import Parameter, When
from harness.registry import Registry
from harness.testing import expect, expect_equal
from harness.trackers.tracked_runs import TrackedRun, Tracker
from harness.tuning.pruning_replay import PruningReplay
from harness.tuning.suggestion import Suggester

_TRIALS = 12

_SPACE = Space(
    parameters=(
        Parameter(name="rate", domain=Float(low=1e-5, high=1e-1, log=True), default=1e-3),
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


def _cell(search: Search, space: Space = _SPACE) -> Cell:
    return Cell(
        scenario=Scenario(name="trial", env="CartPole-v1", action="Discrete"),
        algorithm=replace(A2C, space=Space()),
        space=space,
        search=search,
        test=Test(seeds=1, steps=64, evals=2, episodes=2),
    )


class _Contract:
    reference: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}

    @property
    def component(self) -> Component:
        return Component(name=self.reference, options=self.options)


class SamplerContract(_Contract):
    """Tests of one sampler."""

    @property
    def cell(self) -> Cell:
        return _cell(Search(trials=_TRIALS, evals=1, in_flight=3, sampler=self.component))

    def search(self, order: np.random.Generator) -> list[TrialRecord]:
        """A whole search of invented results, which come in this order."""
        cell, trials = self.cell, list[TrialRecord]()
        results: dict[int, RunResult] = {}
        while len(results) < _TRIALS:
            first_open = next(n for n in range(_TRIALS + 1) if n not in results)
            while len(trials) < min(_TRIALS, first_open + cell.search.in_flight):
                trials.append(self._next(cell, trials, results))
            number = int(order.choice([n for n in range(len(trials)) if n not in results]))
            results[number] = _result(trials[number])
        return trials

    def _next(
        self, cell: Cell, trials: list[TrialRecord], results: Mapping[int, RunResult]
    ) -> TrialRecord:
        number = len(trials)
        count = max(0, number - cell.search.in_flight + 1)
        history = [replace(each, result=results[each.number]) for each in trials[:count]]
        suggestion = Suggester(Registry(), "trial", cell).suggest(history, trials[count:])
        values, arguments = cell_arguments.configuration(cell, number, suggestion.coordinates)
        return TrialRecord(
            suggestion=suggestion, values=values, arguments=arguments, seed=number, run_id="u"
        )

    def test_what_it_suggests_lies_in_the_space(self) -> None:
        for trial in self.search(np.random.default_rng(0))[1:]:
            expect(_SPACE.contains(trial.values), f"{trial.values} is no point of the space")

    def test_the_order_in_which_results_come_changes_nothing(self) -> None:
        """It keeps no state but the finished trials and its seed, which each trial has anew."""
        first, *others = (self.search(np.random.default_rng(seed)) for seed in range(3))
        for other in others:
            expect_equal([t.values for t in other], [t.values for t in first])

    def test_trials_differ(self) -> None:
        values = [
            str(sorted(trial.values.items())) for trial in self.search(np.random.default_rng(0))[1:]
        ]
        expect(len(set(values)) > len(values) // 2, "most trials are the same")


def _result(trial: TrialRecord) -> RunResult:
    score = -abs(math.log10(trial.values["rate"]) + 3)
    is_failure = trial.number % 5 == 4
    return RunResult(
        run_id="u",
        status=Status.FAILED if is_failure else Status.COMPLETE,
        score=None if is_failure else score,
        steps=100,
        evaluations=(Evaluation(step=100, returns=(score,), lengths=(1,)),),
    )


class PrunerContract(_Contract):
    """Tests of one pruner."""

    def verdicts(self, scale: float, trials: int) -> list[bool]:
        """What it says of a trial, evaluation by evaluation, after so many finished ones."""
        curves = tuple(
            Curve(
                number=number,
                state="complete",
                score=float(number),
                means=tuple(number * part / 10 for part in range(1, 11)),
            )
            for number in range(trials)
        )
        rule = PruningRule(study="s", number=trials, pruner=self.component, finished=curves)
        function = Registry().function("pruner", self.reference)
        replay = PruningReplay(rule, 1000, 10, function)
        answers: list[bool] = []
        for part in range(1, 11):
            answers.append(replay.report(scale * part / 10))
            if answers[-1]:
                break
        return answers

    def test_the_same_trial_gets_the_same_verdicts(self) -> None:
        for scale in (-5.0, 3.5, 50.0):
            expect_equal(self.verdicts(scale, 9), self.verdicts(scale, 9))

    def test_a_trial_without_rivals_can_be_judged(self) -> None:
        expect(len(self.verdicts(1.0, 0)) >= 1, "the first trial has no verdict")

    def test_the_best_trial_so_far_goes_on(self) -> None:
        expect(not any(self.verdicts(50.0, 9)), "the best trial was given up")


class ListenerContract(_Contract):
    """Tests of one listener."""

    def open(self, folder: Path) -> Tracker:
        function = Registry().function("listener", self.reference)
        tracker: Tracker = function(folder, "trial", **self.options)
        return tracker

    def test_a_run_is_kept_once_opened_again(self, tmp_path: Path) -> None:
        tracker = self.open(tmp_path)
        expect_equal(set(tracker.list_run_ids()), set())
        runs = [_tracked_run(number) for number in range(3)]
        for run in runs[:2]:
            tracker.log(run)
        tracker.close()
        again = self.open(tmp_path)
        expect_equal(set(again.list_run_ids()), {run.result.run_id for run in runs[:2]})
        again.log(runs[2])
        again.close()
        expect_equal(set(self.open(tmp_path).list_run_ids()), {run.result.run_id for run in runs})


def _tracked_run(number: int) -> TrackedRun:
    """A run of a search; the last one failed."""
    is_failure = number == 2
    return TrackedRun(
        cell="a2c@trial",
        rung=Rung.SEARCH,
        variant=f"trial-{number}",
        index=number,
        seed=number,
        arguments={"learning_rate": 1e-3, "policy_kwargs": {"net_arch": [64]}},
        result=RunResult(
            run_id=f"run-{number}",
            status=Status.FAILED if is_failure else Status.COMPLETE,
            score=None if is_failure else 1.5,
            steps=100,
            evaluations=(Evaluation(step=100, returns=(1.5,), lengths=(1,)),),
            failure=Failure(kind="diverged", message="NaN") if is_failure else None,
        ),
    )


class ObjectiveContract(_Contract):
    """Tests of one objective: a function of a trained learner and its evaluations."""

    def measure(self) -> RunResult:
        """A trained run with its measure."""
        from harness.training import train

        objective = Objective(name=self.reference, direction="max")
        search = Search(objectives=(objective,), pruner=Component(name="none"))
        return train(plan.retrain(_cell(search, Space()), {}, 1))

    def test_it_gives_the_same_finite_number_for_the_same_training(self) -> None:
        one, other = self.measure(), self.measure()
        expect(one.failure is None, f"it failed: {one.failure}")
        expect(math.isfinite(one.measures[self.reference]), "it is no number")
        expect_equal(other.measures, one.measures)
