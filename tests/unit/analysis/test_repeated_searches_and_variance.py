"""Is it tuning that helps, or this search? And where the variance of a cell comes from."""

from dataclasses import replace

import numpy as np
import pytest
from sample_records import TRUTHS, synthetic_campaign, write_report

from harness import stats
from harness.analysis import leaderboard, repeated_searches, variance_sources
from harness.core.record import RAISED_SEARCHES
from harness.core.run import DEFAULT, TUNED
from harness.core.settings import Rung
from harness.report import campaign_view
from harness.report.parts.searches.data import compute as compute_searches


@pytest.fixture(scope="module")
def once():
    return synthetic_campaign("c", TRUTHS[:3])


def is_tuned_test(run):
    return (run.rung, run.variant) == (Rung.TEST, TUNED)


def moved(run, shift):
    result = run.result
    if result is None or result.score is None:
        return run
    evaluations = tuple(
        replace(each, returns=tuple(r + shift for r in each.returns)) for each in result.evaluations
    )
    return replace(run, result=replace(result, score=result.score + shift, evaluations=evaluations))


def repeated(record, shifts):
    """The campaign with further searches of its first cell, whose winners lie so far apart."""
    first = record.cells[0]
    further = [
        replace(
            first,
            cell=replace(first.cell, repeat=number),
            runs=tuple(moved(run, shift) for run in first.runs if is_tuned_test(run)),
        )
        for number, shift in enumerate(shifts, start=2)
    ]
    return replace(record, cells=(*record.cells, *further))


def answer(record):
    (summary,) = repeated_searches(record, leaderboard(record))
    return summary


def test_searches_that_agree_say_that_tuning_helps(once):
    record = repeated(once, [0.5, -0.5, 0.2])
    summary = answer(record)
    first = leaderboard(once)[0]
    assert summary.first_word == "improved"
    assert summary.default == first.default.mean
    assert summary.answer == "tuning helps"
    assert [winner.cell for winner in summary.winners][1:] == [
        f"{once.cells[0].name}#{number}" for number in (2, 3, 4)
    ]
    assert summary.difference.value == pytest.approx(first.difference.difference + 0.05)
    assert 0 < summary.difference.low < summary.difference.high


def test_the_interval_is_at_the_level_of_the_word_and_the_next_search_at_five_percent(once):
    """Of two cells, one of which is found, that one takes half of the level, the other all."""
    cells = [
        each
        for of, span in zip(once.cells[:2], (1.0, 1000.0), strict=True)
        for each in repeated(replace(once, cells=(of,)), [span, -span]).cells
    ]
    record = replace(once, cells=tuple(sorted(cells, key=lambda each: each.cell.repeat)))
    summaries = repeated_searches(record, leaderboard(record))
    assert [each.answer for each in summaries] == ["tuning helps", "undecided"]
    for summary, of, level in zip(summaries, once.cells, (0.025, 0.05), strict=False):
        winners = [
            [run.result.score for run in each.runs if is_tuned_test(run)]
            for each in record.searches(of)
        ]
        default = [
            run.result.score for run in of.runs if (run.rung, run.variant) == (Rung.TEST, DEFAULT)
        ]
        plain, at_level = (stats.search_effect(winners, default, 1 - x) for x in (0.05, level))
        assert (summary.difference.low, summary.difference.high) == (at_level.low, at_level.high)
        assert (summary.next_search.low, summary.next_search.high) == (
            plain.next_low, plain.next_high,
        )  # fmt: skip


def test_searches_that_differ_say_that_one_search_helped(once):
    span = 3 * leaderboard(once)[0].difference.difference
    summary = answer(repeated(once, [-span, span / 2]))
    assert summary.answer == "one search helped"
    assert summary.difference.low < 0 < summary.difference.high
    assert summary.next_search.low < summary.difference.low


