"""What a number is stands once: in the definitions, which page and documentation show."""

from __future__ import annotations

from pathlib import Path

from sample_records import TRUTHS, synthetic_campaign, write_report
from statistics_page import PAGE, with_tables

from harness.report.parts.methods.definitions import CHAPTERS


def test_the_documentation_has_the_definitions() -> None:
    """Run ``python tests/unit/report/statistics_page.py`` after a definition has changed."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tables(page)


def test_the_methods_page_has_them_too(tmp_path: Path) -> None:
    write_report(synthetic_campaign("quick", TRUTHS[:1]), tmp_path / "site")
    page = (tmp_path / "site" / "methods.html").read_text(encoding="utf-8")
    assert page.count("<dt>") == sum(len(chapter.definitions) for chapter in CHAPTERS)
    assert "<dd><em>Improved</em> or <em>worse</em> if both corrected p are below 5\u00a0%:" in page
    assert "<cite>Student 1908; Hall 1988; Efron and Tibshirani 1993.</cite>" in page
