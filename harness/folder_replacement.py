"""Folders that are written as a whole: which files in one were written here, and which were not.

A folder says so itself, in ``SHA256SUMS``, which `sha256sum --check` reads: a file that is not
listed there, or that was changed since, is somebody else's. Nothing here follows a symbolic link.
"""

from __future__ import annotations

import ctypes
import filecmp
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from harness.errors import StorageError

MANIFEST: Final = "SHA256SUMS"
"""Name of the list of what was written into a folder."""

ASIDE: Final = ".old"
"""What the name of a folder ends with that stands aside while another takes its place."""

_LINE: Final = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<name>.+)")


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path) -> None:
    """List everything that is in the folder."""
    lines = [f"{digest(folder / name)}  {name}\n" for name in sorted(_entries(folder))]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8", newline="\n")


def adopt_foreign_files(old: Path, new: Path) -> None:
    """Give `new`, which is to replace `old`, whatever in `old` was not written here.

    In a folder without a list, only what `new` writes too was written here.

    Raises:
        StorageError: `new` has something else of that name.
    """
    manifest = _read_manifest(old)
    new_names = set(_entries(new)) | {MANIFEST}
    for name in _entries(old):
        is_ours = name in new_names if manifest is None else name in manifest or name == MANIFEST
        # A listed file that was changed is kept too, unless it is written anew.
        ours = is_ours and _is_file(old / name)
        if ours and (name in new_names or (manifest and manifest[name] == digest(old / name))):
            continue
        if _in_the_way(new, name):
            raise StorageError(
                f"{old / name} was not written by this program; something else of that name "
                "would replace it",
                help="move it away, or choose another folder",
            )
        _link(old / name, new / name)
    shutil.copymode(old, new)


def remove_old_folder(old: Path, path: Path) -> None:
    """Remove a folder that `path` has replaced, or was to be replaced by.

    What is neither listed in it nor in `path` by now moves there.
    """
    manifest = _read_manifest(old)
    if manifest is None:
        # Not even complete; or of a time without lists, and `path` has what was foreign in it.
        shutil.rmtree(old, ignore_errors=True)
        return
    # The list goes last, so that whoever is killed here can be followed.
    for name in sorted(_entries(old), key=lambda name: name == MANIFEST):
        source, target = old / name, path / name
        with suppress(OSError):
            if name == MANIFEST or name in manifest or _same(source, target):
                source.rmdir() if _is_folder(source) else source.unlink()
            elif path.is_dir() and not _in_the_way(path, name):
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
    for folder, _, _ in os.walk(old, topdown=False):
        with suppress(OSError):  # what could not be moved stays
            Path(folder).rmdir()


def swap(new: Path, path: Path) -> None:
    """Have `new` take the place of the folder `path`, which then is at `new`, or gone."""
    if not path.exists():
        new.rename(path)
        return
    if _exchange(new, path):
        return
    old = new.with_name(new.name + ASIDE)
    path.rename(old)
    try:
        new.rename(path)
    except OSError:
        old.rename(path)
        raise
    remove_old_folder(old, path)


_EXCHANGE: Final = 2
_WORKING_FOLDER: Final = -100


def _exchange(first: Path, second: Path) -> bool:
    """Give each of two folders the other's name in one step, where the system can."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = os.fsencode(first), os.fsencode(second)
    done = rename(_WORKING_FOLDER, names[0], _WORKING_FOLDER, names[1], _EXCHANGE)
    return bool(done == 0)


def _entries(folder: Path) -> Iterator[str]:
    """Files, links and empty folders in a folder and below, as relative paths."""
    for path, folders, files in os.walk(folder):
        relative = Path(path).relative_to(folder)
        links = [name for name in folders if Path(path, name).is_symlink()]
        yield from ((relative / name).as_posix() for name in (*files, *links))
        if not folders and not files and Path(path) != folder:
            yield relative.as_posix()


def _read_manifest(folder: Path) -> Mapping[str, str] | None:
    """Name -> digest; None where there is no list, or one that was not written here."""
    path = folder / MANIFEST
    try:
        if path.is_symlink():
            return None
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    matches = [match for line in lines if (match := _LINE.fullmatch(line))]
    names = {match["name"]: match["digest"] for match in matches}
    return names if len(matches) == len(lines) and all(map(_is_inside, names)) else None


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _in_the_way(folder: Path, name: str) -> bool:
    """Whether the folder has something where that file, or a folder above it, would be."""
    path = folder / name
    above = [parent for parent in path.parents if parent.is_relative_to(folder)]
    return os.path.lexists(path) or any(
        os.path.lexists(parent) and not _is_folder(parent) for parent in above
    )


def _link(source: Path, target: Path) -> None:
    """The same file under another name, so that a change to it is never lost; else a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if _is_folder(source):
        target.mkdir()
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _same(first: Path, second: Path) -> bool:
    if not (os.path.lexists(first) and os.path.lexists(second)):
        return False
    if os.path.samestat(first.lstat(), second.lstat()) or (
        _is_folder(first) and _is_folder(second)
    ):
        return True
    if first.is_symlink() and second.is_symlink():
        return first.readlink() == second.readlink()
    return _is_file(first) and _is_file(second) and filecmp.cmp(first, second, shallow=False)


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
