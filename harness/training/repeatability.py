"""Whether an environment does the same again when it is told to: same seed, same actions.

Runs are repeatable only where it does. It is played for some steps with random actions.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, Final

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from harness.core.run import Fault, Run
from harness.core.scenario import Normalize
from harness.envs.learner_spaces import choice_counts
from harness.training.learner import make_environments
from harness.training.randomness import borrowed_generators

_REPEATED_STEPS: Final = 10
_REPEATED_SECONDS: Final = 0.3
"""How much of an episode is played again: what breaks later is for runs to record."""


def step_randomly(env: VecEnv, *, masked: bool) -> Any:
    """Step the environments with random actions; what the step returns.

    Where a learner is told what is allowed, the actions are the first of that.
    """
    actions = [env.action_space.sample() for _ in range(env.num_envs)]
    if masked and env.has_attr("action_masks"):
        masks = env.env_method("action_masks")
        actions = [_first_allowed(env.action_space, mask) for mask in masks]
    return env.step(np.array(actions))


def _first_allowed(space: spaces.Space[Any], mask: np.ndarray) -> np.ndarray:
    choices = np.split(mask, np.cumsum(choice_counts(space))[:-1])
    return np.reshape([choice.argmax() for choice in choices], space.shape or ())


def repeatability_faults(run: Run, *, masked: bool) -> Iterator[Fault]:
    """Says so where the same seed and the same actions come to something else another time."""
    # Statistics that training keeps, and levels, are no matter of the environment's.
    scenario = replace(run.scenario.at_level(None), normalize=Normalize())
    run = replace(run, scenario=scenario)
    first, steps = _play(run, _REPEATED_STEPS, _REPEATED_SECONDS, masked=masked)
    second, _ = _play(run, steps, math.inf, masked=masked)
    name, length = f"`{scenario.name}`", steps + 1
    index = _first_difference(first, second)
    if index is not None:
        moment = _moment(index % length)
        if index >= length:
            moment = f"in an episode whose reset has no seed, {moment}"
        if index == len(first) - 1:
            moment = "in what it does to the generators that everybody shares"
        text = (
            f"{name} made twice, reset with the same seed and given the same actions, differs "
            f"{moment}: no run can be repeated. `super().reset(seed=seed)` seeds "
            "`self.np_random`; draw from nothing else"
        )
        yield Fault(message=text, is_note=True)
        return
    index = _first_difference(first[:length], first[2 * length : -1])
    if index is not None:
        text = (
            f"{name} reset again with the same seed and given the same actions differs "
            f"{_moment(index)}: something of it outlasts an episode, as the statistics of a "
            "normalising wrapper do, and the environments of evaluations do not get it from those "
            "of training"
        )
        yield Fault(message=text, is_note=True)


def _first_difference(one: Sequence[object], other: Sequence[object]) -> int | None:
    pairs = enumerate(zip(one, other, strict=True))
    return next((index for index, both in pairs if _differ(*both)), None)


def _moment(step: int) -> str:
    return f"from step {step} on" if step else "from the reset on"


def _play(
    run: Run, steps: int, seconds: float, *, masked: bool
) -> tuple[list[tuple[Any, ...]], int]:
    """What environments made anew show in three episodes: seeded, not, and seeded again.

    Args:
        steps: Of each at most.
        seconds: After which the first one is long enough.

    Returns:
        What each reset and step gives, last of all the state of the generators, and how many
        steps each episode had.
    """
    shown: list[tuple[Any, ...]] = []
    # A run seeds the generators that everybody shares, and so does each evaluation.
    with borrowed_generators(run.seed):
        env = make_environments(run)
        try:
            end = time.monotonic() + seconds
            for is_seeded in (True, False, True):
                with borrowed_generators(run.seed) if is_seeded else nullcontext():
                    if is_seeded:
                        env.seed(run.seed)
                        env.action_space.seed(run.seed)
                    shown.append((env.reset(),))
                    is_first = len(shown) == 1
                    while len(shown) % (steps + 1) and not (is_first and time.monotonic() > end):
                        shown.append(step_randomly(env, masked=masked)[:3])
                    steps = len(shown) - 1 if is_first else steps
        finally:
            env.close()
        shown.append((random.getstate(), np.random.get_state(), torch.get_rng_state()))  # noqa: NPY002
    return shown, steps


def _differ(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping):
        return any(_differ(part, other[name]) for name, part in one.items())
    if isinstance(one, tuple):
        return any(map(_differ, one, other))
    return not np.array_equal(one, other)
