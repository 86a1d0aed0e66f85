"""Styles and scripts of a page, and the drawing library."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import resources
from typing import Final

from plotly.offline import get_plotlyjs

__all__ = [
    "HEAD_SCRIPT",
    "PAGE_SCRIPTS",
    "PLOTLY",
    "STYLE",
    "asset",
    "plotly_source",
    "script_hash",
]

STYLE: Final = "style.css"
HEAD_SCRIPT: Final = "theme.js"
PAGE_SCRIPTS: Final = ("page.js", "table.js", "print.js", "figure.js")
PLOTLY: Final = "plotly.min.js"


@lru_cache(maxsize=8)
def asset(name: str) -> str:
    """Text of one of our own files."""
    return (resources.files("harness.report") / "static" / name).read_text(encoding="utf-8")


def plotly_source() -> str:
    """The drawing library, as it can stand inside a ``<script>``."""
    source: str = get_plotlyjs()
    return source.replace("</script", "<\\/script").replace("\r\n", "\n")


def script_hash(script: str) -> str:
    """What a Content-Security-Policy calls this script."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
