"""Figures over many cells of a campaign whose truth is known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sample_records import Truth, synthetic_campaign

from harness import stats
from harness.analysis import (
    aggregates,
    efficiency,
    improvement_matrix,
    improvements,
    leaderboard,
    optimism,
    profiles,
    pruner_regret,
    search_and_test,
    trust,
)
from harness.core.identity import canonical, decode
from harness.core.matrix import Cell
from harness.core.record import CampaignRecord, CellRecord, RunRecord
from harness.core.run_result import Status

QUICK = 200


@pytest.fixture(scope="module")
def record() -> CampaignRecord:
    return synthetic_campaign()


def campaign(*truths: dict[str, object]) -> CampaignRecord:
    base: dict[str, object] = {
        "scenario": "A",
        "algorithm": "ppo",
        "default": 100.0,
        "tuned": 300.0,
    }
    return synthetic_campaign("few", tuple(Truth(**(base | truth)) for truth in truths))


def test_aggregates_stand_on_the_leaderboards_normalised_means(record: CampaignRecord) -> None:
    found = aggregates(record, resamples=QUICK)
    rows = {(row.algorithm, row.variant): row for row in found.rows}
    cells = {row.cell: row for row in leaderboard(record)}
    dqn = rows["dqn", "tuned"]
    assert dqn.mean.value == pytest.approx(cells["dqn@CartPole-v1"].normalised_tuned)
    assert (dqn.runs, dqn.missing) == (8, 2)
    whole = rows[None, "default"]
    means = [cells[name].normalised_default for name in whole.cells]
    assert whole.mean.value == pytest.approx(np.mean(means))
    assert "td3@Pendulum-v1" not in whole.cells
    assert rows["ppo", "published"].cells == ("ppo@CartPole-v1",)


def test_only_planned_runs_can_be_missing() -> None:
    found = aggregates(
        campaign({"seeds": 10, "failed_tuned": 1}, {"scenario": "B", "seeds": 4}), resamples=QUICK
    )
    counts = {row.variant: (row.runs, row.missing) for row in found.rows if row.algorithm is None}
    assert counts == {"default": (14, 0), "tuned": (13, 1)}


def test_cells_without_references_are_named_not_counted() -> None:
    found = aggregates(campaign({}, {"scenario": "B", "random": None}), resamples=QUICK)
    assert found.left_out == ("ppo@B",)
    assert {row.cells for row in found.rows} == {("ppo@A",)}
    nothing = aggregates(campaign({"random": None}), resamples=QUICK)
    assert nothing.rows == ()
    assert profiles(campaign({"random": None}), resamples=QUICK) == ()


def test_references_may_lie_upside_down() -> None:
    # Returns that are costs: the reference lies below the random policy.
    truth = {"default": 80.0, "tuned": 20.0, "random": 100.0, "reference": 0.0, "sd": 1.0}
    row = aggregates(campaign(truth), resamples=QUICK).rows[0]
    assert row.mean.value == pytest.approx(0.2, abs=0.05)


def test_profiles_share_their_thresholds(record: CampaignRecord) -> None:
    curves = profiles(record, resamples=QUICK)
    assert len({curve.thresholds for curve in curves}) == 1
    for curve in curves:
        assert list(curve.share) == sorted(curve.share, reverse=True)
        assert curve.share[-1] == 0


def test_tuned_beats_default_where_it_does(record: CampaignRecord) -> None:
    rows = {row.algorithm: row.chance for row in improvements(record)}
    assert rows["ppo"].value == pytest.approx(1, abs=0.01)
    assert rows["a2c"].value == pytest.approx(0, abs=0.01)
    assert rows["sac"].value == 0.5
    low, high = rows[None].low, rows[None].high
    assert low is not None
    assert high is not None
    assert low < (rows[None].value or 0) < high


def test_without_scores_of_both_there_is_no_chance() -> None:
    record = campaign({}, {"algorithm": "a2c"})
    first, second = record.cells
    for missing in ("tuned", "default"):
        runs = tuple(run for run in first.runs if run.variant != missing)
        cells = (dataclasses.replace(first, runs=runs), second)
        rows = improvements(dataclasses.replace(record, cells=cells))
        assert [(row.algorithm, row.cells) for row in rows] == [
            (None, ("a2c@A",)), ("a2c", ("a2c@A",)),
        ]  # fmt: skip


def test_improvement_matrix_compares_on_shared_scenarios(record: CampaignRecord) -> None:
    found = improvement_matrix(record)
    place = {name: k for k, name in enumerate(found.algorithms)}
    assert found.chances[place["ppo"]][place["a2c"]].value == pytest.approx(1, abs=0.01)
    assert found.scenarios[place["ppo"]][place["a2c"]] == 1
    assert found.chances[place["a2c"]][place["sac"]].value is None
    assert found.chances[place["td3"]][place["td3"]].value is None


def test_optimism_counts_harm(record: CampaignRecord) -> None:
    table = optimism(leaderboard(record))
    rows = {row.cell: row for row in table.rows}
    assert rows["a2c@CartPole-v1"].worse is True
    assert rows["sac@Pendulum-v1"].worse is None
    # Shipped something searched and has both: ppo, a2c, dqn on CartPole and ppo on Pendulum.
    assert (table.worse_cells, table.compared) == (1, 4)
    assert table.worse.value == pytest.approx(1 / 4)
    assert (table.clearly_worse, table.kept_default) == (1, 2)
    row = rows["ppo@CartPole-v1"]
    assert row.normalised_gap == pytest.approx((row.gap or 0) / 480)
    assert table.mean_gap.value is not None
    assert table.gaps == sum(row.normalised_gap is not None for row in table.rows)


def test_a_gap_of_unequal_steps_is_no_optimism() -> None:
    record = campaign({})
    spec = record.cells[0].spec
    shorter = {**spec, "search": {**spec["search"], "steps": 10_000}}
    cell = dataclasses.replace(record.cells[0], cell=decode(Cell, shorter))
    table = optimism(leaderboard(dataclasses.replace(record, cells=(cell,))))
    assert table.rows[0].gap is not None
    assert (table.gaps, table.mean_gap.value) == (0, None)


def test_search_and_test_pairs_what_was_shipped(record: CampaignRecord) -> None:
    rows = leaderboard(record)
    found = search_and_test(record, rows)
    pairs = {name: (search, test) for name, search, test in found.pairs}
    a2c = next(row for row in rows if row.cell == "a2c@CartPole-v1")
    assert pairs["a2c@CartPole-v1"][1] == a2c.optimism.held_out
    for cell in record.cells:
        if cell.name in pairs and cell.winner is not None:
            scores = {each.number: each.result.score for each in cell.trials if each.result}
            # Trial 0 is the default's.
            assert pairs[cell.name][0] == scores[cell.winner.trial or 0]
    assert found.cells.n == len(pairs)
    assert found.candidates.n == sum(cell.winner is not None for cell in record.cells)


def test_efficiency_knows_censoring_from_failure(record: CampaignRecord) -> None:
    rows = {row.cell: row for row in efficiency(record)}
    dqn = rows["dqn@CartPole-v1"].tuned
    assert dqn is not None
    assert (dqn.hits, dqn.runs) == (0, 10)
    assert dqn.median is not None
    assert dqn.median.value is None
    assert dqn.restricted is not None
    assert dqn.restricted.value == 50_000
    pendulum = rows["sac@Pendulum-v1"]
    assert pendulum.threshold is None
    assert pendulum.tuned is not None
    assert pendulum.tuned.reached is None
    assert pendulum.area is None


def test_faster_learning_shows_in_area_and_steps() -> None:
    found = efficiency(campaign({"threshold": 250.0, "sd": 5.0, "tuned": 400.0}))[0]
    assert found.tuned is not None
    assert found.tuned.hits == 10
    assert found.area is not None
    assert found.area.low is not None
    assert found.area.low > 100
    assert found.steps is not None
    # All runs reach it at the same evaluation, or never: no spread, no interval.
    assert found.steps.high is None
    assert found.steps.difference == -40_000
    assert (found.steps.p_value or 0) < 0.05


def test_contrasts_of_learning_are_corrected_together() -> None:
    truth = {"threshold": 250.0, "sd": 60.0, "default": 200.0, "tuned": 260.0}
    one, many = (
        campaign(truth),
        campaign(*(truth | {"algorithm": n} for n in ("ppo", "a2c", "td3"))),
    )
    (alone,), (first, *_) = efficiency(one), efficiency(many)
    assert alone.area is not None
    assert first.area is not None
    assert alone.area.difference == first.area.difference
    assert (first.area.p_value or 0) > (alone.area.p_value or 0)


def test_a_run_that_failed_did_not_reach_the_threshold() -> None:
    truth = {"threshold": 250.0, "sd": 5.0, "tuned": 400.0, "failed_tuned": 2}
    tuned = efficiency(campaign(truth))[0].tuned
    assert tuned is not None
    assert (tuned.hits, tuned.runs) == (8, 10)
    assert tuned.reached is not None
    assert tuned.reached.value == pytest.approx(0.8)


def test_pruned_trials_are_counted_at_each_evaluation(record: CampaignRecord) -> None:
    found = {row.cell: row for row in pruner_regret(record)}["ppo@CartPole-v1"]
    cell = record.cells[0]
    told = [trial.result.status.value for trial in cell.trials if trial.result]
    assert (found.complete, found.pruned, found.failed) == tuple(
        told.count(word) for word in ("complete", "pruned", "failed")
    )
    assert found.evaluations[0].pruned == found.pruned
    assert found.evaluations[-1].pruned == 0
    assert [entry.evaluation for entry in found.evaluations] == list(range(1, 8))
    assert found.evaluations[0].part == pytest.approx(1 / 8)
    assert all(entry.correlation.n == found.complete for entry in found.evaluations)


def test_trust_figures_see_what_is_wrong(record: CampaignRecord) -> None:
    assert not any(row.shared_seeds for row in trust(record))
    cell = record.cells[0]
    leak = dataclasses.replace(cell.runs[-1], seed=cell.trials[3].seed)
    leaky = dataclasses.replace(cell, runs=(*cell.runs[:-1], leak))
    figures = trust(dataclasses.replace(record, cells=(leaky,)))[0]
    assert figures.shared_seeds == (cell.trials[3].seed,)


def test_a_ceiling_shows() -> None:
    record = campaign({"default": 500.0, "tuned": 500.0, "sd": 0.0})
    assert trust(record)[0].at_ceiling == 1
    assert (trust(campaign({}))[0].at_ceiling or 0) < 0.2


def test_five_seeds_can_have_a_verdict_among_many_cells() -> None:
    truths = [{"scenario": name, "seeds": 5, "sd": 5.0} for name in "ABCDEFGH"]
    rows = leaderboard(campaign(*truths))
    assert {row.verdict for row in rows} == {"improved"}
    assert not any("alone would" in note for row in rows for note in row.notes)


def test_a_difference_that_chance_gives_to_some_cell_is_no_verdict() -> None:
    """Every cell's runs reach 0 or 100; once in 12 such campaigns two arms part like the first."""
    half = {"tuned": (0, 100, 0, 100, 100), "default": (100, 0, 100, 0, 0)}
    parted = {"tuned": (100,) * 5, "default": (0,) * 5}
    record = campaign(*({"scenario": name, "seeds": 5} for name in "ABCDEFGHIJKL"))
    cells = [with_scores(cell, half) for cell in record.cells]
    cells[0] = with_scores(record.cells[0], parted)
    rows = leaderboard(dataclasses.replace(record, cells=tuple(cells)))
    first = next(row for row in rows if row.scenario == "A")
    assert first.difference is not None
    assert (first.difference.welch_adjusted or 1) < 1e-6
    assert first.verdict == "no clear difference"
    assert "Welch's test alone would call this improved" in first.notes[-1]


