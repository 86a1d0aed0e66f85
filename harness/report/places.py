"""Where a report may be written: never over something that is none."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError

__all__ = ["check_file", "check_folder", "is_ours"]

MARK = '<meta name="generator" content="rl-harness">'
"""What only a file written here begins with."""


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


def check_file(path: Path) -> None:
    """Refuse a place where a single file would replace something else.

    Raises:
        UsageError: `path` is a folder, or a file that no report was written to.
    """
    if path.is_dir():
        raise UsageError(
            f"{path} is a folder; the report is one file", help=f"for example {path}/report.html"
        )
    if path.exists() and not is_ours(path):
        raise UsageError(
            f"{path} is no report; one would replace it", help="give the report another name"
        )


def is_ours(path: Path) -> bool:
    """Whether a file is a page that was written here."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return MARK in file.read(2000)
