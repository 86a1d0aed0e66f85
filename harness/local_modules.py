"""Modules of users in files: located, read together with what they import, known by their content.

Nothing here imports any of them: `harness.envs.local_imports` does, in the process of a run.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.util import decode_source
from pathlib import Path
from typing import Final

from harness.core.scenario import SourceFile, checksum_version
from harness.errors import UsageError, nearest

IMPORTER: Final = "imports_sources"
"""Attribute of the finder that imports such files; what it knows is no other module."""

_SUFFIX: Final = ".py"
_PACKAGE: Final = "__init__.py"
_ROOT: Final = "/./"
"""Stands in an absolute path between the folder of a module and its dotted name's part."""

_ENTRY_POINT: Final = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):[^\W\d]\w*")

_LARGEST: Final = 2**22
"""Bytes; no module that somebody wrote is larger."""

_FOLDERS_ABOVE: Final = 2
"""A file's imports are looked for beside it and in so many folders above, the nearest first."""


def split_reference(text: str) -> tuple[str, str]:
    """``my_env:X-v0`` or ``envs/my_env.py:MyEnv`` -> module or file, and the name in it."""
    module, _, name = text.rpartition(":")
    return (module, name) if module and not is_file(text) else (text, "")


def is_file(module: str) -> bool:
    """Whether a module is written as a file."""
    return module.endswith(_SUFFIX)


def locate(module: str, folder: Path) -> str | None:
    """The absolute path of a module's file, beside the matrix or else in the current folder.

    Args:
        module: A file, relative or absolute, or a dotted name.
        folder: Of the matrix that names it.

    Returns:
        The path, with ``/./`` before the part that the dotted name stands for. None for a dotted
        name that no file has, or an installed module where a file of that name lies in the
        current folder only.

    Raises:
        UsageError: There is no such file, it is no module, or a file beside the matrix has the
            name of an installed module.
    """
    folders = (_absolute(folder), Path.cwd())
    if is_file(module):
        return _find_file(module, folders)
    for parent in folders:
        file = module_file(parent, module)
        base = parent.joinpath(*module.split("."))
        if file is None and not any(base.glob(f"*{_SUFFIX}")):
            continue
        other = _describe_installed(module.partition(".")[0], parent)
        if not other and file is not None:
            return f"{parent}{_ROOT}{file.relative_to(parent)}"
        if not other:
            raise UsageError(
                f"`{module}` is the folder {base}, which has no `{_PACKAGE}`",
                help=f"name a module in it, e.g. `{module}.{next(base.glob('*.py')).stem}`",
            )
        if file is not None and parent == folders[0]:
            raise UsageError(
                f"`{module}` is {other}, and a file beside the matrix: {file}",
                help=f"write `{file.relative_to(parent)}` for the file, or rename it",
            )
    return None


def _absolute(path: Path) -> Path:
    # Links are not followed: what a module imports may lie beside the link.
    return Path(os.path.abspath(path))  # noqa: PTH100


def _find_file(reference: str, folders: Sequence[Path]) -> str:
    path = Path(reference).expanduser()
    candidates = [*(folder / path for folder in folders), _find_moved_file(path)]
    for candidate in candidates:
        if candidate is not None and candidate.is_file():
            file = str(_absolute(candidate))
            _, root, inside = reference.rpartition(_ROOT)
            return f"{file.removesuffix(f'/{inside}')}{root}{inside}" if root else file
    if path.is_absolute():
        raise UsageError(
            f"there is no file {path}",
            help=f"put it there, or into the current folder as `{path.name}`",
        )
    locations = [str((folder / path).parent.resolve()) for folder in folders]
    modules = (each for folder in locations for each in Path(folder).glob(f"*{_SUFFIX}"))
    files = {each.stem: each.name for each in modules}
    near = nearest(path.stem, sorted(files))
    looked_in = f"looked in {' and '.join(dict.fromkeys(locations))}"
    raise UsageError(
        f"there is no file `{reference}` beside the matrix or in the current folder",
        help=f"did you mean `{files[near[0]]}`?" if near else looked_in,
    )


def _find_moved_file(path: Path) -> Path | None:
    """Where a file with an absolute path lies that moved to the current folder with a campaign."""
    parts = path.parts if path.is_absolute() else ()
    candidates = (Path.cwd().joinpath(*parts[i:]) for i in range(1, len(parts)))
    return next((each for each in candidates if each.is_file()), None)


def module_file(folder: Path, module: str) -> Path | None:
    """The file of a dotted name below a folder; None if there is none."""
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    base = folder.joinpath(*parts)
    for candidate in (base / _PACKAGE, base.with_name(f"{base.name}{_SUFFIX}")):
        if candidate.is_file():
            return candidate
    return None


def _describe_installed(name: str, folder: Path) -> str:
    """What a top-level name stands for beside the file or folder of that name, in words."""
    if name in sys.stdlib_module_names:
        return "a module of Python itself"
    finders = [finder for finder in sys.meta_path if not hasattr(finder, IMPORTER)]
    specs = (finder.find_spec(name, None) for finder in finders)
    spec = next((spec for spec in specs if spec is not None), None)
    if spec is None:
        return ""
    own_paths = {
        (folder / part).resolve() for part in (name, f"{name}{_SUFFIX}", f"{name}/{_PACKAGE}")
    }
    origins = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    if any(Path(origin).resolve() in own_paths for origin in origins):
        return ""
    return f"an installed module ({origins[0] if origins else 'built in'})"


