"""The uniformly random policy, the zero of the normalised scale."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from harness.core.scenario import Scenario, Score
from harness.envs.build import make

__all__ = ["random_score"]


def random_score(scenario: Scenario, *, episodes: int, seed: int) -> Score:
    """Mean undiscounted return of uniformly random actions, of those that are allowed.

    Args:
        scenario: Where to act; its wrappers and time limit apply.
        episodes: How many episodes, at least 1.
        seed: Of the environment and of the actions; the same seed gives the same number.

    Returns:
        The mean, with episodes, standard error and versions in `source`.

    Raises:
        UnitError: The environment fails or returns what is not finite.
    """
    if episodes < 1:
        raise ValueError(f"{episodes} episodes have no mean")
    # Two words of one sequence: equal seeds would give environment and actions the same stream.
    reset_seed, action_seed = (int(w) for w in np.random.SeedSequence(seed).generate_state(2))
    env = make(scenario)
    try:
        sample = _sampler(env, action_seed)
        returns: list[float] = []
        for episode in range(episodes):
            env.reset(seed=reset_seed if episode == 0 else None)
            returns.append(0.0)
            done = False
            while not done:
                _, reward, terminated, truncated, _ = env.step(sample())
                returns[-1] += float(reward)
                done = terminated or truncated
    finally:
        env.close()
    return Score(value=math.fsum(returns) / episodes, source=_source(scenario, returns))


def _sampler(env: gymnasium.Env[Any, Any], seed: int) -> Callable[[], Any]:
    # Some environments make a new space at every reset, which no seed would reach.
    space = copy.deepcopy(env.action_space)
    space.seed(seed)
    if not (isinstance(space, spaces.Discrete) and env.has_wrapper_attr("action_masks")):
        return space.sample
    masks: Callable[[], Any] = env.get_wrapper_attr("action_masks")
    return lambda: space.sample(mask=masks().astype(np.int8))


def _source(scenario: Scenario, returns: list[float]) -> str:
    error = float(np.std(returns, ddof=1)) / math.sqrt(len(returns)) if len(returns) > 1 else 0.0
    simulated = scenario.family in {"dm_control", "locomotion", "mujoco", "robotics"}
    packages = ["gymnasium", *(["mujoco"] if simulated else []), *scenario.packages]
    return ", ".join(
        [
            "measured: uniformly random policy",
            f"{len(returns)} episodes",
            f"standard error {error:.2g}",
            *(f"{package} {_version(package)}" for package in packages),
        ]
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(version unknown)"
