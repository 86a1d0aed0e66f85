"""Files and folders that are complete or absent, and checksums that tell damaged files.

Nothing here needs a database, so that a worker which saves a model loads none.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from harness.errors import StorageError
from harness.folder_replacement import (
    ASIDE,
    adopt_foreign_files,
    digest,
    remove_old_folder,
    swap,
    write_manifest,
)
from harness.input_limits import read_file

CHECKSUM_SUFFIX: Final = ".sha256"

_DISK_FULL: Final = {errno.ENOSPC, errno.EDQUOT}

_ELSEWHERE: Final = "choose another place, or move it away"

_DAMAGED_MODEL: Final = (
    "restore it from a backup; or delete it with its checksum, and `harness train` makes the "
    "model again from the ledger"
)


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Write a file beside its destination and move it there when it is complete and on disk.

    A symbolic link stays; what it leads to is replaced.

    Yields:
        Path of a file to create, in the same folder and with the same suffix. If the body
        raises, it is removed, and what stood at `path` is untouched. What a killed process has
        left there the next one removes.

    Raises:
        StorageError: The body wrote nothing, the disk is full, the folder cannot be written, or
            what stands there is no file.
    """
    with write_files(path) as (temporary,):
        yield temporary


@contextmanager
def write_files(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Like `write_atomically`, for files that belong together: all are complete before any moves.

    Raises:
        StorageError: As there.
    """
    targets = [_resolve(path) for path in paths]
    for path in targets:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "a device or a pipe"
            raise StorageError(f"{path} is {what}; a file was to be written there", help=_ELSEWHERE)
    subject = paths[0] if len(paths) == 1 else Path(os.path.commonpath(targets or [Path.cwd()]))
    with storage_errors(subject, permission=True), ExitStack() as stack:
        pairs = [(stack.enter_context(_temporary_path(path, _unlink)), path) for path in targets]
        yield tuple(temporary for temporary, _ in pairs)
        for temporary, path in pairs:
            if not temporary.is_file():
                raise StorageError(f"nothing was written for {path}")
            _sync(temporary)
        for temporary, path in pairs:
            temporary.replace(path)
        for folder in dict.fromkeys(path.parent for path in targets):
            _sync(folder)


@contextmanager
def replace_directory(path: Path) -> Iterator[Path]:
    """Fill a folder beside its destination and swap it in when it is complete.

    It lists what was written in ``SHA256SUMS``. Of the folder that it replaces only such files
    go; others it takes over. A symbolic link stays; what it leads to is replaced.

    Where the system cannot swap folders in one step, there is none at `path` for an instant; who
    is killed right then leaves the old one beside it, and the next one puts it back.

    Yields:
        Path of an empty folder. If the body raises, it is removed, and what stood at `path`
        is untouched.

    Raises:
        StorageError: `path` is a file or leads to nothing, a file that was not written here is in
            the way, the disk is full, or the folder cannot be written.
    """
    if path.is_symlink() and not path.exists():
        raise StorageError(f"{path} is a link that leads to nothing", help="remove it")
    path = _resolve(path)
    if path.exists() and not path.is_dir():
        raise StorageError(f"{path} is a file, not a folder", help="move it away")
    with (
        storage_errors(path, permission=True),
        _temporary_path(path, partial(_discard, path=path)) as new,
    ):
        new.mkdir()
        yield new
        write_manifest(new)
        for folder, _, files in os.walk(new):
            for name in files:
                _sync(Path(folder, name))
        if path.exists():
            adopt_foreign_files(path, new)
        for folder, _, _ in os.walk(new):
            _sync(Path(folder))
        swap(new, path)
        _sync(path.parent)


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """A folder beside `path` that is gone afterwards; if not, the next one removes it."""
    with _temporary_path(_resolve(path), partial(shutil.rmtree, ignore_errors=True)) as temporary:
        temporary.mkdir()
        yield temporary


def find_leftovers(folder: Path) -> list[Path]:
    """What killed processes have left in a folder and below: locks that nobody holds."""
    locks = folder.rglob(f".*{_LOCK_SUFFIX}")
    return sorted(
        lock for lock in locks if _TEMPORARY.fullmatch(lock.name) and _remove_leftover(lock, None)
    )


def remove_leftover(lock: Path) -> bool:
    """Remove what belongs to one of `find_leftovers`; whether it could be."""
    match = _TEMPORARY.fullmatch(lock.name)
    return match is not None and _remove_leftover(
        lock, partial(_discard, path=lock.with_name(_name(match)))
    )


@contextmanager
def write_with_checksum(path: Path) -> Iterator[Path]:
    """Like `write_atomically`, and write the SHA-256 to ``<path>.sha256``, as `sha256sum` does.

    Raises:
        StorageError: As there.
    """
    with write_with_checksums(path) as (temporary,):
        yield temporary


@contextmanager
def write_with_checksums(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Like `write_with_checksum`, for files that are of no use with another one's version.

    Who is killed while they are moved leaves none at the last path rather than a set of two
    versions.

    Raises:
        StorageError: As there.
    """
    pairs = [(path, _checksum_path(path)) for path in paths]
    with write_files(*(each for pair in pairs for each in pair)) as all_:
        yield all_[::2]
        for path, temporary, checksum in zip(paths, all_[::2], all_[1::2], strict=True):
            if temporary.is_file():
                checksum.write_text(f"{digest(temporary)}  {path.name}\n", encoding="utf-8")
                # Between two moves no checksum is better than that of another file.
                _checksum_path(path).unlink(missing_ok=True)
        if len(paths) > 1 and all(temporary.is_file() for temporary in all_):
            paths[-1].unlink(missing_ok=True)


def verify_checksum(path: Path) -> None:
    """See that a file is what was written; one without a checksum passes.

    Raises:
        StorageError: It is not, or cannot be read.
    """
    try:
        checksum = read_file(_checksum_path(path), most=4096).decode().split()[:1]
        content = digest(path)
    except FileNotFoundError:
        if path.exists():
            return
        if _checksum_path(path).exists():
            raise StorageError(f"{path} is gone", help=_DAMAGED_MODEL) from None
        hint = "give the path of a model that `harness train --out` or `run --save-models` wrote"
        raise StorageError(f"there is no file {path}", help=hint) from None
    except (OSError, UnicodeDecodeError) as exc:
        raise StorageError(f"{path} cannot be read: {exc}", help=_DAMAGED_MODEL) from exc
    if checksum != [content]:
        raise StorageError(
            f"{path} is damaged: it no longer agrees with {_checksum_path(path).name}",
            help=_DAMAGED_MODEL,
        )


@contextmanager
def storage_errors(path: Path | str, *, permission: bool = False) -> Iterator[None]:
    """Turns what a full or failing disk raises into our error; other errors pass.

    Args:
        permission: Whether a lack of permission is the disk's fault too.

    Raises:
        StorageError: The disk is full or read-only.
    """
    try:
        yield
    except OSError as exc:
        if isinstance(exc, PermissionError) and permission:
            advice = "check the folder's permissions"
        elif exc.errno in _DISK_FULL:
            advice = "free some space and repeat the command; nothing half-written was left"
        elif exc.errno == errno.EROFS:
            advice = "make it writable again, or choose another folder"
        else:
            raise
        raise StorageError(f"cannot write {path}: {exc.strerror}", help=advice) from exc


_LOCK_SUFFIX: Final = ".lock"
_TEMPORARY: Final = re.compile(r"\.(?P<stem>.+)\.[0-9a-f]{12}(?P<suffix>(?:\.[^.]*)?)\.lock")


@contextmanager
def _temporary_path(path: Path, discard: Callable[[Path], object]) -> Iterator[Path]:
    """A free name beside `path`; what has it goes in the end.

    Who writes there holds a lock beside it: one without a holder says that the writer was killed.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as exc:
        file = next(each for each in path.parents if each.exists())
        raise StorageError(f"{file} is no folder", help="move it away") from exc
    for lock in path.parent.glob(f".{glob.escape(path.stem)}.*{_LOCK_SUFFIX}"):
        match = _TEMPORARY.fullmatch(lock.name)
        if match and _name(match) == path.name:
            _remove_leftover(lock, discard)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(6)}{path.suffix}")
    lock = temporary.with_name(temporary.name + _LOCK_SUFFIX)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield temporary
    finally:
        if os.path.lexists(temporary):
            discard(temporary)
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _remove_leftover(lock: Path, discard: Callable[[Path], object] | None) -> bool:
    """Remove what stands beside a lock, where nobody holds it; whether it is so."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if discard is None:
            return True
        temporary = lock.with_suffix("")
        for leftover in (temporary.with_name(temporary.name + ASIDE), temporary):
            if os.path.lexists(leftover):
                discard(leftover)
        lock.unlink(missing_ok=True)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def _name(match: re.Match[str]) -> str:
    return match["stem"] + match["suffix"]


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)


def _discard(leftover: Path, path: Path) -> None:
    """Remove what was to be at `path`, or was there before."""
    if leftover.is_symlink() or not leftover.is_dir():
        leftover.unlink(missing_ok=True)
    elif leftover.name.endswith(ASIDE) and not path.exists():
        leftover.rename(path)
    else:
        remove_old_folder(leftover, path)


def _resolve(path: Path) -> Path:
    """Where a path leads, absolute: a symbolic link is followed, not replaced."""
    return Path(os.path.realpath(path))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checksum_path(path: Path) -> Path:
    return path.with_name(path.name + CHECKSUM_SUFFIX)
