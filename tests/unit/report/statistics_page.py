"""The tables of docs/statistics.md, which are the text of the report's methods page.

``python tests/unit/report/statistics_page.py`` writes them into the page; what stands between
them is written by hand. A test compares the two.
"""

from __future__ import annotations

import re
from pathlib import Path

from harness.report.parts.methods.cell_definitions import Chapter
from harness.report.parts.methods.definitions import CHAPTERS

PAGE = Path(__file__).parents[3] / "docs" / "statistics.md"
HEAD = "| number | is | source |\n|---|---|---|\n"


def table(chapter: Chapter) -> str:
    rows = (f"| {each.name} | {each.meaning} | {each.source} |\n" for each in chapter.definitions)
    return HEAD + "".join(rows)


def with_tables(page: str) -> str:
    """The page with the first table under each chapter's heading as it should be."""
    for chapter in CHAPTERS:
        before, heading, after = re.split(
            rf"(^##+ {re.escape(chapter.title)}\n)", page, flags=re.MULTILINE
        )
        start = after.index(HEAD)
        rest = re.sub(r"\A(\|.*\n)*", "", after[start:])
        page = f"{before}{heading}{after[:start]}{table(chapter)}{rest}"
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
