"""Returns of the uniformly random policy, which is 0 on the normalised scale."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium import spaces

from harness.core.scenario import Scenario, Score
from harness.envs.make_environments import make

POLICY: Final = "uniformly random policy"


def random_score(scenario: Scenario, *, episodes: int, seed: int) -> Score:
    """Mean undiscounted return of uniformly random actions, of those that are allowed.

    Args:
        scenario: Where to act; its wrappers and time limit apply.
        episodes: How many episodes, at least 1.
        seed: Seeds the environment and the actions; the same seed gives the same mean.

    Returns:
        The mean, with episodes, standard error and versions in `source`.

    Raises:
        RunError: The environment fails or returns what is not finite.
    """
    if episodes < 1:
        raise ValueError(f"{episodes} episodes have no mean")
    returns = list(islice(random_returns(scenario, seed=seed), episodes))
    return Score(
        value=math.fsum(returns) / episodes, source=score_source(scenario, returns, POLICY)
    )


def random_returns(scenario: Scenario, *, seed: int) -> Iterator[float]:
    """Undiscounted returns of one random episode after the other, without end."""
    # Two seeds: with a single one, environment and actions would draw the same random numbers.
    reset_seed, action_seed = (int(w) for w in np.random.SeedSequence(seed).generate_state(2))
    env = make(scenario)
    try:
        sample = _sampler(env, action_seed)
        env.reset(seed=reset_seed)
        while True:
            episode_return, done = 0.0, False
            while not done:
                _, reward, terminated, truncated, _ = env.step(sample())
                episode_return += float(reward)
                done = terminated or truncated
            yield episode_return
            env.reset()
    finally:
        env.close()


def score_source(scenario: Scenario, returns: Sequence[float], policy: str) -> str:
    """The source of a measured score: policy, episodes, standard error and versions."""
    error = float(np.std(returns, ddof=1)) / math.sqrt(len(returns)) if len(returns) > 1 else 0.0
    uses_mujoco = scenario.family in {"dm_control", "locomotion", "mujoco", "robotics"}
    packages = ["gymnasium", *(["mujoco"] if uses_mujoco else []), *scenario.packages]
    return ", ".join(
        [
            f"measured: {policy}",
            f"{len(returns)} episodes",
            f"standard error {error:.2g}",
            *(f"{package} {_version(package)}" for package in packages),
        ]
    )


def _sampler(env: gymnasium.Env, seed: int) -> Callable[[], object]:
    # A copy, since some environments make a new space, without the seed, at every reset.
    space = copy.deepcopy(env.action_space)
    space.seed(seed)
    if not (isinstance(space, spaces.Discrete) and env.has_wrapper_attr("action_masks")):
        return space.sample
    masks: Callable[[], Any] = env.get_wrapper_attr("action_masks")
    return lambda: space.sample(mask=masks().astype(np.int8))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(version unknown)"
