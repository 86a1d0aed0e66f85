"""Reports that are on disk: what a new one may replace, and the list of the published ones.

Nothing here needs statistics or a template before the list is written, so that a command can look
at its target before it starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from harness.errors import UsageError
from harness.input_limits import parse_json, read_file

SCHEMA: Final = 3
"""Version of ``results.json``."""

PAPER: Final = "paper"
"""Folder in a report for what a paper takes of it."""

_MARK: Final = '<meta name="generator" content="rl-harness">'
"""What only a file written here begins with."""

_PUBLICATION_MARK: Final = '<meta name="generator" content="rl-harness publish">'

_OF_A_HOST: Final = frozenset({"CNAME", "README.md"})
"""What stands in the folder of a site beside it, as do files whose names begin with a dot."""

PAPER_MARK: Final = "% Written by rl-harness: "
"""What the appendix of a paper begins with."""


def check_folder(folder: Path) -> None:
    """Refuse a path where a report would replace something that is none.

    A link to a folder is followed: the report is written where it leads.

    Raises:
        UsageError: `folder` is a file, a link that leads to nothing, or a folder with something
            else in it.
    """
    hint = "give a report a folder of its own"
    _refuse_files(folder, "a report would replace it", hint)
    if not folder.is_dir() or all(entry.name == PAPER for entry in folder.iterdir()):
        return
    if not is_report(folder / "index.html"):
        raise UsageError(f"{folder} holds no report; one would replace what is in it", help=hint)


def check_publication(folder: Path) -> None:
    """Refuse a path where a publication would replace something that is none.

    Raises:
        UsageError: `folder` is a file, a link that leads to nothing, or a folder with something
            else in it; files of a host or a repository may be there.
    """
    hint = "give the site a folder of its own"
    _refuse_files(folder, "a site would replace it", hint)
    if not folder.is_dir() or _has_mark(folder / "index.html", _PUBLICATION_MARK):
        return
    if any(not (p.name.startswith(".") or p.name in _OF_A_HOST) for p in folder.iterdir()):
        raise UsageError(f"{folder} holds something else than a published site", help=hint)


def check_paper_folder(folder: Path) -> None:
    """Refuse a path where files for a paper would replace something else.

    Raises:
        UsageError: `folder` is a file, a link that leads to nothing, or a folder with something
            in it that is not such files.
    """
    hint = "give them a folder of their own, from which LaTeX reads them"
    _refuse_files(folder, "files for a paper need a folder", hint)
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not _has_mark(folder / "appendix.tex", PAPER_MARK):
        raise UsageError(
            f"{folder} holds other files; those for a paper would replace some", help=hint
        )


def _refuse_files(folder: Path, reason: str, hint: str) -> None:
    """Refuse what is there and is no folder."""
    if folder.is_symlink() and not folder.exists():
        raise UsageError(f"{folder} is a link that leads to nothing", help=hint)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; {reason}", help=hint)


def check_file(path: Path) -> None:
    """Refuse a path where a single file would replace something else.

    Raises:
        UsageError: `path` is a folder, a link that leads to nothing, or a file that no report was
            written to.
    """
    if path.is_dir():
        raise UsageError(
            f"{path} is a folder; the report is one file", help=f"for example {path}/report.html"
        )
    if path.is_symlink() and not path.exists():
        raise UsageError(f"{path} is a link that leads to nothing", help="remove it")
    if path.exists() and not is_report(path):
        raise UsageError(
            f"{path} is no report; one would replace it", help="give the report another name"
        )


def is_report(path: Path) -> bool:
    """Whether a file is a page that was written here."""
    return _has_mark(path, _MARK)


def _has_mark(path: Path, mark: str) -> bool:
    if not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return mark in file.read(2000)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedReport:
    """A campaign's report in the list.

    Attributes:
        name: Name of the campaign.
        folder: Its report's, as an address.
        question: What was asked, in one sentence; empty in a report of an earlier version.
        headline: Its result in one sentence.
        strongest: The clearest difference, with its numbers; empty where there is none.
        evidence: What the result rests on, in words.
        checks: (status, trust checks) pairs.
        updated: Time of its last result.
        outcomes: (verdict, cells) pairs.
        cells: How many.
        pending: Runs still to do, at least.
        command: The command that ran it; empty where none is on record.
    """

    name: str
    folder: str
    question: str
    headline: str
    strongest: str
    evidence: str
    checks: tuple[tuple[str, int], ...]
    updated: str
    outcomes: tuple[tuple[str, int], ...]
    cells: int
    pending: int
    command: str

    @property
    def link(self) -> str:
        """Address of its first page."""
        return f"{self.folder}/index.html"


def published_reports(reports: Path) -> Iterator[PublishedReport]:
    """Reports in the sub-folders of `reports`; other folders are passed over."""
    entries = [item for path in reports.glob("*/results.json") if (item := _read(path)) is not None]
    yield from sorted(sorted(entries, key=lambda p: p.name), key=lambda p: p.updated, reverse=True)


def _read(path: Path) -> PublishedReport | None:
    folder = path.parent
    if folder.name.startswith(".") or not is_report(folder / "index.html"):
        return None
    try:
        data = parse_json(read_file(path))
        if data["schema"] != SCHEMA:
            return None
        summary = data["parts"]["summary"]
        return PublishedReport(
            name=str(data["campaign"]),
            folder=quote(folder.name),
            question=str(summary.get("question", "")),
            headline=str(data["headline"]),
            strongest=str(summary["strongest"]),
            evidence=", ".join(
                f"{fact['text']} {fact['name']}"
                for fact in summary["facts"]
                if not fact["name"].startswith("cell")  # their number stands below
            ),
            checks=tuple((str(status), int(checks)) for status, checks in summary["checks"]),
            updated=str(data["updated"]),
            outcomes=tuple((str(word), int(cells)) for word, cells in summary["outcomes"]),
            cells=int(summary["cells"]),
            pending=int(summary["remaining"]["least"]),
            command=str(data["parts"]["provenance"]["facts"].get("run", {}).get("command", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Not a report of ours, or one of another version: nothing to list.
        return None
