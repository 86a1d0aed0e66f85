"""The lock of a campaign: one coordinator at a time, and no write once the lock is lost.

This module has what all databases share and the lock of an SQLite file; `server_lock` has the one
of a database server.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol, Self

from sqlalchemy import Connection

from harness.errors import LockedError, StorageError
from harness.input_limits import parse_json


class CampaignLock(Protocol):
    """What a ledger asks before and after every write, so that no two coordinators write."""

    @property
    def connection(self) -> Connection | None:
        """The one connection to write through; None leaves the choice to the engine."""

    def check(self) -> None:
        """See that the lock is still held and the database still the same.

        Raises:
            StorageError: Another coordinator may have taken over, or would write elsewhere.
        """

    def exclusive_setup(self) -> AbstractContextManager[object]:
        """While the block runs, no other coordinator of this database makes tables."""


class _NoLock:
    """For readers, tools and tests: nothing is protected."""

    connection: Final = None

    def check(self) -> None:
        pass

    def exclusive_setup(self) -> AbstractContextManager[object]:
        return nullcontext()


NO_LOCK: Final[CampaignLock] = _NoLock()


def process_description() -> dict[str, object]:
    """This process, as a holder of a lock shows itself to others: pid, host and since when."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def make_lock_error(campaign: str, holder: Mapping[str, Any] | None, *, bearer: str) -> LockedError:
    """The error of a second coordinator; the lock ends with its `bearer`, e.g. a process."""
    who = "a process that has just started"
    if holder is not None:
        who = f"process {holder['pid']} on {holder['host']} since {holder['since']}"
    return LockedError(
        f"another coordinator runs campaign `{campaign}`: {who}",
        help=f"wait for it or end it; the lock goes with its {bearer}",
    )


_descriptors: set[int] = set()
"""Descriptors of the locks this process holds."""


def _close_in_child() -> None:
    # A forked child inherits the lock and would keep it beyond its parent's death.
    for descriptor in _descriptors:
        os.close(descriptor)
    _descriptors.clear()


class FileLock:
    """A lock that only one process can hold; the operating system frees it when that one dies.

    The file stays where it is when the lock is freed: removing it would let two processes lock
    two files of one name.
    """

    _registered = False

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
            holder = _read_holder(descriptor)
            os.close(descriptor)
            raise make_lock_error(self._campaign, holder, bearer="process") from exc
        except OSError as exc:
            os.close(descriptor)
            raise StorageError(
                f"cannot lock {self._path}: {exc.strerror}",
                help="keep campaigns on a local file system",
            ) from exc
        if not FileLock._registered:
            os.register_at_fork(after_in_child=_close_in_child)
            FileLock._registered = True
        self._descriptor = descriptor
        _descriptors.add(descriptor)
        _write_holder(descriptor, json.dumps(process_description()).encode())
        return self

    def __exit__(self, *_: object) -> None:
        descriptor, self._descriptor = self._descriptor, None
        # In a forked child the descriptor is closed already and may be another file by now.
        if descriptor is not None and descriptor in _descriptors:
            _descriptors.discard(descriptor)
            _write_holder(descriptor, b"")
            os.close(descriptor)

    def holder(self) -> tuple[bool, dict[str, Any] | None]:
        """Whether the lock is held, and what its last holder wrote; takes and makes nothing."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False, None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True, _read_holder(descriptor)
        else:
            return False, _read_holder(descriptor)
        finally:
            os.close(descriptor)

    def check(self) -> None:
        """See that the locked file is the one that another coordinator would lock.

        Raises:
            StorageError: It was deleted or replaced.
        """
        status = None if self._descriptor is None else os.fstat(self._descriptor)
        if status is None or _file_identity(self._path) != (status.st_dev, status.st_ino):
            raise StorageError(
                f"the lock {self._path} was deleted or replaced under campaign `{self._campaign}`",
                help="another coordinator may have started; see that there is one only, "
                "then repeat the command",
            )


class SqliteLock:
    """A campaign's lock beside its SQLite file, and a watch over the file itself.

    SQLite goes on writing happily to a file that was deleted or moved away. So the device and
    inode of the database and of its write-ahead log must stay what they were, and so must those
    of the lock, or another coordinator could take a lock file of the same name.
    """

    connection: Final = None

    def __init__(self, database: Path, lock: FileLock) -> None:
        self._lock = lock
        files = (database, database.with_name(f"{database.name}-wal"))
        identities = {file: _file_identity(file) for file in files}
        self._identities = {file: each for file, each in identities.items() if each is not None}

    def check(self) -> None:
        for file, old_identity in self._identities.items():
            identity = _file_identity(file)
            if identity != old_identity:
                event = "is gone" if identity is None else "is not the file it was"
                raise StorageError(
                    f"{file} {event}: it was deleted or replaced under the running campaign",
                    help="put it back, with its -wal file, if you can; the same command goes on "
                    "from what is there, or begins again where nothing is",
                )
        self._lock.check()

    def exclusive_setup(self) -> AbstractContextManager[object]:
        return nullcontext()


def _file_identity(file: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(file)  # noqa: PTH116 - called twice per write
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _write_holder(descriptor: int, text: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text, 0)


def _read_holder(descriptor: int) -> dict[str, object] | None:
    """What the holder wrote; None where it has the lock but has not written its name yet."""
    try:
        holder = parse_json(os.pread(descriptor, 4096, 0))
    except ValueError:
        return None
    is_complete = isinstance(holder, dict) and holder.keys() >= {"pid", "host", "since"}
    return holder if is_complete else None
