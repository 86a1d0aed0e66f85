"""Scenario -> environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec

from harness.core.scenario import Scenario, Wrapper
from harness.envs import headless, mujoco_log
from harness.envs.guard import Guard
from harness.envs.ids import find_spec
from harness.envs.imports import explain, import_module, load
from harness.envs.unopened import unopened
from harness.errors import EnvironmentFailedError, HarnessError, UsageError

__all__ = ["constructing", "make"]


def make(
    scenario: Scenario,
    *,
    guard: bool = True,
    training: bool = False,
    render_mode: str | None = None,
) -> gymnasium.Env[Any, Any]:
    """The environment of a scenario: time limit, then wrappers inside out, then the guard.

    Args:
        scenario: What to make.
        guard: Put `Guard` outermost.
        training: With the wrappers that belong to training alone.
        render_mode: What its ``render`` is to give, as gymnasium names it; None for nothing.

    Raises:
        UnknownNameError: No environment of that id is registered.
        MissingExtraError: It needs a package that is not installed.
        UsageError: It does not take the arguments, or a wrapper does not fit.
        EnvironmentFailedError: Its constructor raised.
    """
    headless.prepare()
    spec = find_spec(scenario.env, scenario.imports, requires=scenario.requires)
    env = _construct(scenario, spec, {} if render_mode is None else {"render_mode": render_mode})
    for wrapper in (*scenario.wrappers, *(scenario.training_wrappers if training else ())):
        env = _wrap(env, wrapper, scenario.requires)
    return Guard(env) if guard else env


def _construct(
    scenario: Scenario, spec: EnvSpec, drawn: Mapping[str, str]
) -> gymnasium.Env[Any, Any]:
    if isinstance(spec.entry_point, str):
        import_module(spec.entry_point.partition(":")[0], requires=scenario.requires)
    with constructing(scenario):
        env: gymnasium.Env[Any, Any] = gymnasium.make(
            spec,
            max_episode_steps=scenario.max_episode_steps,
            # The guard watches every step; gymnasium's own checker would do it twice.
            disable_env_checker=True,
            **{**unopened(scenario.arguments), **drawn},
        )
    return env


@contextmanager
def constructing(scenario: Scenario) -> Iterator[None]:
    """Name the scenario in what a constructor of its environment raises inside the block.

    Raises:
        MissingExtraError: The environment needs a package that is not installed.
        UsageError: It does not take the arguments.
        EnvironmentFailedError: Its constructor raised.
    """
    mujoco_log.redirect()
    try:
        yield
    except HarnessError:
        raise
    except (ImportError, gymnasium.error.DependencyNotInstalled) as exc:
        raise explain(f"`{scenario.env}`", exc, requires=scenario.requires) from exc
    except (TypeError, gymnasium.error.Error) as exc:
        raise UsageError(
            f"`{scenario.env}` cannot be made: {exc}",
            help=f"check the arguments of scenario `{scenario.name}`",
        ) from exc
    except Exception as exc:
        raise EnvironmentFailedError(
            f"the constructor of `{scenario.env}` raised {type(exc).__name__}: {exc}",
            step=0,
            help=f"check the arguments of scenario `{scenario.name}`",
        ) from exc
    # An environment may import MuJoCo only when it is made.
    mujoco_log.redirect()


def _wrap(env: gymnasium.Env[Any, Any], wrapper: Wrapper, requires: str) -> gymnasium.Env[Any, Any]:
    kind = load(wrapper.path)
    if not callable(kind):
        raise UsageError(
            f"wrapper `{wrapper.path}` is a {type(kind).__name__}, not a class or function",
            help="name a subclass of `gymnasium.Wrapper`",
        )
    try:
        wrapped = kind(env, **wrapper.arguments)
    except HarnessError:
        raise
    except (ImportError, gymnasium.error.DependencyNotInstalled) as exc:
        raise explain(f"wrapper `{wrapper.path}`", exc, requires=requires) from exc
    except Exception as exc:
        raise UsageError(
            f"wrapper `{wrapper.path}` does not fit: {type(exc).__name__}: {exc}",
            help="check its arguments and the spaces it wants",
        ) from exc
    if not isinstance(wrapped, gymnasium.Env):
        raise UsageError(
            f"wrapper `{wrapper.path}` returned a {type(wrapped).__name__}",
            help="it has to return a `gymnasium.Env`",
        )
    return wrapped
