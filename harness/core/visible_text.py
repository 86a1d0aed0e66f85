"""Text that shows what it holds: no sign in it moves, hides or turns what stands beside it."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["visible"]

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff"
    "\U000110bd\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
"""Controls but tab and newline, signs of direction, of no width or of private use, half pairs."""


def visible(text: str) -> str:
    """The text with U+FFFD for every sign that controls a terminal, or how text is laid out."""
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(REPLACEMENT, text)
