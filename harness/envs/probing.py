"""A scenario for any registered environment, read from the environment itself."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import packages_distributions

from gymnasium.envs.registration import EnvSpec

from harness.core.scenario import MULTI_AGENT_MODES, PETTINGZOO_PREFIX, Scenario
from harness.envs import headless
from harness.envs.build import make
from harness.envs.ids import find_spec
from harness.envs.spaces import describe, layout
from harness.errors import EnvironmentFailedError, UnknownNameError, UsageError

__all__ = ["probe", "spaces_of"]

_EXTRAS = {"box2d": "gymnasium[box2d]", "mujoco": "gymnasium[mujoco]"}


def probe(name: str, draft: Scenario | None = None) -> Scenario | None:
    """The scenario of an id that no package offers as one, or None if there is no such id.

    Spaces, time limit and threshold come from the environment, and so does the family where it
    has no draft; it has no scores. The version belongs to the name: without it a later gymnasium
    would change it.

    Args:
        name: Gymnasium id, or ``module:Id``.
        draft: How environments of its family are made, see `harness.core.scenario`.

    Raises:
        MissingExtraError: The environment's package is not installed.
        UsageError: The environment cannot be made, or no algorithm can use its spaces.
    """
    imports, requires = ((), "") if draft is None else (draft.imports, draft.requires)
    headless.prepare()
    try:
        spec = find_spec(name, imports, requires=requires)
    except UnknownNameError:
        return None
    draft = _draft(spec) if draft is None else replace(draft, threshold=None, reference=None)
    draft = draft.named(name)
    if name.startswith(PETTINGZOO_PREFIX):
        draft = replace(
            draft, choices={"mode": MULTI_AGENT_MODES}, description="a PettingZoo environment"
        )
    try:
        env = make(draft, guard=False)
    except EnvironmentFailedError as exc:
        raise UsageError(exc.message, help="it has to work before it can be tuned") from exc
    try:
        seen = describe(env)
    finally:
        env.close()
    return replace(
        draft,
        action=seen.action,
        observation=seen.observation,
        max_episode_steps=seen.max_episode_steps,
        threshold=seen.threshold,
    )


def spaces_of(scenario: Scenario) -> tuple[str, str]:
    """Action space and layout of the observations of a scenario, as text to compare.

    Raises:
        HarnessError: The environment cannot be made.
    """
    env = make(scenario, guard=False)
    try:
        return repr(env.action_space), layout(env.observation_space)
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
    """What is installed under the environment's own module, gymnasium's own aside."""
    top = _module(spec).partition(".")[0]
    found = packages_distributions().get(top, ()) if top != "gymnasium" else ()
    return tuple(sorted(set(found) - {"rl-harness"}))


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
