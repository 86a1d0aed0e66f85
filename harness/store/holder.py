"""Who holds a lock, as others are told."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from harness.errors import LockedError

__all__ = ["locked", "me"]


def me() -> dict[str, Any]:
    """This process: pid, host and since when."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def locked(campaign: str, holder: Mapping[str, Any] | None, *, lock: str) -> LockedError:
    """What a second coordinator is told; `lock` is what the lock goes with."""
    who = "a process that has just started"
    if holder is not None and {"pid", "host", "since"} <= set(holder):
        who = f"process {holder['pid']} on {holder['host']} since {holder['since']}"
    return LockedError(
        f"another coordinator runs campaign `{campaign}`: {who}",
        help=f"wait for it or end it; the lock goes with its {lock}",
    )
