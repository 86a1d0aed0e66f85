"""Tuned against named variants and against numbers that nobody trained here."""

from __future__ import annotations

import dataclasses

import pytest
from sample_records import Truth, synthetic_campaign

from harness.analysis import ReferenceComparison, leaderboard, reference_comparisons
from harness.core.record import CampaignRecord
from harness.core.settings import Margin
from harness.report.campaign_views import campaign_view
from harness.report.leaderboard_files import comparisons_csv, leaderboard_latex, summary_markdown


def campaign(**truth: object) -> CampaignRecord:
    base: dict[str, object] = {
        "scenario": "A", "algorithm": "ppo", "default": 100.0, "tuned": 300.0, "sd": 20.0,
    }  # fmt: skip
    return synthetic_campaign("few", (Truth(**(base | truth)),))  # type: ignore[arg-type]


def against(name: str, record: CampaignRecord) -> ReferenceComparison:
    (found,) = [one for one in reference_comparisons(leaderboard(record)) if one.name == name]
    return found


@pytest.mark.parametrize(
    ("published", "word"),
    [(200.0, "improved"), (300.0, "no clear difference"), (400.0, "worse")],
)
def test_a_named_variant_gets_a_verdict_and_the_interval_of_it(published: float, word: str) -> None:
    found = against("published", campaign(published=published))
    assert found.word == word
    assert found.difference == pytest.approx(300 - published, abs=25)
    assert found.difference_low is not None
    assert found.difference_high is not None
    leaves_out_0 = found.difference_low > 0 or found.difference_high < 0
    assert leaves_out_0 == (word != "no clear difference")


@pytest.mark.parametrize(
    ("baseline", "word"), [(250.0, "improved"), (300.0, "similar"), (561.5, "below")]
)
def test_a_bare_number_gets_an_interval_a_percentage_and_a_word(baseline: float, word: str) -> None:
    found = against("baseline", campaign(baseline=baseline))
    assert found.word == word
    assert found.difference is not None
    assert found.share == pytest.approx(found.difference / baseline)
    assert found.difference_low is not None
    assert found.difference_low < found.difference
    assert found.p_adjusted is not None
    assert (found.p_adjusted < 0.05) == (word != "similar")


def test_what_is_missing_is_said() -> None:
    assert against("baseline", campaign(baseline=250.0, seeds=3)).word == "too few seeds"
    assert against("baseline", campaign(baseline=250.0, failed_tuned=2)).word == "unstable"
    failed = against("published", campaign(published=200.0, failed_tuned=6))
    assert failed.word == "unstable"
    none = against("baseline", campaign(baseline=250.0, failed_tuned=10))
    assert (none.word, none.difference) == (None, None)


def test_runs_that_are_all_alike_are_that_number_or_are_not_known_to_differ() -> None:
    alike = campaign(baseline=0.0, sd=0.0, tuned=300.0)
    (row,) = leaderboard(alike)
    assert row.tuned is not None
    assert row.tuned.mean is not None
    found = against("baseline", alike)
    assert (found.word, found.difference, found.share) == (
        "no clear difference", pytest.approx(row.tuned.mean), None,
    )  # fmt: skip
    assert (found.difference_low, found.p_adjusted) == (None, None)
    same = against("baseline", campaign(baseline=row.tuned.mean, sd=0.0, tuned=300.0))
    assert (same.word, same.difference) == ("similar", 0)


def test_many_numbers_are_corrected_together() -> None:
    truth = {"scenario": "A", "default": 100.0, "tuned": 300.0, "baseline": 275.0, "sd": 20.0}
    cells = [Truth(algorithm=name, **truth) for name in ("ppo", "a2c", "td3", "sac")]  # type: ignore[arg-type]
    several = reference_comparisons(leaderboard(synthetic_campaign("many", cells)))
    (alone,) = reference_comparisons(leaderboard(synthetic_campaign("one", cells[:1])))
    first = next(one for one in several if one.cell == alone.cell)
    assert first.difference == alone.difference
    assert (first.p_adjusted or 0) > (alone.p_adjusted or 0)


def test_every_export_has_the_same_word() -> None:
    record = campaign(published=400.0, baseline=250.0)
    view = campaign_view(dataclasses.replace(record, name="few"))
    worse, improved = comparisons_csv(view).splitlines()[1:]
    assert worse.endswith(",worse")
    assert improved.endswith(",improved")
    for text in (leaderboard_latex(view), summary_markdown(view)):
        lines = [line for line in text.splitlines() if "ppo against " in line.lower()]
        assert ["worse" in line for line in lines] == [True, False]
        assert ["improved" in line for line in lines] == [False, True]


def with_test(record: CampaignRecord, **settings: object) -> CampaignRecord:
    cells = tuple(
        dataclasses.replace(
            cell,
            cell=dataclasses.replace(
                cell.cell, test=dataclasses.replace(cell.cell.test, **settings)
            ),
        )
        for cell in record.cells
    )
    return dataclasses.replace(record, cells=cells)


def test_what_the_matrix_holds_tuned_against_comes_first_and_is_said() -> None:
    record = with_test(campaign(published=200.0), against="published")
    assert against("published", record).is_main
    view = campaign_view(dataclasses.replace(record, name="few"))
    sentence = "Tuned against published: improved in 1 of 1 cell."
    assert sentence in summary_markdown(view)


@pytest.mark.parametrize(
    ("tuned", "margin", "word"),
    [
        (300.0, Margin(amount=0.05, is_share=True), "better"),
        (130.0, Margin(amount=0.2, is_share=True), "equivalent"),
        (120.0, Margin(amount=0.05, is_share=True), "undecided"),
        (300.0, Margin(amount=100.0, is_share=False), "better"),
        (300.0, Margin(amount=200.0, is_share=False), "undecided"),
    ],
)
def test_a_margin_gives_words_on_what_matters(tuned: float, margin: Margin, word: str) -> None:
    record = with_test(campaign(tuned=tuned, published=100.0), margin=margin)
    (row,) = leaderboard(record)
    assert row.verdict == word
    assert row.difference is not None
    scale = 480.0 if margin.is_share else 1.0  # from 20, a random policy, to 500, the reference
    assert row.difference.margin == pytest.approx(margin.amount * scale)
    assert against("published", record).word == word


def test_what_failed_runs_leave_undecided_is_said() -> None:
    """Six of ten tuned runs diverged; those that ended are far better than the margin."""
    margin = Margin(amount=50.0, is_share=False)
    (row,) = leaderboard(with_test(campaign(failed_tuned=6), margin=margin))
    assert row.difference is not None
    assert (row.verdict, row.difference.finished_word) == ("undecided", "better")
    (note,) = (note for note in row.notes if note.startswith("Undecided: "))
    assert (
        "by the runs that ended tuning made the cell better by more than the margin, with" in note
    )


def test_without_fixed_scores_a_margin_is_a_share_of_the_default() -> None:
    margin = Margin(amount=0.05, is_share=True)
    for random in (None, 500.0):  # none, and one that is the reference itself
        record = with_test(campaign(random=random, published=100.0), margin=margin)
        (row,) = leaderboard(record)
        assert row.verdict == against("published", record).word == "better"
        assert row.difference is not None
        assert row.difference.margin == pytest.approx(0.05 * (row.default.mean or 0))


def test_a_variant_with_runs_to_do_has_no_word_yet() -> None:
    found = against("published", campaign(published=100.0, pending=1))
    assert found.difference is not None
    assert found.word is None
