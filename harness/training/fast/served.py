"""Learners that predict on an engine while they learn."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm

__all__ = ["Served"]

_ENGINE: Final = "_engine"


class Served(BaseAlgorithm):
    """Predicts as the class it is mixed into, but for batches of observations.

    Derived classes set `_engine` when learning begins, and say in `_act` how it acts. It is not
    saved: what was saved predicts without it.
    """

    _engine: Any = None

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), _ENGINE]

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = False,
        action_masks: Any = None,
    ) -> tuple[NDArray[Any], Any]:
        """Actions for observations; batches of them are served by the engine while it learns."""
        if self._engine is None or not self._is_batch(observation):
            more = {} if action_masks is None else {"action_masks": action_masks}
            return super().predict(observation, state, episode_start, deterministic, **more)
        return self._act(observation, action_masks, deterministic=deterministic), state

    def _is_batch(self, observation: Any) -> bool:
        """Whether these are several observations at once."""
        shape = self.observation_space.shape or ()
        if not isinstance(observation, np.ndarray) or observation.ndim != len(shape) + 1:
            return False
        return bool(observation.shape[1:] == shape)

    def _act(self, observations: NDArray[Any], masks: Any, *, deterministic: bool) -> NDArray[Any]:
        """Actions (B, ...) for observations (B, ...), fit for the environment.

        Args:
            observations: Already normalised.
            masks: Which actions are allowed, shape (B, n); None for all.
            deterministic: By the mode instead of sampling.
        """
        raise NotImplementedError
