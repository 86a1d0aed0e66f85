"""``reports/index.html``: the published campaigns."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from harness.report.headline import OUTCOMES
from harness.report.places import is_ours
from harness.report.render import render_list
from harness.store import write_atomically

__all__ = ["Published", "published", "write_list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A campaign's report in the list.

    Attributes:
        name: Of the campaign.
        link: To its report.
        headline: Its answer.
        updated: Time of its last result.
        outcomes: (verdict, cells) pairs.
        cells: How many.
        pending: Runs still to do.
    """

    name: str
    link: str
    headline: str
    updated: str
    outcomes: tuple[tuple[str, int], ...]
    cells: int
    pending: int


def write_list(reports: Path) -> Path | None:
    """List every report in `reports` in its ``index.html``, the latest campaign first.

    Returns:
        Path of the list; None where a page that is not ours stands in its place.
    """
    page = reports / "index.html"
    if page.exists() and not (page.is_file() and is_ours(page)):
        return None
    with write_atomically(page) as building:
        building.write_text(render_list(tuple(published(reports))), encoding="utf-8", newline="\n")
    return page


def published(reports: Path) -> Iterator[Published]:
    """Reports in the sub-folders of `reports`; other folders are passed over."""
    found = [item for path in reports.glob("*/results.json") if (item := _read(path)) is not None]
    yield from sorted(sorted(found, key=lambda p: p.name), key=lambda p: p.updated, reverse=True)


def _read(path: Path) -> Published | None:
    folder = path.parent
    if folder.name.startswith(".") or not (folder / "index.html").is_file():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        cells = data["cells"]
        counts = Counter(cell.get("outcome") for cell in cells)
        return Published(
            name=str(data["campaign"]),
            link=f"{quote(folder.name)}/index.html",
            headline=str(data["headline"]),
            updated=str(data["updated"]),
            outcomes=tuple((word, counts[word]) for word in OUTCOMES if counts[word]),
            cells=len(cells),
            pending=sum(cell["pending"] for cell in cells),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Not a report of ours, or one of another version: nothing to list.
        return None
