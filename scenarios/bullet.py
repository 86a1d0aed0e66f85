"""Resets of panda-gym's environments that follow from the seed. Imports gymnasium."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import RecordConstructorArgs

__all__ = ["SeededResets"]


class SeededResets(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Gives every reset a seed: the one asked for, or the next of the stream that it began.

    By themselves these environments draw a new seed from the operating system at every reset
    without one, so that only the first episode of a training is the same in every run.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        RecordConstructorArgs.__init__(self)
        gymnasium.Wrapper.__init__(self, env)
        self._stream = np.random.default_rng()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        if seed is None:
            seed = int(self._stream.integers(2**31))
        else:
            self._stream = np.random.default_rng(seed)
        return self.env.reset(seed=seed, options=options)
