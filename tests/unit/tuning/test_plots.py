"""Pictures of a search, drawn by Optuna's own backends."""

import re
from xml.etree import ElementTree as ET

import pytest
from sample_records import synthetic_campaign

from harness.errors import UnknownNameError, UsageError
from harness.tuning.plots import KINDS, plots_of


@pytest.fixture(scope="module")
def record():
    return synthetic_campaign()


@pytest.fixture(scope="module")
def plots(record):
    return plots_of("synthetic", record.cells[0])


@pytest.mark.parametrize("kind", KINDS)
def test_pages_have_the_drawing_and_need_nothing_beside_them(plots, kind, tmp_path):
    plots.write(kind, tmp_path / "p.html", "html")
    text = (tmp_path / "p.html").read_text()
    assert text.count('class="plotly-graph-div"') == (4 if kind == "summary" else 1)
    assert not re.search(r"<(script|link)[^>]*(src|href)=", text)
    assert "ppo@CartPole-v1" in text
    assert [each.name for each in tmp_path.iterdir()] == ["p.html"]


@pytest.mark.parametrize("kind", ["history", "importances-fanova", "summary"])
def test_pictures_are_drawn_by_matplotlib(plots, kind, tmp_path):
    pytest.importorskip("matplotlib")
    plots.write(kind, tmp_path / "p.png", "png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    plots.write(kind, tmp_path / "p.svg", "svg")
    text = (tmp_path / "p.svg").read_text()
    root = ET.fromstring(text)
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    if kind == "summary":
        width, height = (float(each) / 2 for each in root.get("viewBox").split()[2:])
        corners = [(float(each.get("x")), float(each.get("y"))) for each in root]
        assert corners == [(0, 0), (width, 0), (0, height), (width, height)]
    plots.write(kind, tmp_path / "again.svg", "svg")
    assert (tmp_path / "again.svg").read_text() == text


def test_the_default_is_a_line_and_what_matters_most_comes_first(plots, record, tmp_path):
    default = record.cells[0].trials[0].result.score
    assert plots.baseline == default
    assert set(plots.ranking) <= set(record.cells[0].cell.space.names)
    assert plots.parameters((), 2) == list(plots.ranking[:2])
    plots.write("impact", tmp_path / "p.html", "html", ("gamma",))
    assert "score by gamma" in (tmp_path / "p.html").read_text()


def test_only_a_history_has_the_line_of_the_default(plots):
    lines = {kind: plots.figure(kind).layout.shapes for kind in ("history", "slices", "contour")}
    (line,) = lines.pop("history")
    assert (line.y0, line.y1) == (plots.baseline, plots.baseline)
    assert set(lines.values()) == {()}
    assert plots.figure("impact").layout.title.text.endswith(f"score by {plots.ranking[0]}")
    with pytest.raises(UnknownNameError, match="summary"):
        plots.figure("summary")


def test_a_parameter_that_is_not_searched_is_named(plots):
    with pytest.raises(UnknownNameError, match="gamna") as caught:
        plots.parameters(("gamna",), 1)
    assert "`gamma`" in caught.value.help


def test_too_few_trials_are_said(record):
    cell = next(cell for cell in record.cells if all(
        trial.result is None or trial.result.failure for trial in cell.trials[1:]))  # fmt: skip
    with pytest.raises(UsageError, match="too few to draw"):
        plots_of("x", cell)
