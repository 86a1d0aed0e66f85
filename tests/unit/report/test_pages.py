"""What the pages show over cells: aggregates, heat maps, hyperparameters, transfer, origin."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from sample_records import TRUTHS, Truth, synthetic_campaign, write_report

from harness.analysis import published_scores
from harness.core.identity import decode
from harness.core.matrix import Cell
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import Variant
from harness.core.settings import Rung
from harness.report.campaign_views import CampaignView, algorithm_views, campaign_view
from harness.report.figures import figure, line
from harness.report.parts.checklist.data import compute as checklist
from harness.report.parts.drift import data as drift_data
from harness.report.parts.drift.drawing import drift_figure
from harness.report.parts.edges.data import compute as edges
from harness.report.parts.heatmaps import data as heatmap_data
from harness.report.parts.heatmaps.drawing import draw as draw_heatmaps
from harness.report.parts.overall import data as overall
from harness.report.parts.overall.drawing import aggregate_figure, profile_figure
from harness.report.parts.pairwise.data import PART as PAIRWISE
from harness.report.parts.search.data import search_of
from harness.report.parts.search.drawing import foresight_figure, history_figure, timeline_figure
from harness.report.parts.summary.data import compute as summary
from harness.report.parts.transfer.data import compute as transfer
from harness.report.parts.transfer.drawing import draw as draw_transfer
from harness.report.site_pages import PageContext, all_pages, filled_pages
from harness.report.table_drawings import around, rising


@pytest.fixture(scope="module")
def record() -> CampaignRecord:
    return synthetic_campaign()


@pytest.fixture(scope="module")
def view(record: CampaignRecord) -> CampaignView:
    return campaign_view(record)


def test_aggregates_are_drawn_with_their_intervals(view: CampaignView) -> None:
    rows = view.analysis.aggregates.rows
    figure = aggregate_figure(rows)
    assert figure is not None
    (tuned,) = [t for t in figure.traces if t["name"] == "tuned" and t["xaxis"] == "x"]
    wanted = [row.iqm.value for row in rows if row.variant == "tuned"]
    assert tuned["x"] == wanted
    high = [row.iqm.high for row in rows if row.variant == "tuned"]
    reached = [x + up for x, up in zip(tuned["x"], tuned["error_x"]["array"], strict=True)]
    assert reached == pytest.approx(high)
    profiles = profile_figure(view.analysis.profiles)
    assert profiles is not None
    json.dumps([figure.spec(), profiles.spec()], allow_nan=False)


def test_profiles_have_a_panel_for_all_cells_and_for_each_algorithm(view: CampaignView) -> None:
    drawn = profile_figure(view.analysis.profiles)
    assert drawn is not None
    titles = dict.fromkeys(curve.title for curve in view.analysis.profiles if curve.algorithm)
    assert [note["text"] for note in drawn.layout["annotations"]] == ["all cells", *titles]
    assert len({trace["xaxis"] for trace in drawn.traces}) == 1 + len(titles)
    named = [trace["name"] for trace in drawn.traces if trace["showlegend"]]
    assert sorted(named) == ["default", "tuned"]


def test_long_names_leave_room_for_the_drawing() -> None:
    truths = [dataclasses.replace(truth, title="A" * 80) for truth in (TRUTHS[0], TRUTHS[3])]
    analysis = campaign_view(synthetic_campaign("long", truths)).analysis
    aggregates = aggregate_figure(analysis.aggregates.rows)
    profiles = profile_figure(analysis.profiles)
    assert aggregates is not None
    assert profiles is not None
    shown = [*aggregates.layout["yaxis"]["ticktext"]]
    shown += [note["text"] for note in profiles.layout["annotations"]]
    assert max(map(len, shown)) < 25
    # What the mouse shows is whole.
    assert "A" * 80 in {text for trace in aggregates.traces for text in trace["text"]}


def test_a_long_name_goes_on_in_the_next_line_where_a_word_ends(tmp_path: Path) -> None:
    truth = dataclasses.replace(TRUTHS[0], scenario="bucket_brigade/GreedyNeighbor-v0<b>")
    page = write_report(synthetic_campaign("long", (truth,)), tmp_path).read_text("utf-8")
    assert ">bucket_<wbr>brigade/<wbr>Greedy<wbr>Neighbor-v0&lt;b&gt;</td>" in page


def test_tuned_and_default_over_other_cells_are_told_apart(view: CampaignView) -> None:
    whole = overall.compute(view)
    assert not whole.uneven
    half = [TRUTHS[0], dataclasses.replace(TRUTHS[1], pending=10)]
    found = overall.compute(campaign_view(synthetic_campaign("half", half)))
    assert found.uneven


def test_axes_of_equal_aggregates_do_not_show_rounding() -> None:
    same = [Truth(scenario=s, algorithm="ppo", default=200, tuned=200, sd=0) for s in "AB"]
    rows = campaign_view(synthetic_campaign("same", same)).analysis.aggregates.rows
    drawn = aggregate_figure(rows)
    assert drawn is not None
    low, high = drawn.layout["xaxis"]["range"]
    assert high - low > 0.09
    assert low < rows[0].iqm.value < high


def test_names_in_drawings_are_no_markup() -> None:
    drawn = figure("id", "title", "caption", [line([0, 1], [2, 3], "<b>ppo</b> & co", "@tuned")])
    assert drawn.spec()["data"][0]["name"] == "&lt;b&gt;ppo&lt;/b&gt; &amp; co"
    assert drawn.spec()["data"][0]["y"] == [2, 3]


def test_overall_is_left_out_where_there_is_nothing_to_sum_up() -> None:
    one = overall.compute(campaign_view(synthetic_campaign("one", TRUTHS[:1])))
    assert not overall.PART.is_shown(one)
    without = [dataclasses.replace(truth, reference=None) for truth in TRUTHS[:2]]
    found = overall.compute(campaign_view(synthetic_campaign("raw", without)))
    assert overall.PART.is_shown(found)
    assert found.aggregates.rows == ()
    assert found.aggregates.left_out == ("ppo@CartPole-v1", "a2c@CartPole-v1")


def test_heat_maps_have_every_cell_in_its_place(view: CampaignView) -> None:
    maps = heatmap_data.compute(view)
    assert maps is not None
    gain, score = draw_heatmaps(maps)
    assert sorted(gain.columns) == ["A2C", "DQN", "PPO", "SAC", "TD3", "TQC"]
    cells = {
        (row.name, column): cell
        for row in gain.rows
        for column, cell in zip(gain.columns, row.cells, strict=True)
    }
    better, worse = cells["CartPole-v1", "PPO"], cells["CartPole-v1", "A2C"]
    assert (better.sub, worse.sub) == ("improved", "worse")
    assert (better.shade, worse.shade) == ("up-5", "down-5")
    assert cells["CartPole-v1", "SAC"].text == ""
    assert cells["Pendulum-v1", "SAC"].text == "default kept"
    assert [len(row.cells) for row in score.rows] == [6, 6]


def test_shades_grow_with_their_number() -> None:
    assert [around(p) for p in (None, 0.0, 0.4, 0.5, 0.76, 1.0)] == [
        "", "down-5", "down-1", "", "up-3", "up-5",
    ]  # fmt: skip
    assert [rising(p) for p in (None, -1.0, 0.0, 0.41, 7.0)] == ["", "", "", "level-2", "level-5"]


def test_pairs_need_two_algorithms_on_one_scenario(view: CampaignView) -> None:
    assert PAIRWISE.is_shown(PAIRWISE.compute(view))
    apart = [TRUTHS[0], TRUTHS[4]]
    alone = campaign_view(synthetic_campaign("apart", apart))
    assert not PAIRWISE.is_shown(PAIRWISE.compute(alone))


def test_an_unfinished_campaign_says_so_first(view: CampaignView) -> None:
    found = summary(view)
    assert found.pending_text == "at least 14 runs"
    assert re.fullmatch(r"\d+ runs are done as of 20\d\d-.* UTC", found.done_text)
    assert found.remaining.least == 14
    assert found.done is not None
    assert 0 < found.done < 1
    whole = summary(campaign_view(synthetic_campaign("whole", TRUTHS[:1])))
    assert (whole.pending_text, whole.done) == ("", None)


def test_edges_come_with_lines_for_a_matrix(view: CampaignView) -> None:
    (ppo,) = [algorithm for algorithm in algorithm_views(view) if algorithm.algorithm == "ppo"]
    found = edges(ppo)
    assert found is not None
    assert [(row.cell, row.parameter) for row in found.rows] == [("ppo@Pendulum-v1", "n_steps")]
    assert 'scenario: "Pendulum-v1"' in found.patch
    assert '"n_steps": {low: ' in found.patch
    drift = drift_data.compute(ppo)
    assert drift is not None
    drawn = drift_figure(drift)
    assert drawn is not None
    assert "n_steps" in drawn.layout["yaxis"]["ticktext"]


def with_transfer(record: CampaignRecord) -> CampaignRecord:
    """Every PPO cell also has runs of the other one's winner: its own runs under another name."""

    def add(cell: CellRecord, source: str) -> CellRecord:
        tuned = [run for run in cell.runs if (run.rung, run.variant) == ("test", "default")]
        added = [
            dataclasses.replace(
                run, rung=Rung.TRANSFER, variant=Variant(source), run_id=f"t{run.run_id}"
            )
            for run in tuned
        ]
        return dataclasses.replace(cell, runs=(*cell.runs, *added))

    names = [cell.name for cell in record.cells]
    cells = tuple(
        add(cell, names[1 - place] if place < 2 else names[place])
        for place, cell in enumerate(record.cells)
    )
    return dataclasses.replace(record, cells=cells)


