"""What goes to stdout and what to stderr: text, JSON, tables."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import typer

from harness.core.printable_text import mask_passwords, mask_values, visible
from harness.errors import HarnessError, MatrixError

if TYPE_CHECKING:
    from rich.table import Table as RichTable


_TEXT: Final = 16
"""Characters below which a wrapped column is no longer readable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column.

    Attributes:
        title: Its heading.
        right: Whether it is aligned to the right, as numbers are.
        whole: Whether its cells are never wrapped, as names to copy are not.
    """

    title: str
    right: bool = False
    whole: bool = True


def columns(
    *titles: str, right: Collection[str] = (), wrapped: Collection[str] = ()
) -> tuple[Column, ...]:
    """Columns of these titles, and which of them are aligned to the right or may be wrapped."""
    return tuple(
        Column(title=title, right=title in right, whole=title not in wrapped) for title in titles
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns, and a last row of totals.

    Attributes:
        columns: In order.
        rows: Each as long as `columns`.
        footer: The totals, as long as `columns`; empty for none.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    footer: tuple[str, ...] = ()


def plain(table: Table) -> str:
    """Columns two spaces apart, never wrapped, without trailing blanks: one row, one line."""
    lines = [tuple(column.title for column in table.columns), *table.rows]
    if table.footer:
        lines.append(table.footer)
    widths = [max(len(line[index]) for line in lines) for index in range(len(table.columns))]
    return "\n".join(_line(table.columns, widths, line) for line in lines)


def _line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    texts = (
        cell.rjust(width) if column.right else cell.ljust(width)
        for column, width, cell in zip(columns, widths, cells, strict=True)
    )
    return "  ".join(texts).rstrip()


def fitting_gap(table: Table, width: int) -> int:
    """Blanks between the columns with which the table fits a terminal; 0 when it cannot.

    A column that must stay whole would be cut otherwise, and a number cut short is another number.
    """
    lines = [[column.title for column in table.columns], *table.rows]
    lines += [table.footer] if table.footer else []
    least = 0
    for index, column in enumerate(table.columns):
        widest = max(len(line[index]) for line in lines)
        least += widest if column.whole else min(widest, _TEXT)
    gaps = len(table.columns) - 1
    return next((gap for gap in (2, 1) if least + gap * gaps <= width), 0)


def pretty(table: Table, gap: int = 2) -> RichTable:
    """The table for a terminal, `gap` blanks between columns; long cells wrap in their column."""
    from rich.table import Table as RichTable
    from rich.text import Text

    footer = table.footer or ("",) * len(table.columns)
    look = RichTable(
        box=None,
        pad_edge=False,
        padding=(0, gap, 0, 0),
        header_style="bold",
        footer_style="bold",
        show_footer=bool(table.footer),
    )
    for column, total in zip(table.columns, footer, strict=True):
        look.add_column(
            column.title,
            footer=total,
            justify="right" if column.right else "left",
            no_wrap=column.whole,
            overflow="fold",
        )
    for row in table.rows:
        look.add_row(*map(Text, row))
    return look


def out(text: str) -> None:
    """A line of the product, on stdout; no password, and nothing that controls a terminal."""
    try:
        typer.echo(_safe(text))
    except BrokenPipeError:
        raise  # `| head` has seen enough; the command line ends quietly
    except OSError as error:
        raise HarnessError(
            f"stdout cannot be written: {error.strerror}",
            help="free some space, or send the output elsewhere; nothing else is lost",
        ) from error


def clear() -> None:
    """Empty a terminal, so that what follows stands where it stood; elsewhere nothing."""
    if terminal(sys.stdout):
        from rich.console import Console

        Console().clear()


def note(text: str) -> None:
    """A line about the work, on stderr; likewise. Where it cannot be written, the work goes on."""
    try:
        typer.echo(_safe(text), err=True)
    except OSError as error:
        give_up_stderr(error)


def give_up_stderr(error: OSError) -> None:
    """Say nothing more where nobody hears: a terminal or a `tee` that is gone ends no campaign."""
    if error.errno in {errno.EPIPE, errno.EIO}:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)


def error_text(error: HarnessError) -> str:
    """What an error says to the user: of a matrix, every problem with its line."""
    if isinstance(error, MatrixError):
        from harness.config import render_problems

        return f"{render_problems(error.problems).rstrip()}\n\n{error.message}"
    return f"error: {error}"


def _safe(text: str) -> str:
    return visible(mask_passwords(text))


def emit(value: object, *, indent: int | None = 2) -> None:
    """One JSON value on stdout; without `indent` on a line of its own.

    Raises:
        ValueError: The value holds NaN or infinity, which JSON does not have.
    """
    out(json.dumps(mask_values(value), indent=indent, ensure_ascii=False, allow_nan=False))


def show(table: Table) -> None:
    """A table on stdout: fitted to a terminal, plain columns elsewhere and where it cannot fit."""
    table = replace(table, rows=tuple(tuple(map(_safe, row)) for row in table.rows))
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
