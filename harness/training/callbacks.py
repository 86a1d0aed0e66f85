"""What follows a training: the evaluations at their steps, and the losses as they are logged."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import torch
from sb3_contrib.ars.ars import ARS
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from harness.core.evaluation import evaluation_steps
from harness.core.run import Run
from harness.core.run_result import Evaluation
from harness.errors import DivergedError
from harness.training.constructor_arguments import build_schedule
from harness.training.cost_meter import Meter
from harness.training.evaluate import Arena
from harness.training.vec_envs import curriculum_progress_of

SMALLER_STEPS: Final = "a smaller learning rate or a stronger gradient clipping may help"


class LossDivergedError(DivergedError):
    """A loss is NaN or infinite; `step` is the learner's."""


class LossLogger(Logger):
    """A logger that keeps nothing on disk and stops a training at its first broken loss.

    A learner whose values are NaN may act on without complaint: DQN takes the best of them. Only
    losses are checked, because other quantities may lack a value, as the explained variance of
    constant returns does.
    """

    def __init__(self, learner: BaseAlgorithm) -> None:
        # Without outputs: the default logger leaves an empty folder behind for every model.
        super().__init__(folder=None, output_formats=[])
        self._learner = learner

    def record(self, key: str, value: object, exclude: str | tuple[str, ...] | None = None) -> None:
        """As the library's.

        Raises:
            LossDivergedError: A loss is not finite.
        """
        super().record(key, value, exclude)
        if "loss" not in key or not isinstance(value, float | np.floating):
            return
        if not math.isfinite(value):
            raise LossDivergedError(
                f"{key.removeprefix('train/')} is not finite after step "
                f"{self._learner.num_timesteps}: {value}",
                step=self._learner.num_timesteps,
                help=SMALLER_STEPS,
            )


ShouldStop = Callable[[float], bool]
"""Mean return of the latest evaluation -> whether to prune the training."""


Watch = Callable[[BaseAlgorithm, int], None]
"""Given the learner after each evaluation, and for how many due steps that was."""


class PrunedError(Exception):
    """The training was pruned. An error, because ARS ignores a callback that returns False."""


class BudgetEndedError(Exception):
    """The steps ended within an update. An error, for the same reason."""


class BudgetCallback(BaseCallback):
    """Ends ARS with its budget: nobody can bound an update, whose episodes end when they do."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._steps = steps

    def _on_step(self) -> bool:
        if self.model.num_timesteps > self._steps:
            raise BudgetEndedError
        return True


class DecayCallback(BaseCallback):
    """Moves the entropy bonus of an on-policy learner along a schedule, which SB3 itself cannot.

    It has its value before each update, at the share of the training that remains then, as the
    learner's own schedules do.
    """

    def __init__(self, form: Mapping[str, object], steps: int) -> None:
        """Begin at the initial value.

        Args:
            form: The schedule as JSON.
            steps: Environment steps of the training.
        """
        super().__init__()
        self._schedule = build_schedule(form)
        self._steps = steps

    def _on_rollout_end(self) -> None:
        schedule, learner = self._schedule, self.model
        remaining = 1 - self.model.num_timesteps / self._steps
        value = schedule(remaining) if callable(schedule) else schedule
        learner.ent_coef = max(float(value), 0.0)  # type: ignore[attr-defined]  # of PPO and A2C

    def _on_step(self) -> bool:
        return True


class EvaluationCallback(BaseCallback):
    """Evaluates when the environment steps first reach each due step.

    Due steps that fall on the same moment share one evaluation, so that the number of
    evaluations never depends on the length of a rollout. The last one is left to `finish`.

    Attributes:
        evaluations: All so far.
        evaluating: Whether an evaluation is going on.
    """

    def __init__(
        self,
        run: Run,
        arena: Arena,
        meter: Meter,
        should_stop: ShouldStop | None,
        watch: Watch | None = None,
    ) -> None:
        super().__init__()
        self.evaluations: list[Evaluation] = []
        self.evaluating = False
        self._arena = arena
        self._meter = meter
        self._should_stop = should_stop
        self._watch = watch
        self._due_steps = list(run.evaluation_steps)
        self._even_steps = set(evaluation_steps(run.steps, run.schedule.evals))

    def finish(self, learner: BaseAlgorithm) -> None:
        """Make the last evaluation, after the last update.

        Raises:
            RunError: The policy diverged or an environment failed.
        """
        self._evaluate(learner, len(self._due_steps))

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
        if len(self._due_steps) < 2 or step < self._due_steps[0]:
            return
        count = sum(due <= step for due in self._due_steps[:-1])
        for mean in self._evaluate(self.model, count):
            if self._should_stop is not None and self._should_stop(mean):
                raise PrunedError

    def _evaluate(self, learner: BaseAlgorithm, count: int) -> list[float]:
        """Evaluate once for the next `count` due steps; returns the mean for each."""
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
        if progress is not None and self._even_steps.intersection(self._due_steps[:count]):
            progress.add_evaluation(evaluation.mean)
        self.evaluating = False
        if self._watch is not None:
            self._watch(learner, count)
        del self._due_steps[:count]
        self.evaluations += [evaluation] * count
        return [evaluation.mean] * count


def is_finite(learner: BaseAlgorithm) -> bool:
    """Whether every weight of the learner's policy is a finite number."""
    return all(bool(torch.isfinite(weight).all()) for weight in learner.policy.parameters())