def test_a_transfer_page_appears_with_transfer_runs(view: CampaignView) -> None:
    assert transfer(view) is None
    assert "transfer" not in {page.page.path for page in filled_pages(view) if page.visible_parts}
    moved = campaign_view(with_transfer(synthetic_campaign("moved", (TRUTHS[0], TRUTHS[3]))))
    found = transfer(moved)
    assert found is not None
    (ppo,) = draw_transfer(found)
    assert ppo.columns == ("tuned for CartPole-v1", "tuned for Pendulum-v1", "default")
    cartpole = next(row for row in moved.rows if row.scenario == "CartPole-v1")
    own, other, default = ppo.rows[0].cells
    assert cartpole.tuned is not None
    assert own.exact == pytest.approx(cartpole.tuned.mean)
    assert other.exact == default.exact == pytest.approx(cartpole.default.mean)
    assert "transfer" in {page.page.path for page in filled_pages(moved) if page.visible_parts}


def test_the_checklist_is_answered_from_the_record(view: CampaignView) -> None:
    answered = checklist(view)
    assert answered is not None
    answers = " ".join(item.answer for item in answered.items)
    assert "sampler tpe" in answers
    assert "24 trials of 50k steps, then the best 3 and the default on 4 seeds each" in answers
    assert "1 cell: 3 seeds per variant" in answers
    paths = {page.path for page in all_pages(view)}
    assert {item.details[1] for item in answered.items if item.details is not None} <= paths


