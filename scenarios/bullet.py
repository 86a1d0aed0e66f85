"""Episodes of panda-gym's environments that follow from their seed. Imports gymnasium."""

from __future__ import annotations

from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.utils import RecordConstructorArgs

__all__ = ["SeededResets"]

_ABOVE: Final = 3
"""Metres above the table, out of the arm's reach."""


class SeededResets(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Gives every reset a seed, and begins every episode without traces of the one before.

    The seed is the one asked for, or the next of the stream that it began. By themselves these
    environments draw a new one from the operating system at every reset without one, so that only
    the first episode of a training is the same in every run. And Bullet keeps the contacts of a
    body that is put elsewhere until its next step, in which they push it once more. The order in
    which it found the contacts of several bodies decides digits, too; it sorts them if asked to.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], *, sorted_contacts: bool = False) -> None:
        """Wrap.

        Args:
            env: Of panda-gym.
            sorted_contacts: Wanted where several bodies lie about; it changes digits everywhere.
        """
        RecordConstructorArgs.__init__(self, sorted_contacts=sorted_contacts)
        gymnasium.Wrapper.__init__(self, env)
        self._stream = np.random.default_rng()
        if sorted_contacts:
            arm: Any = env.unwrapped
            arm.sim.physics_client.setPhysicsEngineParameter(deterministicOverlappingPairs=1)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        if seed is None:
            seed = int(self._stream.integers(2**31))
        else:
            self._stream = np.random.default_rng(seed)
        self._forget_contacts()
        return self.env.reset(seed=seed, options=options)

    def _forget_contacts(self) -> None:
        """Let a step go by in which nothing lies or is held anywhere."""
        arm: Any = self.env.unwrapped
        arm.robot.reset()
        for height, body in enumerate(_free_bodies(arm.sim), start=_ABOVE):
            arm.sim.set_base_pose(
                body, np.array([0.0, 0.0, height]), np.array([0.0, 0.0, 0.0, 1.0])
            )
        arm.sim.physics_client.stepSimulation()


def _free_bodies(sim: Any) -> list[str]:
    """What a task lets lie about, by panda-gym's own names."""
    return [name for name in sim._bodies_idx if name.startswith("object")]  # noqa: SLF001
