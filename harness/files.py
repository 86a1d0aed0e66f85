"""Files and folders that are complete or absent, and checksums that tell damaged files.

Nothing here needs a database, so that a worker which saves a model loads none.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from harness.errors import StorageError

__all__ = [
    "CHECKSUM_SUFFIX",
    "replace_directory",
    "storage_errors",
    "verify_checksum",
    "write_atomically",
    "write_with_checksum",
]

CHECKSUM_SUFFIX: Final = ".sha256"

_DISK_FULL: Final = {errno.ENOSPC, errno.EDQUOT}

_DAMAGED_MODEL: Final = (
    "restore it from a backup; or delete it with its checksum, and `harness train` makes the "
    "model again from the ledger"
)


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Write a file beside its destination and move it there when it is complete and on disk.

    Yields:
        Path of a file to create, in the same folder and with the same suffix. If the body
        raises, it is removed, and what stood at `path` is untouched.

    Raises:
        StorageError: The body wrote nothing, the disk is full, or the folder cannot be written.
    """
    temporary = _temporary_path(path)
    try:
        with storage_errors(path, permission=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            if not temporary.is_file():
                raise StorageError(f"nothing was written for {path}")
            _sync(temporary)
            temporary.replace(path)
            _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replace_directory(path: Path) -> Iterator[Path]:
    """Fill a folder beside its destination and swap it in when it is complete.

    Between the two renames of the swap there is no folder at `path` for an instant; a crash
    right then leaves the old one beside it, under a name that starts with a dot.

    Yields:
        Path of an empty folder. If the body raises, it is removed, and what stood at `path`
        is untouched.

    Raises:
        StorageError: `path` is a file, the disk is full, or the folder cannot be written.
    """
    new, old = _temporary_path(path), _temporary_path(path)
    if path.is_file():
        raise StorageError(f"{path} is a file, not a folder", help="move it away")
    try:
        with storage_errors(path, permission=True):
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


@contextmanager
def write_with_checksum(path: Path) -> Iterator[Path]:
    """Like `write_atomically`, and write the SHA-256 to ``<path>.sha256``, as `sha256sum` does.

    Raises:
        StorageError: As there.
    """
    with write_atomically(path) as temporary:
        yield temporary
        digest = _digest(temporary) if temporary.is_file() else ""
    with write_atomically(_checksum_path(path)) as temporary:
        temporary.write_text(f"{digest}  {path.name}\n", encoding="utf-8")


def verify_checksum(path: Path) -> None:
    """See that a file is what was written; one without a checksum passes.

    Raises:
        StorageError: It is not, or cannot be read.
    """
    try:
        expected = _checksum_path(path).read_text(encoding="utf-8").split()[:1]
        digest = _digest(path)
    except FileNotFoundError:
        if path.exists():
            return
        raise StorageError(f"{path} is gone", help=_DAMAGED_MODEL) from None
    except (OSError, UnicodeDecodeError) as exc:
        raise StorageError(f"{path} cannot be read: {exc}", help=_DAMAGED_MODEL) from exc
    if expected != [digest]:
        raise StorageError(
            f"{path} is damaged: it no longer agrees with {_checksum_path(path).name}",
            help=_DAMAGED_MODEL,
        )


@contextmanager
def storage_errors(path: Path | str, *, permission: bool = False) -> Iterator[None]:
    """Turns what a full or failing disk raises into our error; other errors pass.

    Args:
        path: What is written.
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


def _temporary_path(path: Path) -> Path:
    return path.with_name(f".{path.stem}.{secrets.token_hex(6)}{path.suffix}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checksum_path(path: Path) -> Path:
    return path.with_name(path.name + CHECKSUM_SUFFIX)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
