"""Scores of other programs beside a campaign's own."""

import dataclasses

import pytest
from small import execute, matrix

from harness.analysis import leaderboard, reference_comparisons, score_table
from harness.campaign import import_scores, merge_campaigns
from harness.campaign.campaign_records import record
from harness.core.record import IMPORTED
from harness.errors import LockedError, UnknownNameError, UsageError
from harness.report import campaign_view
from harness.report.results_json import results
from harness.report.site_pages import filled_pages
from harness.store import lock_campaign

FILE = """cell,seed,score
toy@Toy0-v0,1,9.0
toy@Toy0-v0,2,9.5
toy@Toy0-v0,3,
toy@Toy0-v0,4,8.5
toy@Toy0-v0,5,9.1
toy@Toy0-v0,6,9.2
"""


@pytest.fixture
def campaign(tmp_path):
    execute(matrix(seeds=5), tmp_path)
    (tmp_path / "scores.csv").write_text(FILE)
    return tmp_path


def imported(folder, text=None, **options):
    file = folder / "scores.csv"
    if text is not None:
        file.write_text(text)
    return import_scores(file, "camp", folder / "runs", **({"variant": "published"} | options))


def comparison(folder):
    rows = reference_comparisons(leaderboard(record("camp", folder / "runs")))
    return {row.name: row for row in rows}["published"]


def test_tuned_is_compared_with_what_was_imported(campaign):
    assert imported(campaign, source="Table 2") == {"toy@Toy0-v0": 6}
    row = comparison(campaign)
    assert (row.finished, row.seeds, row.word) == (5, 6, "unstable")  # one has failed
    assert row.mean == pytest.approx(9.06)
    whole = record("camp", campaign / "runs")
    runs = whole.cells[0].imported
    assert [(run.index, run.seed) for run in runs] == [(n, n + 1) for n in range(6)]
    assert [run.result.score for run in runs] == [9.0, 9.5, None, 8.5, 9.1, 9.2]
    assert whole.provenance[IMPORTED] == {"published": "6 scores from Table 2"}
    view = campaign_view(whole)
    parts = results(view, filled_pages(view))["parts"]
    (entry,) = parts["variants"]["rows"]
    assert entry["source"] == "imported from Table 2, not trained here"
    imported(campaign, FILE.replace("toy@Toy0-v0,3,\n", ""))
    assert comparison(campaign).word == "worse"


def test_they_cost_nothing_and_stay_when_the_campaign_goes_on(campaign):
    before = record("camp", campaign / "runs")
    imported(campaign)
    assert not execute(matrix(seeds=7), campaign).unfinished
    after = record("camp", campaign / "runs")
    assert comparison(campaign).seeds == 6
    assert not {run.run_id for run in after.cells[0].imported} & {
        result.run_id for result in after.cells[0].results
    }
    assert len(after.cells[0].results) > len(before.cells[0].results)
    merge_campaigns(["camp"], "copy", campaign / "runs")
    copy = record("copy", campaign / "runs")
    assert score_table(copy).equals(score_table(after))
    assert copy.cells[0].imported == after.cells[0].imported


def test_a_variant_that_is_imported_again_is_replaced(campaign):
    imported(campaign)
    imported(campaign, "algorithm,scenario,score,variant\ntoy,Toy0-v0,3,other\n", variant=None)
    imported(campaign, "cell,score\n" + "toy@Toy0-v0,2\n" * 4)
    cell = record("camp", campaign / "runs").cells[0]
    assert sorted((run.variant, run.result.score) for run in cell.imported) == [
        ("other", 3.0),
        *[("published", 2.0)] * 4,
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "cell,score\ntoy@Toy0-v0,1\nppo@Toy0-v0,2\n",
            r"scores.csv:3: .* has no cell `ppo@Toy0-v0`",
        ),
        ("cell,score\ntoy@Toy0-v0,many\n", r"scores.csv:2: score `many` is no finite number"),
        ("cell,score\ntoy@Toy0-v0,inf\n", r"scores.csv:2: score `inf`"),
        ("cell,score\ntoy@Toy0-v0,1,2\n", r"scores.csv:2: 3 values for 2 columns"),
        ("cell,seed,score\ntoy@Toy0-v0,-1,2\n", r"scores.csv:2: seed `-1`"),
        ('cell,score\n"toy@Toy0-v0,1\n', r"scores.csv:\d: "),
        ("cell,return\ntoy@Toy0-v0,1\n", r"scores.csv:1: no column score"),
        ("score\n1\n", r"scores.csv:1: no column cell"),
        ("cell,score\n", r"has no scores"),
        ("", r"has no scores"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_entered(campaign, text, message):
    with pytest.raises(UsageError, match=message):
        imported(campaign, text)
    assert not record("camp", campaign / "runs").cells[0].imported


def test_names_that_are_taken_or_unknown_are_refused(campaign):
    for variant in ("tuned", "trial-3", "a/b"):
        with pytest.raises(UsageError, match="cannot name a variant"):
            imported(campaign, variant=variant)
    with pytest.raises(UnknownNameError):
        import_scores(campaign / "scores.csv", "nobody", campaign / "runs", variant="a")
    with pytest.raises(UsageError, match="cannot be read"):
        import_scores(campaign / "none.csv", "camp", campaign / "runs", variant="a")
    with (
        lock_campaign(campaign / "runs" / "camp" / "campaign.db", "camp"),
        pytest.raises(LockedError),
    ):
        imported(campaign)


def test_a_variant_of_the_matrix_is_not_imported(tmp_path):
    asked = matrix(seeds=4)
    cell = asked.cells[0]
    named = dataclasses.replace(cell.test, variants=("default", "tuned", "published"))
    cells = (dataclasses.replace(cell, test=named, variants=(_named("published"),)),)
    execute(dataclasses.replace(asked, cells=cells), tmp_path)
    with pytest.raises(UsageError, match="the matrix has a variant `published`"):
        imported(tmp_path, FILE)


def _named(name):
    from harness.core.matrix import NamedConfiguration

    return NamedConfiguration(name=name, arguments={"lr": 0.01})
