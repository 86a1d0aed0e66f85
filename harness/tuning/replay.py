"""Pruning on a worker: Optuna's own pruner, replayed on the trials finished at the ask."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from harness.core.record import Status
from harness.core.run import Curve, PruningRule
from harness.tuning import pruners
from harness.tuning.study import STATES, in_memory, plain

__all__ = ["Replay"]


class Replay:
    """Judges one trial as it is evaluated.

    Needs no database and no other process: the rule carries the finished trials, so that the
    verdict is the same on any worker at any time.
    """

    def __init__(self, rule: PruningRule, evals: int) -> None:
        """Rebuild the study as it stood when the trial was asked.

        Args:
            rule: The run's pruning rule.
            evals: Evaluations the trial makes if it is not given up.

        Raises:
            ValueError: The finished trials are not 0, 1, 2, ... below the trial's number.
            UsageError: No such pruner, or an option that does not hold.
        """
        numbers = [curve.number for curve in rule.finished]
        if numbers != list(range(len(numbers))) or rule.number < len(numbers):
            raise ValueError(f"trial {rule.number} cannot follow the finished trials {numbers}")
        # Trials that were in flight hold their places, so that this one has its own number.
        in_flight = [create_trial(state=TrialState.RUNNING)] * (rule.number - len(numbers))
        self._evals = evals
        self._study, _ = in_memory(
            rule.study,
            [*map(_finished, rule.finished), *in_flight],
            sampler=RandomSampler(seed=0),  # never asked: the trial has no parameters here
            pruner=pruners.build(rule.pruner, evals=evals),
        )
        self._trial = self._study.ask()
        self._reported = 0

    def report(self, mean: float) -> bool:
        """Report the next evaluation's mean return; True says to give the trial up.

        After the last evaluation there is nothing left to save, and the answer is False.

        Raises:
            ValueError: `mean` is not finite, or all evaluations have been reported.
        """
        if not math.isfinite(mean):
            raise ValueError(f"mean return {mean} is not finite; such a run has diverged")
        if self._reported == self._evals:
            raise ValueError(f"all {self._evals} evaluations have been reported")
        self._reported += 1
        self._trial.report(mean, self._reported)
        verdict = self._trial.should_prune()
        return verdict and self._reported < self._evals

    @property
    def attrs(self) -> Mapping[str, Any]:
        """What the pruner wrote to the trial, as JSON; later trials' rules carry it on."""
        return plain(self._study.get_trials(deepcopy=False)[-1].system_attrs)


def _finished(curve: Curve) -> FrozenTrial:
    state = STATES[Status(curve.state)]
    if state is TrialState.FAIL:
        # Halving counts every trial that reached a rung; what a failed one reached is no rival.
        return create_trial(state=state)
    return create_trial(
        state=state,
        value=curve.score,
        intermediate_values=dict(enumerate(curve.means, start=1)),
        system_attrs=dict(curve.attrs),
    )
