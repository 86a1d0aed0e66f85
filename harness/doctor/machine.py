"""The machine: versions, cores, memory, clock and what else is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import psutil

import harness
from harness.doctor.finding import Finding, fail, fine, warn
from harness.training.numerics import blas, numeric_versions

__all__ = ["machine"]

_GIB: Final = 2**30

_PER_WORKER: Final = 0.75 * _GIB
"""Memory that a worker takes with torch and a small environment."""

_KERNELS: Final = "OPENBLAS_CORETYPE"

_EXTRAS: Final = {
    "psycopg": "postgres",
    "pymysql": "mysql",
    "optuna-dashboard": "dashboard",
    "ray": "ray",
}


def machine(*, workers: int, threads: int) -> Iterator[Finding]:
    """Look at this machine.

    Args:
        workers: Runs that are to run at once.
        threads: Numerical threads of each.
    """
    yield _versions()
    yield _cores(workers, threads)
    yield _memory(workers)
    yield _matrices()
    yield _clock()
    extras = (f"{extra} {_installed(package)}" for package, extra in _EXTRAS.items())
    yield fine("extras", ", ".join(extras))


def _versions() -> Finding:
    found = numeric_versions() | {"optuna": _installed("optuna")}
    value = ", ".join(f"{name} {number}" for name, number in found.items())
    if "missing" in found.values():
        return fail("versions", value, "install what is missing: pip install rl-harness")
    return fine("versions", value)


def _installed(package: str) -> str:
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


def _matrices() -> Finding:
    value = blas()
    held = os.environ.get(_KERNELS)
    if held:
        return warn(
            "matrices",
            f"{value}, as {_KERNELS}={held} says",
            "unset it where numpy runs without: accelerated trainings may be quicker",
        )
    return fine("matrices", value)


def _clock() -> Finding:
    now = datetime.now(UTC)
    installed = datetime.fromtimestamp(Path(harness.__file__).stat().st_mtime, UTC)
    value = now.isoformat(timespec="seconds")
    if now < installed:
        todo = f"set it: this program was installed at {installed.isoformat(timespec='seconds')}"
        return warn("clock", value, todo)
    return fine("clock", value)
