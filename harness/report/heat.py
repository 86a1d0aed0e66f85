"""Tables whose cells carry a shade: readable as text, quick to take in as a picture."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["HeatCell", "HeatRow", "HeatTable", "around", "rising"]

STEPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """One cell.

    Attributes:
        text: What it says.
        sub: A smaller second line.
        shade: Name of its colour, e.g. ``up-3``; empty for none.
        page: Where it leads; empty for nowhere.
        exact: The number behind it; None if there is none.
    """

    text: str
    sub: str = ""
    shade: str = ""
    page: str = ""
    exact: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """A row with its heading, and where that leads."""

    name: str
    cells: tuple[HeatCell, ...]
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatTable:
    """The table.

    Attributes:
        id: Unique in the page.
        title: Heading.
        explain: How to read it.
        corner: Heading of the first column.
        columns: Headings of the others.
        rows: Each with one cell per column.
        mono: Whether the rows are names of code.
    """

    id: str
    title: str
    explain: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    mono: bool = False


def rising(share: float | None) -> str:
    """Shade of a number in 0 .. 1, the larger the stronger; beyond that the end's."""
    if share is None:
        return ""
    step = round(min(max(share, 0.0), 1.0) * STEPS)
    return f"level-{step}" if step else ""


def around(chance: float | None) -> str:
    """Shade of a probability: one colour above a half, another below, none at it."""
    if chance is None:
        return ""
    step = round(abs(chance - 0.5) * 2 * STEPS)
    return f"{'up' if chance > 0.5 else 'down'}-{step}" if step else ""
