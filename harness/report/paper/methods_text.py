"""The report's methods in LaTeX: the definitions of its page, with their sources as references."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from harness.report.page_parts import FilledPart
from harness.report.paper.references import cite, cited_as
from harness.report.text_escapes import latex

_STRESS: Final = re.compile(r"\*([^*]+)\*")


def methods_latex(part: FilledPart) -> str:
    """Every number of the part `methods` in plain words, chapter by chapter."""
    return "\n".join(line for chapter in part.data.chapters for line in _chapter(chapter))


def _chapter(chapter: Any) -> Iterator[str]:
    yield rf"\subsubsection*{{{latex(chapter.title)}}}"
    yield r"\begin{description}"
    for each in chapter.definitions:
        meaning = _STRESS.sub(r"\\emph{\1}", latex(each.meaning))
        yield rf"\item[{{{latex(each.name)}}}] {meaning.removesuffix('.')}{_source(each.source)}."
    yield r"\end{description}"
    yield ""


def _source(text: str) -> str:
    """The citation behind a sentence; in words where a work is missing, which a test finds."""
    if not text:
        return ""
    try:
        return f"~{cite(cited_as(text))}"
    except KeyError:
        return f" ({latex(text)})"
