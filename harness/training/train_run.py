"""Train one run with its seed. Pure: the same run gives the same result, cost aside, anywhere."""

from __future__ import annotations

import math
import sys
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from sb3_contrib.ars.ars import ARS
from sb3_contrib.common.maskable.utils import is_masking_supported
from stable_baselines3.common.base_class import BaseAlgorithm
from torch.nn import Module

from harness.core.arguments import DECAYED, is_schedule
from harness.core.curriculum import LevelStart
from harness.core.evaluation import score_of
from harness.core.run import Run
from harness.core.run_result import Evaluation, Failure, RunResult, Status
from harness.core.search_settings import Component
from harness.errors import (
    DivergedError,
    EnvironmentFailedError,
    HarnessError,
    RunError,
    StorageError,
    UsageError,
)
from harness.files import storage_errors
from harness.learners.accelerated import NonFiniteError
from harness.registry import load_function
from harness.training.callbacks import (
    SMALLER_STEPS,
    BudgetCallback,
    BudgetEndedError,
    DecayCallback,
    EvaluationCallback,
    LossDivergedError,
    PrunedError,
    ShouldStop,
    Watch,
    is_finite,
)
from harness.training.cost_meter import Meter
from harness.training.evaluate import Arena
from harness.training.frozen_policies import snapshot_callbacks
from harness.training.learner import build, gaps_of
from harness.training.model_playback import save
from harness.training.randomness import set_threads
from harness.training.vec_envs import curriculum_progress_of

_ACTORS: Final = ("actor", "q_net", "quantile_net")
_CRITICS: Final = (
    *("value_net.", "mlp_extractor.value_net.", "vf_features_extractor."),
    *("lstm_critic.", "critic."),
)
"""Parts of policies: the network that acts alone, and what only judges in one that does both."""

NOT_FINITE: Final = ("found invalid values", "contains either `inf`, `nan`")
"""Parts of torch's complaints about a distribution whose parameters are not finite."""


class Training:
    """One attempt at a run: what has to be closed, and what is known when it breaks off."""

    def __init__(
        self, run: Run, should_stop: ShouldStop | None = None, watch: Watch | None = None
    ) -> None:
        self.run = run
        self.meter = Meter()
        self.learner: BaseAlgorithm | None = None
        self.inference = 0.0
        self.measures: dict[str, float] = {}
        self._should_stop = should_stop
        self._watch = watch
        self._arena: Arena | None = None
        self._callback: EvaluationCallback | None = None

    @property
    def steps(self) -> int:
        return 0 if self.learner is None else self.learner.num_timesteps

    @property
    def counts(self) -> dict[str, Any]:
        """Steps of the game and of its agents, where several agents learn."""
        gaps = None if self.learner is None else gaps_of(self.learner)
        if gaps is None:
            return {}
        return {"game_steps": gaps.game_steps, "agent_steps": gaps.agent_steps}

    @property
    def evaluations(self) -> tuple[Evaluation, ...]:
        return () if self._callback is None else tuple(self._callback.evaluations)

    @property
    def levels(self) -> tuple[LevelStart, ...]:
        progress = None if self.learner is None else curriculum_progress_of(self.learner)
        return () if progress is None else tuple(progress.starts)

    def train(self, save_to: Path | None) -> None:
        """Train, evaluate and save.

        Raises:
            PrunedError: It was pruned.
        """
        run = self.run
        learner = self.learner = build(run)
        self._arena = Arena(run.scenario, run.schedule, masks=run.algorithm.masks, steps=run.steps)
        set_threads(run.threads)
        callback = self._callback = EvaluationCallback(
            run, self._arena, self.meter, self._should_stop, self._watch
        )
        with self.meter.training():
            _learn(learner, run, callback)
            callback.finish(learner)
        self.inference = self._arena.action_seconds
        self.measures = {each.name: self._measure(each) for each in run.measures}
        if save_to is not None:
            save(learner, save_to, run.scenario.versions)

    def _measure(self, component: Component) -> float:
        """What a function of the user's says of the trained learner and its evaluations.

        Raises:
            UsageError: It gives no finite number.
        """
        name = component.name
        function = load_function("objective", name, component.reference, component.version)
        value = function(self.learner, self.evaluations)
        if not isinstance(value, int | float | np.number) or not math.isfinite(value):
            raise UsageError(f"objective `{name}` gave {value!r}", help="return a finite number")
        return float(value)

    def failure(self, error: Exception) -> Failure:
        """What goes into the record when `error` broke the training off."""
        return Failure(
            kind=self._kind(error),
            message=_one_line(error),
            step=self._step_of(error),
            traceback="".join(traceback.format_exception(error)),
        )

    def close(self) -> None:
        if self._arena is not None:
            self._arena.close()
        if self.learner is not None and self.learner.env is not None:
            self.learner.env.close()

    def _kind(self, error: Exception) -> str:
        if isinstance(error, EnvironmentFailedError):
            return "environment"
        if isinstance(error, DivergedError):
            return "diverged"
        is_diverged = self.learner is not None and not is_finite(self.learner)
        if is_diverged or any(part in str(error) for part in NOT_FINITE):
            return "diverged"
        return "exception"

    def _step_of(self, error: Exception) -> int:
        # An environment counts its own steps; the learner's count is the training's.
        if isinstance(error, LossDivergedError):
            return self.steps
        evaluating = self._callback is not None and self._callback.evaluating
        if isinstance(error, RunError) and self._callback is not None and not evaluating:
            return self.steps + 1
        return self.steps


