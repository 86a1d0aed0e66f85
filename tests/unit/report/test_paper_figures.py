"""Figures of papers: the values of the pages, on panels that fit, safe in grey."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import combinations

import pytest
from sample_records import TRUTHS, Truth, synthetic_campaign
from test_drawn_fronts import front

from harness.errors import MissingExtraError
from harness.report import figures as page_figures
from harness.report.campaign_views import CampaignView, campaign_view
from harness.report.paper.figure_panels import (
    Panel,
    PaperFigure,
    difference_figure,
    paper_figures,
    split_figure,
)
from harness.report.paper.panel_drawing import WIDTHS, canvas_of, check_matplotlib, figure_files
from harness.report.paper.trace_drawing import color_of
from harness.report.parts.curriculum.data import VariantLevelStart
from harness.report.parts.learning_curves.drawing import level_marks
from harness.report.parts.pareto.drawing import draw as draw_front
from harness.report.site_pages import FilledPage, filled_pages

LONG = "my_suite/a-scenario-with_a_name-that-nobody-can-say-in-one-breath-v12"


@pytest.fixture(scope="module")
def view() -> CampaignView:
    truths = (*TRUTHS, Truth(scenario=LONG, algorithm="ppo", title="PPO", default=1, tuned=300))
    return campaign_view(synthetic_campaign("figures", truths))


@pytest.fixture(scope="module")
def pages(view: CampaignView) -> tuple[FilledPage, ...]:
    return filled_pages(view)


@pytest.fixture(scope="module")
def figures(view: CampaignView, pages: tuple[FilledPage, ...]) -> dict[str, PaperFigure]:
    return {figure.name: figure for figure in paper_figures(view, pages)}


def test_panels_draw_what_the_pages_draw(
    figures: dict[str, PaperFigure], pages: tuple[FilledPage, ...]
) -> None:
    panels = [panel for figure in figures.values() for panel in figure.panels]
    on_pages = {
        (page.page.heading, figure.id): figure
        for page in pages
        if page.page.kind == "cell"
        for part in page.visible_parts
        if part.id in {"learning_curves", "search"}
        for figure in part.drawings()
        if figure.id in {"curves", "scores", "history", "importances"}
    }
    assert len(on_pages) > 20
    for (heading, _), figure in on_pages.items():
        (panel,) = [p for p in panels if p.title == heading and p.traces == figure.traces]
        assert panel.x_axis == figure.layout["xaxis"]


def test_grids_keep_all_of_their_panels(
    figures: dict[str, PaperFigure], pages: tuple[FilledPage, ...]
) -> None:
    (overall,) = [part for part in pages[0].parts if part.id == "overall"]
    for figure in overall.drawings():
        members = [f for name, f in figures.items() if name.startswith(figure.id)]
        panels = [panel for member in members for panel in member.panels]
        assert [trace for panel in panels for trace in panel.traces] == [
            *sorted(figure.traces, key=lambda trace: int(trace["xaxis"][1:] or 1))
        ]


def test_differences_are_those_of_the_leaderboard(view: CampaignView) -> None:
    figure = difference_figure(view.rows)
    assert figure is not None
    drawn = [x for trace in figure.traces for x in trace["x"]]
    rows = [row.difference for row in view.rows if row.difference is not None]
    assert sorted(drawn) == sorted(row.difference for row in rows)
    # Too few seeds have a difference without an interval.
    reaches = [x for trace in figure.traces for x in trace["error_x"]["array"]]
    assert None in reaches
    lengths = [reach for reach in reaches if reach is not None]
    expected = [row.high - row.difference for row in rows if row.high is not None]
    assert sorted(lengths) == pytest.approx(sorted(expected))


def test_every_file_fits_on_a_page(figures: dict[str, PaperFigure]) -> None:
    pytest.importorskip("matplotlib")
    for figure in figures.values():
        for width, columns in zip(WIDTHS, figure.columns, strict=True):
            assert canvas_of(figure, width, columns).get_size_inches()[1] <= 9.2, figure.name


@pytest.mark.parametrize("name", ["learning-curves", "differences", "importances-1"])
def test_no_title_leaves_the_picture_or_meets_another(
    name: str, figures: dict[str, PaperFigure]
) -> None:
    pytest.importorskip("matplotlib")
    figure = figures[name]
    assert max(len(panel.title) for panel in figure.panels) > 15
    for width, columns in zip(WIDTHS, figure.columns, strict=True):
        canvas = canvas_of(figure, width, columns)
        canvas.draw_without_rendering()
        boxes = [axes.title.get_window_extent() for axes in canvas.axes]
        for box in boxes:
            assert box.x0 >= -1
            assert box.x1 <= canvas.bbox.width + 1
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def lightness(color: str) -> float:
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_tuned_and_default_are_two_greys() -> None:
    assert abs(lightness(color_of("@tuned")) - lightness(color_of("@default"))) > 0.25
    others = [color_of(f"@extra-{number}") for number in (1, 2, 3)]
    assert all(abs(lightness(a) - lightness(b)) > 0.1 for a, b in combinations(others, 2))


def test_what_has_no_drawing_is_said() -> None:
    pytest.importorskip("matplotlib")
    panel = Panel(title="", traces=({"type": "contour"},), x_axis={}, y_axis={})
    figure = PaperFigure(name="x", caption="", panels=(panel,), columns=(1, 1), height=1)
    with pytest.raises(ValueError, match="contour"):
        list(figure_files(figure))


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"rl-harness\[paper\]"):
        check_matplotlib()


def test_nothing_is_drawn_from_nothing() -> None:
    record = synthetic_campaign("empty", TRUTHS[:1])
    cells = tuple(replace(c, trials=(), runs=(), winner=None, importances={}) for c in record.cells)
    view = campaign_view(replace(record, cells=cells))
    assert list(paper_figures(view, filled_pages(view))) == []


def test_fronts_and_levels_are_drawn_with_their_names() -> None:
    pytest.importorskip("matplotlib")
    far = front(("tuned", 200, 100, 5.0), trials=[(4.0, 300.0), (7.0, 90_000.0)])
    (pareto,) = draw_front(far)
    levels = (VariantLevelStart(variant="tuned", level="half <1>", steps=(500, 700), runs=2),)
    curve = page_figures.figure(
        "curves",
        "",
        "",
        [page_figures.line([0, 900], [1, 2], "tuned", "@extra-1")],
        xaxis=page_figures.axis("environment steps"),
        yaxis=page_figures.axis("mean return"),
        **level_marks(levels),
    )
    for drawn, text in ((pareto, "tuned"), (curve, "half <1>")):
        panels = split_figure(drawn)
        canvas = canvas_of(
            PaperFigure(name="x", caption="", panels=panels, columns=(1, 1), height=2), 3.25, 1
        )
        assert text in {note.get_text() for note in canvas.axes[0].texts}
        labels = [label.get_window_extent() for label in canvas.axes[0].get_xticklabels()]
        assert not any(one.overlaps(other) for one, other in combinations(labels, 2))
