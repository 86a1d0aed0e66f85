"""The campaign's tables in LaTeX, of the data that the pages show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.analysis import AggregateRow, parameter_rows
from harness.core.record import CellRecord
from harness.report.campaign_views import CampaignView
from harness.report.leaderboard_files import HEADINGS, latex_rows, leaderboard_latex
from harness.report.number_format import NOTHING, estimate, moment, percent, value
from harness.report.page_parts import FilledPart
from harness.report.paper.references import cite, cited_for
from harness.report.site_pages import FilledPage
from harness.report.text_escapes import latex, latex_breakable

TABLES: Mapping[str, str] = {
    "checklist": "Checklist for reproducible tuning",
    "results": "Leaderboard: mean return on held-out seeds with its 95\\,\\% interval; seeds are "
    "those of default and tuned that have a score; the larger mean is bold where a test found it",
    "aggregates": "Normalised scores over all scenarios of an algorithm: 0 is a random policy, 1 "
    "the reference of the scenario; with 95\\,\\% intervals of a bootstrap within scenarios",
    "hyperparameters": "Hyperparameters: the library's default and the best that was found, the "
    "most important first; importance is the share of the score's variance over the trials",
    "search-spaces": "Search spaces",
    "seeds": "Training seeds, rung by rung",
    "hardware": "Software, hardware and commands",
}
"""Name of each table of the appendix -> its caption."""

_WHERE = {
    ("algorithms/index", ""): "search-spaces",
    ("provenance", "seeds"): "seeds",
    ("provenance", "provenance"): "hardware",
    ("index", "leaderboard"): "hyperparameters",
}
"""What the checklist points to in a report -> the table that has it here."""

_INTERVAL = re.compile(r"(?<=\d),(?= [-+$\d])")

Rows = Iterable[str]


def table_files(view: CampaignView, pages: Sequence[FilledPage]) -> dict[str, str]:
    """File name -> table: those of the appendix, and two to place in the text."""
    parts = {part.id: part for page in pages if not page.page.subject for part in page.parts}
    bodies: dict[str, str] = {
        "checklist": _checklist(parts.get("checklist")),
        "results": _long(
            "results", (0.19, 0.13, 0.15, 0.15, 0.16, 0.12, 0.1), HEADINGS,
            latex_rows(view, _latex_estimate),
        ),
        "aggregates": _aggregates(view.analysis.aggregates.rows, _aggregates_long),
        "hyperparameters": _hyperparameters(pages),
        "search-spaces": _search_spaces(view),
        "seeds": _seeds(parts.get("seeds")),
        "hardware": _hardware(parts["provenance"].data),
    }  # fmt: skip
    return {f"{name}.tex": text for name, text in bodies.items()} | {
        "leaderboard.tex": leaderboard_latex(view),
        "aggregates-short.tex": _aggregates(view.analysis.aggregates.rows, _aggregates_short),
    }


def _row(texts: Iterable[str], escape: Callable[[str], str] = latex_breakable) -> str:
    return " & ".join(escape(text) for text in texts) + r" \\"


def _latex_estimate(text: str) -> str:
    """A mean and its interval: the line ends between them, not in the interval."""
    return _INTERVAL.sub(r"\g<0>~", latex_breakable(text)).replace(",~ ", ",~")


def _heading(text: str, columns: int, *, bold: bool = True) -> str:
    r"""A row over all columns, kept with the one below it."""
    words = latex_breakable(text)
    content = rf"\textbf{{{words}}}" if bold else words
    above = r"\addlinespace " if bold else ""
    column = r"@{}>{\raggedright\arraybackslash}p{\textwidth}@{}"
    return rf"{above}\multicolumn{{{columns}}}{{{column}}}{{{content}}} \\*"


def _long(name: str, widths: Sequence[float], head: Sequence[str], rows: Rows) -> str:
    """A ``longtable``: it goes on over pages, repeats its head, and breaks lines in cells."""
    # Of the text's width, less the gaps between the columns.
    columns = "".join(
        rf">{{\raggedright\arraybackslash}}p{{\dimexpr {width:g}\textwidth-2\tabcolsep\relax}}"
        for width in widths
    )
    titles = " & ".join(rf"\textbf{{{latex(title)}}}" for title in head)
    return "\n".join(
        [
            rf"\begin{{longtable}}{{@{{}}{columns}@{{}}}}",
            rf"\caption{{{TABLES[name]}.}}\label{{tab:{name}}}\\",
            rf"\toprule {titles} \\ \midrule \endfirsthead",
            rf"\toprule {titles} \\ \midrule \endhead",
            r"\bottomrule \endlastfoot",
            *rows,
            r"\end{longtable}",
            "",
        ]
    )


def _checklist(part: FilledPart | None) -> str:
    if part is None:
        return ""

    def rows() -> Iterator[str]:
        for item in part.data.items:
            table = _WHERE.get(item.details[1:]) if item.details else None
            reference = "" if table is None else rf"Table~\ref{{tab:{table}}}"
            yield f"{latex(item.question)} & {latex_breakable(item.answer)} & {reference} \\\\"
            yield r"\addlinespace"

    return _long("checklist", (0.28, 0.6, 0.12), ("Question", "Answer", "Details"), rows())


_MEASURES = ("iqm", "mean", "median", "optimality_gap")
_AGGREGATES = ("Algorithm", "Variant", "IQM", "Mean", "Median", "Optimality gap", "Runs")


def _aggregates_long(rows: Rows) -> str:
    return _long("aggregates", (0.15, 0.12, 0.16, 0.16, 0.16, 0.16, 0.09), _AGGREGATES, rows)


def _aggregates_short(rows: Rows) -> str:
    head = r"\begin{tabular}{llrrrrr}" + "\n" + r"\toprule"
    titles = " & ".join(_AGGREGATES) + r" \\"
    foot = r"\bottomrule" + "\n" + r"\end{tabular}"
    return "\n".join([head, titles, r"\midrule", *rows, foot, ""])


def _aggregates(aggregates: Sequence[AggregateRow], table: Callable[[Rows], str]) -> str:
    """Empty where no scenario has fixed scores that fix the scale."""

    def rows() -> Iterator[str]:
        before = aggregates[0].algorithm
        for row in aggregates:
            if row.algorithm != before:
                yield r"\addlinespace"
            measures = (getattr(row, name) for name in _MEASURES)
            texts = [" ".join(estimate(m.value, m.low, m.high)).strip() for m in measures]
            title = "all cells" if row.algorithm is None else row.title
            runs = f"{row.runs}/{row.runs + row.missing}" if row.missing else str(row.runs)
            yield _row([title, row.variant, *texts, runs], _latex_estimate)
            before = row.algorithm

    return table(rows()) if aggregates else ""


def _hyperparameters(pages: Sequence[FilledPage]) -> str:
    head = ("Hyperparameter", "Default", "Best", "Range", "Importance")

    def rows() -> Iterator[str]:
        for page in pages:
            for part in page.parts:
                if part.id == "best_parameters":
                    data = part.data
                    title = f"{page.page.heading}: trial {data.trial}"
                    yield _heading(title, len(head))
                    yield _heading(data.reason, len(head), bold=False)
                    for row in data.rows:
                        texts = (value(row.default), value(row.best), row.allowed)
                        share = "" if row.importance is None else percent(row.importance)
                        yield _row([row.name, *texts, share])

    return _long("hyperparameters", (0.22, 0.18, 0.18, 0.28, 0.14), head, rows())


def _search_spaces(view: CampaignView) -> str:
    """Each space once, with the scenarios in which it is searched."""
    head = ("Hyperparameter", "Default", "Range")
    spaces: dict[tuple[str, tuple[str, ...]], list[CellRecord]] = {}
    for cell in view.record.first_searches:
        rows = tuple(
            _row([row.name, value(row.default), row.allowed]) for row in parameter_rows(cell, None)
        )
        # By name: what is important differs from cell to cell.
        spaces.setdefault((cell.cell.algorithm.title, tuple(sorted(rows))), []).append(cell)

    def lines() -> Iterator[str]:
        for (title, rows), cells in spaces.items():
            yield _heading(title, len(head))
            names = ", ".join(cell.cell.scenario.name for cell in cells)
            yield _heading(names, len(head), bold=False)
            yield from rows or (r"\multicolumn{3}{@{}l}{nothing is searched} \\",)

    return _long("search-spaces", (0.3, 0.25, 0.45), head, lines())


def _seeds(part: FilledPart | None) -> str:
    if part is None:
        return ""
    data = part.data
    with_transfer = any(row.transfer for row in data.cells)
    rungs = ("search", "confirm", "test", *(("transfer",) if with_transfer else ()))
    rows = (
        _row([row.cell, *(" ".join(map(str, getattr(row, rung))) for rung in rungs)]) + "[2pt]"
        for row in data.cells
    )
    widths = (0.19, 0.36, 0.2, 0.25) if not with_transfer else (0.18, 0.3, 0.16, 0.2, 0.16)
    return _long("seeds", widths, ("Cell", *(rung.capitalize() for rung in rungs)), rows)


def _hardware(data: Any) -> str:
    facts: dict[str, Mapping[str, Any]] = dict(data.facts)
    own = {"begun": moment(data.created), "last result": moment(data.updated), "again": data.rerun}
    if data.processors:
        own["processors of the results"] = ", ".join(data.processors)
    facts["campaign"] = own

    def rows() -> Iterator[str]:
        for section, entries in facts.items():
            yield _heading(section, 2)
            for name, text in entries.items():
                works = cite(cited_for(f"package:{name}")) if section == "versions" else ""
                source = f"~{works}" if works else ""
                yield f"{latex_breakable(name)}{source} & {latex_breakable(text or NOTHING)} \\\\"

    return _long("hardware", (0.32, 0.68), ("What", "Recorded"), rows())
