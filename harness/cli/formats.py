"""How numbers and times are written, the same in every command."""

from __future__ import annotations

from datetime import datetime, timedelta

__all__ = ["count", "duration", "number", "timestamp"]


def count(value: int) -> str:
    """``4,000``; large counts are read by their groups of three."""
    return f"{value:,}"


def number(value: float | None) -> str:
    """A score: one decimal from 100 on, four digits below, ``-`` where there is none."""
    if value is None:
        return "-"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.4g}"


def duration(seconds: float | None) -> str:
    """``3.1s``, ``2m10s``, ``5h52m``, ``3d04h``; ``?`` where it is not known."""
    if seconds is None:
        return "?"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h{minutes:02d}m"
    days, hours = divmod(hours, 24)
    return f"{days}d{hours:02d}h"


def timestamp(moment: datetime) -> str:
    """``2026-11-20T22:00:03Z``.

    Raises:
        ValueError: The moment is not in UTC.
    """
    if moment.utcoffset() != timedelta(0):
        raise ValueError(f"{moment!r} is not in UTC")
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
