"""The machine: versions, cores, memory, clock, what else is installed, and the disk."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

import psutil

from harness.doctor.finding import Finding, fail, fine, warn
from harness.files import scratch_folder
from harness.training.numerics import blas, numeric_versions

_NETWORK: Final = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "lustre", "beegfs", "gpfs", "afs")
_GIB: Final = 2**30

_PER_WORKER: Final = 0.75 * _GIB
"""Memory that a worker takes with torch and a small environment."""

_KERNELS: Final = "OPENBLAS_CORETYPE"

_REQUIREMENT: Final = re.compile(r"""([\w.-]+).*\bextra == ["']([\w.-]+)["']""")
"""A requirement of an extra, as the metadata of a package has it."""


def check_machine(*, workers: int, threads: int) -> Iterator[Finding]:
    """Look at this machine.

    Args:
        workers: Runs that are to run at once.
        threads: Numerical threads of each.
    """
    yield _versions()
    yield _cores(workers, threads)
    yield _memory(workers)
    yield _linear_algebra()
    yield _clock()
    yield fine("extras", ", ".join(_extras()) or "unknown: rl-harness is not installed")


def _extras() -> Iterator[str]:
    """Each extra with the versions of its packages; ``missing`` where one is not installed."""
    packages: dict[str, list[str]] = {}
    with suppress(PackageNotFoundError):
        for text in requires("rl-harness") or ():
            match = _REQUIREMENT.match(text)
            if match is not None and match[1] != "rl-harness":
                packages.setdefault(match[2], []).append(match[1])
    for extra, names in sorted(packages.items()):
        versions = [_package_version(name) for name in names]
        yield f"{extra} {'missing' if 'missing' in versions else versions[0]}"


def _versions() -> Finding:
    versions = numeric_versions() | {"optuna": _package_version("optuna")}
    value = ", ".join(f"{name} {number}" for name, number in versions.items())
    if "missing" in versions.values():
        return fail("versions", value, "install what is missing: pip install rl-harness")
    return fine("versions", value)


def _package_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _cores(workers: int, threads: int) -> Finding:
    # What taskset or a container leaves of them.
    cores = len(os.sched_getaffinity(0))
    value = f"{workers} workers x {threads} threads on {cores} cores"
    if workers * threads > cores:
        return warn("cores", value, f"they wait for each other; --workers {cores // threads or 1}")
    return fine("cores", value)


def _memory(workers: int) -> Finding:
    free = psutil.virtual_memory().available
    value = f"{free / _GIB:.1f} GiB free for {workers} workers"
    if free < workers * _PER_WORKER:
        fitting = max(1, int(free // _PER_WORKER))
        return warn("memory", value, f"they may be killed for memory; --workers {fitting}")
    return fine("memory", value)


def _linear_algebra() -> Finding:
    value = blas()
    kernel = os.environ.get(_KERNELS)
    if kernel:
        return warn(
            "linear algebra",
            f"{value}, as {_KERNELS}={kernel} says",
            "unset it where numpy runs without: accelerated trainings may be quicker",
        )
    return fine("linear algebra", value)


def _clock() -> Finding:
    now = datetime.now(UTC)
    install_time = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    value = now.isoformat(timespec="seconds")
    if now < install_time:
        todo = f"set it: this program was installed at {install_time.isoformat(timespec='seconds')}"
        return warn("clock", value, todo)
    return fine("clock", value)


def check_disk(runs: Path) -> Iterator[Finding]:
    """Look at the disk that holds, or would hold, the folder of the campaigns."""
    above = (runs.absolute(), *runs.absolute().parents)
    folder = next(path for path in above if path.is_dir())
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
        with scratch_folder(folder / "doctor") as temporary:
            path = temporary / "wal.db"
            with closing(sqlite3.connect(path)) as connection:
                (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
                connection.execute("CREATE TABLE t (x)")
    except (OSError, sqlite3.Error) as error:
        todo = "make it writable, or choose another --runs folder"
        return fail("write-ahead log", f"cannot be written in {folder}: {error}", todo)
    if mode != "wal":
        return fail("write-ahead log", f"mode is {mode}", "choose another --runs folder")
    return fine("write-ahead log", "works")
