"""Numbers, durations and times as text, and times as people write them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

from harness.errors import UsageError


def count(value: int) -> str:
    """``4,000``; large counts are read by their groups of three."""
    return f"{value:,}"


def number(value: float | None) -> str:
    """A score: one decimal from 100 on, four digits below, ``-`` where there is none."""
    if value is None:
        return "-"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.4g}"


def numbers(values: Sequence[float | None]) -> list[str]:
    """Scores of one list, all with as many decimals, and none that are zero in all of them."""
    sizes = [abs(value) for value in values if value is not None]
    largest = max(sizes, default=0.0)
    if 0 < largest < 1e-3:
        return list(map(number, values))
    digits = 1 if largest >= 100 or not largest else 3 - math.floor(math.log10(largest))
    texts = ["-" if value is None else f"{value:.{digits}f}" for value in values]
    while digits and all(text.endswith("0") or text == "-" for text in texts):
        digits -= 1
        texts = [text[: -1 if digits else -2] if text != "-" else text for text in texts]
    return texts


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


def size(count: float) -> str:
    """Bytes as ``0.3 MB``, ``12 MB`` or ``3.1 GB``."""
    unit, name = (1e9, "GB") if count >= 1e9 else (1e6, "MB")
    return f"{count / unit:.{0 if count / unit >= 9.95 else 1}f} {name}"


def timestamp(moment: datetime) -> str:
    """``2026-11-20T22:00:03Z``.

    Raises:
        ValueError: The moment is not in UTC.
    """
    if moment.utcoffset() != timedelta(0):
        raise ValueError(f"{moment!r} is not in UTC")
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


_BUDGET: Final = re.compile(
    r"(?:(?P<days>\d+(?:\.\d+)?)d)?(?:(?P<hours>\d+(?:\.\d+)?)h)?"
    r"(?:(?P<minutes>\d+(?:\.\d+)?)m)?(?:(?P<seconds>\d+(?:\.\d+)?)s)?"
)
_LONGEST: Final = timedelta(days=36_525)
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


def utc_now() -> datetime:
    """The present, with its offset."""
    return datetime.now(UTC)


def budget(text: str, option: str = "--budget") -> timedelta:
    """A length of time such as ``90m`` or ``1h30m``.

    Raises:
        UsageError: It is none, no time at all, or longer than anybody lives.
    """
    match = _BUDGET.fullmatch(text.strip())
    units = {unit: float(n) for unit, n in match.groupdict().items() if n} if match else {}
    try:
        length = timedelta(**units)
    except OverflowError:
        length = timedelta.max
    if length > _LONGEST:
        raise UsageError(
            f"`{option} {text}` is more than a hundred years", help="leave it out for no limit"
        )
    if not length:
        raise UsageError(
            f"`{option} {text}` is no {'time at all' if units else 'length of time'}",
            help="write e.g. `2d`, `8h`, `90m`, `1h30m` or `45s`",
        )
    return length


def deadline(text: str, now: datetime) -> datetime:
    """A time of day, in local time and the next one to come, or an ISO date-time.

    Args:
        text: ``06:30``, or ``2026-11-21T06:30`` with or without an offset from UTC.
        now: The present, with its offset.

    Raises:
        UsageError: It is none of them, or it has passed.
    """
    local = now.astimezone()
    try:
        if _CLOCK.fullmatch(text.strip()):
            at = time.fromisoformat(text.strip().zfill(5 if text.count(":") == 1 else 8))
            # The same time on the clock of the next day, also where that day has 23 hours.
            today = datetime.combine(local.date(), at).astimezone()
            tomorrow = datetime.combine(local.date() + timedelta(days=1), at).astimezone()
            return today if today > now else tomorrow
        moment = datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        raise UsageError(
            f"`--deadline {text}` is no time",
            help="write e.g. `06:30`, the next one to come, or `2026-11-21T06:30`",
        ) from None
    if moment <= now:
        raise UsageError(
            f"`--deadline {text}` has passed", help="give a time to come, or none to go on"
        )
    return moment


def ending(deadline_text: str | None, budget_text: str | None, now: datetime) -> datetime | None:
    """When a command has to end: the earlier of the two, None for neither."""
    ends = []
    if deadline_text is not None:
        ends.append(deadline(deadline_text, now))
    if budget_text is not None:
        ends.append(now + budget(budget_text))
    return min(ends, default=None)
