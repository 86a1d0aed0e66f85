"""Passwords of database URLs, kept out of everything that is printed or recorded."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["MASK", "masked", "masked_word"]

MASK: Final = "***"

# Greedy up to the last @: a password that should have been quoted may hold one.
_IN_TEXT: Final = re.compile(r"(\w[\w+.-]*://[^\s:/@]*):\S*@")
_IN_WORD: Final = re.compile(r"(\w[\w+.-]*://[^:/@]*):.*@", re.DOTALL)
_QUERY: Final = re.compile(r"([?&](?:password|passwd|sslpassword)=)[^&\s'\"`]*", re.IGNORECASE)


def masked(text: str) -> str:
    """The text with the password of every URL in it replaced by ``***``."""
    return _QUERY.sub(rf"\1{MASK}", _IN_TEXT.sub(rf"\1:{MASK}@", text))


def masked_word(word: str) -> str:
    """Like `masked`, for one argument of a command: a password in it may hold spaces."""
    return masked(_IN_WORD.sub(rf"\1:{MASK}@", word))
