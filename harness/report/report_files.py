"""The report as a folder or as one file: built beside its target and moved there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.analysis import score_table
from harness.analysis.score_tables import write_csv
from harness.errors import HarnessError
from harness.files import replace_directory, write_atomically
from harness.report.campaign_views import CampaignView, film_paths
from harness.report.html_pages import (
    HEAD_SCRIPT,
    PAGE_SCRIPTS,
    PLOTLY,
    STYLE,
    asset,
    plotly_source,
    render_list,
    render_pages,
    render_single,
)
from harness.report.leaderboard_files import (
    comparisons_csv,
    leaderboard_csv,
    leaderboard_latex,
    summary_markdown,
)
from harness.report.published_reports import check_file, check_folder, is_report, published_reports
from harness.report.results_json import results, results_text
from harness.report.site_pages import Publication, filled_pages


def write_site(view: CampaignView, folder: Path) -> Path:
    """Write a report as a static site that opens without a server or a network.

    The same record gives the same bytes. A reader never meets a half-written site: it is built
    beside `folder` and moved there.

    Args:
        view: The campaign, finished or not.
        folder: Becomes the site, e.g. ``reports/<campaign>``; a report there is replaced.

    Returns:
        Path of ``index.html``.

    Raises:
        UsageError: Something that is no report has that name already.
        HarnessError: The folder cannot be written; what was there is as it was.
    """
    check_folder(folder)
    with explain_os_error(folder), replace_directory(folder) as building:
        write_pages(view, building)
        write_assets(building / "assets")
    return folder / "index.html"


def write_list(reports: Path) -> Path | None:
    """List every report in `reports` in its ``index.html``, the latest campaign first.

    Returns:
        Path of the list; None where a page of that name is not ours.
    """
    page = reports / "index.html"
    if page.exists() and not is_report(page):
        return None
    text = render_list(tuple(published_reports(reports)))
    with write_atomically(page) as building:
        building.write_text(text, encoding="utf-8", newline="\n")
    return page


def write_single_file(view: CampaignView, path: Path) -> Path:
    """Write the whole report, drawing library and numbers included, as one HTML file.

    Raises:
        UsageError: Something that is no such report has that name already.
        HarnessError: The file cannot be written; what was there is as it was.
    """
    check_file(path)
    text = render_single(view, filled_pages(view))
    with explain_os_error(path), write_atomically(path) as building:
        _write(building, text)
    return path


@contextmanager
def explain_os_error(path: Path) -> Iterator[None]:
    """What the system says while a report is written, as an error for the user.

    Raises:
        HarnessError: The body raised an OSError.
    """
    try:
        yield
    except OSError as error:
        raise HarnessError(
            f"the report cannot be written to {path}: {error}",
            help="free some space or choose another folder; the campaign itself is safe",
        ) from error


def write_pages(view: CampaignView, folder: Path, publication: Publication | None = None) -> None:
    """Write the pages and numbers of a campaign into a folder, without `write_assets`."""
    pages = filled_pages(view)
    for path, text in render_pages(view, pages, publication):
        _write(folder / path, text)
    _write(folder / "results.json", results_text(results(view, pages)))
    _write(folder / "leaderboard.csv", leaderboard_csv(view))
    _write(folder / "comparisons.csv", comparisons_csv(view))
    _write(folder / "leaderboard.tex", leaderboard_latex(view))
    _write(folder / "summary.md", summary_markdown(view))
    write_csv(score_table(view.record), folder / "scores.csv")
    _write_films(view, folder)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_films(view: CampaignView, folder: Path) -> None:
    for cell in view.films:
        for path, film in film_paths(view, cell):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(film.data)


def write_assets(folder: Path) -> None:
    """Write the styles and scripts of every page, the drawing library among them."""
    for name in (STYLE, HEAD_SCRIPT, *PAGE_SCRIPTS):
        _write(folder / name, asset(name))
    _write(folder / PLOTLY, plotly_source())
