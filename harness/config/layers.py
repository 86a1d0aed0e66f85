"""The layers of a document: defaults, what it extends, the file, a profile, settings by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from harness.config.builtin_matrices import builtin_matrices
from harness.config.derived_models import written_default
from harness.config.nodes import Location, Node, build, merge, problem
from harness.config.yaml_text import parse
from harness.core.matrix import Matrix
from harness.core.settings import CellSettings, declaration_of, settings_of
from harness.errors import MatrixError, Problem, UsageError, did_you_mean

__all__ = ["defaults", "read"]

_BUILTIN: Final = "builtin:"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A file and what to call it; `parent` is None for a built-in."""

    label: str
    file: Traversable
    parent: Path | None = None

    @property
    def identity(self) -> str:
        return self.label if self.parent is None else str(Path(str(self.file)).resolve())

    @property
    def stem(self) -> str:
        return self.file.name.removesuffix(".yaml").removesuffix(".yml")


def read(
    source: str | Path, *, profile: str | None, sets: Sequence[str]
) -> tuple[Node, list[Problem]]:
    """All layers laid over one another, and what was wrong with them.

    Raises:
        UsageError: There is no such file, or it is no text.
        MatrixError: A file is not YAML, so that nothing can be said of the rest.
    """
    top = _find(str(source))
    root = defaults(top.stem)
    problems: list[Problem] = []
    chain, found = _chain(top)
    problems += found
    for layer in chain:
        root = merge(root, layer)
    if profile is not None:
        root, found = _with_profile(root, profile)
        problems += found
    for number, text in enumerate(sets, start=1):
        layer, found = _setting(text, f"--set #{number}")
        problems += found
        root = merge(root, layer)
    return root, problems


def defaults(name: str) -> Node:
    """The lowest layer: a value for everything a matrix need not say."""
    document: dict[str, object] = written_default(CellSettings, CellSettings())
    cells_only = [
        field.name
        for field in settings_of(CellSettings)
        if (declaration := declaration_of(field)) is not None and declaration.cells_only
    ]
    for key in cells_only:
        del document[key]
    campaign = {field.name: field.default for field in settings_of(Matrix)}
    return build({**campaign, "name": name, **document})


def _find(name: str) -> _Source:
    builtins = builtin_matrices()
    path = Path(name)
    if path.is_file():
        return _Source(label=name, file=path, parent=path.parent)
    bare = name.removeprefix(_BUILTIN)
    if bare in builtins:
        return _Source(label=f"{_BUILTIN}{bare}", file=builtins[bare])
    if path.is_dir():
        raise UsageError(f"`{name}` is a folder", help="name a YAML file in it")
    raise UsageError(f"there is no matrix `{name}`", help=_nearby(name, list(builtins)))


def _nearby(name: str, builtins: Sequence[str]) -> str:
    folder = Path(name).parent
    files = [str(f) for f in folder.glob("*.y*ml")] if folder.is_dir() else []
    close = get_close_matches(name, sorted(files), n=3, cutoff=0.6)
    close += get_close_matches(name.removeprefix(_BUILTIN), builtins, n=1, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f"`{item}`" for item in close) + "?"
    return f"give the path of a YAML file, or one of the built-in matrices: {', '.join(builtins)}"


def _chain(top: _Source) -> tuple[list[Node], list[Problem]]:
    """The file and what it extends, the lowest first. A name is not inherited."""
    chain: list[Node] = []
    problems: list[Problem] = []
    seen: list[_Source] = []
    source: _Source | None = top
    while source is not None:
        seen.append(source)
        layer, found = _load(source)
        problems += found
        kept = {k: v for k, v in layer.value.items() if k != "name" or source is top}
        chain.insert(0, replace(layer, value=kept))
        source, found = _base(layer, source, seen)
        problems += found
    return chain, problems


def _load(source: _Source) -> tuple[Node, list[Problem]]:
    try:
        text = source.file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"`{source.label}` is not UTF-8 text: {error.reason}",
            help="a matrix is a YAML file; save it as UTF-8 if an editor wrote another encoding",
        ) from error
    except OSError as error:
        raise UsageError(
            f"`{source.label}` cannot be read: {error.strerror}", help="check its permissions"
        ) from error
    layer, problems = parse(text.removeprefix("\ufeff"), source.label)
    if layer is not None and not isinstance(layer.value, Mapping):
        message = "a matrix is a mapping of keys such as `scenarios:`"
        problems.append(problem(message, layer.location, help="write `key: value` lines"))
        layer = None
    if layer is None:
        raise MatrixError(problems)
    return layer, problems


def _base(
    layer: Node, source: _Source, seen: Sequence[_Source]
) -> tuple[_Source | None, list[Problem]]:
    """What a file extends."""
    written = layer.get("extends")
    if written is None or not isinstance(written.value, str):
        return None, []
    builtin = source.parent is None and not written.value.startswith(_BUILTIN)
    name = f"{_BUILTIN}{Path(written.value).stem}" if builtin else written.value
    if not name.startswith(_BUILTIN) and source.parent is not None:
        name = str(source.parent / name)
    try:
        base = _find(name)
    except UsageError as error:
        return None, [problem(error.message, written.location, help=error.help)]
    if base.identity in [other.identity for other in seen]:
        circle = " -> ".join(other.label for other in (*seen, base))
        hint = "a matrix cannot lie below itself; remove one `extends`"
        return None, [problem(f"`extends` goes round: {circle}", written.location, help=hint)]
    return base, []


def _with_profile(root: Node, profile: str) -> tuple[Node, list[Problem]]:
    profiles = root.get("profiles")
    known = [str(name) for name in profiles.children] if profiles is not None else []
    chosen = root.get("profiles", profile)
    if chosen is None:
        hint = did_you_mean(profile, known)
        hint = hint or (f"known: {', '.join(known)}" if known else "the matrix has no profiles")
        location = Location(source=f"--profile {profile}")
        return root, [problem(f"unknown profile `{profile}`", location, help=hint)]
    if not isinstance(chosen.value, Mapping):
        return root, []
    return merge(root, _labelled(chosen, f"profile {profile}")), []


def _labelled(node: Node, label: str) -> Node:
    """The tree with the name of a layer at every location."""
    value: Any = node.value
    if isinstance(value, Mapping):
        value = {key: _labelled(child, label) for key, child in value.items()}
    elif isinstance(value, tuple):
        value = tuple(_labelled(child, label) for child in value)
    return replace(node, value=value, location=replace(node.location, layer=label))


def _setting(text: str, source: str) -> tuple[Node, list[Problem]]:
    """The layer of one ``path=value``."""
    path, equals, written = text.partition("=")
    whole = Location(source=source, line=1, column=1, text=text, width=max(1, len(text)))
    parts = path.strip().split(".")
    if not equals or not all(parts):
        hint = "write `path=value`, e.g. `search.trials=5`"
        return Node(value={}, location=whole), [problem("no setting", whole, help=hint)]
    start = len(path) + 1
    value, problems = parse(" " * start + written, source, shown=text)
    if value is None or problems:
        return Node(value={}, location=whole), problems
    if not written.strip():
        value = Node(value=None, location=whole)
    column = len(path) - len(path.lstrip()) + 1
    ends = [column + len(".".join(parts[:count])) for count in range(1, len(parts) + 1)]
    for part, end in reversed(list(zip(parts, ends, strict=True))):
        key = replace(whole, column=end - len(part), width=len(part))
        value = Node(value={part: replace(value, key=key)}, location=whole)
    return value, problems