def with_scores(cell: CellRecord, scores: dict[str, tuple[int, ...]]) -> CellRecord:
    """The cell with these test scores, each moved a little."""

    def score(run: RunRecord) -> RunRecord:
        if run.rung != "test" or run.result is None:
            return run
        value = scores[run.variant][run.index] + run.index / 10
        return dataclasses.replace(run, result=dataclasses.replace(run.result, score=value))

    return dataclasses.replace(cell, runs=tuple(score(run) for run in cell.runs))


def test_half_a_campaign_and_none_at_all(record: CampaignRecord) -> None:
    bare = tuple(
        dataclasses.replace(cell, trials=(), runs=(), winner=None, importances={})
        for cell in record.cells
    )
    for cells in (bare, ()):
        empty = dataclasses.replace(record, cells=cells)
        assert aggregates(empty).rows == ()
        assert profiles(empty) == ()
        assert improvements(empty) == ()
        assert optimism(leaderboard(empty)).worse.value is None
        assert pruner_regret(empty) == ()
        assert len(efficiency(empty)) == len(trust(empty)) == len(cells)
        assert search_and_test(empty, leaderboard(empty)).pairs == ()


@pytest.mark.parametrize(
    "words", [("complete", "pruned"), ("complete", "failed"), ("pruned", "failed")]
)
def test_two_trials_that_ended_otherwise_tell_of_their_pruner(
    record: CampaignRecord, words: tuple[str, str]
) -> None:
    cell = record.cells[0]
    complete = next(each for each in cell.trials if each.result is not None)
    trials = tuple(
        dataclasses.replace(
            complete, result=dataclasses.replace(complete.result, status=Status(word))
        )
        for word in words
    )
    (entry,) = pruner_regret(
        dataclasses.replace(record, cells=(dataclasses.replace(cell, trials=trials),))
    )
    assert (entry.complete, entry.pruned, entry.failed) == tuple(
        words.count(word) for word in ("complete", "pruned", "failed")
    )


def test_tables_are_plain_data(record: CampaignRecord) -> None:
    rows = leaderboard(record)
    for value in (
        aggregates(record, resamples=QUICK),
        *profiles(record, resamples=QUICK),
        improvement_matrix(record),
        *improvements(record),
        optimism(rows),
        search_and_test(record, rows),
        *efficiency(record),
        *pruner_regret(record),
        *trust(record),
    ):
        # Refuses NaN and anything that is not JSON.
        assert canonical(value, everything=True)


def test_public_names_are_importable() -> None:
    assert all(hasattr(stats, name) for name in stats.__all__)
