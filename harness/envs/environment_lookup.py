"""Finding what a scenario names: modules, objects in them, and Gymnasium ids.

What is missing is reported with the command that installs it.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import DependencyNotInstalled

from harness.core.scenario import PETTINGZOO_PREFIX, Scenario, SourceFile
from harness.envs.local_imports import use_sources, uses_sources
from harness.errors import (
    HarnessError,
    MissingExtraError,
    UnknownNameError,
    UsageError,
    did_you_mean,
)


def known_ids() -> tuple[str, ...]:
    """Every registered Gymnasium id in its latest version, sorted."""
    latest: dict[str, tuple[int, str]] = {}
    for name in gymnasium.registry:
        stem, version = _split(name)
        latest[stem] = max(latest.get(stem, (-1, "")), (version, name))
    return tuple(sorted(name for _, name in latest.values()))


def spec_of(scenario: Scenario) -> EnvSpec:
    """Gymnasium's entry for a scenario's environment; raises what `find_spec` does."""
    return find_spec(
        scenario.env, scenario.imports, requires=scenario.requires, sources=scenario.sources
    )


def find_spec(
    env: str, imports: Iterable[str] = (), *, requires: str = "", sources: Sequence[SourceFile] = ()
) -> EnvSpec:
    """Gymnasium's entry for an id such as ``Ant-v5`` or ``module:Id-v0``.

    ``module:Name`` stands for a class or function of that name where no such id is registered, and
    ``pettingzoo:module`` for the PettingZoo environment of that module, with one policy
    for its agents; `harness.envs.multi_agent_game.Game` says with which arguments.

    Args:
        env: The id, with its version.
        imports: Modules that register environments, imported first.
        requires: What pip has to install for them, if that is known.
        sources: Modules of the user's; from now on this process imports them from here.

    Raises:
        UnknownNameError: No environment of that id is registered.
        MissingExtraError: A module's package is not installed.
        UsageError: A module cannot be imported.
    """
    use_sources(sources)
    if env.startswith(PETTINGZOO_PREFIX):
        return _pettingzoo_spec(env.removeprefix(PETTINGZOO_PREFIX), requires)
    module, _, name = env.rpartition(":")
    for package in filter(None, (*imports, module)):
        import_module(package, requires=requires)
    spec = gymnasium.registry.get(name)
    if spec is None and module and hasattr(import_module(module), name):
        return _spec_of(env, getattr(import_module(module), name))
    if spec is None:
        raise UnknownNameError("environment", env, known_ids(), help=_hint(name))
    return spec


def _spec_of(env: str, factory: Any) -> EnvSpec:
    """An entry for a class or function that nobody has registered."""
    if not callable(factory) or (
        isinstance(factory, type) and not issubclass(factory, gymnasium.Env)
    ):
        what = "class" if isinstance(factory, type) else type(factory).__name__
        raise UsageError(
            f"`{env}` is a {what}, and no environment",
            help="name a subclass of `gymnasium.Env`, or a function that returns an environment; "
            f"a PettingZoo environment is written `{PETTINGZOO_PREFIX}MODULE`",
        )
    return EnvSpec(id=env.rpartition(":")[2], entry_point=factory)


def _pettingzoo_spec(module: str, requires: str) -> EnvSpec:
    import_module(module.partition(":")[0], requires=requires)
    return EnvSpec(
        id=f"pettingzoo/{module.replace(':', '.')}",
        entry_point="harness.envs.multi_agent_envs:SharedPolicyEnv",
        vector_entry_point="harness.envs.multi_agent_envs:SharedPolicyVectorEnv",
        kwargs={"module": module},
    )


def _split(name: str) -> tuple[str, int]:
    stem, dash, version = name.rpartition("-v")
    return (stem, int(version)) if dash and version.isdigit() else (name, 0)


def _hint(name: str) -> str:
    stem, _ = _split(name)
    versions = [other for other in known_ids() if _split(other)[0] == stem]
    if versions:
        return f"the registered version is `{versions[0]}`"
    hint = did_you_mean(name, known_ids())
    return hint or "if another package registers it, write `package:Id` or list it in `imports`"


def import_module(module: str, *, requires: str = "") -> Any:
    """The module of that dotted name.

    Args:
        module: Dotted name.
        requires: What pip has to install for it, if that is known.

    Raises:
        MissingExtraError: Its package, or one that it needs, is not installed.
        UsageError: There is no such module, or importing it fails.
    """
    try:
        with warnings.catch_warnings():
            # Box2D's bindings crash the process when their own deprecations become errors.
            warnings.simplefilter("ignore", DeprecationWarning)
            return importlib.import_module(module)
    except (Exception, SystemExit) as exc:
        raise explain_import(f"module `{module}`", exc, requires=requires) from exc


def import_object(path: str) -> Any:
    """The object at ``module.Name`` or ``module:Name``.

    Raises:
        MissingExtraError: Its package is not installed.
        UsageError: There is no such module or no such name in it.
    """
    module, _, name = path.rpartition(":" if ":" in path else ".")
    if not module or not name:
        raise UsageError(f"`{path}` is no path to an object", help="write `module.Name`")
    namespace = import_module(module)
    try:
        return getattr(namespace, name)
    except AttributeError as exc:
        hint = did_you_mean(name, dir(namespace)) or "check the spelling"
        raise UsageError(f"module `{module}` has no `{name}`", help=hint) from exc
    except (Exception, SystemExit) as exc:  # some packages import what is asked for only then
        raise explain_import(f"`{path}`", exc) from exc


def explain_import(what: str, exc: Exception | SystemExit, *, requires: str = "") -> HarnessError:
    """The error to raise when importing `what` raised `exc`.

    Args:
        what: What was imported, for the message.
        requires: What pip has to install for it, if that is known.
    """
    missing = _missing_package(exc)
    if missing and not requires and what.startswith(f"module `{missing}"):
        command = _pip_command(missing.replace("_", "-"))
        return MissingExtraError(
            f"{what} is not installed, and no file beside the matrix or in the current folder",
            help=f"{command}, or put `{missing}.py` there",
        )
    # Gymnasium's own messages name the command between backticks.
    commands = re.findall(r"`(pip install [^`]+)`", str(exc))
    if missing or isinstance(exc, DependencyNotInstalled) or commands:
        package = requires or (missing or "").replace("_", "-")
        return MissingExtraError(
            f"{what} needs a package that is not installed: {missing or exc}",
            help=commands[-1] if commands and not requires else _installation(package, missing),
        )
    if isinstance(exc, ModuleNotFoundError):
        return UsageError(f"{what} is not there: {exc}", help="check the spelling")
    hint = "import it in a Python prompt to see where it fails"
    if isinstance(exc, SystemExit):
        hint = 'what only a script does stands under `if __name__ == "__main__":`'
    return UsageError(f"{what} cannot be imported: {type(exc).__name__}: {exc}", help=hint)


def _installation(package: str, missing: str | None) -> str:
    """How to get what is missing; a user's module may miss another file of his."""
    command = _pip_command(package)
    if missing and uses_sources():
        return f"{command}, or put `{missing}.py` beside the file that imports it"
    return command


def _pip_command(requirement: str) -> str:
    argument = f"'{requirement}'" if "[" in requirement else requirement
    return f"pip install {argument}"


def _missing_package(exc: BaseException) -> str | None:
    if not isinstance(exc, ModuleNotFoundError) or not exc.name:
        return None
    top = exc.name.partition(".")[0]
    # A wrong module name in an installed package is a spelling mistake, not a missing package.
    return top if importlib.util.find_spec(top) is None else None
