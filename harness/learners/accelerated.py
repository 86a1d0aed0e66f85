"""What all accelerated learners share: observations as network inputs, and batched predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BaseModel
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.torch_layers import FlattenExtractor

from harness.learners.flat_memory import Floats

Encoder = Callable[[np.ndarray], Floats]
"""Observations with or without a leading batch dimension -> shape (B, d)."""


class NonFiniteError(ArithmeticError):
    """An output or a parameter of a policy is NaN or infinite.

    Attributes:
        step: Environment steps of the learner so far.
    """

    def __init__(self, message: str, step: int) -> None:
        super().__init__(message)
        self.step = step


def encoder(module: BaseModel) -> Encoder:
    """What turns the observations of a network into the float32 rows that its first layer reads.

    It does what the preprocessing of stable-baselines3 does.

    Raises:
        ValueError: The network does more than to flatten them, or their space is none of Box,
            Discrete, MultiDiscrete and MultiBinary.
    """
    extractor = type(module.features_extractor)
    if extractor is not FlattenExtractor:
        raise ValueError(f"extractor {extractor.__name__}")
    space = module.observation_space
    if isinstance(space, spaces.Discrete):
        return _one_hot(np.array([space.n]))
    if isinstance(space, spaces.MultiDiscrete) and space.nvec.ndim == 1:
        return _one_hot(space.nvec)
    if isinstance(space, spaces.Box | spaces.MultiBinary):
        length = int(np.prod(space.shape))
        if module.normalize_images and isinstance(space, spaces.Box) and is_image_space(space):
            return lambda pixels: _rows(pixels, length) / np.float32(255)
        return lambda observations: _rows(observations, length)
    raise ValueError(f"observation {space}")


def _rows(observations: np.ndarray, length: int) -> Floats:
    return observations.reshape(-1, length).astype(np.float32, copy=False)


def _one_hot(counts: np.ndarray) -> Encoder:
    ends = np.cumsum(counts)
    starts, length = ends - counts, int(ends[-1])

    def encode(observations: np.ndarray) -> Floats:
        columns = np.asarray(observations).reshape(-1, len(starts)).astype(np.intp) + starts
        rows = np.zeros((len(columns), length), np.float32)
        rows[np.arange(len(columns))[:, None], columns] = 1
        return rows

    return encode


class AcceleratedLearner(BaseAlgorithm):
    """Predicts as the class it is mixed into, but by an engine for batches of observations.

    Derived classes set `_engine` when learning begins and write `_predict_batch`. The engine is
    not saved: a saved model predicts without it.
    """

    _engine: Any = None

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_engine"]

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = False,
        action_masks: Any = None,
    ) -> tuple[np.ndarray, Any]:
        """Actions for observations; by the engine for batches of them once learning has begun."""
        if self._engine is None or not self._is_batch(observation):
            more = {} if action_masks is None else {"action_masks": action_masks}
            return super().predict(observation, state, episode_start, deterministic, **more)
        actions = self._predict_batch(observation, action_masks, deterministic=deterministic)
        return actions, state

    def _is_batch(self, observation: object) -> bool:
        shape = self.observation_space.shape or ()
        if not isinstance(observation, np.ndarray) or observation.ndim != len(shape) + 1:
            return False
        return bool(observation.shape[1:] == shape)

    def _predict_batch(
        self, observations: np.ndarray, masks: object, *, deterministic: bool
    ) -> np.ndarray:
        """Actions (B, ...) for observations (B, ...), within the bounds of their space.

        Args:
            observations: Already normalised.
            masks: Which actions are allowed, shape (B, n); None for all.
            deterministic: By the mode instead of sampling.
        """
        raise NotImplementedError
