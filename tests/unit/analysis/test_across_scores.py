"""One configuration for all scenarios, on fresh seeds and on the held-out ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import cell_of, run_record

from harness import stats
from harness.analysis import across
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import ACROSS, DEFAULT, TUNED, Variant
from harness.core.scenario import Score
from harness.core.settings import Rung, Transfer

A, B = "toy@A-v0", "toy@B-v0"
LOW, HIGH = (30.0, 31.0, 32.0, 33.0), (60.0, 61.0, 62.0, 63.0)
FRESH = {
    A: {DEFAULT: (10.0, 20.0), Variant(A): (50.0, 70.0), Variant(B): (40.0, 40.0)},
    B: {DEFAULT: (0.0, 10.0), Variant(A): (30.0, 30.0), Variant(B): (60.0, None)},
}


def record(name, single, tuned=HIGH, *, by="mean", ends=(0.0, 100.0), fresh=FRESH, own=False):
    """A cell whose one configuration has the scores `single`, the very runs of its test or not."""
    small = cell_of(name, transfer=Transfer(seeds=2, tune_across=by))
    random, reference = (None if end is None else Score(value=end, source="") for end in ends)
    scenario = replace(small.scenario, random=random, reference=reference)
    runs = [
        run_record(index, score, variant=variant, rung=Rung.TRANSFER, seed=index)
        for variant, scores in fresh[name].items()
        for index, score in enumerate(scores)
    ]
    tested = [run_record(index, score) for index, score in enumerate(tuned)]
    for index, score in enumerate(single):
        one = run_record(
            index, score, variant=ACROSS, rung=Rung.TRANSFER, arguments={"lr": float(index)}
        )
        runs.append(replace(one, run_id=tested[index].run_id) if own else one)
    return CellRecord(
        cell=replace(small, scenario=scenario), runs=(*runs, *tested), winner=Variant.of_trial(1)
    )


def entry(*cells):
    (found,) = across(CampaignRecord(name="c", created="", updated="", cells=cells))
    return found


def both(**changes):
    return record(A, HIGH, own=True, **changes), record(B, LOW, **changes)


def test_candidates_have_their_normalised_means_and_what_they_are_worth():
    found = entry(*both())
    assert [(each.name, each.means, each.worth) for each in found.candidates] == [
        (DEFAULT, pytest.approx((0.15, 0.05)), pytest.approx(0.1)),
        (A, pytest.approx((0.6, 0.3)), pytest.approx(0.45)),
        (B, (0.4, None), None),
    ]
    assert (found.choice, found.by, found.scenarios) == (A, "mean", ("A-v0", "B-v0"))
    assert (found.algorithm, found.title) == ("toy", "Toy")
    worst = entry(*both(by="worst"))
    assert worst.by == "worst"
    assert worst.candidates[1].worth == pytest.approx(0.3)


def test_what_the_cell_ships_itself_is_no_comparison_and_the_other_has_a_verdict():
    same, other = entry(*both()).cells
    assert (same.is_winner, same.word, same.p_adjusted) == (True, "no clear difference", None)
    assert (same.gain.value, same.gain.low, same.gain.high) == (0, None, None)
    _, verdict = stats.judge_jointly([(HIGH, HIGH), (HIGH, LOW)], is_tested=[False, True])
    assert (other.is_winner, other.word, other.p_adjusted) == (
        False, "improved", verdict.p_adjusted,
    )  # fmt: skip
    assert (other.gain.value, other.gain.low, other.gain.high) == (30, verdict.low, verdict.high)
    assert (other.normalised, other.normalised_gain) == pytest.approx((0.315, 0.3))
    assert (other.cell, other.scenario, other.arguments) == (B, "B-v0", {"lr": 0.0})


def test_the_gain_is_paired_by_seeds_and_averaged_over_scenarios():
    found = entry(*both())
    assert found.gain.value == pytest.approx((0 + 0.3) / 2)
    one, other = both(ends=(100.0, 0.0))
    runs = tuple(run for run in other.runs if run.variant != TUNED or run.index)
    unpaired = entry(one, replace(other, runs=runs))
    assert unpaired.gain.value == pytest.approx((0 - 0.3) / 2)


def test_while_runs_are_to_do_there_is_no_word_yet():
    waiting = entry(
        record(A, HIGH, own=True), record(B, (30.0, 31.0, 32.0, 33.0, ...), (*HIGH, 64.0))
    )
    assert [each.word for each in waiting.cells] == ["no clear difference", None]
    assert waiting.cells[1].scores.pending == 1
    lost = entry(record(B, (None, None), HIGH[:2]))
    assert (lost.cells[0].gain.value, lost.cells[0].word) == (None, None)
    assert lost.cells[0].normalised is None


@pytest.mark.parametrize("ends", [(None, 100.0), (0.0, None), (5.0, 5.0)])
def test_without_two_references_nothing_is_normalised(ends):
    (found,) = entry(record(B, LOW, ends=ends)).cells
    assert (found.normalised, found.normalised_gain, found.gain.value) == (None, None, 30)
    assert entry(record(B, LOW, ends=ends)).gain.value is None


def test_a_cell_whose_one_configuration_has_no_result_is_left_out():
    empty = record(A, (..., ...))
    assert across(CampaignRecord(name="c", created="", updated="", cells=(empty,))) == ()
    assert entry(empty, record(B, LOW)).scenarios == ("B-v0",)
