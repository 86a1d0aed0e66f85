"""One coordinator per campaign, on one machine."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.errors import StorageError
from harness.store.holder import locked, me

__all__ = ["Lock"]

_held: set[int] = set()
"""Descriptors of the locks this process holds."""


def _forget_in_child() -> None:
    # A forked child inherits the lock and would keep it beyond its parent's death.
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)


class Lock:
    """A lock that only one process can hold; the operating system frees it when that one dies.

    The file stays where it is when the lock is freed: removing it would let two processes lock
    two files of one name.
    """

    def __init__(self, path: Path, campaign: str) -> None:
        self._path = path
        self._campaign = campaign
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock without waiting.

        Raises:
            LockedError: Another coordinator holds it; the message names it.
            StorageError: The file cannot be opened, or its file system cannot lock.
        """
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as exc:
            raise StorageError(
                f"cannot open the lock {self._path}: {exc.strerror}",
                help="check that the folder is there and can be written",
            ) from exc
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            holder = _read(descriptor)
            os.close(descriptor)
            raise locked(self._campaign, holder, lock="process") from exc
        except OSError as exc:
            os.close(descriptor)
            raise StorageError(
                f"cannot lock {self._path}: {exc.strerror}",
                help="keep campaigns on a local file system",
            ) from exc
        self._descriptor = descriptor
        _held.add(descriptor)
        _write(descriptor, json.dumps(me()).encode())
        return self

    def look(self) -> tuple[bool, dict[str, Any] | None]:
        """Whether the lock is held, and what its last holder wrote; takes and makes nothing."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False, None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True, _read(descriptor)
        else:
            return False, _read(descriptor)
        finally:
            os.close(descriptor)

    def check(self) -> None:
        """See that the file locked is the one that another coordinator would find.

        Raises:
            StorageError: It was deleted or replaced.
        """
        try:
            there, mine = self._path.stat(), os.fstat(self._descriptor or -1)
            same = (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)
        except OSError:
            same = False
        if not same:
            raise StorageError(
                f"the lock {self._path} was deleted or replaced under campaign `{self._campaign}`",
                help="another coordinator may have started; see that there is one only, "
                "then repeat the command",
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        descriptor, self._descriptor = self._descriptor, None
        # In a forked child the descriptor is closed already and may be another file by now.
        if descriptor is not None and descriptor in _held:
            _held.discard(descriptor)
            _write(descriptor, b"")
            os.close(descriptor)


def _write(descriptor: int, text: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text, 0)


def _read(descriptor: int) -> dict[str, Any] | None:
    """What the holder wrote; None where it has the lock but has not written its name yet."""
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:
        return None
    return holder if isinstance(holder, dict) else None
