"""Environments that can be looked at, with and without a display."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

import gymnasium

from harness.core.scenario import Scenario
from harness.envs.build import make
from harness.envs.ids import find_spec
from harness.envs.imports import load
from harness.errors import EnvironmentFailedError, UsageError

__all__ = ["drawn", "frame_rate", "make_drawn", "render_modes"]

_USUAL: Final = 30
"""Frames per second where an environment does not say."""


def render_modes(scenario: Scenario) -> tuple[str, ...]:
    """What an environment's ``render`` can give, in gymnasium's words.

    Raises:
        HarnessError: There is no such environment, or it cannot be imported.
    """
    spec = find_spec(scenario.env, scenario.imports, requires=scenario.requires)
    entry = spec.entry_point
    kind = load(entry) if isinstance(entry, str) else entry
    metadata: Mapping[str, Any] | None = getattr(kind, "metadata", None)
    if metadata is None:
        # A function: only what it makes knows.
        env = make(scenario)
        metadata = env.metadata or {}
        env.close()
    return tuple(metadata.get("render_modes") or ())


def make_drawn(scenario: Scenario, render_mode: str) -> gymnasium.Env[Any, Any]:
    """The environment of a scenario, ready for ``render``.

    Raises:
        UsageError: It cannot be drawn that way.
        HarnessError: It cannot be made.
    """
    offered = render_modes(scenario)
    shown = render_mode == "human" and "rgb_array" in offered
    if render_mode not in offered and not shown:
        there = f"it offers: {', '.join(offered)}" if offered else "it offers no drawing at all"
        raise UsageError(f"`{scenario.name}` cannot be drawn as {render_mode}", help=there)
    with warnings.catch_warnings():
        # Gymnasium says that it opens the window itself, which is what is wanted.
        warnings.filterwarnings("ignore", message=".*human.*render", category=UserWarning)
        return make(scenario, render_mode=render_mode)


def drawn(env: gymnasium.Env[Any, Any]) -> Any:
    """What ``render`` gives now.

    Raises:
        EnvironmentFailedError: It raised.
    """
    try:
        return env.render()
    except Exception as exc:
        hint = "it may be drawn otherwise (--render), or on a machine with a display"
        if "GL" in str(exc) or "mujoco" in type(exc).__module__.lower():
            hint = (
                "drawing without a display needs EGL or OSMesa "
                "(Debian: `apt install libegl1` or `libosmesa6`)"
            )
        raise EnvironmentFailedError(
            f"drawing raised {type(exc).__name__}: {exc}", help=hint
        ) from exc


def frame_rate(env: gymnasium.Env[Any, Any]) -> int:
    """Steps per second in real time."""
    rate = (env.metadata or {}).get("render_fps") or _USUAL
    return max(1, round(float(rate)))