def test_the_checklist_tells_of_known_configurations(record: CampaignRecord) -> None:
    cell = record.cells[0]
    search = {**cell.spec["search"], "first": [{"gamma": 0.98}]}
    given = dataclasses.replace(cell, cell=decode(Cell, {**cell.spec, "search": search}))
    answered = checklist(campaign_view(dataclasses.replace(record, cells=(given,))))
    assert answered is not None
    assert any("begun with 1 known configuration" in item.answer for item in answered.items)


def test_the_number_that_trials_are_compared_by_is_the_cells_own(record: CampaignRecord) -> None:
    cell = record.cells[0]
    search = {**cell.spec["search"], "score": "best", "seeds": 3, "over_seeds": "iqm"}
    other = dataclasses.replace(cell, cell=decode(Cell, {**cell.spec, "search": search}))
    number = (
        "highest mean return of an evaluation, without exploration; of 3 training seeds the mean "
        "of the middle half"
    )
    answered = checklist(campaign_view(dataclasses.replace(record, cells=(other,))))
    assert answered is not None
    assert any(number in item.answer for item in answered.items)
    figure = history_figure(search_of(other))
    assert figure is not None
    assert number in figure.caption


def test_a_timeline_has_a_bar_per_trial(record: CampaignRecord) -> None:
    cell = record.cells[0]
    figure = timeline_figure(search_of(cell))
    assert figure is not None
    assert [trace["y"] for trace in figure.traces] == [[trial.number] for trial in cell.trials]
    starts = [trace["base"][0] for trace in figure.traces]
    assert starts[0] == 0
    assert starts == sorted(starts)
    assert {trace["name"] for trace in figure.traces} == {"complete", "pruned", "failed"}
    first = dataclasses.replace(cell, trials=cell.trials[:1])
    assert timeline_figure(search_of(first)) is None


