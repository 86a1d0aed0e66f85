"""Times as people write them: `8h`, `1h30m`, `06:30`, `2026-11-21T06:30`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from harness.errors import UsageError

__all__ = ["budget", "deadline", "ending", "utc_now"]

_BUDGET: Final = re.compile(
    r"(?:(?P<days>\d+(?:\.\d+)?)d)?(?:(?P<hours>\d+(?:\.\d+)?)h)?"
    r"(?:(?P<minutes>\d+(?:\.\d+)?)m)?(?:(?P<seconds>\d+(?:\.\d+)?)s)?"
)
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


def utc_now() -> datetime:
    """The present, with its offset."""
    return datetime.now(UTC)


def budget(text: str) -> timedelta:
    """A length of time such as ``90m`` or ``1h30m``.

    Raises:
        UsageError: It is none, or no time at all.
    """
    found = _BUDGET.fullmatch(text.strip())
    given = {unit: float(n) for unit, n in found.groupdict().items() if n} if found else {}
    length = timedelta(**given)
    if not length:
        raise UsageError(
            f"`--budget {text}` is no length of time",
            help="write e.g. `8h`, `90m`, `1h30m` or `45s`",
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
    except ValueError:
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
