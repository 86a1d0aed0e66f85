"""PPO, A2C and Maskable PPO of stable-baselines3 with their inner loops in numpy.

Each stays what it is to everybody else: policy, optimiser, schedules, logger, callbacks, random
streams and saved files are those of the class it derives from.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from harness.learners.accelerated import AcceleratedLearner, NonFiniteError
from harness.learners.flat_memory import Floats
from harness.learners.gap_buffers import GapRolloutBuffer
from harness.learners.on_policy_updates import (
    ActorCriticEngine,
    LossWeights,
    PpoSettings,
    a2c_update,
    ppo_update,
)
from harness.learners.rollouts import compute_advantages, read_actions, read_samples


class FastOnPolicy(AcceleratedLearner, OnPolicyAlgorithm):
    """What the accelerated learners share: rollouts and predictions on an engine."""

    _engine: ActorCriticEngine | None = None
    _last_obs: Any

    @property
    def engine(self) -> ActorCriticEngine:
        """The engine; made when learning begins."""
        if self._engine is None:
            self._engine = ActorCriticEngine(self.policy)
        return self._engine

    def _setup_learn(self, *args: Any, **kwargs: Any) -> Any:
        # The policy may have been replaced by a loaded one since the last time.
        self._engine = None
        return super()._setup_learn(*args, **kwargs)

    def _predict_batch(
        self, observations: np.ndarray, masks: object, *, deterministic: bool
    ) -> np.ndarray:
        boolean_masks = None if masks is None else _boolean_masks(masks, len(observations))
        return self.engine.predict(observations, deterministic=deterministic, masks=boolean_masks)

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        rollout_buffer: RolloutBuffer,
        n_rollout_steps: int,
        use_masking: bool = False,
    ) -> bool:
        """Fill the buffer with the policy's steps; False if the callback stopped it."""
        engine = self.engine
        if use_masking and not is_masking_supported(env):
            raise ValueError("Environment does not support action masking")
        count, masks, n_steps = env.num_envs, None, 0
        shape = (count, *(self.action_space.shape or ()))
        rollout_buffer.reset()
        if self.use_sde:
            self.policy.reset_noise(count)
        callback.on_rollout_start()
        while n_steps < n_rollout_steps:
            if self.use_sde and self.sde_sample_freq > 0 and n_steps % self.sde_sample_freq == 0:
                self.policy.reset_noise(count)
            if use_masking:
                masks = _boolean_masks(get_action_masks(env), count)
            out, latent = engine.network.act(engine.encode(self._last_obs))
            actions = engine.distribution.sample(out, latent, masks).reshape(shape)
            clipped_actions = engine.clip_actions(actions)
            new_obs, rewards, dones, infos = env.step(clipped_actions)
            self.num_timesteps += count
            callback.update_locals(locals())
            if not callback.on_step():
                return False
            self._update_info_buffer(infos, dones)
            n_steps += 1
            if np.count_nonzero(dones):
                self._bootstrap(rewards, dones, infos)
            self._add(rollout_buffer, actions, rewards, masks)
            self._last_obs = new_obs
            self._last_episode_starts = dones
        self._complete(rollout_buffer, dones)
        callback.update_locals(locals())
        callback.on_rollout_end()
        return True

    def _add(self, buffer: Any, actions: np.ndarray, rewards: np.ndarray, masks: object) -> None:
        """Append one step; values and log-probabilities follow for the whole rollout at once."""
        index = buffer.pos
        if isinstance(buffer, GapRolloutBuffer):
            buffer.record_activity()
        observations = buffer.observations[index]
        observations[:] = self._last_obs.reshape(observations.shape)
        buffer.actions[index] = actions.reshape(len(rewards), -1)
        buffer.rewards[index] = rewards
        buffer.episode_starts[index] = self._last_episode_starts
        if masks is not None:
            buffer.action_masks[index] = masks
        buffer.pos = index + 1
        buffer.full = buffer.pos == buffer.buffer_size

    def _complete(self, buffer: RolloutBuffer, dones: np.ndarray) -> None:
        """Fill in values, log-probabilities, advantages and returns of a full buffer."""
        engine = self.engine
        size = buffer.buffer_size * buffer.n_envs
        inputs = engine.encode(buffer.observations.reshape(size, -1))
        masks = getattr(buffer, "action_masks", None)
        boolean_masks = None if masks is None else masks.reshape(size, -1) > 0
        with np.errstate(all="ignore"):
            values, log_probs = engine.evaluate(
                inputs, read_actions(buffer.actions.reshape(size, -1)), boolean_masks
            )
            buffer.values[:] = values.reshape(buffer.values.shape)
            buffer.log_probs[:] = log_probs.reshape(buffer.values.shape)
            last_values = engine.network.value(engine.encode(self._last_obs))
            if isinstance(buffer, GapRolloutBuffer) and buffer.has_gaps:
                buffer.compute_gap_advantages(last_values, dones)
            else:
                compute_advantages(buffer, last_values, dones)
        self._check_finite(buffer.log_probs, buffer.advantages)

    def _bootstrap(
        self, rewards: np.ndarray, dones: np.ndarray, infos: list[dict[str, object]]
    ) -> None:
        """Add the value of the last observation where a time limit cut an episode."""
        for index in np.flatnonzero(dones):
            final = infos[index].get("terminal_observation")
            if final is not None and infos[index].get("TimeLimit.truncated", False):
                inputs = self.engine.encode(np.asarray(final)[None])
                rewards[index] += self.gamma * self.engine.network.value(inputs)[0]

    def _check_finite(self, *arrays: np.ndarray) -> None:
        if not all(np.isfinite(array).all() for array in arrays):
            raise NonFiniteError("the policy's outputs are not finite", self.num_timesteps)

    def _loss_weights(self) -> LossWeights:
        return LossWeights(
            entropy=float(self.ent_coef),
            value=float(self.vf_coef),
            max_norm=float(self.max_grad_norm),
        )

    def _record(self, name: str, value: object) -> None:
        self.logger.record(f"train/{name}", value)

    def _record_state(self) -> None:
        buffer = self.rollout_buffer
        total = _sum_of_squares(buffer.returns)
        residual = _sum_of_squares(buffer.returns - buffer.values)
        self._record("explained_variance", 1 - residual / total if total else math.nan)
        if hasattr(self.policy, "log_std"):
            log_std = self.policy.log_std.detach().numpy()
            self._record("std", float(np.exp(log_std).mean()))
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")


