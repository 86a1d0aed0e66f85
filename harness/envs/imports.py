"""Importing what a scenario names; what is missing is said with the command that installs it."""

from __future__ import annotations

import importlib
import importlib.util
import re
import warnings
from typing import Any

from gymnasium.error import DependencyNotInstalled

from harness.errors import HarnessError, MissingExtraError, UsageError

__all__ = ["explain", "import_module", "load"]


def import_module(module: str, *, requires: str = "") -> Any:
    """The module of that dotted name.

    Args:
        module: Dotted name.
        requires: What pip has to install for it, where that is known.

    Raises:
        MissingExtraError: Its package, or one that it needs, is not installed.
        UsageError: It is not there, or it fails when it is imported.
    """
    try:
        with warnings.catch_warnings():
            # Box2D's bindings crash the process when their own deprecations become errors.
            warnings.simplefilter("ignore", DeprecationWarning)
            return importlib.import_module(module)
    except Exception as exc:
        raise explain(f"module `{module}`", exc, requires=requires) from exc


def load(path: str) -> Any:
    """The object at ``module.Name`` or ``module:Name``.

    Raises:
        MissingExtraError: Its package is not installed.
        UsageError: There is no such module or no such name in it.
    """
    module, _, name = path.rpartition(":" if ":" in path else ".")
    if not module or not name:
        raise UsageError(f"`{path}` is no path to an object", help="write `module.Name`")
    loaded = import_module(module)
    if not hasattr(loaded, name):
        raise UsageError(f"module `{module}` has no `{name}`", help="check the spelling")
    return getattr(loaded, name)


def explain(what: str, exc: Exception, *, requires: str = "") -> HarnessError:
    """The error to raise when importing `what` raised `exc`.

    Args:
        what: What was imported, for the message.
        exc: What the import raised.
        requires: What pip has to install for it, where that is known.
    """
    missing = _missing_package(exc)
    # Gymnasium's own messages name the command between backticks.
    told = re.findall(r"`(pip install [^`]+)`", str(exc))
    if missing or isinstance(exc, DependencyNotInstalled) or told:
        need = requires or (missing or "").replace("_", "-")
        return MissingExtraError(
            f"{what} needs a package that is not installed: {missing or exc}",
            help=_pip(need) if requires or not told else told[-1],
        )
    if isinstance(exc, ModuleNotFoundError):
        return UsageError(f"{what} is not there: {exc}", help="check the spelling")
    return UsageError(
        f"{what} cannot be imported: {type(exc).__name__}: {exc}",
        help="import it in a Python prompt to see where it fails",
    )


def _pip(requirement: str) -> str:
    quoted = f"'{requirement}'" if "[" in requirement else requirement
    return f"pip install {quoted}"


def _missing_package(exc: Exception) -> str | None:
    if not isinstance(exc, ModuleNotFoundError) or not exc.name:
        return None
    top = exc.name.partition(".")[0]
    # A wrong module name in an installed package is a spelling mistake, not a missing package.
    return top if importlib.util.find_spec(top) is None else None
