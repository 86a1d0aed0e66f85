"""Pruning on a worker: Optuna's own pruner, replayed on the trials that had finished before."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from optuna.samplers import RandomSampler

from harness.core.evaluation import evaluation_steps, rung_resources, rung_steps, sees_effort
from harness.core.run import Curve, PruningRule
from harness.core.search_settings import Component
from harness.tuning.components import build_pruner
from harness.tuning.optuna_trials import (
    in_memory_study,
    json_attributes,
    running_trial,
    trial_of_curve,
)
from harness.tuning.pruners import wilcoxon


class PruningReplay:
    """Judges one trial as it is evaluated.

    Needs no database and no other process: the rule carries the finished trials, so that the
    verdict is the same on any worker at any time.
    """

    def __init__(
        self, rule: PruningRule, steps: int, evals: int, function: Callable[..., object]
    ) -> None:
        """Rebuild the study as it stood when the trial was suggested.

        Args:
            steps, evals: Environment steps and even evaluations of the trial.
            function: What is registered under the name of the rule's pruner.

        Raises:
            ValueError: The finished trials are not 0, 1, 2, ... below the trial's number.
            UsageError: An option of the pruner does not hold.
        """
        numbers = [curve.number for curve in rule.finished]
        if numbers != list(range(len(numbers))) or rule.number < len(numbers):
            raise ValueError(f"trial {rule.number} cannot follow the finished trials {numbers}")
        # Trials that were in flight take their numbers, so that this one has its own.
        in_flight = [running_trial() for _ in range(rule.number - len(numbers))]
        self._resources = _resources(rule, steps, evals)
        count = len(self._resources)
        self._study, _ = in_memory_study(
            rule.study,
            # Of trials with several seeds the first: what one seed is compared with.
            [*(trial_of_curve(_first(each, count)) for each in rule.finished), *in_flight],
            sampler=RandomSampler(seed=0),  # suggests nothing: the trial has no parameters here
            pruner=build_pruner(rule.pruner, function, evals=evals, steps=steps),
        )
        self._trial = self._study.ask()
        self._count = 0

    def report(self, mean: float) -> bool:
        """Report the next evaluation's mean return; True says to give the trial up.

        After the last evaluation there is nothing to save any more, and the answer is False.

        Raises:
            ValueError: `mean` is not finite, or all evaluations have been reported.
            TypeError: The pruner's answer is neither true nor false.
        """
        if not math.isfinite(mean):
            raise ValueError(f"mean return {mean} is not finite; such a run has diverged")
        count = len(self._resources)
        if self._count == count:
            raise ValueError(f"all {count} evaluations have been reported")
        self._trial.report(mean, self._resources[self._count])
        self._count += 1
        verdict: object = self._trial.should_prune()
        if not isinstance(verdict, bool | np.bool_):
            raise TypeError(f"the pruner answered {verdict!r}, not true or false")
        return bool(verdict) and self._count < count

    @property
    def attrs(self) -> Mapping[str, Any]:
        """What the pruner wrote to the trial, as JSON; the rules of later trials carry it on."""
        return json_attributes(self._study.get_trials(deepcopy=False)[-1].system_attrs)


class SeedRace:
    """Judges a trial of several seeds after each of them, by Optuna's Wilcoxon pruner.

    The later half of each seed's evaluations is paired with those of the best trial so far: all
    trials have the same seeds, and each evaluation of a seed the same episodes. So a configuration
    that is clearly worse is given up after its first seed.
    """

    def __init__(self, rule: PruningRule, evals: int) -> None:
        """Rebuild the study as it stood when the trial was suggested.

        Args:
            rule: The run's pruning rule; `none` gives nothing up, the options of `wilcoxon` count.
            evals: Evaluations of one seed.
        """
        options = dict(rule.pruner.options) if rule.pruner.name == "wilcoxon" else {}
        self._judges = rule.pruner.name != "none"
        self._rule, self._evals = rule, evals
        component = Component(name="wilcoxon", options={"n_startup_steps": 1, **options})
        self._pruner = build_pruner(component, wilcoxon, evals=evals, steps=evals)

    def judge(self, means: Sequence[float]) -> bool:
        """Whether to give the trial up, given the means of all its evaluations so far."""
        if not self._judges:
            return False
        finished_trials = [
            trial_of_curve(replace(each, means=tuple(self._later(each.means))))
            for each in self._rule.finished
        ]
        in_flight = [running_trial() for _ in range(self._rule.number - len(finished_trials))]
        study, _ = in_memory_study(
            self._rule.study,
            [*finished_trials, *in_flight],
            sampler=RandomSampler(seed=0),
            pruner=self._pruner,
        )
        trial = study.ask()
        for number, mean in enumerate(self._later(means), start=1):
            trial.report(mean, number)
        return trial.should_prune()

    def _later(self, means: Sequence[float]) -> list[float]:
        """The later half of each seed's evaluations."""
        half = self._evals // 2
        return [mean for index, mean in enumerate(means) if index % self._evals >= half]


def _first(curve: Curve, count: int) -> Curve:
    """The first evaluations of a finished trial."""
    return replace(curve, means=curve.means[:count])


def _resources(rule: PruningRule, steps: int, evals: int) -> Sequence[int]:
    """What the pruner takes each evaluation's step for: its number, or where its rungs lie."""
    pruner, effort = rule.pruner, rule.effort
    at = evaluation_steps(steps, evals, rung_steps(pruner, steps, evals, effort))
    if rung_resources(pruner, steps) is None:
        return range(1, len(at) + 1)
    price = effort if sees_effort(pruner) else 1.0
    return [round(step * price) for step in at]
