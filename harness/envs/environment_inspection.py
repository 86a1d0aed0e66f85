"""What an environment says of itself: its spaces, and the scenario that can be made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import packages_distributions
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec

from harness.core.scenario import (
    ACTION_KINDS,
    MULTI_AGENT_MODES,
    PETTINGZOO_PREFIX,
    ActionKind,
    ObservationKind,
    Scenario,
)
from harness.envs.environment_lookup import find_spec
from harness.envs.make_environments import make, prepare_display
from harness.errors import EnvironmentFailedError, UnknownNameError, UsageError

__all__ = ["Description", "describe", "observation_layout", "probe", "space_kinds", "spaces_of"]


_VECTORS = tuple(getattr(spaces, kind) for kind in ACTION_KINDS)
"""Spaces that a policy acts in; each of them can be observed as a vector, too."""

_SMALLEST_IMAGE: Final = 36
"""Pixels; below it the Nature CNN's third convolution has no output (Mnih et al. 2015)."""

_LONGEST_BOUNDS: Final = 8
"""Numbers of a vector up to which all bounds are written out."""

_EXTRAS: Final = {"box2d": "gymnasium[box2d]", "mujoco": "gymnasium[mujoco]"}
"""Family of Gymnasium's own environments -> what pip has to install for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """An environment in words.

    Attributes:
        action, observation: Kinds of the spaces.
        action_space, observation_space: The spaces, each in one line.
        max_episode_steps: Time limit; None without one.
        threshold: Return at which it counts as solved; None without one.
    """

    action: ActionKind
    observation: ObservationKind
    action_space: str
    observation_space: str
    max_episode_steps: int | None
    threshold: float | None


def describe(env: gymnasium.Env[Any, Any]) -> Description:
    """Spaces, time limit and threshold of an environment.

    Raises:
        UsageError: No algorithm here can use one of its spaces.
    """
    action, observation = space_kinds(env)
    spec = env.spec
    threshold = None if spec is None else spec.reward_threshold
    return Description(
        action=action,
        observation=observation,
        action_space=space_text(env.action_space),
        observation_space=space_text(env.observation_space),
        max_episode_steps=None if spec is None else spec.max_episode_steps,
        threshold=None if threshold is None else float(threshold),
    )


def space_kinds(env: gymnasium.Env[Any, Any]) -> tuple[ActionKind, ObservationKind]:
    """Kind of the action space and kind of the observation.

    Raises:
        UsageError: No algorithm here can use one of the spaces.
    """
    return _action_kind(env.action_space), _observation_kind(env.observation_space)


def observation_layout(space: spaces.Space[Any]) -> str:
    """What a policy network depends on in an observation space: equal text, equal network.

    The bounds of a vector are left out: they may differ with a scenario's parameters.
    """
    if isinstance(space, spaces.Dict):
        parts = (f"{key!r}: {observation_layout(part)}" for key, part in space.items())
        return f"Dict({', '.join(parts)})"
    if isinstance(space, spaces.Box) and not _is_image(space):
        return f"Box({space.shape}, {space.dtype})"
    return repr(space)


def space_text(space: spaces.Space[Any]) -> str:
    """A space as gymnasium writes it, in one line: long vectors' bounds are summed up."""
    if isinstance(space, spaces.Dict):
        return f"Dict({', '.join(f'{key}: {space_text(part)}' for key, part in space.items())})"
    if isinstance(space, spaces.Box) and not (_is_constant(space.low) and _is_constant(space.high)):
        if space.low.ndim == 1 and space.low.size <= _LONGEST_BOUNDS:
            bounds = f"{_bounds_text(space.low)}, {_bounds_text(space.high)}"
        else:
            bounds = f"{space.low.min():.4g} to {space.high.max():.4g}"
        return f"Box({bounds}, {space.shape}, {space.dtype})"
    return " ".join(str(space).split())


def _is_constant(bounds: np.ndarray[Any, Any]) -> bool:
    return bool((bounds == bounds.flat[0]).all())


def _bounds_text(bounds: np.ndarray[Any, Any]) -> str:
    return f"[{', '.join(f'{float(bound):.4g}' for bound in bounds)}]"


