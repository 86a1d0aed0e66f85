"""Run -> learner: training environments, normalisation, constructor, logger."""

from __future__ import annotations

import importlib
from typing import Any, cast

from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.preprocessing import is_image_space, is_image_space_channels_first
from stable_baselines3.common.vec_env import VecEnv, VecNormalize, VecTransposeImage

from harness import constructors, envs
from harness.core.curriculum import Curriculum, CurriculumProgress
from harness.core.learner_arguments.argument_contradictions import Signature
from harness.core.run import Run
from harness.core.scenario import Scenario
from harness.core.settings import FAST
from harness.envs.multi_agent_envs import Gaps
from harness.errors import UsageError
from harness.learners import accelerated_class
from harness.learners.gap_buffers import replace_buffer
from harness.training.callbacks import LossLogger
from harness.training.constructor_arguments import build_arguments
from harness.training.frozen_policies import load_opponents
from harness.training.numerics import check_device, check_versions
from harness.training.randomness import borrowed_generators, set_threads, set_up
from harness.training.vec_envs import ArrayDummyVecEnv, CurriculumVecEnv, GymVectorAdapter, games_of


def build(run: Run) -> BaseAlgorithm:
    """The learner of a run with its training environments, seeded, before its first step.

    Training environment i is seeded with ``run.seed + i``, a batch of them as a whole with
    ``run.seed``. The caller closes `learner.env`.

    Raises:
        UsageError: An argument or its form does not hold.
        RunError: An environment cannot be made.
    """
    check_device(run.device)
    check_versions(run.scenario)
    set_up(run.seed, run.threads, run.device)
    env = make_environments(run)
    set_threads(run.threads)
    try:
        return build_learner(run, env)
    except BaseException:
        env.close()
        raise


def make_environments(run: Run) -> VecEnv:
    """The training environments of a run, normalised as its scenario says.

    Raises:
        UsageError: Their observations cannot be normalised.
        RunError: An environment cannot be made.
    """
    scenario = load_opponents(run.scenario).in_training()
    curriculum = scenario.curriculum
    env = _levels(run, scenario, curriculum) if curriculum else _single_level(run, scenario)
    normalize = scenario.normalize
    if not (normalize.observation or normalize.reward):
        return env
    keys = _continuous_keys(env)
    if normalize.observation and not keys:
        kind = type(env.observation_space).__name__.replace("Box", "images")
        env.close()
        raise UsageError(
            f"observations of `{scenario.name}` are {kind}, which cannot be normalised",
            help="write `normalize: {reward: true}`, or take `normalize` out",
        )
    is_dict = isinstance(env.observation_space, spaces.Dict)
    if is_dict or not normalize.observation:
        # What a replay buffer gets are observations from below the statistics.
        env = _with_channels_first(env)
    return VecNormalize(
        env,
        norm_obs=normalize.observation,
        norm_reward=normalize.reward,
        gamma=_argument(run, "gamma", 0.99),
        norm_obs_keys=keys if is_dict and normalize.observation else None,
    )


def _levels(run: Run, scenario: Scenario, curriculum: Curriculum) -> VecEnv:
    stages = [scenario.at_level(level) for level in (*curriculum.levels, None)]
    progress = CurriculumProgress(curriculum, scenario.name, run.steps)

    def make_level(index: int) -> VecEnv:
        # In the middle of a training a constructor must not move what the learner draws from.
        with borrowed_generators(run.seed):
            env = _single_level(run, stages[index])
        set_threads(run.threads)
        return env

    return CurriculumVecEnv(make_level, progress, last=len(curriculum.levels))


def _single_level(run: Run, scenario: Scenario) -> VecEnv:
    batch = envs.make_vector(scenario, steps=run.steps)
    if batch is None:
        count = scenario.n_envs
        return ArrayDummyVecEnv(
            [
                lambda: Monitor(envs.make(scenario, training=True, steps=run.steps))
                for _ in range(count)
            ]
        )
    if batch.metadata.get("shares_policy") and run.algorithm.recurrent:
        batch.close()
        raise UsageError(
            f"`{run.algorithm.name}` keeps a memory, which agents that choose in turn would share",
            help=f"exclude it from `{scenario.name}`",
        )
    return GymVectorAdapter(batch)


def _with_channels_first(env: VecEnv) -> VecEnv:
    """The environments with images as the library's networks read them."""
    return VecTransposeImage(env) if any(map(_has_channels_last, _parts(env).values())) else env


def _continuous_keys(env: VecEnv) -> list[str]:
    """Keys of the parts of an observation that can be normalised; policies scale images alone."""
    is_dict = isinstance(env.observation_space, spaces.Dict)
    is_image = is_image_space if is_dict else _has_channels_last
    return [
        key
        for key, part in _parts(env).items()
        if isinstance(part, spaces.Box) and not is_image(part)
    ]


def _has_channels_last(space: spaces.Space[Any]) -> bool:
    return is_image_space(space) and not is_image_space_channels_first(cast("spaces.Box", space))


def _parts(env: VecEnv) -> dict[str, spaces.Space[Any]]:
    space = env.observation_space
    return space.spaces if isinstance(space, spaces.Dict) else {"": space}


def build_learner(run: Run, env: VecEnv) -> BaseAlgorithm:
    """The learner of a run in environments made for it.

    Raises:
        UsageError: An argument or its form does not hold.
    """
    signature = Signature(
        parameters=constructors.read(run.algorithm.learner).parameters,
        policy=constructors.read_policy(run.algorithm.learner, run.policy),
        scenario=run.scenario,
    )
    arguments = build_arguments(run.arguments, env.action_space.shape or (), signature)
    capacity = _argument(run, "buffer_size", None)
    enough = _sufficient_capacity(run)
    is_capped = capacity is not None and enough is not None and enough < capacity
    if is_capped:
        arguments["buffer_size"] = enough
    learner = _learner_class(run)(run.policy, env, seed=run.seed, device=run.device, **arguments)
    if is_capped:
        # A saved model names the size that the run names.
        learner.buffer_size = capacity  # type: ignore[attr-defined]
    learner.set_logger(LossLogger(learner))
    gaps = gaps_of(learner)
    if gaps is not None:
        # Environments go on refusing gaps where a learner has no buffer that leaves them out.
        gaps.allowed = replace_buffer(learner, gaps)
    return learner


def _learner_class(run: Run) -> type[BaseAlgorithm]:
    module, _, name = run.algorithm.learner.partition(":")
    if run.backend == FAST:
        return accelerated_class(name)
    kind: type[BaseAlgorithm] = getattr(importlib.import_module(module), name)
    return kind


def _sufficient_capacity(run: Run) -> int | None:
    """Transitions after which a replay buffer never fills up in this training.

    A buffer that never fills samples exactly as any larger one does. None where that cannot be
    known: episodes have no known length, and the memory-saving buffer writes one ahead.
    """
    every = _argument(run, "train_freq", None)
    if isinstance(every, list | tuple):
        every = every[0] if every[1] == "step" else None
    if not isinstance(every, int) or _argument(run, "optimize_memory_usage", False):
        return None
    count = run.scenario.n_envs
    per_environment = -(-run.steps // count) + every + 1
    return per_environment * count


def _argument(run: Run, name: str, default: object) -> Any:
    """What the learner will be given: the run's argument or its constructor's default."""
    defaults = constructors.read(run.algorithm.learner).parameters
    return run.arguments.get(name, defaults.get(name, default))


def gaps_of(learner: BaseAlgorithm) -> Gaps | None:
    """Where the slots of a learner have gaps; None where it has no slots."""
    games = games_of(learner.get_env())
    return None if games is None else games.gaps
