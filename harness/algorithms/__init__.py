"""One small data file per algorithm: class path, capabilities, search space.

Every module of this package that defines ``ALGORITHM`` is found by being there.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from harness.core.algorithm import Algorithm

__all__ = ["ALGORITHMS"]


def _built_in() -> tuple[Algorithm, ...]:
    names = sorted(module.name for module in iter_modules(__path__))
    modules = (import_module(f"{__name__}.{name}") for name in names)
    return tuple(module.ALGORITHM for module in modules if hasattr(module, "ALGORITHM"))


ALGORITHMS: tuple[Algorithm, ...] = _built_in()
"""Every built-in algorithm, by name; found through the entry point `harness.algorithms`."""
