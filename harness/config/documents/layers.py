"""The layers of a document: defaults, what it extends, the file, a profile, settings by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from harness.config.documents.builtin_matrices import builtin_matrices
from harness.config.documents.derived_models import plain_default
from harness.config.documents.nodes import Location, Node, build, merge, problem
from harness.config.documents.yaml_text import parse
from harness.core.declarations import declaration_of, settings_of
from harness.core.matrix import Matrix
from harness.core.settings import CellSettings
from harness.errors import MatrixError, Problem, UsageError, did_you_mean, nearest
from harness.input_limits import DEEPEST, read_file

TIME_GIVEN: Final = Location(source="from `--budget` or `--deadline`")
"""Where the budget of a search was written that its matrix gives no size."""

LAYER_KEYS: Final = frozenset({"extends", "profiles"})
"""Keys of a file that say what is laid over what, and are gone when that is done."""

_BUILTIN: Final = "builtin:"
_MOST_BYTES: Final = 2**20
_SHOWN: Final = 3
"""Files that a message suggests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _LayerFile:
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


def read_layers(
    source: str | Path,
    problems: list[Problem],
    *,
    profile: str | None,
    sets: Sequence[str],
    options: Mapping[str, str] = MappingProxyType({}),
    sizes: Mapping[str, object] = MappingProxyType({}),
) -> Node:
    """All layers laid over one another; what is wrong with them is added to `problems`.

    `options` lie on top: option -> the ``path=value`` that it stands for. `sizes`, which follow
    from a given time, lie below the file: whatever that says of them counts.

    Raises:
        UsageError: There is no such file, or it is no text.
        MatrixError: A file is not YAML, so that nothing can be said of the rest.
    """
    top = _find(str(source))
    root = defaults(top.stem)
    root = merge(root, build(dict(sizes), TIME_GIVEN)) if sizes else root
    for layer in _chain(top, problems):
        root = merge(root, layer)
    if profile is not None:
        root = _with_profile(root, profile, problems)
    by_hand = {f"--set #{number}": text for number, text in enumerate(sets, start=1)}
    for option, text in (*by_hand.items(), *options.items()):
        root = merge(root, _setting(text, option, problems))
    return root


def defaults(name: str) -> Node:
    """The lowest layer: a value for everything a matrix need not say."""
    document: dict[str, object] = plain_default(CellSettings, CellSettings())
    cells_only = [
        field.name
        for field in settings_of(CellSettings)
        if (declaration := declaration_of(field)) is not None and declaration.cells_only
    ]
    for key in cells_only:
        del document[key]
    campaign = {field.name: field.default for field in settings_of(Matrix)}
    return build({**campaign, "name": name, **document})


def _find(name: str) -> _LayerFile:
    builtins = builtin_matrices()
    path = Path(name)
    if not name:
        raise UsageError("the name of a matrix is empty", help=_nearby(name, list(builtins)))
    if _exists_as(path, Path.is_file):
        return _LayerFile(label=name, file=path, parent=path.parent)
    bare = name.removeprefix(_BUILTIN)
    if bare in builtins:
        return _LayerFile(label=f"{_BUILTIN}{bare}", file=builtins[bare])
    if _exists_as(path, Path.is_dir):
        raise UsageError(f"`{name}` is a folder", help="name a YAML file in it")
    raise UsageError(f"there is no matrix `{name}`", help=_nearby(name, list(builtins)))


def _exists_as(path: Path, kind: Callable[[Path], bool]) -> bool:
    """Whether something of that kind is there; nothing is where a path is too long to be one."""
    try:
        return kind(path)
    except (OSError, ValueError):
        return False


def _nearby(name: str, builtins: Sequence[str]) -> str:
    if re.fullmatch(r"[A-Za-z_][\w.]*=.*", name):
        return f"did you mean `--set {name}`?"
    folder = Path(name).parent
    files = sorted(folder.glob("*.y*ml")) if _exists_as(folder, Path.is_dir) else []
    stems = nearest(Path(name).stem, [file.stem for file in files])
    near = [str(file) for stem in stems for file in files if file.stem == stem][:_SHOWN]
    near += nearest(Path(name.removeprefix(_BUILTIN)).stem, builtins)[:1]
    if near:
        return "did you mean " + " or ".join(f"`{item}`" for item in near) + "?"
    return f"give the path of a YAML file, or one of the built-in matrices: {', '.join(builtins)}"


