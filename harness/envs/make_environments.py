"""Scenario -> environment, or a batch of environments where the environment offers that itself."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ctypes.util import find_library
from dataclasses import replace
from inspect import signature
from typing import Any, Final

import gymnasium
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode, VectorEnv

from harness.call_watch import WATCH, CallTimeoutError
from harness.core.evaluation import longest_episode
from harness.core.opponents import with_infinities
from harness.core.scenario import Scenario, Wrapper
from harness.envs.environment_lookup import explain_import, import_module, import_object, spec_of
from harness.envs.guards import Guard, VectorGuard
from harness.envs.learner_spaces import count_from_zero, learner_actions, learner_observations
from harness.envs.players import without_players
from harness.errors import EnvironmentFailedError, HarnessError, UsageError

_log = logging.getLogger(__name__)

_LIBRARIES: Final = {"egl": "EGL", "osmesa": "OSMesa"}
"""MuJoCo's back ends that draw into memory -> the libraries they need, the quicker one first."""

_MADE_WITH: Final = frozenset(signature(gymnasium.make).parameters)
"""Parameters of `gymnasium.make`; a constructor may have some of the same names."""

_ALWAYS_WITH_SCREEN: Final = {"darwin", "win32"}


def make(
    scenario: Scenario,
    *,
    guard: bool = True,
    training: bool = False,
    steps: int | None = None,
    render_mode: str | None = None,
) -> gymnasium.Env:
    """The environment of a scenario: time limit, then wrappers inside out, then the guard.

    Its actions and observations are counted from 0.

    Args:
        guard: Put `Guard` outermost.
        training: With the wrappers that belong to training alone.
        steps: Of the training that it is for; they decide when an episode counts as endless.
        render_mode: Gymnasium's name for what ``render`` returns; None for nothing.

    Raises:
        UnknownNameError: No environment of that id is registered.
        MissingExtraError: It needs a package that is not installed.
        UsageError: It does not take the arguments, has no spaces, or a wrapper does not fit.
        EnvironmentFailedError: Its constructor raised.
    """
    prepare_display()
    spec = spec_of(scenario)
    env = _construct(scenario, spec, {} if render_mode is None else {"render_mode": render_mode})
    for wrapper in (*scenario.wrappers, *(scenario.training_wrappers if training else ())):
        env = _wrap(env, wrapper, scenario.requires)
    _expect_spaces(env, scenario)
    env = count_from_zero(env)
    if not guard:
        return env
    return Guard(env, longest=_longest(scenario, spec, steps, training=training))


def _longest(scenario: Scenario, spec: EnvSpec, steps: int | None, *, training: bool) -> int:
    longest = longest_episode(scenario.max_episode_steps or spec.max_episode_steps, steps)
    # In training an episode may well last to the end; but some learners wait for its own.
    return max(longest, 10 * (steps or 0)) if training else longest


def _construct(scenario: Scenario, spec: EnvSpec, rendering: Mapping[str, str]) -> gymnasium.Env:
    if isinstance(spec.entry_point, str):
        import_module(spec.entry_point.partition(":")[0], requires=scenario.requires)
    arguments = {**with_infinities(without_players(scenario.arguments)), **rendering}
    # What `gymnasium.make` would take for itself reaches the constructor by its entry alone.
    own = {name: arguments.pop(name) for name in _MADE_WITH & arguments.keys()}
    with _constructor_errors(scenario):
        env: gymnasium.Env = gymnasium.make(
            replace(spec, kwargs=spec.kwargs | own),
            max_episode_steps=scenario.max_episode_steps,
            # The guard watches every step; gymnasium's own checker would do it twice.
            disable_env_checker=True,
            **arguments,
        )
    return env


@contextmanager
def _constructor_errors(scenario: Scenario) -> Iterator[None]:
    """Turn what a constructor raises inside the block into errors that name the scenario.

    Raises:
        MissingExtraError: The environment needs a package that is not installed.
        UsageError: It does not take the arguments.
        EnvironmentFailedError: Its constructor raised.
    """
    _redirect_mujoco_warnings()
    try:
        WATCH.turn += 1
        yield
    except HarnessError:
        raise
    except CallTimeoutError as exc:
        raise EnvironmentFailedError(
            f"the constructor of `{scenario.env}` did not return within {exc.seconds:g} s",
            help="look for what it waits for; HARNESS_USER_CODE_SECONDS gives it longer",
        ) from exc
    except (ImportError, gymnasium.error.DependencyNotInstalled) as exc:
        raise explain_import(f"`{scenario.env}`", exc, requires=scenario.requires) from exc
    except (TypeError, gymnasium.error.Error) as exc:
        hint = f"check the arguments of scenario `{scenario.name}`"
        if "must inherit from" in str(exc):
            hint = "it has to be a `gymnasium.Env`, or a function that returns one"
        if "entry_point is not specified" in str(exc):
            hint = "evaluations play single environments: register it with an `entry_point`, too"
        raise UsageError(f"`{scenario.env}` cannot be made: {exc}", help=hint) from exc
    except (Exception, SystemExit) as exc:
        raise EnvironmentFailedError(
            f"the constructor of `{scenario.env}` raised {type(exc).__name__}: {exc}",
            step=0,
            help=f"check the arguments of scenario `{scenario.name}`",
        ) from exc
    finally:
        WATCH.turn += 1
    # An environment may import MuJoCo only when it is made.
    _redirect_mujoco_warnings()


