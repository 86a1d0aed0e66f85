"""What notebooks get from a campaign, read from a record."""

import pytest
from sample_records import TRUTHS, synthetic_campaign

import harness
from harness.errors import UnknownNameError
from harness.library import Results


@pytest.fixture(scope="module")
def results() -> Results:
    return Results(record=synthetic_campaign("study", TRUTHS[:3]))


def test_the_package_offers_it_without_loading_it_first() -> None:
    assert harness.Results is Results
    with pytest.raises(AttributeError, match="load_matrices"):
        harness.load_matrices  # noqa: B018


def test_a_leaderboard_has_a_row_per_cell_with_numbers(results: Results) -> None:
    table = results.leaderboard.set_index("cell")
    assert sorted(table.index) == sorted(cell.name for cell in results.record.cells)
    row = table.loc["ppo@CartPole-v1"]
    assert row.difference == pytest.approx(row.tuned_mean - row.default_mean)
    assert row.outcome == "improved"


def test_tables_are_those_of_the_exports(results: Results) -> None:
    assert set(results.scores.rung) == {"search", "confirm", "test"}
    assert len(results.trials) == sum(len(cell.trials) for cell in results.record.cells)
    assert results.curves.groupby("cell").size().min() > 0
    assert set(results.best) == {cell.name for cell in results.record.cells}


def test_a_notebook_shows_headline_and_leaderboard(results: Results) -> None:
    shown = results._repr_html_()
    assert results.headline.split(".")[0] in shown
    assert shown.count("<tr") == 1 + len(results.record.cells)
    assert repr(results) == f"Results of study: {results.headline}"


def test_a_figure_is_drawn_for_one_cell(results: Results) -> None:
    figure = results.figure("ppo@CartPole-v1", "history")
    assert len(figure.data[0].y) > 4
    assert "score of each trial" in figure.layout.title.text


@pytest.mark.parametrize(
    ("cell", "kind", "message"),
    [("ppo@CartPole", "history", "cell"), ("ppo@CartPole-v1", "summary", "kind of plot")],
)
def test_what_is_not_there_is_named(results: Results, cell: str, kind: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        results.figure(cell, kind)
