"""Watch: the callback that evaluates a training at its appointed steps and may give it up."""

from __future__ import annotations

from collections.abc import Callable

import torch
from sb3_contrib.ars.ars import ARS
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from harness.core.evaluation import evaluation_steps
from harness.core.record import Evaluation
from harness.core.run import Run
from harness.errors import DivergedError
from harness.training.cost import Meter
from harness.training.evaluate import Arena
from harness.training.levels import curriculum_progress_of
from harness.training.losses import SMALLER_STEPS

__all__ = ["GivenUpError", "ShouldStop", "Watch", "is_finite"]

ShouldStop = Callable[[float], bool]
"""Mean return of the latest evaluation -> whether to give the training up."""


class GivenUpError(Exception):
    """The training was pruned; leaves `learn`, where ARS would ignore a callback's False."""


class Watch(BaseCallback):
    """Evaluates when the environment steps first reach each appointed step.

    Appointed steps that fall on the same moment share one evaluation, so that the number of
    evaluations never depends on the length of a rollout. The last one is left to `finish`.

    Attributes:
        evaluations: Those made so far.
        evaluating: Whether one is going on.
    """

    def __init__(
        self, run: Run, arena: Arena, meter: Meter, should_stop: ShouldStop | None
    ) -> None:
        super().__init__()
        self.evaluations: list[Evaluation] = []
        self.evaluating = False
        self._arena = arena
        self._meter = meter
        self._should_stop = should_stop
        self._appointed = list(evaluation_steps(run.steps, run.schedule.evals))

    def finish(self, learner: BaseAlgorithm) -> None:
        """Make the last evaluation, after the last update.

        Raises:
            RunError: The policy diverged or an environment failed.
        """
        self._evaluate(learner, len(self._appointed))

    def _on_rollout_start(self) -> None:
        # Within a rollout of ARS the policy at hand is not the one that is learned.
        if isinstance(self.model, ARS):
            self._catch_up()

    def _on_step(self) -> bool:
        if not isinstance(self.model, ARS):
            self._catch_up()
        return True

    def _catch_up(self) -> None:
        step = self.model.num_timesteps
        if len(self._appointed) < 2 or step < self._appointed[0]:
            return
        due = sum(appointed <= step for appointed in self._appointed[:-1])
        for mean in self._evaluate(self.model, due):
            if self._should_stop is not None and self._should_stop(mean):
                raise GivenUpError

    def _evaluate(self, learner: BaseAlgorithm, count: int) -> list[float]:
        """Evaluate once for the next `count` appointed steps; returns the mean for each."""
        self.evaluating = True
        if not is_finite(learner):
            raise DivergedError(
                "a weight of the policy is not finite",
                step=learner.num_timesteps,
                help=SMALLER_STEPS,
            )
        with self._meter.evaluating():
            evaluation = self._arena.evaluate(learner)
        progress = curriculum_progress_of(learner)
        if progress is not None:
            progress.add_evaluation(evaluation.mean)
        self.evaluating = False
        del self._appointed[:count]
        self.evaluations += [evaluation] * count
        return [evaluation.mean] * count


def is_finite(learner: BaseAlgorithm) -> bool:
    """Whether every weight of the learner's policy is a finite number."""
    return all(bool(torch.isfinite(weight).all()) for weight in learner.policy.parameters())
