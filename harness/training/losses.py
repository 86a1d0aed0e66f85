"""The losses, watched where the learners write them down: in their logger."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from stable_baselines3.common.logger import Logger

from harness.errors import DivergedError

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

__all__ = ["SMALLER_STEPS", "LossDivergedError", "LossWatch"]

SMALLER_STEPS: Final = "a smaller learning rate or a stronger gradient clipping may help"


class LossDivergedError(DivergedError):
    """A loss is NaN or infinite; `step` is the learner's."""


class LossWatch(Logger):
    """A logger that keeps nothing on disk and stops a training at its first broken loss.

    A learner with values that are no numbers may act on without complaint: DQN takes the best of
    them. Only losses are looked at, because other quantities may lack a value, as the explained
    variance of constant returns does.
    """

    def __init__(self, learner: BaseAlgorithm) -> None:
        # Without outputs: the default logger leaves an empty folder behind for every model.
        super().__init__(folder=None, output_formats=[])
        self._learner = learner

    def record(self, key: str, value: Any, exclude: str | tuple[str, ...] | None = None) -> None:
        """As the library's.

        Raises:
            LossDivergedError: A loss is not finite.
        """
        super().record(key, value, exclude)
        if "loss" not in key or not isinstance(value, float | np.floating):
            return
        if not math.isfinite(value):
            raise LossDivergedError(
                f"{key.removeprefix('train/')} is not finite after step "
                f"{self._learner.num_timesteps}: {value}",
                step=self._learner.num_timesteps,
                help=SMALLER_STEPS,
            )
