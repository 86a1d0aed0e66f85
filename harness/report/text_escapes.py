"""Anybody's text in Markdown and in LaTeX: it renders as itself, and does nothing else."""

from __future__ import annotations

import re
from typing import Final

from harness.core.printable_text import visible


def one_line(text: str) -> str:
    """Without line ends, and without signs that control how text is laid out."""
    return visible(" ".join(text.split()))


_LATEX: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "_": r"\_", "%": r"\%", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "\u2212": "$-$", "\u2013": "--", "<": r"\textless{}", ">": r"\textgreater{}",
    "[": "{[}", "]": "{]}", "@": "{@}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}",
    "\ufffd": "?", "\x00": "{}", "\u2018": "`", "\u2019": "'", "\u2026": r"\dots{}",
    "\u2014": "---", "\u2192": r"$\rightarrow$", "\u2265": r"$\geq$", "\u2264": r"$\leq$",
    "\u2248": r"$\approx$", "\u00ad": r"\-",
}  # fmt: skip
_PAIR: Final = re.compile(r"([-/,'])(?=\1)|(?<=\bwww)(?=\.)")
_LATIN: Final = re.compile("[ -~\u00a1-\u0130\u0132-\u0137\u0139-\u0148\u014a-\u0165\u0168-\u017e]")
"""Signs that LaTeX has with its usual fonts, in UTF-8."""
_BREAK: Final = re.compile(r"(?<=[/:=])(?=\w)|(?<=\\_)(?=\w)|(?<=\{@\})|(?<=\{\]\})(?=\{\[\}U)")


def latex(text: str) -> str:
    """Text for LaTeX: no command, no mathematics, no address, no ligature.

    A sign that its usual fonts do not have is written by its number, ``[U+4E2D]``.
    """
    return "".join(map(_latex_sign, _PAIR.sub("\\g<0>\x00", one_line(text))))


def latex_breakable(text: str) -> str:
    """The same for a narrow column: a long name may go on in the next line."""
    return _BREAK.sub(r"\\allowbreak{}", latex(text))


def _latex_sign(sign: str) -> str:
    escape = _LATEX.get(sign)
    if escape is not None:
        return escape
    return sign if _LATIN.fullmatch(sign) else f"{{[}}U+{ord(sign):04X}{{]}}"


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