@lru_cache(maxsize=256)
def read_sources(path: str) -> tuple[SourceFile, ...]:
    """A module with every other file that it imports, from beside it or the folders above.

    Imports are read, not executed: what a module imports by a computed name is not among them.

    Args:
        path: As `locate` gives it. Without a dotted name, the packages around a file are those
            that `__init__.py` files make.

    Returns:
        The module itself first, the others by name.

    Raises:
        UsageError: A file cannot be read, or is no Python.
    """
    file = Path(path)
    root, module, new_names = _name_of(path)
    folders = (root, *root.parents[:_FOLDERS_ABOVE])
    sources: dict[str, SourceFile] = {}
    pending = [module, *_prefixes(module)]
    while pending:
        name = pending.pop()
        file_of_name = file if name == module else _importable(name, folders, new_names)
        if name in sources or file_of_name is None:
            continue
        sources[name], tree = _read(name, file_of_name)
        package = name if file_of_name.name == _PACKAGE else name.rpartition(".")[0]
        pending += [part for each in _imports(tree, package) for part in (each, *_prefixes(each))]
    main = sources.pop(module)
    return (main, *(sources[name] for name in sorted(sources)))


def _name_of(path: str) -> tuple[Path, str, Mapping[str, str]]:
    """The folder that its top-level module lies in, its dotted name, and how that was renamed.

    What has the name of an installed module is imported by another name, so that the other
    module stays what it is to everybody else.
    """
    file = Path(path)
    above, marker, _ = path.rpartition(_ROOT)
    parts = [] if file.name == _PACKAGE else [re.sub(r"\W", "_", file.stem)]
    root = file.parent
    while root != Path(above) if marker else (root / _PACKAGE).is_file():
        parts.insert(0, root.name)
        root = root.parent
    top = parts[0]
    if not _describe_installed(top, root):
        return root, ".".join(parts), {}
    parts[0] = f"local_{top}"
    return root, ".".join(parts), {parts[0]: top}


def _prefixes(name: str) -> list[str]:
    """The packages that importing a module imports first: ``a.b.c`` -> ``a``, ``a.b``."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _importable(name: str, folders: Sequence[Path], new_names: Mapping[str, str]) -> Path | None:
    """The file that a module's import of a name leads to; None if that is no file of the user's."""
    top, dot, rest = name.partition(".")
    if top in new_names:
        return module_file(folders[0], f"{new_names[top]}{dot}{rest}")
    for folder in folders:
        path = module_file(folder, name)
        if path is not None:
            return None if _describe_installed(top, folder) else path
    return None


def _read(module: str, path: Path) -> tuple[SourceFile, ast.Module]:
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path} is too large for a module", help="name a Python file")
        content = path.read_bytes()
        text = decode_source(content)
        tree = ast.parse(text, str(path))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", help="check its permissions"
        ) from error
    except SyntaxError as error:
        raise UsageError(
            f"{path}, line {error.lineno or 1}, is no Python: {error.msg}", help="mend the file"
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"{path} is no Python: {error}", help="mend the file") from error
    depth = module.count(".") + (2 if path.name == _PACKAGE else 1)
    source = SourceFile(
        module=module,
        name="/".join(path.parts[-depth:]),
        path=str(path),
        sha256=hashlib.sha256(content).hexdigest(),
        text=text,
    )
    return source, tree


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    """Dotted names that a module imports anywhere, also by a text such as ``module:Class``."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                if level and not "".join(above):
                    continue
                base = ".".join([*above, *([module] if module else [])])
                yield base
                yield from (f"{base}.{each.name}" for each in names)
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module"),
                args=[ast.Constant(value=str() as name), *_],
            ):
                yield name
            case ast.Constant(value=str() as text) if entry := _ENTRY_POINT.fullmatch(text):
                yield entry[1]


def list_definitions(file: str) -> tuple[str, ...]:
    """What a file defines at its top level and registers by a literal id, in its order.

    Raises:
        UsageError: It cannot be read, or is no Python.
    """
    _, tree = _read("", Path(file))
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="register") | ast.Name(id="register")):
                ids = [*node.args[:1], *(each.value for each in node.keywords if each.arg == "id")]
                literals = [each.value for each in ids if isinstance(each, ast.Constant)]
                names += [each for each in literals if isinstance(each, str)]
    return tuple(name for name in names if not name.startswith("_"))


def verify_sources(sources: Sequence[SourceFile], purpose: str) -> None:
    """Hold the files of a record against what lies there now, or all in the current folder.

    Args:
        sources: As they were when they were trained on.
        purpose: What needs them, for the message.

    Raises:
        UsageError: One is missing, or is another one by now.
    """
    is_elsewhere = not all(Path(source.path).is_file() for source in sources)
    for source in sources:
        path = _find_moved_file(Path(source.path)) if is_elsewhere else Path(source.path)
        if path is None:
            raise UsageError(
                f"{purpose} needs `{source.name}` ({source.version}), which lay at {source.path}",
                help="put it there again, or with the others into the current folder: "
                f"{', '.join(each.name for each in sources)}",
            )
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        if checksum != source.sha256:
            raise UsageError(
                f"{purpose} needs `{source.name}` as it was, {source.version}: {path} is "
                f"{checksum_version(checksum)} now",
                help="restore the file, or run the matrix again to train on what it says now",
            )
