"""Scenario -> environments stepped as one batch, where the environment offers that itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper

from harness.core.scenario import Scenario
from harness.envs.build import constructing
from harness.envs.guard import failed, is_finite
from harness.envs.ids import find_spec
from harness.envs.imports import load
from harness.envs.unopened import unopened
from harness.errors import DivergedError, EnvironmentFailedError, RunError, UsageError

__all__ = ["VectorGuard", "make_vector"]


def make_vector(scenario: Scenario) -> VectorEnv[Any, Any, Any] | None:
    """The scenario's `n_envs` environments as one, or None where they have to be single ones.

    They are one where there are several, the id is registered with a `vector_entry_point` that
    begins a new episode in the step in which the last one ended (the only way in which no step is
    lost to the reset), and no wrapper of single environments is asked for. Agents that share a
    policy are always trained as one batch.

    Raises:
        UnknownNameError: No environment of that id is registered.
        MissingExtraError: It needs a package that is not installed.
        UsageError: It does not take the arguments.
        EnvironmentFailedError: Its constructor raised.
    """
    spec = find_spec(scenario.env, scenario.imports, requires=scenario.requires)
    metadata = _metadata(spec)
    if metadata.get("shares_policy"):
        _expect_no_wrappers(scenario)
    elif scenario.n_envs == 1 or scenario.wrappers or scenario.training_wrappers:
        return None
    if metadata.get("autoreset_mode") is not AutoresetMode.SAME_STEP:
        return None
    arguments = unopened(scenario.arguments)
    if scenario.max_episode_steps is not None:
        arguments["max_episode_steps"] = scenario.max_episode_steps
    with constructing(scenario):
        env: VectorEnv[Any, Any, Any] = gymnasium.make_vec(
            spec,
            num_envs=scenario.n_envs,
            vectorization_mode="vector_entry_point",
            **arguments,
        )
    return VectorGuard(env)


def _metadata(spec: EnvSpec) -> Mapping[str, Any]:
    entry = spec.vector_entry_point
    found: Mapping[str, Any] = getattr(
        load(entry) if isinstance(entry, str) else entry, "metadata", {}
    )
    return found


def _expect_no_wrappers(scenario: Scenario) -> None:
    found = (*scenario.wrappers, *scenario.training_wrappers)
    if found:
        raise UsageError(
            f"`{scenario.name}` has agents that share a policy, and a wrapper of single agents",
            help=f"take `{found[0].path}` out",
        )


class VectorGuard(VectorWrapper[Any, Any, Any, Any, Any]):
    """What `Guard` is to one environment, to a batch.

    Attributes:
        steps: Environment steps begun, those of all environments together.

    Raises:
        DivergedError: By `step` and `reset`: NaN or infinity in an action, observation or reward.
        EnvironmentFailedError: By `step` and `reset`: the environments raised.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        super().__init__(env)
        self.steps = 0

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        self.steps += self.num_envs
        self._expect_finite("action", actions, "the policy's network left the finite numbers")
        try:
            result = self.env.step(actions)
        except RunError:
            raise
        except Exception as exc:
            raise self._failed("step", exc) from exc
        self._expect_finite("observation", result[0], "the simulation is unstable")
        self._expect_finite("reward", result[1], "the environment's reward is not a number")
        return result

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        try:
            result = self.env.reset(seed=seed, options=options)
        except RunError:
            raise
        except Exception as exc:
            raise self._failed("reset", exc) from exc
        self._expect_finite("observation", result[0], "the environment resets to it")
        return result

    def _expect_finite(self, what: str, value: Any, why: str) -> None:
        if is_finite(value):
            return
        broken = [place for place, item in enumerate(value) if not is_finite(np.asarray(item))]
        where = f" in environment {broken[0]}" if broken else ""
        raise DivergedError(
            f"{what} of {self._name()} is not finite in step {self.steps}{where}",
            step=self.steps,
            help=why,
        )

    def _failed(self, where: str, exc: Exception) -> EnvironmentFailedError:
        return failed(self._name(), where, self.steps, exc)

    def _name(self) -> str:
        spec = self.env.unwrapped.spec
        return spec.id if spec is not None else type(self.env.unwrapped).__name__