class FastPpoUpdate(FastOnPolicy):
    """The update of PPO and Maskable PPO."""

    n_epochs: int
    batch_size: Any
    clip_range: Any
    clip_range_vf: Any
    normalize_advantage: bool
    target_kl: float | None

    def train(self) -> None:
        self._update_learning_rate(self.policy.optimizer)
        remaining = self._current_progress_remaining
        value_range = None if self.clip_range_vf is None else self.clip_range_vf(remaining)
        settings = PpoSettings(
            clip_range=self.clip_range(remaining),
            clip_range_vf=value_range,
            epochs=self.n_epochs,
            batch_size=self.batch_size,
            normalize=self.normalize_advantage,
            target_kl=self.target_kl,
        )
        weights = self._loss_weights()
        with np.errstate(all="ignore"):
            data = read_samples(self.rollout_buffer, self.engine.encode)
            log = ppo_update(self.engine, data, settings, weights)
        self._check_finite(self.engine.memory.parameters)
        self._n_updates += log.epochs
        last = log.policy[-1] + weights.entropy * log.entropy[-1] + weights.value * log.value[-1]
        self._record("entropy_loss", np.mean(log.entropy))
        self._record("policy_gradient_loss", np.mean(log.policy))
        self._record("value_loss", np.mean(log.value))
        self._record("approx_kl", np.mean(log.kl))
        self._record("clip_fraction", np.mean(log.clip_fraction))
        self._record("loss", last)
        self._record_state()
        self._record("clip_range", settings.clip_range)
        if value_range is not None:
            self._record("clip_range_vf", value_range)


class FastPPO(FastPpoUpdate, PPO):
    """PPO with its rollouts and updates in numpy."""


class FastMaskablePPO(FastPpoUpdate, MaskablePPO):
    """Maskable PPO with its rollouts and updates in numpy."""

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        rollout_buffer: RolloutBuffer,
        n_rollout_steps: int,
        use_masking: bool = True,
    ) -> bool:
        """Fill the buffer with the policy's steps; False if the callback stopped it."""
        return super().collect_rollouts(env, callback, rollout_buffer, n_rollout_steps, use_masking)


class FastA2C(FastOnPolicy, A2C):
    """A2C with its rollouts and updates in numpy."""

    def train(self) -> None:
        """One gradient step on the whole rollout."""
        self._update_learning_rate(self.policy.optimizer)
        with np.errstate(all="ignore"):
            data = read_samples(self.rollout_buffer, self.engine.encode)
            losses = a2c_update(
                self.engine, data, self._loss_weights(), normalize=self.normalize_advantage
            )
        self._check_finite(self.engine.memory.parameters)
        self._n_updates += 1
        for name, loss in losses.items():
            self._record(name, loss)
        self._record_state()


def _sum_of_squares(values: Floats) -> float:
    """Sum of the squared distances from the mean."""
    distances = values.reshape(-1) - np.add.reduce(values, axis=None) / np.float32(values.size)
    return float(np.dot(distances, distances))


def _boolean_masks(masks: object, count: int) -> NDArray[np.bool_]:
    return np.asarray(masks, bool).reshape(count, -1)
