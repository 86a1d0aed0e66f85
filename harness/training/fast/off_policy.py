"""What the accelerated off-policy learners share: storing, drawing, predictions on an engine."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.noise import ActionNoise, VectorizedActionNoise
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.torch_layers import FlattenExtractor
from stable_baselines3.common.type_aliases import (
    RolloutReturn,
    TrainFreq,
    TrainFrequencyUnit,
)
from stable_baselines3.common.utils import should_collect_more_steps
from stable_baselines3.common.vec_env import VecEnv

from harness.training.fast.memory import Floats
from harness.training.fast.observations import Encoder, encoder
from harness.training.fast.replay import Transitions, drawn, is_plain, stored
from harness.training.fast.served import Served

__all__ = ["FastOffPolicy", "OffPolicyEngine", "flat_encoder"]


def flat_encoder(module: Any) -> Encoder:
    """The encoder of a network's observations.

    Raises:
        ValueError: It does more than to flatten them.
    """
    kind = type(module.features_extractor)
    if kind is not FlattenExtractor:
        raise ValueError(f"extractor {kind.__name__}")
    return encoder(module.observation_space, scaled=module.normalize_images)


class OffPolicyEngine:
    """The numpy side of one policy; both work on the same memory.

    Attributes:
        encode: Observations -> inputs of the networks.
    """

    encode: Encoder

    def act(self, inputs: Floats, *, deterministic: bool) -> NDArray[Any]:
        """Actions (B, ...) for inputs (B, d), fit for the environment."""
        raise NotImplementedError


class FastOffPolicy(Served, OffPolicyAlgorithm):
    """Stores and draws transitions, and predicts, without torch.

    Derived classes say in `_take_over` what an engine is, and write `train`.
    """

    replay_buffer: Any
    _last_obs: Any
    _last_original_obs: Any

    def _take_over(self) -> OffPolicyEngine:
        raise NotImplementedError

    def _setup_learn(self, *args: Any, **kwargs: Any) -> Any:
        prepared = super()._setup_learn(*args, **kwargs)
        # Whatever was loaded into the policy since the last time counts.
        self._engine = self._take_over()
        # Once for all: the policy is asked for actions only, and learns in the engine.
        self.policy.set_training_mode(mode=False)
        return prepared

    def _act(self, observations: NDArray[Any], masks: Any, *, deterministic: bool) -> NDArray[Any]:
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
        """Act and store until it is time for an update, or until the callback gives up."""
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
        self, dones: NDArray[Any], noise: ActionNoise | None, log_interval: int | None
    ) -> int:
        """Count, log and begin noise anew for the environments whose episode is over."""
        ended = np.flatnonzero(dones).tolist()
        for index in ended:
            self._episode_num += 1
            if isinstance(noise, VectorizedActionNoise):
                noise.reset(indices=[index])
            elif noise is not None:
                noise.reset()
            if log_interval is not None and self._episode_num % log_interval == 0:
                self.dump_logs()
        return len(ended)

    def _store_transition(
        self,
        replay_buffer: Any,
        buffer_action: NDArray[Any],
        new_obs: Any,
        reward: NDArray[Any],
        dones: NDArray[Any],
        infos: list[dict[str, Any]],
    ) -> None:
        if not is_plain(replay_buffer) or isinstance(self.observation_space, spaces.Dict):
            super()._store_transition(replay_buffer, buffer_action, new_obs, reward, dones, infos)
            return
        normalization = self._vec_normalize_env
        following: Any = new_obs
        if normalization is None:
            self._last_original_obs = self._last_obs
        else:
            following = normalization.get_original_obs()
            reward = normalization.get_original_reward()
        stored(
            replay_buffer,
            self._last_original_obs,
            following,
            buffer_action,
            reward,
            dones,
            infos,
            normalization,
        )
        self._last_obs = new_obs
        if normalization is not None:
            self._last_original_obs = following

    def _drawn(self, size: int) -> Transitions:
        return drawn(
            self.replay_buffer,
            size,
            gamma=self.gamma,
            encode=self._engine.encode,
            normalization=self._vec_normalize_env,
        )

    def _report(self, **means: Any) -> None:
        """Log the count of updates and the means of some lists, where they have entries."""
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        for name, values in means.items():
            if values:
                self.logger.record(f"train/{name}", np.mean(values))
