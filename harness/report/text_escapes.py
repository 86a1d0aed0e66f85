"""Anybody's text in Markdown and in LaTeX: it renders as itself, and does nothing else."""

from __future__ import annotations

import re
from typing import Final

from harness.core.printable_text import visible

__all__ = ["latex", "markdown", "one_line"]


def one_line(text: str) -> str:
    """Without line ends, and without signs that control how text is laid out."""
    return visible(" ".join(text.split()))


_LATEX: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "_": r"\_", "%": r"\%", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "\u2212": "$-$", "\u2013": "--", "<": r"\textless{}", ">": r"\textgreater{}",
    "[": "{[}", "]": "{]}", "@": "{@}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}",
    "\ufffd": "?", "\x00": "{}",
}  # fmt: skip
_PAIR: Final = re.compile(r"([-/,'])(?=\1)|(?<=\bwww)(?=\.)")


def latex(text: str) -> str:
    """Text for LaTeX: no command, no mathematics, no address, no ligature."""
    return "".join(_LATEX.get(sign, sign) for sign in _PAIR.sub("\\g<0>\x00", one_line(text)))


_SPECIAL: Final = re.compile(
    r"(?P<link>:(?=//)|(?<![^\W_])(?:www(?=\.)|(?:mailto|xmpp)(?=:))"
    r"|(?<!\w)@|@(?=[\w-]+\.)|#(?=\d)|\bGH(?=-\d)|:(?=[\w+-]+:))"
    r"|(?P<mark>[\\`*_\[\]|~])|[&<>$]",
    re.IGNORECASE,
)


def markdown(text: str) -> str:
    """Text that renders as itself: no markup, no HTML, no mathematics, no new table cell.

    Nor does GitHub make a link of an address, of ``@name`` or of ``#1``, or a picture of
    ``:name:``.
    """
    return _SPECIAL.sub(_escape, one_line(text))


def _escape(match: re.Match[str]) -> str:
    sign = match[0]
    if match["mark"]:
        return f"\\{sign}"
    entity = sign if sign.isalpha() else _ENTITIES.get(sign, f"&#{ord(sign)};")
    # GitHub looks for links when all entities are read: only a comment parts them.
    return f"{entity}<!-- -->" if match["link"] else entity


_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