def test_foresight_is_drawn_from_two_evaluations_on(view: CampaignView) -> None:
    told = view.analysis.foresight["ppo@CartPole-v1"]
    figure = foresight_figure(told)
    assert figure is not None
    (line,) = [trace for trace in figure.traces if trace.get("name") == "complete trials"]
    assert line["y"] == [e.correlation.value for e in told.evaluations]
    assert foresight_figure(dataclasses.replace(told, evaluations=told.evaluations[:1])) is None
    assert foresight_figure(None) is None


def test_published_scores_prefer_the_same_version() -> None:
    found = published_scores("CartPole-v1", "ppo")
    assert found
    assert all(score.env == "CartPole-v1" for score in found)
    other = published_scores("Hopper-v3", "sac")
    assert other[0].env == "Hopper-v3"
    assert {score.env.partition("-")[0] for score in other} == {"Hopper"}
    assert published_scores("gymnasium_robotics:Hopper-v3", "sac") == other
    assert published_scores("Nowhere-v0", "ppo") == ()


@pytest.mark.parametrize(
    ("context", "page", "anchor", "link"),
    [
        (PageContext(page="index"), "trust", "", "trust.html"),
        (PageContext(page="index"), "index", "leaderboard", "#leaderboard"),
        (PageContext(page="cells/a"), "index", "leaderboard", "../index.html#leaderboard"),
        (PageContext(page="cells/a"), "cells/b", "", "../cells/b.html"),
        (PageContext(page="cells/a", single=True), "cells/b", "curves", "#cells/b/curves"),
        (PageContext(page="index", single=True), "trust", "", "#trust"),
    ],
)
def test_links_between_pages(context: PageContext, page: str, anchor: str, link: str) -> None:
    assert context.to(page, anchor) == link


def test_without_a_reference_nothing_is_put_on_a_scale_and_the_pages_say_so(
    tmp_path: Path,
) -> None:
    truths = [dataclasses.replace(truth, reference=None) for truth in TRUTHS[:2]]
    index = write_report(synthetic_campaign("adrift", truths), tmp_path / "site")
    overview = index.read_text(encoding="utf-8")
    trust = (index.parent / "trust.html").read_text(encoding="utf-8")
    assert "lack a random or a reference score" in overview
    assert "so no optimism is on the normalised scale" in overview
    assert ">Normalised<" not in overview
    assert "CartPole-v1 has no reference score" in trust
    (page, *_) = sorted((index.parent / "cells").rglob("*.html"))
    assert "The scenario has no reference score: its returns have no place" in page.read_text(
        encoding="utf-8"
    )


def test_with_references_the_pages_say_nothing_of_their_lack(tmp_path: Path) -> None:
    index = write_report(synthetic_campaign("anchored", TRUTHS[:2]), tmp_path / "site")
    pages = [index, *(index.parent / "cells").rglob("*.html")]
    texts = [page.read_text(encoding="utf-8") for page in pages]
    assert ">Normalised<" in texts[0]
    assert not any("no optimism is on" in text or "have no place" in text for text in texts)
