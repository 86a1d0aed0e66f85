"""What is read that somebody else may have written has limits: files, JSON, numbers and texts.

Everything beyond them is refused as what cannot be read or is no JSON, so that whoever reads needs
no errors of its own for it.
"""

from __future__ import annotations

import errno
import json
import math
import stat
import unicodedata
from pathlib import Path
from typing import Any, Final

DEEPEST: Final = 50
"""Levels of a document; more would only end in the recursion of whoever walks through it."""

MOST_BYTES: Final = 64 * 2**20
"""Of a file that is read whole, unless its reader names another number."""

_LARGEST: Final = 2**63 - 1
"""What databases, numpy and other programs' JSON have place for."""

_WHITE: Final = "\t\n\r"


def is_integer(value: int) -> bool:
    """Whether an integer has 64 bits at most."""
    return -_LARGEST <= value <= _LARGEST


def is_text(text: str) -> bool:
    """Whether a text has no control character but white space, and no half of a character."""
    return text.isprintable() or not any(
        unicodedata.category(sign) in {"Cc", "Cs"} for sign in text if sign not in _WHITE
    )


def read_file(path: Path, *, most: int = MOST_BYTES) -> bytes:
    """The content of a regular file of no more than `most` bytes.

    Raises:
        OSError: It cannot be read, is larger, or is a device or a pipe, which may never end.
    """
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "a path cannot hold the character NUL")
    if not stat.S_ISREG(path.stat().st_mode):
        kind = "a folder" if path.is_dir() else "no file but a device or a pipe"
        raise OSError(errno.EINVAL, f"it is {kind}", str(path))
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most / 2**20:g} MiB", str(path))
    return data


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text, of finite numbers, texts and no more than `DEEPEST` levels.

    Raises:
        ValueError: It is something else.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    parts = [(value, 0)]
    while parts:
        part, depth = parts.pop()
        if isinstance(part, dict | list):
            if depth == DEEPEST:
                raise ValueError(_TOO_DEEP)
            children = [*part.keys(), *part.values()] if isinstance(part, dict) else part
            parts += [(child, depth + 1) for child in children]
        elif isinstance(part, str) and not is_text(part):
            raise ValueError(f"{ascii(part)[:40]} holds a character that is none")
        elif isinstance(part, int) and not is_integer(part):
            raise ValueError("an integer has more than 64 bits")
        elif isinstance(part, float) and not math.isfinite(part):
            raise ValueError("a number is not finite")
    return value


_TOO_DEEP: Final = f"it is nested more than {DEEPEST} levels deep"
