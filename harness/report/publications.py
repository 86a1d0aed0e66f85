"""Chosen campaigns as one site for any static host: first page, feed, pictures, shared scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from harness.errors import UsageError
from harness.files import replace_directory
from harness.report.campaign_views import CampaignView
from harness.report.history_views import FeedEntry
from harness.report.html_pages import render_file, render_list
from harness.report.preview_picture import campaign_picture, site_picture
from harness.report.published_reports import PublishedReport, check_publication, published_reports
from harness.report.record_files import write_record
from harness.report.report_files import explain_os_error, write_assets, write_pages
from harness.report.site_pages import Publication

_PICTURE: Final = "preview.png"


def write_publication(
    views: Iterable[CampaignView], folder: Path, *, title: str, url: str = ""
) -> Path:
    """Write a site with a folder for each campaign; what was published there before is replaced.

    Every link in it is relative, so that it can lie below any address. A cell's is
    ``<campaign>/cells/<algorithm>-<scenario>.html``. The same campaigns give the same bytes.

    Args:
        views: The campaigns, finished or not; one is looked at after the other.
        folder: Becomes the site; what was not written there by this stays.
        title: Heading of the first page.
        url: Where it will be found. Networks show pictures of whole addresses only.

    Returns:
        Path of ``index.html``.

    Raises:
        UsageError: There is no campaign, or something else is in the folder.
        HarnessError: The folder cannot be written; what was there is as it was.
    """
    check_publication(folder)
    publication = Publication(title=title, url=f"{url.rstrip('/')}/" if url else "")
    with explain_os_error(folder), replace_directory(folder) as building:
        for view in views:
            part = building / view.record.name
            write_pages(view, part, publication)
            (part / _PICTURE).write_bytes(campaign_picture(view))
            write_record(view, part)
            _write_matrix(view, part)
        reports = tuple(published_reports(building))
        if not reports:
            raise UsageError("there is no campaign to publish", help="`harness list campaigns`")
        write_assets(building / "assets")
        # Without it GitHub takes the pages for sources of another generator.
        (building / ".nojekyll").touch()
        (building / _PICTURE).write_bytes(site_picture(title, reports))
        for name, text in _texts(publication, reports).items():
            (building / name).write_text(text, encoding="utf-8", newline="\n")
    return folder / "index.html"


def _write_matrix(view: CampaignView, folder: Path) -> None:
    text = json.dumps(view.record.document, indent=2, ensure_ascii=False)
    (folder / "matrix.json").write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _texts(publication: Publication, reports: Sequence[PublishedReport]) -> dict[str, str]:
    """The first page and the feed."""
    feed = render_file(
        "templates/feed.xml",
        id=publication.url or f"urn:rl-harness:publication:{quote(publication.title)}",
        title=publication.title,
        updated=max(report.updated for report in reports),
        entries=[_entry(report) for report in reports],
        url=publication.url,
    )
    return {"index.html": render_list(reports, publication), "feed.xml": feed}


def _entry(report: PublishedReport) -> FeedEntry:
    return FeedEntry(
        id=f"urn:rl-harness:campaign:{report.folder}:{report.updated}",
        title=f"{report.name}: {report.headline}",
        updated=report.updated,
        summary=f"{report.question} {report.headline}",
        link=report.link,
    )