@pytest.mark.parametrize(
    ("span", "meaning"), [(0.05, "may be expected to help too"), (1.2, "one more may not")]
)
def test_what_another_search_may_bring_follows_its_own_interval(once, span, meaning):
    gain = leaderboard(once)[0].difference.difference
    record = repeated(once, [span * gain, -span * gain / 2, span * gain / 3, 0.0])
    (row,) = compute_searches(campaign_view(record)).rows
    assert row.searches.answer == "tuning helps"
    assert (row.searches.next_search.low <= 0) == (span > 1)
    assert meaning in row.meaning


def test_a_search_with_runs_to_do_is_waited_for(once):
    record = repeated(once, [0.0, 0.0])
    last = record.cells[-1]
    open_run = replace(last.runs[0], result=None)
    cells = (*record.cells[:-1], replace(last, runs=(open_run, *last.runs[1:])))
    summary = answer(replace(record, cells=cells))
    assert (summary.answer, summary.difference.value) == ("not done yet", None)
    assert summary.winners[-1].pending == 1


def test_searches_that_were_raised_after_a_look_say_so(once, tmp_path):
    record = repeated(once, [0.0, 0.0])
    assert answer(record).raised_from == ()
    facts = {RAISED_SEARCHES: {record.cells[0].name: "1, 2"}}
    record = replace(record, provenance=facts)
    assert answer(record).raised_from == (1, 2)
    page = write_report(record, tmp_path / "site").read_text()
    assert "searches raised after results of 1, 2 were seen" in page


def test_no_cell_is_asked_about_that_is_searched_once(once):
    assert repeated_searches(once, leaderboard(once)) == ()


def test_a_row_of_the_leaderboard_is_the_first_search(once):
    rows = leaderboard(repeated(once, [5.0, -5.0]))
    strip = [replace(row, notes=()) for row in rows]
    assert strip == [replace(row, notes=()) for row in leaderboard(once)]


def sources(cells, runs_of):
    (parts,) = (each for each in variance_sources(cells) if each.runs_of.startswith(runs_of))
    return {source.level: source for source in parts.sources}


def test_every_kind_of_runs_tells_its_levels(once):
    cell = once.cells[0]
    every = {each.runs_of: [s.level for s in each.sources] for each in variance_sources((cell,))}
    assert list(every) == [
        "trials and confirm runs",
        "the default on held-out seeds",
        "tuned on held-out seeds",
    ]
    levels = ["episodes", "evaluations", "training seeds"]
    # Searches have two late evaluations.
    assert every["trials and confirm runs"] == [*levels, "configurations"]
    assert every["tuned on held-out seeds"] == levels
    for each in variance_sources((cell,)):
        assert sum(source.share for source in each.sources) == pytest.approx(1)
        assert 0 <= each.episode_share <= each.noise_share <= 1


def test_what_searches_differ_by_is_a_level_of_its_own(once):
    record = repeated(once, [-300.0, 300.0])
    levels = sources(record.searches(record.cells[0]), "tuned")
    assert levels["searches"].sd.value == pytest.approx(np.std([0, -300, 300], ddof=1), rel=0.05)
    assert levels["searches"].sd.low < 300 < levels["searches"].sd.high
    assert levels["searches"].share > 0.5


def test_runs_without_the_evaluations_that_their_score_is_of_tell_nothing(once):
    def short(run):
        outcome = replace(run.result, evaluations=run.result.evaluations[:1])
        return replace(run, result=outcome)

    cell = once.cells[0]
    runs = tuple(short(run) if run.variant == TUNED else run for run in cell.runs)
    kinds = [each.runs_of for each in variance_sources((replace(cell, runs=runs),))]
    assert kinds == ["trials and confirm runs", "the default on held-out seeds"]
    nothing = replace(cell, trials=(), runs=())
    assert variance_sources((nothing,)) == ()


def test_a_default_that_is_shipped_is_told_once(once):
    kept = replace(once.cells[0], winner=DEFAULT)
    assert [each.runs_of for each in variance_sources((kept,))][-1] == (
        "the default on held-out seeds"
    )
