"""The static site as a folder: built beside, moved in place."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from plotly.offline import get_plotlyjs

from harness.core.record import CampaignRecord
from harness.errors import HarnessError, UsageError
from harness.report.render import render_site
from harness.report.view import CampaignView, campaign_view, results
from harness.store import replace_directory

__all__ = ["check_folder", "write_report"]


def write_report(record: CampaignRecord, folder: Path) -> Path:
    """Write the campaign's report: a static site that opens without a server or a network.

    The same record gives the same bytes. A reader never meets a half-written site: it is built
    beside `folder` and moved in its place.

    Args:
        record: The campaign, finished or not.
        folder: Becomes the site, e.g. ``reports/<campaign>``; a report there is replaced.

    Returns:
        Path of ``index.html``.

    Raises:
        UsageError: Something that is no report has that name already.
        HarnessError: The folder cannot be written; what was there is as it was.
    """
    check_folder(folder)
    view = campaign_view(record)
    try:
        _build(view, folder)
    except OSError as error:
        raise HarnessError(
            f"the report cannot be written to {folder}: {error}",
            help="free some space or choose another folder; the campaign itself is safe",
        ) from error
    return folder / "index.html"


def check_folder(folder: Path) -> None:
    """Refuse a place where a report would replace something that is none.

    Raises:
        UsageError: `folder` is a file, or a folder with something else in it.
    """
    hint = "give a report a folder of its own"
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; a report would replace it", help=hint)
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not all((folder / name).is_file() for name in ("index.html", "results.json")):
        raise UsageError(f"{folder} holds no report; one would replace what is in it", help=hint)


def _build(view: CampaignView, folder: Path) -> None:
    with replace_directory(folder) as building:
        for path, text in render_site(view):
            _write(building / path, text)
        data = json.dumps(results(view), indent=1, sort_keys=True, allow_nan=False)
        _write(building / "results.json", data + "\n")
        _write_assets(building / "assets")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_assets(folder: Path) -> None:
    static = resources.files("harness.report") / "static"
    for name in ("style.css", "theme.js", "script.js"):
        _write(folder / name, (static / name).read_text(encoding="utf-8"))
    _write(folder / "plotly.min.js", get_plotlyjs())
