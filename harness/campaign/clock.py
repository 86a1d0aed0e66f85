"""The clock of limits in time."""

from __future__ import annotations

import time

__all__ = ["instant"]


def instant() -> float:
    """Seconds that no change of the clock moves, and that go on while the machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
