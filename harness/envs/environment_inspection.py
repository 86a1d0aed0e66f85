"""What an environment says of itself: its spaces, and the scenario that can be made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import packages_distributions
from typing import Final, TypeVar

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec

from harness.core.scenario import (
    ACTION_KINDS,
    MULTI_AGENT_MODES,
    PETTINGZOO_PREFIX,
    ActionKind,
    Description,
    ObservationKind,
    Scenario,
)
from harness.envs.environment_lookup import find_spec
from harness.envs.make_environments import make, make_vector, prepare_display
from harness.envs.space_wrappers import can_flatten
from harness.errors import EnvironmentFailedError, UnknownNameError, UsageError

Kind = TypeVar("Kind", ActionKind, ObservationKind)

_VECTORS = tuple(getattr(spaces, kind) for kind in ACTION_KINDS)
"""Spaces that a policy acts in; each of them can be observed as a vector, too."""

FLATTEN_OBSERVATION: Final = "gymnasium.wrappers.FlattenObservation"
FLATTEN_ACTION: Final = "harness.envs.FlattenAction"

SMALLEST_IMAGE: Final = 36
"""Pixels; below it the Nature CNN's third convolution has no output (Mnih et al. 2015)."""

_LONGEST_BOUNDS: Final = 8
"""Numbers of a vector up to which all bounds are written out."""

_EXTRAS: Final = {"box2d": "gymnasium[box2d]", "mujoco": "gymnasium[mujoco]"}
"""Family of Gymnasium's own environments -> what pip has to install for it."""


def describe(env: gymnasium.Env) -> Description:
    """Spaces, time limit and threshold of an environment.

    Raises:
        UsageError: No algorithm here can use one of its spaces.
    """
    action, observation = space_kinds(env)
    # A wrapper may keep arguments that it cannot copy, and has no entry then.
    spec = env.spec or env.unwrapped.spec
    threshold = None if spec is None else spec.reward_threshold
    return Description(
        action=action,
        observation=observation,
        action_space=space_text(env.action_space),
        observation_space=space_text(env.observation_space),
        layouts=_layouts(env.action_space, env.observation_space),
        max_episode_steps=None if spec is None else spec.max_episode_steps,
        threshold=None if threshold is None else float(threshold),
    )


def space_kinds(env: gymnasium.Env) -> tuple[ActionKind, ObservationKind]:
    """Kind of the action space and kind of the observation.

    Raises:
        UsageError: No algorithm here can use one of the spaces.
    """
    action = _kind_or_problem(_action_kind, env.action_space)
    observation = _kind_or_problem(_observation_kind, env.observation_space)
    if isinstance(action, SpaceError) or isinstance(observation, SpaceError):
        raise _one_of_all([each for each in (observation, action) if isinstance(each, SpaceError)])
    return action, observation


class SpaceError(UsageError):
    """A space that no algorithm can use.

    Attributes:
        wrapper: What would make another space of it; empty where that is the user's to write.
    """

    def __init__(self, message: str, *, wrapper: str = "", help: str = "") -> None:
        super().__init__(message, help=f"add `wrappers: [{wrapper}]`" if wrapper else help)
        self.wrapper = wrapper


def _kind_or_problem(
    kind_of: Callable[[spaces.Space[object]], Kind], space: spaces.Space[object]
) -> Kind | SpaceError:
    try:
        return kind_of(space)
    except SpaceError as error:
        return error


def _one_of_all(problems: list[SpaceError]) -> UsageError:
    """What is wrong with the spaces as one error, with all wrappers in one list."""
    wrappers = [problem.wrapper for problem in problems]
    message = "; ".join(problem.message for problem in problems)
    if all(wrappers):
        return SpaceError(message, wrapper=", ".join(wrappers))
    return UsageError(message, help="; ".join(problem.help for problem in problems))


def observation_layout(space: spaces.Space[object]) -> str:
    """What a policy network depends on in an observation space: equal text, equal network.

    The bounds of a vector are left out: they may differ with a scenario's parameters.
    """
    if isinstance(space, spaces.Dict):
        parts = (f"{key!r}: {observation_layout(part)}" for key, part in space.items())
        return f"Dict({', '.join(parts)})"
    if isinstance(space, spaces.Box) and not _is_image(space):
        return f"Box({space.shape}, {space.dtype})"
    return repr(space)


def space_text(space: spaces.Space[object]) -> str:
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


def _is_constant(bounds: np.ndarray) -> bool:
    return not bounds.size or bool((bounds == bounds.flat[0]).all())


def _bounds_text(bounds: np.ndarray) -> str:
    return f"[{', '.join(f'{float(bound):.4g}' for bound in bounds)}]"


def _action_kind(space: spaces.Space[object]) -> ActionKind:
    if _is_empty(space):
        raise SpaceError(
            "no algorithm acts where an action has no number in it",
            help="give `action_space` a size of at least 1",
        )
    for kind in ACTION_KINDS:
        if isinstance(space, getattr(spaces, kind)) and _is_flat(space):
            return kind
    raise SpaceError(
        f"no algorithm acts in the action space {space_text(space)}",
        wrapper=FLATTEN_ACTION if can_flatten(space) else "",
        help="wrap it into Discrete, Box, MultiDiscrete or MultiBinary: `wrappers` of the scenario "
        "names a `gymnasium.ActionWrapper` of yours",
    )


