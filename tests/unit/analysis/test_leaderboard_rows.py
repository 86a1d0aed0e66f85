"""The leaderboard finds what is true of synthetic cells."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sample_records import Truth, synthetic_campaign

from harness.analysis import LeaderboardRow, leaderboard
from harness.core.record import RAISED_SEEDS, CampaignRecord
from harness.core.run_result import Status
from harness.core.settings import Adaptive, Rung
from harness.report.campaign_views import campaign_view
from harness.report.outcomes import headline, looks_text, outcome, strongest


@pytest.fixture(scope="module")
def rows() -> dict[str, LeaderboardRow]:
    return {row.cell: row for row in leaderboard(synthetic_campaign())}


@pytest.mark.parametrize(
    ("cell", "state", "verdict"),
    [
        ("ppo@CartPole-v1", "complete", "improved"),
        ("a2c@CartPole-v1", "complete", "worse"),
        ("dqn@CartPole-v1", "complete", "no clear difference"),
        ("ppo@Pendulum-v1", "complete", "too few seeds"),
        ("sac@Pendulum-v1", "complete", "no clear difference"),
        ("td3@Pendulum-v1", "unfinished", None),
        ("tqc@Pendulum-v1", "failed", "no clear difference"),
    ],
)
def test_verdicts(
    rows: dict[str, LeaderboardRow], cell: str, state: str, verdict: str | None
) -> None:
    assert (rows[cell].state, rows[cell].verdict) == (state, verdict)


def test_failed_seeds_are_counted_not_dropped(rows: dict[str, LeaderboardRow]) -> None:
    tuned = rows["dqn@CartPole-v1"].tuned
    assert tuned is not None
    assert (len(tuned.seeds), tuned.finished, len(tuned.failed)) == (10, 8, 2)
    assert tuned.failed[0].failure.message == "NaN in the policy's parameters"
    assert any("2 of 10 runs failed" in note for note in rows["dqn@CartPole-v1"].notes)


def test_a_shipped_default_is_not_compared_with_itself(rows: dict[str, LeaderboardRow]) -> None:
    row = rows["sac@Pendulum-v1"]
    assert row.kept_default
    assert row.difference is None
    assert row.tuned is not None
    assert row.tuned.scores == row.default.scores
    assert any("default won" in note for note in row.notes)


def test_holm_counts_only_tested_cells(rows: dict[str, LeaderboardRow]) -> None:
    tested = [row for row in rows.values() if row.difference and row.difference.p_adjusted]
    assert {row.cell for row in tested} == {
        "ppo@CartPole-v1",
        "a2c@CartPole-v1",
        "dqn@CartPole-v1",
    }
    best = rows["ppo@CartPole-v1"].difference
    assert best is not None
    assert best.p_value is not None
    assert best.welch_adjusted == pytest.approx(3 * best.p_value, rel=1e-9)
    # One of 10,000 permutations and the labels as they are.
    assert best.permutation_adjusted == pytest.approx(1 / 10_001)


def test_a_verdict_goes_by_the_larger_p_value(rows: dict[str, LeaderboardRow]) -> None:
    for row in rows.values():
        found = row.difference
        if found is not None and found.p_adjusted is not None:
            assert found.p_adjusted == max(found.welch_adjusted, found.permutation_adjusted)
            assert (row.verdict in {"improved", "worse"}) == (found.p_adjusted < 0.05)


def test_optimism_is_claimed_minus_held_out(rows: dict[str, LeaderboardRow]) -> None:
    row = rows["a2c@CartPole-v1"]
    assert row.tuned is not None
    assert row.optimism.held_out == row.tuned.mean
    assert row.optimism.claimed is not None
    assert row.optimism.gap == pytest.approx(row.optimism.claimed - (row.tuned.mean or 0))
    assert row.optimism.gap > 200


def test_the_confirm_mean_is_drawn_towards_the_other_candidates(
    rows: dict[str, LeaderboardRow],
) -> None:
    both = [(each.optimism.confirmed, each.optimism.shrunk) for each in rows.values()]
    drawn = [(mean, shrunk) for mean, shrunk in both if mean is not None and shrunk is not None]
    assert drawn
    assert all(shrunk < mean for mean, shrunk in drawn)


def test_ranks_are_shared_unless_a_test_separates(rows: dict[str, LeaderboardRow]) -> None:
    places = {name: (row.rank, row.rank_to) for name, row in rows.items()}
    assert places["ppo@CartPole-v1"] == (1, 1)
    # Two runs of dqn failed: as the worst of all they do not leave it clearly above a2c.
    assert places["a2c@CartPole-v1"] == places["dqn@CartPole-v1"] == (2, 3)
    assert places["sac@Pendulum-v1"] == (1, 3)
    assert places["td3@Pendulum-v1"] == (None, None)


def test_rows_keep_scenarios_together_best_first(rows: dict[str, LeaderboardRow]) -> None:
    scenarios = [row.scenario for row in rows.values()]
    assert scenarios == sorted(scenarios)
    means = [row.tuned.mean for row in rows.values() if row.scenario == "CartPole-v1" and row.tuned]
    assert means == sorted(means, key=lambda mean: -(mean or 0))


def test_normalised_scores_use_the_fixed_references(rows: dict[str, LeaderboardRow]) -> None:
    row = rows["ppo@CartPole-v1"]
    assert row.tuned is not None
    assert row.tuned.mean is not None
    assert row.normalised_tuned == pytest.approx((row.tuned.mean - 20) / 480)
    bare = leaderboard(_one(random=None))[0]
    assert bare.normalised_tuned is None


def test_a_run_with_two_places_is_paid_once() -> None:
    row = leaderboard(_one(tuned=-500.0, default=100.0))[0]
    assert row.kept_default
    # 24 trials, 4 candidates x 4 seeds, and 10 test runs that are default and tuned at once.
    assert row.spent.runs == 24 + 16 + 10


def test_a_verdict_waits_for_the_last_run() -> None:
    row = leaderboard(_one(pending=1))[0]
    assert row.verdict is None
    assert row.difference is not None
    assert (row.state, row.pending) == ("unfinished", 1)


@pytest.mark.parametrize("seeds", [10, Adaptive(start=10, step=5, max=20)])
def test_improved_on_survivors_is_unstable(seeds: int | Adaptive) -> None:
    """Six of ten tuned runs diverged; the four that ended are far better than the default."""
    (row,) = leaderboard(_one(failed_tuned=6, seeds=seeds))
    assert (row.verdict, outcome(row)) == ("unstable", "unstable")
    assert row.difference is not None
    assert row.difference.finished_word == "improved"
    assert row.difference.worst is not None
    assert 0 < row.difference.worst < row.difference.difference / 2
    assert any(note.startswith("Unstable: by the runs that ended") for note in row.notes)
    assert "unstable: what is found depends on its failed runs" in headline([row])
    (stable,) = leaderboard(_one(failed_tuned=1, seeds=seeds))
    assert stable.verdict == "improved"


@pytest.mark.parametrize("seeds", [10, Adaptive(start=5, step=5, max=20)])
def test_intervals_agree_with_verdicts_and_effects_are_drawn_together(
    seeds: int | Adaptive,
) -> None:
    truths = [
        Truth(
            scenario="A-v0",
            algorithm=name,
            default=100.0,
            tuned=tuned,
            searched=300,
            sd=30,
            seeds=seeds,
        )
        for name, tuned in (("ppo", 260), ("a2c", 210), ("dqn", 105), ("sac", 98), ("td3", 130))
    ]
    rows = leaderboard(synthetic_campaign("many", truths))
    compared = [row for row in rows if row.difference is not None]
    assert len({row.verdict for row in compared}) > 1
    sizes = {}
    for row in compared:
        found = row.difference
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        leaves_out_0 = found.low > 0 or found.high < 0
        assert leaves_out_0 == (row.verdict in {"improved", "worse"})
        assert found.shrunken is not None
        assert found.shrunken == pytest.approx((found.shrunken_effect or 0) * (found.unit or 0))
        sizes[row] = (found.effect_size or 0, found.shrunken_effect or 0)
    spreads = [max(each) - min(each) for each in zip(*sizes.values(), strict=True)]
    assert spreads[1] < spreads[0]
    assert "drawn towards the other cells" in strongest(rows)


def test_seeds_raised_after_results_were_seen_stand_beside_the_verdict() -> None:
    record = _one()
    facts = {RAISED_SEEDS: {record.cells[0].name: "5, 7"}}
    (row,) = leaderboard(dataclasses.replace(record, provenance=facts))
    assert row.raised_from == (5, 7)
    assert looks_text(row) == "seeds raised after results of 5, 7 were seen"
    (note,) = [note for note in row.notes if "raised" in note]
    assert "start: ..., step: ..., max: ..." in note
    (other,) = leaderboard(record)
    assert (other.raised_from, looks_text(other)) == ((), "")


def test_a_cell_without_any_result_is_a_row() -> None:
    record = _one()
    empty = dataclasses.replace(record.cells[0], trials=(), runs=(), winner=None, importances={})
    row = leaderboard(dataclasses.replace(record, cells=(empty,)))[0]
    assert (row.tuned, row.default.mean, row.state) == (None, None, "unfinished")
    # 24 trials, the default's 4 confirm runs and its 10 test runs.
    assert row.pending == row.remaining.total.least == 24 + 4 + 10


def test_a_run_that_is_tuned_and_default_is_missing_once() -> None:
    record = _one(tuned=-500.0, default=100.0)
    runs, last = record.cells[0].runs, record.cells[0].runs[-1].run_id
    open_ = [dataclasses.replace(r, result=None) if r.run_id == last else r for r in runs]
    cut = _with(record, runs=tuple(open_))
    (row,) = leaderboard(cut)
    assert (row.kept_default, row.pending, row.state) == (True, 1, "unfinished")
    assert campaign_view(cut).pending == 1


def test_all_test_runs_failed() -> None:
    row = leaderboard(_one(failed_tuned=10))[0]
    assert (row.state, row.verdict, row.difference) == ("failed", None, None)
    assert row.tuned is not None
    assert row.tuned.mean is None


@pytest.mark.parametrize(
    ("statuses", "state", "reason"),
    [
        ((), "complete", "the search had no other trial"),
        ((Status.PRUNED,) * 23, "complete", "every other trial was pruned"),
        (
            (Status.FAILED, *[Status.PRUNED] * 22),
            "complete",
            "no other trial ran to the end",
        ),
        ((Status.FAILED,) * 23, "failed", "no other trial ran to the end"),
    ],
)
def test_a_default_without_rivals_is_kept_unless_they_all_failed(
    statuses: tuple[Status, ...], state: str, reason: str
) -> None:
    row = leaderboard(_unrivalled(statuses))[0]
    assert (row.state, row.trials.rivals) == (state, 0)
    assert f"The default had no rival: {reason}." in row.notes
    end = f"kept its default: {reason}." if state == "complete" else "failed."
    assert headline([row]) == f"{row.title} on {row.scenario} {end}"


def test_a_verdict_waits_for_a_seed_that_both_variants_lack() -> None:
    record = _one()
    runs = [
        dataclasses.replace(run, result=None) if (run.rung, run.index) == (Rung.TEST, 9) else run
        for run in record.cells[0].runs
    ]
    row = leaderboard(_with(record, runs=tuple(runs)))[0]
    assert (row.verdict, row.state, row.pending) == (None, "unfinished", 2)


def test_runs_elsewhere_are_pending_and_the_verdict_does_not_wait_for_them() -> None:
    record = _one()
    last = record.cells[0].runs[-1]
    travelling = dataclasses.replace(last, rung=Rung.TRANSFER, run_id="elsewhere", result=None)
    row = leaderboard(_with(record, runs=(*record.cells[0].runs, travelling)))[0]
    assert (row.verdict, row.state, row.pending) == ("improved", "complete", 1)


@pytest.mark.parametrize(("last", "state"), [(Status.FAILED, "complete"), (None, "unfinished")])
def test_a_search_that_was_closed_early_is_done_if_the_default_had_a_rival(
    last: Status | None, state: str
) -> None:
    """Trial 1 is complete, or there is none; its others failed."""
    record = _one()
    default, rival, other = record.cells[0].trials[:3]
    assert other.result is not None
    broken = dataclasses.replace(other.result, status=Status.FAILED, score=None)
    failure = dataclasses.replace(other, result=broken)
    trials = (default,) if last is None else (default, rival, failure)
    (row,) = leaderboard(_with(record, trials=trials, closed=len(trials)))
    assert (row.state, row.pending) == (state, 0)


def test_without_confirm_runs_there_is_no_confirm_mean() -> None:
    record = _one(tuned=-500.0)
    runs = tuple(run for run in record.cells[0].runs if run.rung is not Rung.CONFIRM)
    (row,) = leaderboard(_with(record, runs=runs))
    assert row.kept_default
    assert (row.optimism.confirmed, row.optimism.shrunk) == (None, None)


@pytest.mark.parametrize("tuned", [300.0, -500.0])
def test_looks_are_told_of_where_two_variants_were_compared(tuned: float) -> None:
    (row,) = leaderboard(_one(tuned=tuned, seeds=Adaptive(start=10, step=5, max=20)))
    told = [note for note in row.notes if "held-out seeds, at look" in note]
    assert len(told) == (not row.kept_default)


def _with(record: CampaignRecord, **changes: Any) -> CampaignRecord:
    """The campaign with another cell record in the place of its only one."""
    return dataclasses.replace(record, cells=(dataclasses.replace(record.cells[0], **changes),))


def _unrivalled(statuses: tuple[Status, ...]) -> CampaignRecord:
    """A campaign of one cell whose trials beside the default ended like this."""
    record = _one(tuned=-500.0)
    (cell,) = record.cells
    default, *others = cell.trials
    trials = [default]
    for trial, status in zip(others, statuses, strict=False):
        assert trial.result is not None
        result = dataclasses.replace(trial.result, status=status, score=None)
        trials.append(dataclasses.replace(trial, result=result))
    search = dataclasses.replace(cell.cell.search, trials=len(trials))
    settings = dataclasses.replace(cell.cell, search=search)
    cells = (dataclasses.replace(cell, cell=settings, trials=tuple(trials)),)
    return dataclasses.replace(record, cells=cells)


def _one(**truth: object) -> CampaignRecord:
    base: dict[str, object] = {
        "scenario": "CartPole-v1",
        "algorithm": "ppo",
        "default": 100.0,
        "tuned": 300.0,
    }
    return synthetic_campaign("one", (Truth(**(base | truth)),))  # type: ignore[arg-type]
