"""Trained models: saving them, and playing their evaluation's episodes again to look at.

Episode e is reset with the seed that evaluation gives it, and the policy gets it in the row of a
batch of the same size, so that returns are those of the evaluation to the last digit wherever an
environment is a function of its seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from inspect import signature
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import gymnasium
import numpy as np
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecNormalize

from harness import envs
from harness.core.run import Run
from harness.core.scenario import Scenario, is_checksum
from harness.errors import StorageError, UsageError
from harness.files import verify_checksum, write_with_checksums
from harness.saved_models import (
    STATISTICS,
    VERSIONS,
    read_activation,
    read_versions,
    refuse_pickled_statistics,
)
from harness.training import constructor_arguments
from harness.training.ensemble_files import open_ensemble
from harness.training.evaluate import LOCK_STEP, Actor, act
from harness.training.frozen_policies import load_opponents
from harness.training.learner import build
from harness.training.observation_statistics import ObservationStatistics
from harness.training.randomness import borrowed_generators
from harness.training.voting_policies import Member, VotingPolicy


def save(
    learner: BaseAlgorithm, path: Path, versions: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Write the model to `path` and its normalisation beside it.

    Both are written under another name and moved in place, each with its checksum, and never one
    beside another training's. The model is loaded with the learner's own ``load``; the statistics,
    if the scenario is normalised, are arrays for ``numpy.load``.

    Args:
        path: The ``.zip`` to write; its folder is made.
        versions: Of the scenario; the model says what it was trained on.
    """
    if versions:
        setattr(learner, VERSIONS, dict(versions))
    normalization = learner.get_vec_normalize_env()
    statistics = []
    if normalization is not None:
        statistics.append(ObservationStatistics.of(normalization).to_bytes())
    paths = [path.with_suffix(STATISTICS) for _ in statistics]
    with write_with_checksums(*paths, path) as (*others, beside):
        for other, content in zip(others, statistics, strict=True):
            other.write_bytes(content)
        with _pickle_schedules_by_value(), beside.open("wb") as file:
            learner.save(file)


