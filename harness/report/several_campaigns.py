"""Pages over several campaigns as a folder: one page with its data, a feed and a badge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from harness.core.identity import canonical
from harness.files import replace_directory
from harness.report.comparison_views import ComparisonView
from harness.report.history_views import HistoryView
from harness.report.html_pages import render_file
from harness.report.page_parts import PageKind, fill
from harness.report.published_reports import check_folder
from harness.report.report_files import explain_os_error, write_assets
from harness.report.site_pages import FilledPage, Page, PageContext

_DATA: Final = "data.json"
_FEED: Final = "feed.xml"
_BADGE: Final = "badge.svg"


def write_history(view: HistoryView, folder: Path) -> Path:
    """Write the page over campaigns of one pattern, with an Atom feed and a badge.

    The same campaigns give the same bytes.

    Args:
        folder: Becomes the site; one that was written here is replaced.

    Returns:
        Path of ``index.html``.

    Raises:
        UsageError: Something that is no report has that name already.
        HarnessError: The folder cannot be written; what was there is as it was.
    """
    files = [
        (_DATA, "Unrounded numbers", ""),
        (_FEED, "feed", "application/atom+xml"),
        (_BADGE, "badge", ""),
    ]
    more = {
        _FEED: render_file(
            f"templates/{_FEED}",
            id=f"urn:rl-harness:history:{quote(view.pattern)}",
            title=f"Steps of {view.pattern}",
            updated=view.updated,
            entries=tuple(view.feed),
            url="",
        ),
        _BADGE: render_file(f"templates/{_BADGE}", view=view),
    }
    return _write("history", f"History of {view.pattern}", view, view.updated, folder, files, more)


def write_comparison(view: ComparisonView, folder: Path) -> Path:
    """Write the page over campaigns that are held against one another; see `write_history`."""
    files = [(_DATA, "Unrounded numbers", "")]
    return _write("comparison", view.title, view, view.updated, folder, files, {})


def _write(
    kind: PageKind,
    title: str,
    view: object,
    last_change: str,
    folder: Path,
    files: Sequence[tuple[str, str, str]],
    more: dict[str, str],
) -> Path:
    """One page of all parts of a kind, its data and its assets; files are (name, word, type)."""
    check_folder(folder)
    page = Page(path="index", kind=kind, title=title, heading=title, view=view)
    content = FilledPage(page=page, parts=tuple(fill(kind, view)))
    data: dict[str, Any] = {
        part.id: canonical(part.data, everything=True) for part in content.parts
    }
    texts = more | {
        "index.html": render_file(
            "templates/several.html",
            content=content,
            files=files,
            updated=last_change,
            context=PageContext(page="index"),
        ),
        _DATA: json.dumps(data, indent=1, sort_keys=True, allow_nan=False) + "\n",
    }
    with explain_os_error(folder), replace_directory(folder) as building:
        for name, text in texts.items():
            (building / name).write_text(text, encoding="utf-8", newline="\n")
        write_assets(building / "assets")
    return folder / "index.html"
