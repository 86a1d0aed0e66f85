"""Filmstrips and curricula on a cell's page."""

from __future__ import annotations

import base64
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from sample_records import TRUTHS, synthetic_campaign

from harness.core.curriculum import LevelStart
from harness.core.identity import decode
from harness.core.matrix import Cell
from harness.report import Film, campaign_view, write_single_file, write_site
from harness.report.campaign_views import cell_views
from harness.report.parts.curriculum.data import compute, level_starts
from harness.report.parts.learning_curves.drawing import level_marks

CELL = "ppo@CartPole-v1"
HOSTILE = '"><script>alert(1)</script>'
CURRICULUM = {
    "levels": [
        {"name": "low", "arguments": {"g": 1}},
        {"name": "<b>mid", "arguments": {"g": 2}},
    ],
    "shares": [0.25, 0.5],
    "thresholds": [],
    "episodes": 0,
    "evaluations": 0,
}


def film(variant, data):
    return Film(
        variant=variant,
        seed=11,
        episode_seed=22,
        score=123.25,
        length=77,
        steps=(0, 40, 77),
        data=data,
        kind="png",
        width=30,
        height=10,
    )


FILMS = {CELL: (film("default", b"plain picture"), film(HOSTILE, b"other picture"))}


class Images(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.images, self.scripts = [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.images += [dict(attrs)] if tag == "img" else []
        self.scripts += tag == "script"


def test_a_site_keeps_the_pictures_beside_its_pages(tmp_path):
    record = synthetic_campaign("camp", TRUTHS[:2])
    folder = tmp_path / "camp"
    write_site(campaign_view(record, FILMS), folder)
    page = folder / "cells" / "ppo-CartPole-v1.html"
    images = Images(page.read_text()).images
    found = [(page.parent / image["src"]).resolve().read_bytes() for image in images]
    assert found == [b"plain picture", b"other picture"]
    assert images[0]["alt"] == (
        "PPO default on CartPole-v1: 3 frames of one episode, at steps 0, 40, 77; it earned 123"
    )
    assert (images[0]["width"], images[0]["height"]) == ("30", "10")
    assert not Images((folder / "cells" / "a2c-CartPole-v1.html").read_text()).images


def test_where_the_default_won_its_episode_is_shown_once(tmp_path):
    record = synthetic_campaign("camp", TRUTHS[4:5])
    assert record.cells[0].winner == "default"
    films = (film("default", b"one"), film("tuned", b"one again"))
    write_site(campaign_view(record, {record.cells[0].name: films}), tmp_path / "camp")
    text = (tmp_path / "camp" / "cells" / "sac-Pendulum-v1.html").read_text()
    assert len(Images(text).images) == 1
    assert "default, which is also what the cell ships" in text
    assert len(list((tmp_path / "camp" / "films").iterdir())) == 1
    other = replace(films[1], episode_seed=23)
    view = campaign_view(record, {record.cells[0].name: (films[0], other)})
    assert len(cell_views(view)[0].films) == 2


def test_a_single_file_carries_the_pictures(tmp_path):
    record = synthetic_campaign("camp", TRUTHS[:2])
    path = write_single_file(campaign_view(record, FILMS), tmp_path / "camp.html")
    plain = write_single_file(campaign_view(record), tmp_path / "plain.html")
    shown, without = Images(path.read_text()), Images(plain.read_text())
    data = [image["src"].removeprefix("data:image/png;base64,") for image in shown.images]
    assert list(map(base64.b64decode, data)) == [b"plain picture", b"other picture"]
    assert not without.images
    assert shown.scripts == without.scripts


def climbing(record, *, tuned, default):
    """The campaign as if its first cell had a curriculum; steps of the later levels by variant."""
    cell = record.cells[0]
    names = ("<b>mid", "CartPole-v1")
    runs = []
    for run in cell.runs:
        steps = {"tuned": tuned, "default": default}.get(run.variant)
        if run.result is not None and steps is not None:
            starts = [LevelStart(level=n, step=s) for n, s in zip(names, steps, strict=False)]
            starts.insert(0, LevelStart(level="low", step=0))
            runs.append(replace(run, result=replace(run.result, levels=tuple(starts))))
        else:
            runs.append(run)
    scenario = {**cell.spec["scenario"], "curriculum": CURRICULUM}
    changed = replace(
        cell, runs=tuple(runs), cell=decode(Cell, {**cell.spec, "scenario": scenario})
    )
    return replace(record, cells=(changed, *record.cells[1:]))


@pytest.fixture
def record():
    return synthetic_campaign("camp", TRUTHS[:1])


def test_one_mark_stands_for_variants_that_changed_together(record):
    cell = climbing(record, tuned=(100, 300), default=(100, 200)).cells[0]
    marks = level_marks(level_starts(cell, ["default", "tuned"]))
    found = [(shape["x0"], shape["line"]["color"]) for shape in marks["shapes"]]
    assert found == [(100, "@muted"), (200, "@default"), (300, "@tuned")]
    assert marks["annotations"][0]["text"] == "&lt;b&gt;mid"


def test_the_table_says_who_reached_a_level_and_who_never_did(record):
    changed = climbing(record, tuned=(100, 300), default=(120,))
    table = compute(cell_views(campaign_view(changed))[0])
    assert [row.name for row in table.rows] == ["low", "<b>mid", "CartPole-v1"]
    assert [row.until for row in table.rows] == ["25.0% of the steps", "50.0% of the steps", ""]
    last = {each.variant: set(each.steps) for each in table.rows[2].reached}
    assert last["tuned"] == {300}
    assert last["default"] == set()


def test_a_page_shows_marks_and_table_only_with_a_curriculum(record, tmp_path):
    changed = climbing(record, tuned=(100, 300), default=(120,))
    for name, campaign in (("with", changed), ("without", record)):
        write_site(campaign_view(campaign), tmp_path / name)
    texts = {
        name: (tmp_path / name / "cells" / "ppo-CartPole-v1.html").read_text()
        for name in ("with", "without")
    }
    assert "Levels of the training" in texts["with"]
    assert "never" in texts["with"]
    assert '"shapes"' in texts["with"]
    assert "Levels of the training" not in texts["without"]
    assert '"shapes"' not in texts["without"]
