"""Importing the modules of users from the text that a scenario carries, where they are needed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

import gymnasium

from harness.core.scenario import SourceFile
from harness.local_modules import IMPORTER


class _Loader(InspectLoader):
    """Compiles the text of one source; no cache of bytecode can be older than it."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source

    def get_source(self, fullname: str) -> str:
        return self.source.text

    def is_package(self, fullname: str) -> bool:
        return self.source.is_package

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.source.text, self.source.path)


class _Importer(MetaPathFinder):
    """Finds the modules of the scenario that was made last, before anything else does.

    Their folders also stand at the end of `sys.path`, for modules imported by a computed name
    and for child processes of an environment.
    """

    def __init__(self) -> None:
        self._sources: dict[str, SourceFile] = {}
        self._folders: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        source = self._sources.get(fullname)
        if source is None:
            return self._namespace(fullname)
        folders = [str(Path(source.path).parent)] if source.is_package else None
        return spec_from_file_location(
            fullname, source.path, loader=_Loader(source), submodule_search_locations=folders
        )

    def _namespace(self, name: str) -> ModuleSpec | None:
        """A folder without an `__init__.py`, of which a module was read."""
        inside = [each for each in self._sources.values() if each.module.startswith(f"{name}.")]
        if not inside:
            return None
        spec = ModuleSpec(name, None, is_package=True)
        depth = inside[0].module.count(".") - name.count(".")
        spec.submodule_search_locations = [str(Path(inside[0].path).parents[depth - 1])]
        return spec

    @property
    def is_used(self) -> bool:
        return bool(self._sources)

    def use(self, sources: Sequence[SourceFile]) -> None:
        """Serve these, and forget what another scenario has imported under their names."""
        self._sources = {source.module: source for source in sources}
        for folder in self._folders:
            sys.path.remove(folder)
        self._folders = list(dict.fromkeys(map(_folder, sources)))
        sys.path.extend(self._folders)
        for name, module in list(sys.modules.items()):
            loader = getattr(module, "__loader__", None)
            if isinstance(loader, _Loader) and loader.source != self._sources.get(name):
                del sys.modules[name]
                _unregister(name)


setattr(_Importer, IMPORTER, True)

_importer: Final = _Importer()


def use_sources(sources: Sequence[SourceFile]) -> None:
    """Have this process import a scenario's modules from these sources, and no other's."""
    if sources and _importer not in sys.meta_path:
        sys.meta_path.insert(0, _importer)
    if _importer in sys.meta_path:
        _importer.use(sources)


def uses_sources() -> bool:
    """Whether this process imports modules of the user's."""
    return _importer in sys.meta_path and _importer.is_used


def _folder(source: SourceFile) -> str:
    return str(Path(source.path).parents[source.name.count("/")])


def _unregister(module: str) -> None:
    """Take out of Gymnasium's registry what a module has put there."""
    for name, spec in list(gymnasium.registry.items()):
        entry = spec.entry_point
        owner = entry.partition(":")[0] if isinstance(entry, str) else entry.__module__
        if owner == module:
            del gymnasium.registry[name]
