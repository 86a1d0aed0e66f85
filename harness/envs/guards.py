"""Guards: the outermost wrappers, which turn a broken step into a recorded failure.

NaN that enters a replay buffer or a gradient spreads silently; a run stops at its first one.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv, VectorWrapper

from harness.call_watch import WATCH, CallTimeoutError
from harness.core.evaluation import LONGEST_EPISODE
from harness.envs.environment_answers import (
    NEW_INTERFACE,
    NO_NUMBER,
    call_failure,
    divergence_error,
    endless_episode_error,
    environment_name,
    excerpt,
    form_error,
    is_finite,
    log_close_failure,
    read_goal_rewards,
    read_masks,
    watch_call,
)
from harness.envs.learner_spaces import (
    as_array,
    as_number,
    choice_counts,
    mask_form,
    observation_form,
)
from harness.errors import DivergedError, EnvironmentFailedError, RunError


class Guard(gymnasium.Wrapper):
    """Checks every action, observation and reward, and names the step at which one breaks.

    Observations come out in the form that their space says.

    Attributes:
        steps: Environment steps that were begun, over all episodes.

    Raises:
        DivergedError: By `step` and `reset`: NaN or infinity in an action, observation or reward.
        EnvironmentFailedError: By `step` and `reset`: the environment raised, returned what is
            no observation of its space, no reward or no information, or does not end an episode.
    """

    def __init__(self, env: gymnasium.Env, *, longest: int = LONGEST_EPISODE) -> None:
        """Put the guard around an environment.

        Args:
            longest: Steps after which an episode counts as one that nothing ends.
        """
        super().__init__(env)
        self.steps = 0
        self._longest = longest
        self._last_step = longest
        self._form = observation_form(env.observation_space)
        if env.has_wrapper_attr("action_masks") and choice_counts(env.action_space):
            # Learners look whether there is one.
            self.action_masks = self._action_masks
            self._mask_form = mask_form(env.action_space)

    def step(self, action: object) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        self.steps += 1
        if not is_finite(action):
            self._raise_divergence("action", action, "the policy's network left the finite numbers")
        # `watch_call` written out: entering it takes 3 us, a quick environment's step 25.
        try:
            WATCH.turn += 1
            answer: tuple[Any, ...] = self.env.step(action)
            observation, reward, terminated, truncated, info = answer
        except RunError:
            raise
        except (Exception, SystemExit, CallTimeoutError) as exc:
            raise call_failure(self._name(), "step", self.steps, exc) from exc
        finally:
            WATCH.turn += 1
        observation = self._expect_form(observation)
        if not is_finite(observation):
            self._raise_divergence("observation", observation, "the simulation is unstable")
        if not is_finite(reward):
            self._raise_divergence("reward", reward, NO_NUMBER)
        if type(reward) not in {float, int}:
            reward = self._number(reward)
        if not isinstance(info, dict):
            raise self._form_error("information", f"is a {type(info).__name__}", "a dictionary")
        if type(terminated) is not bool or type(truncated) is not bool:
            terminated, truncated = self._truth(terminated), self._truth(truncated)
        if self.steps >= self._last_step and not (terminated or truncated):
            raise endless_episode_error(self._name(), self._longest, self.steps)
        # Learners write into it; some environments return one dictionary for ever.
        return observation, reward, terminated, truncated, info.copy()

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        with watch_call(self._name(), "reset", self.steps):
            reset: tuple[Any, Any] = self.env.reset(seed=seed, options=options)
            observation, info = reset
        if not isinstance(info, dict):
            fault = f"after a reset is a {type(info).__name__}"
            raise self._form_error("information", fault, f"a dictionary; {NEW_INTERFACE}")
        observation = self._expect_form(observation)
        if not is_finite(observation):
            self._raise_divergence("observation", observation, "the environment resets to it")
        self._last_step = self.steps + self._longest
        return observation, info.copy()

    def close(self) -> None:
        """Close the environment; what is known of a training does not depend on how that goes."""
        with log_close_failure(self._name()):
            super().close()

    def _expect_form(self, observation: object) -> Any:
        try:
            return self._form(observation)
        except ValueError as exc:
            requirement = f"an element of {self.env.observation_space}"
            raise self._form_error("observation", str(exc), requirement) from exc

    def _number(self, reward: object) -> float:
        """A reward as the interface has it; some environments return scalars of numpy."""
        try:
            return as_number(reward)
        except ValueError as exc:
            fault = f"is {excerpt(reward)}, a {type(reward).__name__}"
            raise self._form_error("reward", fault, "a float, or an array of one") from exc

    def _truth(self, end: object) -> bool:
        """Whether an episode ends; a text or a list says something else than it seems to."""
        try:
            flag = as_array(end, (), np.dtype(bool))
        except ValueError as exc:
            raise self._form_error("end of an episode", str(exc), "true or false") from exc
        if flag.dtype.kind != "b":
            raise self._form_error("end of an episode", f"is {excerpt(end)}", "true or false")
        return bool(flag)

    def _form_error(self, what: str, fault: str, requirement: str) -> EnvironmentFailedError:
        return form_error(self._name(), f"{what} of", f"{fault}", requirement, self.steps)

    def _action_masks(self) -> Any:
        masks = self.env.get_wrapper_attr("action_masks")
        return read_masks(self._name(), masks, self._mask_form, self.steps)

    def compute_reward(self, achieved_goal: Any, desired_goal: object, info: object) -> Any:
        """The rewards of goal environments; hindsight replay asks the outermost wrapper for them.

        Args:
            achieved_goal: Goals, (B, ...).
            desired_goal: Likewise.
            info: B of them.
        """
        return read_goal_rewards(
            self._name(),
            lambda: self.env.get_wrapper_attr("compute_reward"),
            (achieved_goal, desired_goal, info),
            self.steps,
        )

    def _raise_divergence(self, what: str, value: object, why: str) -> None:
        raise divergence_error(what, self._name(), value, why, self.steps)

    def _name(self) -> str:
        return environment_name(self.env)


class VectorGuard(VectorWrapper):
    """`Guard` for a batch of environments.

    Attributes:
        steps: Environment steps that were begun, of all environments together.

    Raises:
        DivergedError: By `step` and `reset`: NaN or infinity in an action, observation or reward.
        EnvironmentFailedError: By `step` and `reset`: the environments raised, returned what is
            no observation of their space, no rewards or ends of episodes, or do not end one.
    """

    def __init__(self, env: VectorEnv, *, longest: int = LONGEST_EPISODE) -> None:
        """Put the guard around environments.

        Args:
            longest: Steps after which an episode counts as one that nothing ends.
        """
        super().__init__(env)
        self.steps = 0
        self._longest = longest
        self._lengths = np.zeros(self.num_envs, dtype=np.int64)
        self._form = observation_form(env.observation_space)
        self._form_of_one = observation_form(env.single_observation_space)
        masked = env if hasattr(env, "action_masks") else env.unwrapped
        if hasattr(masked, "action_masks") and choice_counts(env.single_action_space):
            self.action_masks = self._action_masks
            self._masked = masked
            self._mask_form = mask_form(env.single_action_space, self.num_envs)

    def step(self, actions: object) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        self.steps += self.num_envs
        self._expect_finite("action", actions, "the policy's network left the finite numbers")
        try:
            WATCH.turn += 1
            observations, rewards, terminated, truncated, info = self.env.step(actions)
        except RunError:
            raise
        except (Exception, SystemExit, CallTimeoutError) as exc:
            raise call_failure(self._name(), "step", self.steps, exc) from exc
        finally:
            WATCH.turn += 1
        observations = self._expect_form(observations)
        self._expect_finite("observation", observations, "the simulation is unstable")
        rewards = self._array("rewards", rewards, float)
        self._expect_finite("reward", rewards, NO_NUMBER)
        terminated, truncated = (
            self._array("ends of episodes", each, bool) for each in (terminated, truncated)
        )
        done = terminated | truncated
        self._lengths = np.where(done, 0, self._lengths + 1)
        if self._lengths.max() >= self._longest:
            raise endless_episode_error(self._name(), self._longest, self.steps)
        if done.any():
            info = {**info, "final_obs": self._last_observations(info, done)}
        return observations, rewards, terminated, truncated, info

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        with watch_call(self._name(), "reset", self.steps):
            observations, info = self.env.reset(seed=seed, options=options)
        observations = self._expect_form(observations)
        self._expect_finite("observation", observations, "the environment resets to it")
        self._lengths[:] = 0
        return observations, info

    def compute_reward(self, achieved_goal: Any, desired_goal: object, info: object) -> Any:
        """As `Guard` has it; the batch as a whole is asked."""
        return read_goal_rewards(
            self._name(),
            lambda: self.env.unwrapped.compute_reward,  # type: ignore[attr-defined]
            (achieved_goal, desired_goal, info),
            self.steps,
        )

    def close(self, **options: Any) -> None:
        """Close the environments, as `Guard` does."""
        with log_close_failure(self._name()):
            super().close(**options)

    def _expect_form(self, observations: object) -> Any:
        try:
            return self._form(observations)
        except ValueError as exc:
            requirement = f"an element of {self.env.observation_space}"
            subject = "observations of the batch"
            raise form_error(self._name(), subject, str(exc), requirement, self.steps) from exc

    def _action_masks(self) -> Any:
        return read_masks(self._name(), self._masked.action_masks, self._mask_form, self.steps)

    def _last_observations(self, info: Any, done: np.ndarray) -> list[Any]:
        """What ended episodes came to, which learners bootstrap from; None for the others."""
        last: list[Any] = [None] * self.num_envs
        for index in np.flatnonzero(done).tolist():
            try:
                last[index] = self._form_of_one(info["final_obs"][index])
            except (LookupError, TypeError, ValueError) as exc:
                fault = str(exc) if isinstance(exc, ValueError) else "is not there"
                subject = f"`final_obs` of environment {index} in the information of the batch"
                requirement = f"an element of {self.env.single_observation_space}"
                raise form_error(self._name(), subject, fault, requirement, self.steps) from exc
        self._expect_finite("last observation", last, "the simulation is unstable")
        return last

    def _array(self, what: str, values: object, kind: type) -> Any:
        """One value per environment, as an array."""
        shape, dtype = (self.num_envs,), np.dtype(kind)
        if type(values) is np.ndarray and values.shape == shape and values.dtype.kind == dtype.kind:
            return values
        try:
            return as_array(values, shape, dtype)
        except ValueError as exc:
            requirement = f"an array of {self.num_envs}"
            raise form_error(
                self._name(), f"{what} of the batch", str(exc), requirement, self.steps
            ) from exc

    def _expect_finite(self, what: str, value: Any, why: str) -> None:
        if is_finite(value):
            return
        bad = [index for index, item in enumerate(value) if not is_finite(np.asarray(item))]
        environment = f" in environment {bad[0]}" if bad else ""
        raise DivergedError(
            f"{what} of {self._name()} is not finite in step {self.steps}{environment}",
            step=self.steps,
            help=why,
        )

    def _name(self) -> str:
        return environment_name(self.env.unwrapped)
