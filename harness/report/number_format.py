"""How numbers look: the only place that turns a number into text for a page."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

from harness.stats import p_text

__all__ = [
    "NOTHING",
    "about_steps",
    "decimals",
    "duration",
    "estimate",
    "moment",
    "number",
    "p_value",
    "percent",
    "percent_above",
    "percent_range",
    "steps",
    "value",
    "with_sign",
]

NOTHING = "\u2013"
"""Stands for a number that does not exist."""

_MINUS = "\u2212"
_LARGE = 1e8
"""From here on digits would only take space."""
_SMALL = 1e-5
"""Below it six digits after the point are one digit or none."""
_ROUNDING = 1e-12
"""Below it a number is what rounding leaves of 0."""


def decimals(scale: float) -> int:
    """Digits after the point that still say something for numbers of this size."""
    size = abs(scale)
    if size >= 10 or size == 0:
        return 0 if size >= 100 or size == 0 else 1
    return min(6, 1 - math.floor(math.log10(size)))


def number(x: float | None, scale: float | None = None) -> str:
    """``1,234``, ``12.3``, ``0.012``, ``1.85e9``, ``1.85e-9``.

    `scale` sets the digits for numbers that belong together.
    """
    if x is None:
        return NOTHING
    size = abs(x if scale is None else scale)
    if max(abs(x), size) < _ROUNDING:
        return "0"
    if abs(x) >= _LARGE or max(abs(x), size) < _SMALL:
        mantissa, exponent = f"{abs(x):.2e}".split("e")
        text = f"{mantissa}e{int(exponent)}" if x else "0"
        return f"{_MINUS}{text}" if x < 0 else text
    digits = decimals(size)
    text = f"{abs(x):,.{digits}f}"
    negative = x < 0 and float(text.replace(",", "")) != 0
    return f"{_MINUS}{text}" if negative else text


def with_sign(x: float | None, scale: float | None = None) -> str:
    """A difference: always with its sign, except 0."""
    text = number(x, scale)
    return f"+{text}" if x is not None and x > 0 and _has_digit(text) else text


def _has_digit(text: str) -> bool:
    return any(digit in text for digit in "123456789")


def estimate(
    mean: float | None, low: float | None, high: float | None, *, sign: bool = False
) -> tuple[str, str]:
    """A mean and its interval, ``("178", "[162, 194]")``, with the digits the interval allows.

    The second text is empty where the interval does not exist. A difference has as many digits as
    tell an end of its interval from 0.
    """
    show = with_sign if sign else number
    if low is None or high is None:
        return show(mean), ""
    half = (high - low) / 2
    scale = 100.0 if half >= 5 else half or mean
    ends = [abs(end) for end in (low, high) if not _has_digit(show(end, scale))]
    # What is a ten-thousandth of the interval is rounding, or as good as 0.
    if sign and any(end > 1e-4 * half for end in ends):
        scale = 10 * min(end for end in ends if end > 1e-4 * half)
    return show(mean, scale), f"[{show(low, scale)}, {show(high, scale)}]"


def percent(share: float | None) -> str:
    """``27 %``; what is neither nothing nor all is ``<1 %`` or ``>99 %``."""
    if share is None:
        return NOTHING
    size = abs(share)
    sign, less, more = (_MINUS, ">", "<") if share < 0 else ("", "<", ">")
    if _ROUNDING < size < 0.01:
        return f"{less}{sign}1 %"
    if 0.99 < size < 1 - _ROUNDING:
        return f"{more}{sign}99 %"
    return f"{sign if size > _ROUNDING else ''}{size * 100:.0f} %"


def percent_range(low: float, high: float) -> str:
    """``40\u201360 %``, narrow enough for many columns."""
    return f"{percent(low).removesuffix(' %')}\u2013{percent(high)}"


def percent_above(share: float, limit: float) -> str:
    """A share that is above a limit: ``27 %``, or ``more than 5 %`` where both look the same."""
    text = percent(share)
    return f"more than {text}" if text == percent(limit) else text


def p_value(p: float | None) -> str:
    """``p < 0.001``, ``p = 0.023``."""
    return NOTHING if p is None else p_text(p)


def steps(count: int | None) -> str:
    """Environment steps: ``50k``, ``1.5M``, ``800``."""
    if count is None:
        return NOTHING
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        # From half a digit below it on three digits make it one of the unit.
        if count >= 0.9995 * size:
            most = 999.5 * size
            return f"{count / size:.3g}{unit}" if count < most else f"{round(count / size)}{unit}"
    return str(count)


def about_steps(mean: float | None, *, sign: bool = False) -> str:
    """A mean number of environment steps, ``48.8k``, or a difference of two, ``+1.25k``."""
    if mean is None:
        return NOTHING
    text = steps(round(abs(mean)))
    if mean < 0 and text != "0":
        return f"{_MINUS}{text}"
    return f"+{text}" if sign and text != "0" else text


def duration(seconds: float | None) -> str:
    """``0.4 s``, ``38 s``, ``12 min``, ``3 h 05 min``."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def moment(text: str) -> str:
    """A moment in UTC, ``2026-11-20 20:23:36 UTC``; anything else as it is written."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return text
    if time.tzinfo is None:
        return text
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def value(setting: object) -> str:
    """A hyperparameter's value as one would write it in the matrix, floats to 4 digits.

    What is no whole number gets the digits that say so: a discount of 0.99999 is not 1.
    """
    if setting is None:
        return NOTHING
    if isinstance(setting, str):
        return setting
    if isinstance(setting, float) and not setting.is_integer():
        texts = (f"{setting:.{digits}g}" for digits in range(4, 18))
        return next(text for text in texts if not float(text).is_integer())
    return json.dumps(setting)