def train_seed(
    run: Run,
    *,
    should_stop: ShouldStop | None = None,
    watch: Watch | None = None,
    save_to: Path | None = None,
) -> RunResult:
    """Train a run and evaluate it on its schedule.

    Args:
        should_stop: Given the mean of every evaluation but the last; True prunes the training.
        watch: Given the learner after every evaluation.
        save_to: Where to write the trained model, a ``.zip``; see `model_playback.save`.

    Returns:
        The result; a training that fails has a `Failure`, its kind ``diverged``, ``environment``
        or ``exception``. Only what is no failure of the training is raised: lack of memory or
        disk, interrupts.
    """
    return attempt(Training(run, should_stop, watch), save_to)


def attempt(training: Training, save_to: Path | None) -> RunResult:
    """The result of a training, as `train_seed` says."""
    run = training.run
    status, failure = Status.COMPLETE, None
    try:
        # A full disk, even under the log, is the machine's fault.
        with storage_errors("the training's files"):
            training.train(save_to)
    except PrunedError:
        status = Status.PRUNED
    except (MemoryError, StorageError):
        raise
    except Exception as error:  # noqa: BLE001  (recorded with its traceback, not swallowed)
        status, failure = Status.FAILED, training.failure(error)
    finally:
        counts = training.counts
        training.close()
    means = [each.mean for each in run.even_evaluations(training.evaluations)]
    return RunResult(
        run_id=run.id,
        status=status,
        score=None if failure else score_of(means, run.schedule.evals, run.schedule.score),
        steps=training.steps,
        evaluations=training.evaluations,
        failure=failure,
        backend=run.backend,
        levels=training.levels,
        measures={} if failure else training.measures,
        parameters=None if failure or training.learner is None else _acting(training.learner),
        cost=replace(training.meter.cost(training.steps), inference=training.inference),
        **counts,
    )


def _learn(learner: BaseAlgorithm, run: Run, evaluation: EvaluationCallback) -> None:
    env = learner.get_env()
    more: dict[str, Any] = {}
    if run.algorithm.masks and env is not None:
        more["use_masking"] = is_masking_supported(env)
    # Nobody reads the learner's log, so it is never written out.
    others = [*snapshot_callbacks(learner)]
    if is_schedule(run.arguments.get(DECAYED)):
        others.append(DecayCallback(run.arguments[DECAYED], run.steps))
    if isinstance(learner, ARS):
        others.append(BudgetCallback(run.steps))
    callback: Any = [evaluation, *others] if others else evaluation
    try:
        with suppress(BudgetEndedError):
            learner.learn(run.steps, callback=callback, log_interval=sys.maxsize, **more)
    except NonFiniteError as exc:
        raise DivergedError(str(exc), step=exc.step, help=SMALLER_STEPS) from exc


def _acting(learner: BaseAlgorithm) -> int:
    """Weights of the networks that choose an action, those of critics and targets aside."""
    policy = learner.policy
    actors = (getattr(policy, name, None) for name in _ACTORS)
    actor = next((each for each in actors if isinstance(each, Module)), None)
    weights = (policy if actor is None else actor).named_parameters()
    return sum(weight.numel() for name, weight in weights if not name.startswith(_CRITICS))


def _one_line(error: Exception) -> str:
    text = error.message if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())
