"""What the accelerated off-policy learners share: acting, storing and drawing without torch."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.noise import ActionNoise, VectorizedActionNoise
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.type_aliases import RolloutReturn, TrainFreq, TrainFrequencyUnit
from stable_baselines3.common.utils import should_collect_more_steps
from stable_baselines3.common.vec_env import VecEnv

from harness.learners.accelerated import AcceleratedLearner, Encoder
from harness.learners.flat_memory import Floats
from harness.learners.transitions import Transitions, is_plain, sample_transitions, store_step


class OffPolicyEngine:
    """The numpy side of one policy; both work on the same memory.

    Attributes:
        encode: Observations -> inputs of the networks.
    """

    encode: Encoder

    def act(self, inputs: Floats, *, deterministic: bool) -> np.ndarray:
        """Actions (B, ...) for inputs (B, d), within the bounds of their space."""
        raise NotImplementedError


class FastOffPolicy(AcceleratedLearner, OffPolicyAlgorithm):
    """Stores and draws transitions, and predicts, without torch.

    Derived classes write `_make_engine` and `train`.
    """

    replay_buffer: Any
    _last_obs: Any
    _last_original_obs: Any

    def _make_engine(self) -> OffPolicyEngine:
        raise NotImplementedError

    def _setup_learn(self, *args: Any, **kwargs: Any) -> Any:
        setup = super()._setup_learn(*args, **kwargs)
        # The policy may have been replaced by a loaded one since the last time.
        self._engine = self._make_engine()
        # Once for all: the torch policy only predicts single observations; the engine learns.
        self.policy.set_training_mode(mode=False)
        return setup

    def _predict_batch(
        self, observations: np.ndarray, masks: object, *, deterministic: bool
    ) -> np.ndarray:
        engine: OffPolicyEngine = self._engine
        with np.errstate(all="ignore"):
            return engine.act(engine.encode(observations), deterministic=deterministic)

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        train_freq: TrainFreq,
        replay_buffer: ReplayBuffer,
        action_noise: ActionNoise | None = None,
        learning_starts: int = 0,
        log_interval: int | None = None,
    ) -> RolloutReturn:
        """Act and store until it is time for an update, or until the callback stops it."""
        count = env.num_envs
        if count > 1 and train_freq.unit is not TrainFrequencyUnit.STEP:
            raise ValueError("training by episodes needs a single environment")
        steps = episodes = 0
        callback.on_rollout_start()
        while should_collect_more_steps(train_freq, steps, episodes):
            actions, buffer_actions = self._sample_action(learning_starts, action_noise, count)
            new_obs, rewards, dones, infos = env.step(actions)
            self.num_timesteps += count
            steps += 1
            callback.update_locals(locals())
            if not callback.on_step():
                return RolloutReturn(steps * count, episodes, continue_training=False)
            self._update_info_buffer(infos, dones)
            self._store_transition(replay_buffer, buffer_actions, new_obs, rewards, dones, infos)
            self._update_current_progress_remaining(self.num_timesteps, self._total_timesteps)
            self._on_step()
            if dones.any():
                episodes += self._end_episodes(dones, action_noise, log_interval)
        callback.on_rollout_end()
        return RolloutReturn(steps * count, episodes, continue_training=True)

    def _end_episodes(
        self, dones: np.ndarray, noise: ActionNoise | None, log_interval: int | None
    ) -> int:
        """Count and log the episodes that ended, and reset the noise of their environments."""
        indices = np.flatnonzero(dones).tolist()
        for index in indices:
            self._episode_num += 1
            if isinstance(noise, VectorizedActionNoise):
                noise.reset(indices=[index])
            elif noise is not None:
                noise.reset()
            if log_interval is not None and self._episode_num % log_interval == 0:
                self.dump_logs()
        return len(indices)

    def _store_transition(
        self,
        replay_buffer: Any,
        buffer_action: np.ndarray,
        new_obs: Any,
        reward: np.ndarray,
        dones: np.ndarray,
        infos: list[dict[str, object]],
    ) -> None:
        if not is_plain(replay_buffer) or isinstance(self.observation_space, spaces.Dict):
            super()._store_transition(replay_buffer, buffer_action, new_obs, reward, dones, infos)
            return
        normalization = self._vec_normalize_env
        next_observations: Any = new_obs
        if normalization is None:
            self._last_original_obs = self._last_obs
        else:
            next_observations = normalization.get_original_obs()
            reward = normalization.get_original_reward()
        store_step(
            replay_buffer,
            self._last_original_obs,
            next_observations,
            buffer_action,
            reward,
            dones,
            infos,
            normalization,
        )
        self._last_obs = new_obs
        if normalization is not None:
            self._last_original_obs = next_observations

    def _sample_batch(self, size: int) -> Transitions:
        return sample_transitions(
            self.replay_buffer,
            size,
            gamma=self.gamma,
            encode=self._engine.encode,
            normalization=self._vec_normalize_env,
        )

    def _log_updates(self, **losses: list[float]) -> None:
        """Log the count of updates, and the mean of every list that has entries."""
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        for name, values in losses.items():
            if values:
                self.logger.record(f"train/{name}", np.mean(values))
