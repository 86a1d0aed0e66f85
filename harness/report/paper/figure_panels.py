"""Panels: the figures of the pages, cut and joined to what a page of a paper has room for."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.analysis import LeaderboardRow
from harness.report.campaign_views import CampaignView
from harness.report.figures import Figure, axis, figure, points, short
from harness.report.site_pages import FilledPage

_TALLEST: Final = 8.0
"""Inches: of what fits on a page with its caption."""
_AROUND: Final = 0.5
"""Inches: of a panel's title and of what is written below it, at most."""

_OVERALL: Final = ("aggregates", "profiles")
_OF_CELLS: Final = {
    "curves": "learning-curves",
    "scores": "seeds",
    "history": "search",
    "importances": "importances",
}
"""Figure of a cell's page -> name of the file that has those of all cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One pair of axes.

    Attributes:
        title: Above it; may be empty.
        traces, x_axis, y_axis, shapes, notes: As the page's figure has them.
    """

    title: str
    traces: tuple[Mapping[str, Any], ...]
    x_axis: Mapping[str, object]
    y_axis: Mapping[str, Any]
    shapes: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFigure:
    """Panels that are one file.

    Attributes:
        name: Of the file, without the width and the suffix.
        caption: What is drawn and how to read it.
        panels: In rows, from the top left.
        columns: How many stand side by side in one column of a paper, and over two.
        height: Of a panel, in inches.
    """

    name: str
    caption: str
    panels: tuple[Panel, ...]
    columns: tuple[int, int]
    height: float


def paper_figures(view: CampaignView, pages: Sequence[FilledPage]) -> Iterator[PaperFigure]:
    """Every figure of a paper, from those that the pages draw."""
    front = {figure.id: figure for page in pages[:1] for figure in _figures_of(page, "overall")}
    for name in _OVERALL:
        if name in front:
            yield from _whole_figure(front[name], name)
    first = {cell.name for cell in view.record.first_searches}
    differences = difference_figure([row for row in view.rows if row.cell in first])
    if differences is not None:
        yield from _whole_figure(differences, "differences")
    kinds: dict[str, list[tuple[str, Figure]]] = {}
    for page in pages:
        for kind, each in _of_page(page):
            kinds.setdefault(kind, []).append((page.page.heading, each))
    for kind, figures in kinds.items():
        yield from _join_panels(kind, figures)


def _of_page(page: FilledPage) -> Iterator[tuple[str, Figure]]:
    """Name of the files that a page's figures go to, and the figures."""
    if page.page.kind == "cell":
        for part in ("learning_curves", "search", "pareto"):
            for each in _figures_of(page, part):
                is_front = part == "pareto"
                kind = each.id if is_front else _OF_CELLS.get(each.id)
                if kind is not None:
                    yield kind, each
    if page.page.kind == "algorithm":
        for section in page.visible_parts:
            if section.id == "drift" and (chart := section.drawings().figure) is not None:
                yield "best-values", chart


def _figures_of(page: FilledPage, id: str) -> Iterator[Figure]:
    for part in page.visible_parts:
        if part.id == id:
            yield from part.drawings()


def _whole_figure(chart: Figure, name: str) -> Iterator[PaperFigure]:
    """A figure that has its own grid."""
    panels = split_figure(chart)
    lines = max(len(names_beside(panel)) for panel in panels)
    grid = chart.layout["grid"]["columns"]
    # Names beside each panel leave room for one in a column.
    narrow = 1 if len({tuple(names_beside(panel)) for panel in panels}) > 1 else 2
    height = 0.4 + 0.24 * lines if lines else 1.5
    yield from _files(name, [chart.caption], panels, (narrow, grid), height)


def _join_panels(kind: str, figures: Sequence[tuple[str, Figure]]) -> Iterator[PaperFigure]:
    """Figures of one kind as the panels of as few files as there can be."""
    panels = [panel for title, each in figures for panel in split_figure(each, title=title)]
    captions = [each.caption for _, each in figures]
    lines = max(len(names_beside(panel)) for panel in panels)
    columns, height = ((1, 2), 0.35 + 0.14 * lines) if lines else ((2, 4), 1.15)
    yield from _files(kind, captions, panels, columns, height)


