"""What goes to stdout and what to stderr."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import typer

from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.cli.tables import Table

__all__ = ["emit", "note", "out", "show", "terminal"]


def out(text: str) -> None:
    """A line of the product, on stdout."""
    try:
        typer.echo(text)
    except BrokenPipeError:
        raise  # `| head` has seen enough; the command line ends quietly
    except OSError as error:
        raise HarnessError(
            f"stdout cannot be written: {error.strerror}",
            help="free some space, or send the output elsewhere; nothing else is lost",
        ) from error


def note(text: str) -> None:
    """A line about the work, on stderr."""
    typer.echo(text, err=True)


def emit(value: Any, *, indent: int | None = 2) -> None:
    """One JSON value on stdout; without `indent` on a line of its own.

    Raises:
        ValueError: The value holds NaN or infinity, which JSON does not have.
    """
    out(json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False))


def show(table: Table) -> None:
    """A table on stdout: fitted to a terminal, plain columns elsewhere and where it cannot fit."""
    from harness.cli.tables import fitting_gap, plain, pretty

    if terminal(sys.stdout):
        from rich.console import Console

        terminal_console = Console(highlight=False)
        gap = fitting_gap(table, terminal_console.width)
        if gap:
            terminal_console.print(pretty(table, gap))
            return
    out(plain(table))


def terminal(stream: Any) -> bool:
    """Whether somebody watches the stream on a terminal that can move its cursor."""
    return bool(stream.isatty()) and os.environ.get("TERM", "") != "dumb"
