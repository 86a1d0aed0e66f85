"""The disk under the campaigns: space, kind of file system, whether SQLite's log works on it."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import psutil

from harness.doctor.finding import Finding, fail, fine, warn

__all__ = ["disk"]

_NETWORK: Final = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "lustre", "beegfs", "gpfs", "afs")
_GIB: Final = 2**30


def disk(runs: Path) -> Iterator[Finding]:
    """Look at the disk that holds, or would hold, the folder of the campaigns."""
    folder = next(place for place in (runs.absolute(), *runs.absolute().parents) if place.is_dir())
    yield _space(folder)
    yield _kind(folder)
    yield _log(folder)


def _space(folder: Path) -> Finding:
    free = psutil.disk_usage(str(folder)).free
    value = f"{free / _GIB:.1f} GiB free in {folder}"
    if free < 0.1 * _GIB:
        return fail("disk space", value, "free some space before the next run")
    if free < _GIB:
        return warn("disk space", value, "free some space; saved models take megabytes each")
    return fine("disk space", value)


def _kind(folder: Path) -> Finding:
    mounts = [
        part for part in psutil.disk_partitions(all=True) if folder.is_relative_to(part.mountpoint)
    ]
    kind = max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else "unknown"
    if kind.startswith(_NETWORK):
        todo = "SQLite and its lock need a local disk: another --runs folder, or --storage"
        return warn("file system", kind, todo)
    return fine("file system", kind)


def _log(folder: Path) -> Finding:
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".doctor-") as place:
            path = Path(place, "wal.db")
            with closing(sqlite3.connect(path)) as connection:
                (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
                connection.execute("CREATE TABLE t (x)")
    except (OSError, sqlite3.Error) as error:
        todo = "make it writable, or choose another --runs folder"
        return fail("write-ahead log", f"cannot be written in {folder}: {error}", todo)
    if mode != "wal":
        return fail("write-ahead log", f"mode is {mode}", "choose another --runs folder")
    return fine("write-ahead log", "works")