def _chain(top: _LayerFile, problems: list[Problem]) -> list[Node]:
    """The file and what it extends, the lowest first. A name is not inherited."""
    chain: list[Node] = []
    sources: list[_LayerFile] = []
    source: _LayerFile | None = top
    while source is not None:
        sources.append(source)
        layer = _load(source, problems)
        children = {k: v for k, v in layer.value.items() if k != "name" or source is top}
        chain.insert(0, replace(layer, value=children))
        source = _base(layer, source, sources, problems)
    return chain


def _load(source: _LayerFile, problems: list[Problem]) -> Node:
    try:
        file = source.file
        data = read_file(file, most=_MOST_BYTES) if isinstance(file, Path) else file.read_bytes()
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"`{source.label}` is not UTF-8 text: {error.reason}",
            help="a matrix is a YAML file; save it as UTF-8 if an editor wrote another encoding",
        ) from error
    except OSError as error:
        raise UsageError(
            f"`{source.label}` cannot be read: {error.strerror}", help="check its permissions"
        ) from error
    layer, faults = parse(text.removeprefix("\ufeff"), source.label)
    if layer is not None and not isinstance(layer.value, Mapping):
        message = "a matrix is a mapping of keys such as `scenarios:`"
        faults.append(problem(message, layer.location, help="write `key: value` lines"))
        layer = None
    if layer is None:
        raise MatrixError(faults)
    problems += faults
    return layer


def _base(
    layer: Node, source: _LayerFile, sources: Sequence[_LayerFile], problems: list[Problem]
) -> _LayerFile | None:
    """What a file extends."""
    extends = layer.get("extends")
    if extends is None or not isinstance(extends.value, str):
        return None
    builtin = source.parent is None and not extends.value.startswith(_BUILTIN)
    name = f"{_BUILTIN}{Path(extends.value).stem}" if builtin else extends.value
    if not name.startswith(_BUILTIN) and source.parent is not None:
        name = str(source.parent / name)
    try:
        base = _find(name)
    except UsageError as error:
        problems.append(problem(error.message, extends.location, help=error.help))
        return None
    if base.identity in [other.identity for other in sources]:
        circle = " -> ".join(other.label for other in (*sources, base))
        hint = "a matrix cannot lie below itself; remove one `extends`"
        problems.append(problem(f"`extends` goes round: {circle}", extends.location, help=hint))
        return None
    return base


def _with_profile(root: Node, profile: str, problems: list[Problem]) -> Node:
    names = [str(name) for name in root.children_at("profiles")]
    overlay = root.get("profiles", profile)
    if overlay is None:
        hint = did_you_mean(profile, names)
        hint = hint or (f"known: {', '.join(names)}" if names else "the matrix has no profiles")
        location = Location(source=f"--profile {profile}")
        problems.append(problem(f"unknown profile `{profile}`", location, help=hint))
        return root
    if not isinstance(overlay.value, Mapping):
        return root
    return merge(root, _label(overlay, f"profile {profile}"))


def _label(node: Node, label: str) -> Node:
    """The tree with the name of a layer at every location."""
    value: Any = node.value
    if isinstance(value, Mapping):
        value = {key: _label(child, label) for key, child in value.items()}
    elif isinstance(value, tuple):
        value = tuple(_label(child, label) for child in value)
    return replace(node, value=value, location=replace(node.location, layer=label))


def _setting(text: str, source: str, problems: list[Problem]) -> Node:
    """The layer of one ``path=value``."""
    path, equals, value_text = text.partition("=")
    whole = Location(source=source, line=1, column=1, text=text, width=max(1, len(text)))
    parts = path.strip().split(".")
    if not equals or not all(parts) or len(parts) > DEEPEST:
        hint = "write `path=value`, e.g. `search.trials=5`"
        problems.append(problem("no setting", whole, help=hint))
        return Node(value={}, location=whole)
    if parts[0] in LAYER_KEYS:
        hint = "set what it would change, e.g. `search.trials=5`"
        problems.append(problem(f"`{parts[0]}` counts in a file alone", whole, help=hint))
        return Node(value={}, location=whole)
    start = len(path) + 1
    value, faults = parse(" " * start + value_text, source, excerpt=text)
    problems += faults
    if value is None or faults:
        return Node(value={}, location=whole)
    if not value_text.strip():
        value = Node(value=None, location=whole)
    column = len(path) - len(path.lstrip()) + 1
    ends = [column + len(".".join(parts[:count])) for count in range(1, len(parts) + 1)]
    for part, end in reversed(list(zip(parts, ends, strict=True))):
        key = replace(whole, column=end - len(part), width=len(part))
        value = Node(value={part: replace(value, key=key)}, location=whole)
    return value