def _files(
    name: str,
    captions: Sequence[str],
    panels: Sequence[Panel],
    columns: tuple[int, int],
    height: float,
) -> Iterator[PaperFigure]:
    """The panels in as many files as it takes for each to fit on a page in either width."""
    per_file = columns[0] * max(1, int(_TALLEST // (height + _AROUND)))
    starts = range(0, len(panels), per_file)
    for number, start in enumerate(starts, start=1):
        batch = tuple(panels[start : start + per_file])
        yield PaperFigure(
            name=f"{name}-{number}" if len(starts) > 1 else name,
            caption=_common(captions),
            panels=batch,
            columns=(min(columns[0], len(batch)), min(columns[1], len(batch))),
            height=height,
        )


def _common(captions: Sequence[str]) -> str:
    """The sentences that hold for every panel."""
    sentences = [caption.removesuffix(".").split(". ") for caption in captions]
    common = [text for text in sentences[0] if all(text in others for others in sentences)]
    return ". ".join([*common, ""]).strip()


def names_beside(panel: Panel) -> Sequence[str]:
    """Names that stand beside a panel; they take the room of another one."""
    if "ticktext" in panel.y_axis:
        return list(panel.y_axis["ticktext"])
    return [name for trace in panel.traces if trace["type"] == "bar" for name in trace["y"]]


def split_figure(chart: Figure, *, title: str = "") -> tuple[Panel, ...]:
    """The panels of a figure's grid, or the figure as one panel of this title."""
    suffixes = sorted(
        {trace.get("xaxis", "x")[1:] for trace in chart.traces}, key=lambda text: int(text or 1)
    )
    notes = chart.layout.get("annotations", ())
    panels = []
    for suffix in suffixes:
        headings = [note["text"] for note in notes if note.get("xref") == f"x{suffix} domain"]
        panels.append(
            Panel(
                title=html.unescape(headings[0]) if headings else title,
                traces=tuple(t for t in chart.traces if t.get("xaxis", "x")[1:] == suffix),
                x_axis=chart.layout.get(f"xaxis{suffix}", {}),
                y_axis=chart.layout.get(f"yaxis{suffix}", {}),
                shapes=tuple(chart.layout.get("shapes", ())),
                notes=tuple(note for note in notes if "domain" not in note.get("xref", "")),
            )
        )
    return tuple(panels)


def difference_figure(rows: Sequence[LeaderboardRow]) -> Figure | None:
    """Tuned minus default of every cell with its interval: a panel for each scenario."""
    scenarios = dict.fromkeys(row.scenario for row in rows if row.difference is not None)
    if not scenarios:
        return None
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"grid": {"columns": 3}, "annotations": []}
    for index, scenario in enumerate(scenarios, start=1):
        suffix = "" if index == 1 else str(index)
        members = [r for r in rows if r.scenario == scenario and r.difference is not None]
        titles = list(dict.fromkeys(row.title for row in members))
        traces.append(_differences(members, titles, suffix))
        layout[f"xaxis{suffix}"] = axis("tuned \N{MINUS SIGN} default", nticks=4, zeroline=True)
        layout[f"yaxis{suffix}"] = axis(
            "",
            tickvals=list(range(len(titles))),
            ticktext=list(map(short, titles)),
            range=[len(titles) - 0.5, -0.5],
        )
        layout["annotations"].append({"text": scenario, "xref": f"x{suffix} domain"})
    return figure(
        "differences",
        "Tuned minus default",
        "Difference of the mean returns on held-out seeds, in returns of the scenario, with the "
        "interval that agrees with the verdict. What is not drawn has no difference: its default "
        "was kept, or runs are missing.",
        traces,
        **layout,
    )


def _differences(
    rows: Sequence[LeaderboardRow], titles: Sequence[str], suffix: str
) -> dict[str, Any]:
    pairs = [(row.title, row.difference) for row in rows if row.difference is not None]

    def reach(end: Callable[[Any], float | None]) -> list[float | None]:
        ends = [(end(each), each.difference) for _, each in pairs]
        return [None if bound is None else abs(bound - middle) for bound, middle in ends]

    return points(
        [each.difference for _, each in pairs],
        [titles.index(title) for title, _ in pairs],
        "tuned \N{MINUS SIGN} default",
        "@tuned",
        xaxis=f"x{suffix}",
        yaxis=f"y{suffix}",
        showlegend=False,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": reach(lambda each: each.high),
            "arrayminus": reach(lambda each: each.low),
            "color": "@tuned",
        },
    )
