"""Gymnasium's MuJoCo tasks on a slope and with a randomised body. Imports gymnasium and MuJoCo.

Every argument is a number or a pair [low, high], from which each episode draws uniformly with the
environment's own generator:

* ``friction``: factor of the sliding friction of everything,
* ``mass``: factor of the masses and inertias of every body,
* ``gravity``: factor of the gravity,
* ``slope``: degrees by which the ground rises along the x axis, in which these tasks run forward;
  below 0 it falls. The ground stays level and gravity tilts, which is the same to the simulation:
  the floor is endless.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import gymnasium
import mujoco
import numpy as np
from gymnasium.utils import seeding

Range = float | Sequence[float]

TASKS: Final = ("Ant-v5", "HalfCheetah-v5", "Hopper-v5", "Humanoid-v5", "Walker2d-v5")
STEEPEST: Final = 45.0


class Terrain(gymnasium.Wrapper):
    """A MuJoCo environment whose model is changed at every reset; `info["drawn"]` says how."""

    ARGUMENTS: ClassVar = ("friction", "mass", "gravity", "slope")

    def __init__(
        self,
        env: gymnasium.Env,
        *,
        friction: Range = 1.0,
        mass: Range = 1.0,
        gravity: Range = 1.0,
        slope: Range = 0.0,
    ) -> None:
        """Check the ranges.

        Raises:
            TypeError: A range is no number and no pair of numbers.
            ValueError: A range is reversed, a factor not positive, a slope too steep.
        """
        super().__init__(env)
        ranges = {"friction": friction, "mass": mass, "gravity": gravity, "slope": slope}
        self._ranges = {name: _pair(name, value) for name, value in ranges.items()}
        model = self._model
        self._friction = model.geom_friction[:, 0].copy()
        self._mass, self._inertia = model.body_mass.copy(), model.body_inertia.copy()
        self._weight = float(np.linalg.norm(model.opt.gravity))

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Draw the episode's model, then reset; the observation already shows it."""
        inner = self.env.unwrapped
        if seed is not None:
            inner.np_random, _ = seeding.np_random(seed)
        factors = {name: self._draw(low, high) for name, (low, high) in self._ranges.items()}
        self._apply(**factors)
        observation, info = self.env.reset(seed=None, options=options)
        return observation, {**info, "drawn": factors}

    def _draw(self, low: float, high: float) -> float:
        # What is fixed takes nothing from the generator.
        return low if low == high else float(self.env.unwrapped.np_random.uniform(low, high))

    def _apply(self, *, friction: float, mass: float, gravity: float, slope: float) -> None:
        model = self._model
        model.geom_friction[:, 0] = self._friction * friction
        model.body_mass[:] = self._mass * mass
        model.body_inertia[:] = self._inertia * mass
        angle, weight = math.radians(slope), self._weight * gravity
        model.opt.gravity[:] = (-weight * math.sin(angle), 0.0, -weight * math.cos(angle))
        # What MuJoCo derives from masses has to follow; the reset puts the state right again.
        mujoco.mj_setConst(model, self.env.unwrapped.data)  # type: ignore[attr-defined]

    @property
    def _model(self) -> Any:
        return self.env.unwrapped.model  # type: ignore[attr-defined]


def make(task: str, *, render_mode: str | None = None, **arguments: Any) -> Terrain:
    """One of `TASKS` under `Terrain`; arguments that are not the terrain's go to the task."""
    own = {name: arguments.pop(name) for name in Terrain.ARGUMENTS if name in arguments}
    env = gymnasium.make(
        task, max_episode_steps=-1, disable_env_checker=True, render_mode=render_mode, **arguments
    )
    return Terrain(env.unwrapped, **own)


def _pair(name: str, value: Range) -> tuple[float, float]:
    ends = [value, value] if isinstance(value, int | float) else list(value)
    if len(ends) != 2 or not all(isinstance(end, int | float) for end in ends):
        raise TypeError(f"`{name}` is {value!r}: give a number or [low, high]")
    low, high = float(ends[0]), float(ends[1])
    if low > high:
        raise ValueError(f"`{name}` is {value!r}: the lower end comes first")
    if name == "slope" and max(-low, high) > STEEPEST:
        raise ValueError(f"`slope` is {value!r}: at most {STEEPEST:g} degrees either way")
    if name != "slope" and low <= 0:
        raise ValueError(f"`{name}` is {value!r}: a factor is above 0")
    return low, high


for _task in TASKS:
    gymnasium.register(
        id=f"locomotion/{_task}",
        entry_point="scenarios.terrain:make",
        kwargs={"task": _task},
        max_episode_steps=1000,
    )
