"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import StorageError

__all__ = ["replace_directory", "storage_errors", "write_atomically"]

_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Write a file beside its place and move it there when it is complete and on disk.

    Yields:
        Path of a file to create, in the same folder and with the same suffix. If the body
        raises, it is removed, and what stood at `path` is untouched.

    Raises:
        StorageError: The body wrote nothing, the disk is full, or the folder cannot be written.
    """
    beside = _beside(path)
    try:
        with storage_errors(path, refused=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield beside
            if not beside.is_file():
                raise StorageError(f"nothing was written for {path}")
            _sync(beside)
            beside.replace(path)
            _sync(path.parent)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def replace_directory(path: Path) -> Iterator[Path]:
    """Fill a folder beside its place and swap it in when it is complete.

    Between the two renames of the swap there is no folder at `path` for an instant; a crash
    right then leaves the old one beside it, under a name that starts with a dot.

    Yields:
        Path of an empty folder. If the body raises, it is removed, and what stood at `path`
        is untouched.

    Raises:
        StorageError: `path` is a file, the disk is full, or the folder cannot be written.
    """
    new, old = _beside(path), _beside(path)
    if path.is_file():
        raise StorageError(f"{path} is a file, not a folder", help="move it away")
    try:
        with storage_errors(path, refused=True):
            new.mkdir(parents=True)
            yield new
            for folder, _, files in os.walk(new):
                for name in files:
                    _sync(Path(folder, name))
                _sync(Path(folder))
            _swap(new, path, old)
            _sync(path.parent)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)


def _swap(new: Path, path: Path, old: Path) -> None:
    if not path.exists():
        new.rename(path)
        return
    path.rename(old)
    try:
        new.rename(path)
    except OSError:
        old.rename(path)
        raise


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.stem}.{secrets.token_hex(6)}{path.suffix}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def storage_errors(path: Path | str, *, refused: bool = False) -> Iterator[None]:
    """Turns what a full or failing disk raises into our error; other errors pass.

    Args:
        path: What is written.
        refused: A lack of permission is the disk's too.

    Raises:
        StorageError: The disk is full or read-only.
    """
    try:
        yield
    except OSError as exc:
        if isinstance(exc, PermissionError) and refused:
            raise StorageError(
                f"cannot write {path}: {exc.strerror}", help="check the folder's permissions"
            ) from exc
        if exc.errno in _FULL:
            raise StorageError(
                f"cannot write {path}: {exc.strerror}",
                help="free some space and repeat the command; nothing half-written was left",
            ) from exc
        if exc.errno == errno.EROFS:
            raise StorageError(
                f"cannot write {path}: {exc.strerror}",
                help="make it writable again, or choose another folder",
            ) from exc
        raise
