"""Passwords of database URLs, kept out of everything that is printed or recorded."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["MASK", "mask_argument", "mask_passwords"]

MASK: Final = "***"
"""Stands in the place of a password."""

# Greedy up to the last @: a password that should have been quoted may hold one.
_IN_TEXT: Final = re.compile(r"(\w[\w+.-]*://[^\s:/@]*):\S*@")
_IN_ARGUMENT: Final = re.compile(r"(\w[\w+.-]*://[^:/@]*):.*@", re.DOTALL)
_QUERY: Final = re.compile(r"([?&](?:password|passwd|sslpassword)=)[^&\s'\"`]*", re.IGNORECASE)


def mask_passwords(text: str) -> str:
    """The text with the password of every URL in it replaced by ``***``.

    A URL in running text ends at the next space, so that a password with a space in it is masked
    only up to there; see `mask_argument`.
    """
    return _QUERY.sub(rf"\1{MASK}", _IN_TEXT.sub(rf"\1:{MASK}@", text))


def mask_argument(word: str) -> str:
    """Like `mask_passwords`, for one argument of a command: a password in it may hold spaces."""
    return mask_passwords(_IN_ARGUMENT.sub(rf"\1:{MASK}@", word))
