"""Gymnasium's registry: find an id, suggest one."""

from __future__ import annotations

from collections.abc import Iterable

import gymnasium
from gymnasium.envs.registration import EnvSpec

from harness.core.scenario import PETTINGZOO_PREFIX
from harness.envs.imports import import_module
from harness.errors import UnknownNameError, did_you_mean

__all__ = ["find_spec", "known_ids"]


def known_ids() -> tuple[str, ...]:
    """Every registered Gymnasium id in its latest version, sorted."""
    latest: dict[str, tuple[int, str]] = {}
    for name in gymnasium.registry:
        stem, version = _split(name)
        latest[stem] = max(latest.get(stem, (-1, "")), (version, name))
    return tuple(sorted(name for _, name in latest.values()))


def find_spec(env: str, imports: Iterable[str] = (), *, requires: str = "") -> EnvSpec:
    """Gymnasium's entry for an id such as ``Ant-v5`` or ``module:Id-v0``.

    ``pettingzoo:module`` stands for the PettingZoo environment of that module, with one policy
    for its agents; `harness.envs.match.Match` says with which arguments.

    Args:
        env: The id, with its version.
        imports: Modules that register environments, imported first.
        requires: What pip has to install for them, where that is known.

    Raises:
        UnknownNameError: No environment of that id is registered.
        MissingExtraError: A module's package is not installed.
        UsageError: A module cannot be imported.
    """
    if env.startswith(PETTINGZOO_PREFIX):
        return _shared(env.removeprefix(PETTINGZOO_PREFIX), requires)
    module, _, name = env.rpartition(":")
    for needed in (*imports, module):
        if needed:
            import_module(needed, requires=requires)
    spec = gymnasium.registry.get(name)
    if spec is None:
        raise UnknownNameError("environment", env, known_ids(), help=_hint(name))
    return spec


def _shared(module: str, requires: str) -> EnvSpec:
    import_module(module, requires=requires)
    return EnvSpec(
        id=f"pettingzoo/{module}",
        entry_point="harness.envs.shared:Turns",
        vector_entry_point="harness.envs.shared:Slots",
        kwargs={"module": module},
    )


def _split(name: str) -> tuple[str, int]:
    stem, dash, version = name.rpartition("-v")
    return (stem, int(version)) if dash and version.isdigit() else (name, 0)


def _hint(name: str) -> str:
    stem, _ = _split(name)
    others = [known for known in known_ids() if _split(known)[0] == stem]
    if others:
        return f"the registered version is `{others[0]}`"
    hint = did_you_mean(name, known_ids())
    return hint or "if another package registers it, write `package:Id` or list it in `imports`"
