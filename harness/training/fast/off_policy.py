"""What the accelerated off-policy learners share: storing, drawing, predictions on an engine."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.torch_layers import FlattenExtractor
from torch import nn

from harness.training.fast.memory import Floats
from harness.training.fast.observations import Encoder, encoder
from harness.training.fast.replay import Transitions, drawn, is_plain, stored

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


class FastOffPolicy(OffPolicyAlgorithm):
    """Stores and draws transitions, and predicts, without torch.

    Derived classes say in `_take_over` what an engine is, and write `train`.
    """

    ENGINE: ClassVar[str] = "_engine"
    _engine: Any = None
    _last_obs: Any
    _last_original_obs: Any

    def _take_over(self) -> OffPolicyEngine:
        raise NotImplementedError

    def _setup_learn(self, *args: Any, **kwargs: Any) -> Any:
        prepared = super()._setup_learn(*args, **kwargs)
        # Whatever was loaded into the policy since the last time counts.
        self._engine = self._take_over()
        self._quieten()
        return prepared

    def _quieten(self) -> None:
        """Set the mode of the policy's layers once: none of them acts differently in training."""
        for module in self.policy.modules():
            nn.Module.train(module, mode=False)

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), self.ENGINE]

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[NDArray[Any], Any]:
        """Actions for observations; batches of them are served by the engine while it learns."""
        if not self._is_batch(observation):
            return super().predict(observation, state, episode_start, deterministic)
        inputs = self._engine.encode(observation)
        return self._engine.act(inputs, deterministic=deterministic), state

    def _is_batch(self, observation: Any) -> bool:
        if self._engine is None or not isinstance(observation, np.ndarray):
            return False
        return observation.shape[1:] == self.observation_space.shape and observation.ndim > 0

    def _store_transition(  # noqa: PLR0913  (the library's signature)
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
        assert self.replay_buffer is not None
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