def _observation_kind(space: spaces.Space[object]) -> ObservationKind:
    if _is_empty(space):
        raise SpaceError(
            "no algorithm learns from an observation without a number in it",
            help="give every part of `observation_space` a size of at least 1",
        )
    if isinstance(space, spaces.Dict):
        if not all(isinstance(part, _VECTORS) and _is_flat(part) for part in space.values()):
            raise _unreadable(space)
        return "dict"
    if isinstance(space, _VECTORS) and _is_flat(space):
        return "image" if _is_image(space) else "vector"
    raise _unreadable(space)


def _is_empty(space: spaces.Space[object]) -> bool:
    if isinstance(space, spaces.Dict):
        return not space.spaces or any(map(_is_empty, space.values()))
    return 0 in (space.shape or ())


def _is_flat(space: spaces.Space[object]) -> bool:
    """Whether choices have no more than one dimension; boxes may have any number."""
    return isinstance(space, spaces.Box) or len(space.shape or ()) < 2


def _unreadable(space: spaces.Space[object]) -> SpaceError:
    try:
        flattens = isinstance(spaces.flatten_space(space), spaces.Box)
    except NotImplementedError:
        flattens = False
    return SpaceError(
        f"no algorithm reads the observation {space_text(space)}",
        wrapper=FLATTEN_OBSERVATION if flattens else "",
        help="its size changes from step to step: `wrappers` of the scenario names a "
        "`gymnasium.ObservationWrapper` of yours that gives it one",
    )


def _is_image(space: spaces.Space[object]) -> bool:
    if not isinstance(space, spaces.Box) or space.dtype != np.uint8 or len(space.shape) != 3:
        return False
    # The channels are the smallest dimension, first or last.
    return sorted(space.shape)[1] >= SMALLEST_IMAGE


def find_scenario(name: str, draft: Scenario | None = None) -> Scenario | None:
    """A scenario for an id that no package offers as one; None if there is no such id.

    Nothing is made: the kinds of its spaces are placeholders, see `describe_scenario`. Without a
    draft the family comes from the id's entry. The scenario has no scores. The name includes the
    version, since without it a later gymnasium would change what is trained.

    Args:
        name: Gymnasium id, or ``module:Id``.
        draft: How environments of its family are made, see `harness.core.scenario`.

    Raises:
        MissingExtraError: The environment's package is not installed.
        UsageError: A module cannot be imported.
    """
    imports, requires = ((), "") if draft is None else (draft.imports, draft.requires)
    sources = () if draft is None else draft.sources
    prepare_display()
    try:
        spec = find_spec(name, imports, requires=requires, sources=sources)
    except UnknownNameError:
        return None
    draft = _draft(spec) if draft is None else replace(draft, threshold=None, reference=None)
    draft = replace(draft, name=draft.name or name, env=name)
    if name.startswith(PETTINGZOO_PREFIX):
        draft = replace(
            draft, choices={"mode": MULTI_AGENT_MODES}, description="a PettingZoo environment"
        )
    return draft


def describe_scenario(scenario: Scenario) -> Description:
    """What a run of the scenario sees, in training and in evaluation alike.

    Raises:
        MissingExtraError: The environment's package is not installed.
        UsageError: It cannot be made, no algorithm can use its spaces, or training would see
            others than evaluation.
    """
    try:
        env = make(scenario, guard=False)
        try:
            description = describe(env)
        finally:
            env.close()
        for what, layouts in _training_layouts(scenario):
            for verb, one, other in zip(
                ("acts in", "observes"), layouts, description.layouts, strict=True
            ):
                if one != other:
                    raise UsageError(
                        f"{what} {verb} {one} in training, but {other} in evaluation",
                        help="one policy can only have one of them; `wrappers` are of both",
                    )
    except EnvironmentFailedError as exc:
        hint = "it has to work before it can be tuned"
        raise UsageError(exc.message, help=hint) from exc.__cause__
    return description


def _training_layouts(scenario: Scenario) -> Iterator[tuple[str, tuple[str, str]]]:
    """What trains, where it is made in another way than what evaluates, with its spaces."""
    if scenario.training_wrappers:
        env = make(scenario, guard=False, training=True)
        yield "`training_wrappers`", _layouts(env.action_space, env.observation_space)
        env.close()
    if scenario.n_envs > 1 and not scenario.env.startswith(PETTINGZOO_PREFIX):
        batch = make_vector(scenario)
        if batch is not None:
            spaces_of_one = (batch.single_action_space, batch.single_observation_space)
            yield f"the batch of `{scenario.env}`", _layouts(*spaces_of_one)
            batch.close()


def _layouts(action: spaces.Space[object], observation: spaces.Space[object]) -> tuple[str, str]:
    return repr(action), observation_layout(observation)


def spaces_of(scenario: Scenario) -> tuple[str, str]:
    """Action space and observation layout of a scenario, as text to compare.

    Raises:
        HarnessError: The environment cannot be made.
    """
    return describe_scenario(scenario).layouts


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