def _wrap(env: gymnasium.Env, wrapper: Wrapper, requires: str) -> gymnasium.Env:
    factory = import_object(wrapper.path)
    if not callable(factory):
        raise UsageError(
            f"wrapper `{wrapper.path}` is a {type(factory).__name__}, not a class or function",
            help="name a subclass of `gymnasium.Wrapper`",
        )
    try:
        outer = factory(env, **_with_tuples(factory, with_infinities(wrapper.arguments)))
    except HarnessError:
        raise
    except (ImportError, gymnasium.error.DependencyNotInstalled) as exc:
        raise explain_import(f"wrapper `{wrapper.path}`", exc, requires=requires) from exc
    except (Exception, SystemExit) as exc:
        raise UsageError(
            f"wrapper `{wrapper.path}` does not fit: {type(exc).__name__}: {exc}",
            help="check its arguments and the spaces it wants",
        ) from exc
    if not isinstance(outer, gymnasium.Env):
        raise UsageError(
            f"wrapper `{wrapper.path}` returned a {type(outer).__name__}",
            help="it has to return a `gymnasium.Env`",
        )
    return outer


def _with_tuples(factory: Callable[..., object], arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments with a tuple where one is asked for: a matrix has lists alone."""
    try:
        parameters = signature(factory).parameters
    except (TypeError, ValueError):
        return arguments
    tuple_names = {name for name, each in parameters.items() if "tuple[" in str(each.annotation)}
    return {
        name: tuple(value) if isinstance(value, list) and name in tuple_names else value
        for name, value in arguments.items()
    }


def _expect_spaces(env: gymnasium.Env, scenario: Scenario) -> None:
    for name in ("observation_space", "action_space"):
        space = getattr(env, name, None)
        if not isinstance(space, gymnasium.Space):
            raise UsageError(
                f"`{name}` of `{scenario.env}` is a {type(space).__name__}, no `gymnasium.Space`",
                help="set it in the constructor or the class; learners are made before the first "
                "reset",
            )


def make_vector(scenario: Scenario, *, steps: int | None = None) -> VectorEnv | None:
    """The scenario's `n_envs` environments as one, or None where they have to be single ones.

    They are one batch if there are several, no wrapper of single environments is wanted, actions
    and observations count from 0, and the id
    is registered with a `vector_entry_point` that begins a new episode in the step in which the
    last one ended: in no other way is no step lost to the reset. Agents that share a policy are
    always trained as one batch.

    Args:
        steps: Of the training; they decide when an episode counts as endless.

    Raises:
        UnknownNameError: No environment of that id is registered.
        MissingExtraError: It needs a package that is not installed.
        UsageError: It does not take the arguments.
        EnvironmentFailedError: Its constructor raised.
    """
    spec = spec_of(scenario)
    metadata = _metadata(spec)
    if metadata.get("shares_policy"):
        _expect_no_wrappers(scenario)
    elif scenario.n_envs == 1 or any(
        (scenario.wrappers, scenario.training_wrappers, spec.additional_wrappers)
    ):
        return None
    if metadata.get("autoreset_mode") is not AutoresetMode.SAME_STEP:
        return None
    arguments = with_infinities(without_players(scenario.arguments))
    if scenario.max_episode_steps is not None:
        arguments["max_episode_steps"] = scenario.max_episode_steps
    with _constructor_errors(scenario):
        env: VectorEnv = gymnasium.make_vec(
            spec,
            num_envs=scenario.n_envs,
            vectorization_mode="vector_entry_point",
            **arguments,
        )
    action, observation = env.single_action_space, env.single_observation_space
    is_same = learner_actions(action) is action and learner_observations(observation) is observation
    if not is_same:
        # Single environments are counted from 0 one by one.
        env.close()
        return None
    return VectorGuard(env, longest=_longest(scenario, spec, steps, training=True))


def _metadata(spec: EnvSpec) -> Mapping[str, object]:
    entry = spec.vector_entry_point
    factory = import_object(entry) if isinstance(entry, str) else entry
    return getattr(factory, "metadata", {})


def _expect_no_wrappers(scenario: Scenario) -> None:
    wrappers = (*scenario.wrappers, *scenario.training_wrappers)
    if wrappers:
        raise UsageError(
            f"`{scenario.name}` has agents that share a policy, and a wrapper of single agents",
            help=f"take `{wrappers[0].path}` out",
        )


def has_display() -> bool:
    """Whether a window can be opened."""
    if sys.platform in _ALWAYS_WITH_SCREEN:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def prepare_display() -> None:
    """Tell MuJoCo and SDL not to look for a screen where there is none.

    Has to happen before MuJoCo, dm_control or pygame are imported: they ask once, and dm_control
    warns of a missing screen even if nothing is ever drawn.
    """
    if not has_display():
        render_into_memory()


def render_into_memory() -> None:
    """Have MuJoCo and SDL draw into memory; what the user has set in the environment stays."""
    if sys.platform in _ALWAYS_WITH_SCREEN:
        return
    # Not `dummy` alone: highway-env draws nothing then.
    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen,dummy")
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    if "MUJOCO_GL" not in os.environ:
        backends = (name for name, library in _LIBRARIES.items() if find_library(library))
        os.environ["MUJOCO_GL"] = next(backends, "disable")


def _redirect_mujoco_warnings() -> None:
    """Have MuJoCo, if this process has imported it, warn through `logging`.

    By itself MuJoCo appends to ``MUJOCO_LOG.TXT`` wherever the process was started.
    """
    mujoco = sys.modules.get("mujoco")
    if mujoco is not None and mujoco.get_mju_user_warning() is not _log_mujoco_warning:
        mujoco.set_mju_user_warning(_log_mujoco_warning)


def _log_mujoco_warning(message: str) -> None:
    _log.warning("MuJoCo: %s", message)
