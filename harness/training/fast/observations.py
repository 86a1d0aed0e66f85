"""Observations -> the float32 rows that a policy's first layer reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.preprocessing import is_image_space

from harness.training.fast.memory import Floats

__all__ = ["Encoder", "encoder"]

Encoder = Callable[[NDArray[Any]], Floats]
"""Observations with or without a leading batch dimension -> shape (B, d)."""


def encoder(space: spaces.Space[Any], *, scaled: bool) -> Encoder:
    """The encoder of an observation space, as the preprocessing of stable-baselines3 has it.

    Args:
        space: Box, Discrete, MultiDiscrete or MultiBinary.
        scaled: Whether pixels are divided by 255.

    Raises:
        ValueError: The space is none of these.
    """
    if isinstance(space, spaces.Discrete):
        return _one_hot(np.array([space.n]))
    if isinstance(space, spaces.MultiDiscrete) and space.nvec.ndim == 1:
        return _one_hot(space.nvec)
    if isinstance(space, spaces.Box | spaces.MultiBinary):
        length = int(np.prod(space.shape))
        if scaled and isinstance(space, spaces.Box) and is_image_space(space):
            return lambda given: _rows(given, length) / np.float32(255)
        return lambda given: _rows(given, length)
    raise ValueError(f"observation {space}")


def _rows(given: NDArray[Any], length: int) -> Floats:
    return given.reshape(-1, length).astype(np.float32, copy=False)


def _one_hot(counts: NDArray[Any]) -> Encoder:
    tables = [np.eye(count, dtype=np.float32) for count in counts]

    def encode(given: NDArray[Any]) -> Floats:
        columns = np.asarray(given).reshape(-1, len(tables)).astype(np.intp, copy=False).T
        parts = [table[column] for table, column in zip(tables, columns, strict=True)]
        return np.concatenate(parts, axis=1)

    return encode
