"""The command line: one file per command.

stdout carries the product (tables, JSON, the report's path), stderr the progress and the notes.
Nothing heavy is imported before a command needs it, so that ``harness --help`` is immediate.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from typing import Final

from harness.errors import INTERRUPTED

__all__ = ["main"]

_ALLOCATIONS: Final = 50_000
"""New objects between two searches for garbage."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of ``harness``; ends the process with the documented exit code.

    Args:
        arguments: Words after the program's name; None takes those of the process.
    """
    _open_closed_streams()
    # Imports make hundreds of thousands of objects, none of them garbage.
    gc.set_threshold(_ALLOCATIONS)
    # The interpreter would look at them all once more when it ends, for half a second.
    atexit.register(gc.freeze)
    try:
        # Here, so that Ctrl-C while the commands are being imported is no traceback either.
        from harness.cli import app

        app.main(arguments)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _open_closed_streams() -> None:
    """Give a command that was started with `2>&-` or the like a stream that goes nowhere.

    Else the next file that is opened has its number, and whatever is printed goes there.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free; and processes that this one starts need it too.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
