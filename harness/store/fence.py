"""Whether this process may still write a campaign: the lock is its own, the file is the same."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection

from harness.errors import StorageError
from harness.store.lock import Lock

__all__ = ["FREE", "Fence", "FileFence"]


class Fence(Protocol):
    """What stands between a ledger and a write that must no longer happen."""

    @property
    def connection(self) -> Connection | None:
        """The one connection to write through; None leaves the choice to the engine."""

    def guard(self) -> None:
        """A look before and after every write.

        Raises:
            StorageError: The lock or the database is gone.
        """

    def check(self) -> None:
        """A closer look, now and then.

        Raises:
            StorageError: The lock or the database is gone.
        """

    def alone(self) -> AbstractContextManager[object]:
        """No other coordinator of this database makes tables meanwhile."""


class _Free:
    """Nobody watches: for tests, tools and readers."""

    connection: Final = None

    def guard(self) -> None:
        pass

    def check(self) -> None:
        pass

    def alone(self) -> AbstractContextManager[object]:
        return nullcontext()


FREE: Final[Fence] = _Free()


class FileFence:
    """An SQLite file: SQLite goes on writing happily to one that was deleted or moved away.

    The device and inode of the database and of its write-ahead log must stay what they were, and
    so must those of the lock, or another coordinator could take a lock file of the same name.
    """

    connection: Final = None

    def __init__(self, path: Path, lock: Lock) -> None:
        self._lock = lock
        self._path = path
        log = path.with_name(f"{path.name}-wal")
        found = {file: _identity(file) for file in (path, log)}
        self._known = {file: known for file, known in found.items() if known is not None}

    def guard(self) -> None:
        for file, known in self._known.items():
            found = _identity(file)
            if found != known:
                happened = "is gone" if found is None else "is not the file it was"
                raise StorageError(
                    f"{file} {happened}: it was deleted or replaced under the running campaign",
                    help="put it back, with its -wal file, if you can; the same command goes on "
                    "from what is there, or begins again where nothing is",
                )
        self._lock.check()

    def check(self) -> None:
        self.guard()

    def alone(self) -> AbstractContextManager[object]:
        return nullcontext()


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(file)  # noqa: PTH116 - called twice per write
    except OSError:
        return None
    return status.st_dev, status.st_ino