def _action_kind(space: spaces.Space[Any]) -> ActionKind:
    for kind in ACTION_KINDS:
        if isinstance(space, getattr(spaces, kind)):
            return kind
    raise UsageError(
        f"no algorithm acts in the action space {space}",
        help="wrap it into Discrete, Box, MultiDiscrete or MultiBinary "
        "(e.g. gymnasium.wrappers.TransformAction)",
    )


def _observation_kind(space: spaces.Space[Any]) -> ObservationKind:
    if isinstance(space, spaces.Dict):
        for part in space.values():
            if not isinstance(part, _VECTORS):
                raise _unreadable(space)
        return "dict"
    if isinstance(space, _VECTORS):
        return "image" if _is_image(space) else "vector"
    raise _unreadable(space)


def _unreadable(space: spaces.Space[Any]) -> UsageError:
    return UsageError(
        f"no algorithm reads the observation {space}",
        help="add the wrapper gymnasium.wrappers.FlattenObservation",
    )


def _is_image(space: spaces.Space[Any]) -> bool:
    if not isinstance(space, spaces.Box) or space.dtype != np.uint8 or len(space.shape) != 3:
        return False
    # The channels are the smallest dimension, first or last.
    return sorted(space.shape)[1] >= _SMALLEST_IMAGE


def probe(name: str, draft: Scenario | None = None) -> Scenario | None:
    """A scenario for an id that no package offers as one; None if there is no such id.

    Spaces, time limit and threshold come from the environment, and without a draft so does the
    family. The scenario has no scores. The name includes the version, since without it a later
    gymnasium would change what is trained.

    Args:
        name: Gymnasium id, or ``module:Id``.
        draft: How environments of its family are made, see `harness.core.scenario`.

    Raises:
        MissingExtraError: The environment's package is not installed.
        UsageError: The environment cannot be made, or no algorithm can use its spaces.
    """
    imports, requires = ((), "") if draft is None else (draft.imports, draft.requires)
    prepare_display()
    try:
        spec = find_spec(name, imports, requires=requires)
    except UnknownNameError:
        return None
    draft = _draft(spec) if draft is None else replace(draft, threshold=None, reference=None)
    draft = replace(draft, name=name, env=name)
    if name.startswith(PETTINGZOO_PREFIX):
        draft = replace(
            draft, choices={"mode": MULTI_AGENT_MODES}, description="a PettingZoo environment"
        )
    try:
        env = make(draft, guard=False)
    except EnvironmentFailedError as exc:
        raise UsageError(exc.message, help="it has to work before it can be tuned") from exc
    try:
        description = describe(env)
    finally:
        env.close()
    return replace(
        draft,
        action=description.action,
        observation=description.observation,
        max_episode_steps=description.max_episode_steps,
        threshold=description.threshold,
    )


def spaces_of(scenario: Scenario) -> tuple[str, str]:
    """Action space and observation layout of a scenario, as text to compare.

    Raises:
        HarnessError: The environment cannot be made.
    """
    env = make(scenario, guard=False)
    try:
        return repr(env.action_space), observation_layout(env.observation_space)
    finally:
        env.close()


def _draft(spec: EnvSpec) -> Scenario:
    return Scenario(
        name="",
        env="",
        family=_family(spec),
        # A placeholder: the spaces are read from the environment.
        action="Discrete",
        requires=_requires(spec),
        packages=_packages(spec),
        description="registered with Gymnasium",
    )


def _packages(spec: EnvSpec) -> tuple[str, ...]:
    """The distributions that the environment's module comes with, other than gymnasium."""
    package = _module(spec).partition(".")[0]
    names = packages_distributions().get(package, ()) if package != "gymnasium" else ()
    return tuple(sorted(set(names) - {"rl-harness"}))


def _family(spec: EnvSpec) -> str:
    if spec.namespace:
        return spec.namespace
    module = _module(spec).split(".")
    return module[2] if module[:2] == ["gymnasium", "envs"] and len(module) > 2 else module[0]


def _requires(spec: EnvSpec) -> str:
    package = _module(spec).partition(".")[0]
    return _EXTRAS.get(_family(spec), "") if package == "gymnasium" else ""


def _module(spec: EnvSpec) -> str:
    entry = spec.entry_point
    if isinstance(entry, str):
        return entry.partition(":")[0]
    return str(getattr(entry, "__module__", "other"))