@contextmanager
def _pickle_schedules_by_value() -> Iterator[None]:
    """Have schedules pickled with their code, so that loading a model needs no harness."""
    cloudpickle.register_pickle_by_value(constructor_arguments)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(constructor_arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One moment of an episode: its beginning, or what a step led to.

    Attributes:
        step: Steps so far.
        action: What was done; None at the beginning.
        reward: What it earned.
        total: Return so far.
        over: Whether the episode has ended.
    """

    step: int
    action: object
    reward: float
    total: float
    over: bool


class Player:
    """A model and one environment.

    Attributes:
        env: The environment; what it shows is the moment last given.
    """

    def __init__(self, learner: Actor, run: Run, env: gymnasium.Env) -> None:
        self.env = env
        self._learner = learner
        self._schedule = run.schedule
        self._rows = min(run.schedule.episodes, LOCK_STEP)
        self._masked = run.algorithm.masks and is_masking_supported(env)

    def episode(self, number: int, seed: int | None = None) -> Iterator[Moment]:
        """One episode, moment by moment.

        Args:
            number: Episode of the evaluation, from 0.
            seed: Of episode 0; None for the evaluation's own.
        """
        first = self._schedule.seed if seed is None else seed
        with borrowed_generators(first, self._learner.action_space):
            yield from self._moments(number, first + number)

    def _moments(self, number: int, seed: int) -> Iterator[Moment]:
        row = number % self._rows
        observation, _ = self.env.reset(seed=seed)
        # The others only fill the batch: its size decides last digits, their content does not.
        observations = [observation] * self._rows
        starts, state = np.ones(self._rows, dtype=bool), None
        moment = Moment(step=0, action=None, reward=0.0, total=0.0, over=False)
        yield moment
        while not moment.over:
            actions, state = self._act(observations, state, starts)
            starts[:] = False
            observation, reward, terminated, truncated, _ = self.env.step(actions[row])
            observations[row] = observation
            moment = Moment(
                step=moment.step + 1,
                action=actions[row],
                reward=float(reward),
                total=moment.total + float(reward),
                over=terminated or truncated,
            )
            yield moment

    def _act(self, observations: list[object], state: object, starts: Any) -> tuple[Any, Any]:
        mask = get_action_masks(self.env) if self._masked else None
        return act(
            self._learner,
            observations,
            state,
            starts,
            deterministic=self._schedule.deterministic,
            masks=None if mask is None else [mask] * self._rows,
        )


@contextmanager
def open_player(
    run: Run, model: Path, make: Callable[[Scenario], gymnasium.Env] = envs.make
) -> Iterator[Player]:
    """A saved model, ready to play.

    Args:
        run: What trained it.
        model: The ``.zip``; its normalisation lies beside it.
        make: Makes the environment of a scenario.

    Raises:
        StorageError: The model is missing or damaged, or another run's.
        HarnessError: The environment cannot be made.
    """
    verify_checksum(model)
    with ExitStack() as stack:
        env = make(load_opponents((run.members or (run,))[0].scenario))
        stack.callback(env.close)
        if not run.members:
            yield Player(stack.enter_context(_open_learner(run, model)), run, env)
            return
        files = stack.enter_context(open_ensemble(model, len(run.members)))
        members = []
        for member_run, file in zip(run.members, files, strict=True):
            members.append(Member())
            members[-1].add(stack.enter_context(_open_learner(member_run, file)))
        actor = VotingPolicy(members)
        actor.restore(0)
        yield Player(actor, run, env)


@contextmanager
def _open_learner(run: Run, model: Path) -> Iterator[BaseAlgorithm]:
    """The learner of a run with a saved model's weights."""
    # One step: no replay buffer is needed. No curriculum: nothing is trained.
    learner = build(replace(run, scenario=run.scenario.at_level(None), steps=1))
    try:
        _load(learner, model)
        _expect_same_policy(model, learner)
        _expect_same_files(model, run.scenario)
        yield learner
    finally:
        if learner.env is not None:
            learner.env.close()


def _load(learner: BaseAlgorithm, model: Path) -> None:
    try:
        learner.set_parameters(str(model), device=learner.device)
        normalization = learner.get_vec_normalize_env()
        if normalization is not None:
            refuse_pickled_statistics(model)
            _load_statistics(normalization, model.with_suffix(STATISTICS))
    except (KeyError, OSError, RuntimeError, ValueError) as exc:
        raise StorageError(
            f"{model} is no model of this cell: {exc}",
            help="it has to be trained with the same settings; `harness train` makes one",
        ) from exc
    # The accelerated learners act on the engine they train with.
    getattr(learner, "engine", None)


def _expect_same_policy(model: Path, learner: BaseAlgorithm) -> None:
    """Refuse what the shapes of the weights do not tell: other weights fit them as well."""
    fault = ""
    if model.with_suffix(STATISTICS).exists() and learner.get_vec_normalize_env() is None:
        fault = "it was trained on normalised observations, and here they are not"
    usual = signature(type(learner.policy)).parameters.get("activation_fn")
    if usual is not None:
        own = str(learner.policy_kwargs.get("activation_fn", usual.default))
        activation = read_activation(model) or str(usual.default)
        if activation != own:
            fault = f"its activation function is {activation}, here it is {own}"
    if fault:
        raise StorageError(
            f"{model} is no model of this cell: {fault}",
            help="`--variant` names what it was trained as: default, tuned or another variant",
        )


def _expect_same_files(model: Path, scenario: Scenario) -> None:
    versions = read_versions(model)
    for name, version in versions.items():
        own = scenario.versions.get(name, "no part of it")
        if is_checksum(version) and own != version:
            raise UsageError(
                f"{model} was trained on `{name}` {version}; for `{scenario.name}` it is {own}",
                help="play it in the campaign that it was trained in, or train another one",
            )


def _load_statistics(normalization: VecNormalize, path: Path) -> None:
    verify_checksum(path)
    ObservationStatistics.read(path.read_bytes()).apply(normalization)
