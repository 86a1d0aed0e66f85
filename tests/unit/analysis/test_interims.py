"""Looks at a growing number of seeds, and what the leaderboard makes of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_records import Truth, synthetic_campaign

from harness.analysis import interims, leaderboard
from harness.analysis.interim_analyses import judge
from harness.core.settings import Adaptive

RULE = Adaptive(start=5, step=5, max=20)


def pairs(shift, count=20, seed=0):
    generator = np.random.default_rng(seed)
    drawn = generator.normal(size=(count, 2)) + np.array([shift, 0.0])
    return [tuple(row) for row in drawn.tolist()]


def test_a_large_difference_is_decided_at_the_first_look_and_gets_no_more():
    large, none = judge(RULE, [pairs(8.0, 5), pairs(0.0, 5, seed=1)])
    assert (large.decision, large.seeds, large.final) == ("improved", 5, True)
    assert (none.decision, none.seeds, none.final) == ("undecided", 10, False)


def test_a_look_waits_for_every_cell_of_the_family():
    for late in ([], pairs(8.0, 4)):
        for found in judge(RULE, [pairs(8.0, 5), late]):
            assert (found.look, found.seeds, found.final) == (0, 5, False)
    again = judge(RULE, [pairs(8.0, 5), pairs(0.0, 9, seed=1)])
    assert [found.look for found in again] == [1, 1]


def test_a_cell_that_ships_its_default_is_neither_waited_for_nor_tested():
    shipped, other = judge(RULE, [None, pairs(-8.0, 5)])
    assert (shipped.look, shipped.statistic, shipped.boundary) == (0, None, None)
    assert (shipped.final, shipped.seeds, shipped.look) == (True, 5, 0)
    assert other.decision == "worse"


def test_seeds_beyond_a_decision_do_not_count():
    """They are there where a campaign had more seeds before."""
    turning = pairs(8.0, 5) + pairs(-80.0, 15)
    for others in (pairs(0.0, 5, seed=1), pairs(0.0, 20, seed=1)):
        found, _ = judge(RULE, [turning, others])
        assert (found.decision, found.seeds, found.look) == ("improved", 5, 1)


def test_decisions_are_the_same_whenever_they_are_asked_for():
    cells = [pairs(shift, 20, seed) for seed, shift in enumerate((0.0, 0.8, 1.2, -2.0, 4.0))]
    whole = judge(RULE, cells, seed=3)
    assert all(found.final for found in whole)
    seeds = [5] * len(cells)
    for _ in RULE.groups:
        last = judge(RULE, [each[:n] for each, n in zip(cells, seeds, strict=True)], seed=3)
        assert all(found.seeds >= n for found, n in zip(last, seeds, strict=True))
        seeds = [found.seeds for found in last]
    assert last == whole
    assert len({found.seeds for found in whole}) > 1


def test_after_the_last_look_nothing_is_open():
    (found,) = judge(RULE, [pairs(0.0, 20)])
    assert (found.decision, found.seeds, found.look) == ("no clear difference", 20, 4)
    assert found.final


def test_an_arm_without_any_score_gets_no_more_seeds():
    hopeless, other = judge(RULE, [[(None, 1.0)] * 5, pairs(0.0, 5)])
    assert (hopeless.final, hopeless.seeds) == (True, 5)
    assert not other.final
    # Scores that another rule asked for earlier do not bring it back.
    later = [(None, 1.0)] * 5 + [(9.0 + seed, 1.0 - seed / 9) for seed in range(15)]
    assert judge(RULE, [later, pairs(0.0, 20)])[0].decision == "no clear difference"
    (some,) = judge(RULE, [[(None, 1.0)] * 4 + [(3.0, 1.0)]])
    assert not some.final


def test_a_share_of_the_level_asks_for_more():
    cells = [pairs(2.2, 5, seed) for seed in range(30)]
    whole, part = (
        sum(judge(Adaptive(start=5, max=5), [each], share=share)[0].has_finding for each in cells)
        for share in (1.0, 0.2)
    )
    assert 0 < part < whole


TRUTHS = tuple(
    Truth(algorithm="ppo", trials=8, seeds=RULE, **changes)
    for changes in (
        {"scenario": "A-v0", "default": 100, "tuned": 400},
        {"scenario": "B-v0", "default": 300, "tuned": 100, "searched": 450},
        {"scenario": "C-v0", "default": 200, "tuned": 202, "searched": 300},
        {"scenario": "D-v0", "default": 200, "tuned": 205, "failed_trials": True},
        {"scenario": "E-v0", "default": 1, "tuned": 300, "failed_tuned": 20},
    )
)


@pytest.fixture(scope="module")
def rows():
    return {row.scenario: row for row in leaderboard(synthetic_campaign(truths=TRUTHS))}


def test_verdicts_are_those_of_the_looks(rows):
    assert [rows[name].verdict for name in ("A-v0", "B-v0", "C-v0")] == [
        "improved", "worse", "no clear difference",
    ]  # fmt: skip
    assert [len(rows[name].default.seeds) for name in ("A-v0", "C-v0", "D-v0")] == [5, 20, 5]
    assert rows["D-v0"].kept_default
    assert (rows["E-v0"].verdict, rows["E-v0"].state) == (None, "failed")
    assert len(rows["E-v0"].default.seeds) == 5


def test_the_interval_is_what_the_latest_look_would_not_have_rejected(rows):
    difference, look = rows["A-v0"].difference, rows["A-v0"].interim
    assert (difference.low + difference.high) / 2 == pytest.approx(difference.difference)
    reach = difference.high - difference.difference
    assert reach / difference.difference == pytest.approx(look.boundary / look.statistic)


def test_no_test_of_a_fixed_number_of_seeds_is_corrected_beside_them(rows):
    assert rows["A-v0"].difference.p_value is not None
    assert rows["A-v0"].difference.p_adjusted is None
    assert rows["A-v0"].difference.permutation_adjusted is None


def test_the_notes_say_at_how_many_seeds(rows):
    assert "Decided at 5 of at most 20 held-out seeds" in " ".join(rows["A-v0"].notes)
    assert "Not decided by all 20" in " ".join(rows["C-v0"].notes)
    assert "held-out" not in " ".join(rows["D-v0"].notes)
    assert not any("Quick" in note for row in rows.values() for note in row.notes)


@pytest.mark.parametrize("pending", [1, 26])
def test_a_cell_that_waits_for_the_others_is_unfinished(pending):
    """For a run of their test, or for what they ship."""
    truths = (TRUTHS[0], replace(TRUTHS[2], pending=pending))
    found = {row.scenario: row for row in leaderboard(synthetic_campaign(truths=truths))}
    waiting = found["A-v0"]
    assert (waiting.pending, waiting.state, waiting.verdict) == (0, "unfinished", None)
    assert "the first look waits until all cells" in " ".join(waiting.notes)


def test_fixed_and_growing_numbers_of_seeds_share_the_level():
    fixed = replace(TRUTHS[2], seeds=10, tuned=225, searched=300)
    alone, mixed = (
        {row.scenario: row for row in leaderboard(synthetic_campaign(truths=truths))}["C-v0"]
        for truths in ((fixed,), (fixed, TRUTHS[0]))
    )
    assert mixed.difference.p_value == alone.difference.p_value
    assert mixed.difference.p_adjusted == pytest.approx(2 * alone.difference.p_adjusted)
    record = synthetic_campaign(truths=(fixed, TRUTHS[0]))
    assert interims(record)["ppo@A-v0"].alpha == pytest.approx(0.025)


def test_transfers_still_to_do_hold_no_verdict_back():
    truths = tuple(replace(truth, transfer=2) for truth in TRUTHS[:2])
    record = synthetic_campaign(truths=truths)
    open_ = tuple(
        replace(
            cell,
            runs=tuple(replace(r, result=None) if r.rung == "transfer" else r for r in cell.runs),
        )
        for cell in record.cells
    )
    for row in leaderboard(replace(record, cells=open_)):
        assert row.pending == 2
        assert row.state == "complete"
        assert row.verdict in {"improved", "worse"}
