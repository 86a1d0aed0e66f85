"""Problems as text that points at the location."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.errors import Problem


def render_problems(problems: Sequence[Problem]) -> str:
    """Every problem with the offending line underlined, as plain text."""
    return "\n\n".join(_render(problem) for problem in problems)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems by location, each once: a faulty line may spoil many cells."""
    once = {(p.source, p.line, p.column, p.message): p for p in problems}
    sources = list(dict.fromkeys(p.source for p in once.values()))
    return sorted(once.values(), key=lambda p: (sources.index(p.source), p.line, p.column))


def _render(problem: Problem) -> str:
    lines = [f"error: {problem.message}"]
    is_in_file = not problem.source.startswith("--")
    number = str(problem.line) if problem.line and is_in_file else ""
    gutter = " " * len(number)
    if problem.source:
        location = f"{problem.source}:{problem.line}:{problem.column}" if number else problem.source
        lines.append(f"{gutter}--> {location}")
    if problem.line:
        # One blank for a tab keeps the mark under its column.
        text = problem.text.replace("\t", " ").rstrip()
        mark = " " * (problem.column - 1) + "^" * problem.width
        lines += [f"{gutter} |", f"{number} | {text}", f"{gutter} | {mark}"]
    if problem.help:
        lines.append(f"{gutter} = help: {problem.help}")
    return "\n".join(lines)
