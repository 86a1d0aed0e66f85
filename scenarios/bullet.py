"""Resets of panda-gym's environments that follow from the seed. Imports gymnasium."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import RecordConstructorArgs

__all__ = ["SeededResets"]


class SeededResets(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Makes an episode depend on its seed alone, and its seed on the first one.

    By themselves these environments draw a new seed from the operating system at every reset
    without one, and Bullet keeps contacts of the last episode. Here a reset without a seed takes
    the next of the stream that the last seed began, and Bullet's state is that of a new environment.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        RecordConstructorArgs.__init__(self)
        gymnasium.Wrapper.__init__(self, env)
        self._stream = np.random.default_rng()
        self._fresh = self._bullet.save_state()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        if seed is None:
            seed = int(self._stream.integers(2**31))
        else:
            self._stream = np.random.default_rng(seed)
        self._bullet.restore_state(self._fresh)
        return self.env.reset(seed=seed, options=options)

    @property
    def _bullet(self) -> Any:
        return self.env.unwrapped.sim  # type: ignore[attr-defined]
