"""A sampler, pruner, objective or listener in a file of the user's, which the command imports.

Unlike an environment it is a part of the command, as a plug-in is. What is in the file decides
numbers, so that its digest is part of the identity of what it is used for.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from harness.core.identity import digest_of
from harness.errors import UsageError
from harness.local_modules import read_sources


def file_version(path: str) -> str:
    """Digest of a module and of what it imports from beside it.

    Raises:
        UsageError: A file cannot be read, or is no Python.
    """
    return digest_of([[source.module, source.sha256] for source in read_sources(path)])[:16]


@lru_cache(maxsize=64)
def load_file(path: str, version: str = "") -> ModuleType:
    """The module of a file, imported once for each of its versions.

    Args:
        path: As `harness.local_modules.locate` gives it.
        version: What it has to be; empty for any.

    Raises:
        UsageError: It cannot be imported, or has changed.
    """
    current = file_version(path)
    if version and current != version:
        raise UsageError(
            f"{Path(path).name} has changed since the command began",
            help="run the command again; what the old file was used for has another identity",
        )
    name = f"harness_local_{current}"
    if name in sys.modules:
        return sys.modules[name]
    folder = str(Path(path).parent)
    if folder not in sys.path:
        # At the end, so that no file beside it takes the place of an installed module.
        sys.path.append(folder)
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is no module", help="name a Python file")
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        message = f"{Path(path).name} cannot be imported: {type(error).__name__}: {error}"
        raise UsageError(message, help="mend the file") from error
    return module
