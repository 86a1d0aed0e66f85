"""More reliable, or only better on average?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_records import Truth, synthetic_campaign

from harness.analysis import CellRobustness, leaderboard, robustness
from harness.campaign import with_seeds
from harness.core.record import RAISED_SEEDS, CampaignRecord
from harness.core.settings import Adaptive
from harness.errors import UnknownNameError, UsageError
from harness.report.outcomes import reliability_asides, reliability_text


def campaign(seeds: int = 20, **truth: object) -> CampaignRecord:
    base = {"scenario": "A", "algorithm": "ppo", "default": 100.0, "tuned": 300.0}
    return synthetic_campaign("few", (Truth(**(base | {"seeds": seeds} | truth)),))  # type: ignore[arg-type]


def stretched(record: CampaignRecord, factor: float) -> CampaignRecord:
    """The same campaign with tuned runs so many times as far from their mean."""
    cells = []
    for cell in record.cells:
        runs = [run for run in cell.runs if run.rung == "test" and run.variant == "tuned"]
        mean = np.mean([run.result.score for run in runs])  # type: ignore[union-attr]
        by_id = {
            run.run_id: replace(run.result, score=float(mean + factor * (run.result.score - mean)))  # type: ignore[union-attr,type-var]
            for run in runs
        }
        changed = [replace(run, result=by_id.get(run.run_id, run.result)) for run in cell.runs]
        cells.append(replace(cell, runs=tuple(changed)))
    return replace(record, cells=tuple(cells))


def only(record: CampaignRecord) -> CellRobustness:
    (cell,) = robustness(record, leaderboard(record)).cells
    return cell


@pytest.mark.parametrize(
    ("factor", "word", "text"),
    [
        (0.1, "more reliable", "better on average, and more reliable"),
        (1.0, "no clear difference", "better on average, no clear difference in reliability"),
        (8.0, "less reliable", "better on average, but less reliable"),
    ],
)
def test_the_spread_has_a_verdict_of_its_own(factor: float, word: str, text: str) -> None:
    cell = only(stretched(campaign(), factor))
    assert (cell.spread, reliability_text(cell)) == (word, text)
    assert cell.ratio is not None
    assert (cell.ratio < 0.5) == (factor < 1)


@pytest.mark.parametrize("failed", [6, 10])
def test_a_mean_that_depends_on_failed_runs_is_no_equal_one(failed: int) -> None:
    """Of ten tuned runs four are far better than the default, or none has a score."""
    cell = only(campaign(seeds=10, failed_tuned=failed))
    assert cell.mean == ("unstable" if failed == 6 else None)
    word = cell.mean or "no verdict"
    assert reliability_text(cell).startswith(f"{word} on average, ")
    assert reliability_text(replace(cell, mean="undecided")).startswith("undecided on average, ")


def test_worst_runs_have_a_verdict_and_looks_are_said() -> None:
    better = only(campaign())
    assert (better.tail, better.has_looks) == ("more reliable", False)
    assert reliability_asides(better)[-1] == "its worst runs end higher"
    wide = only(stretched(campaign(tuned=130.0), 20.0))
    assert "its worst runs end lower" in reliability_asides(wide)
    grown = replace(campaign(), provenance={RAISED_SEEDS: {"ppo@A": "10"}})
    assert "which this does not correct for" in reliability_asides(only(grown))[-1]


def test_runs_have_percentiles_and_failed_ones_none() -> None:
    cell = only(campaign(seeds=10, failed_tuned=2))
    assert cell.tuned is not None
    assert (cell.tuned.failed, cell.tuned.runs) == (2, 10)
    assert [curve.percentile for curve in cell.tuned.curves[:3]] == [None, None, 0.3]
    assert cell.tuned.curves[-1].percentile == 1.0
    assert cell.tuned.failure_rate.value == 0.2


def test_runs_that_are_still_to_do_do_not_count() -> None:
    tuned = only(campaign(seeds=10, pending=4, failed_tuned=3)).tuned
    assert tuned is not None
    assert (tuned.runs, tuned.failure_rate.value) == (6, 0.5)


def test_two_runs_have_a_spread_and_one_has_none() -> None:
    assert only(campaign(seeds=2)).ratio is not None
    assert only(campaign(seeds=1)).ratio is None


def test_a_cell_that_ships_its_default_is_not_asked() -> None:
    cell = only(campaign(tuned=100.0))
    assert (cell.spread, reliability_text(cell)) == (None, "")


def test_over_cells_the_ratio_of_spreads_has_an_interval() -> None:
    truths = [
        Truth(scenario="A", algorithm=name, default=100.0, tuned=300.0)
        for name in ("ppo", "a2c", "dqn", "trpo")
    ]
    record = stretched(synthetic_campaign("many", truths), 0.25)
    overall = robustness(record, leaderboard(record)).overall
    assert overall.cells == 4
    assert overall.ratio.low is not None
    assert overall.ratio.high is not None
    assert overall.ratio.low < 0.3 < overall.ratio.high < 1


@pytest.mark.parametrize(
    ("record", "cell", "message"),
    [
        (campaign(seeds=10), "ppo@B", "ppo@B"),
        (campaign(seeds=10), "ppo@A", "has 10 held-out seeds already"),
        (campaign(seeds=Adaptive(start=5, step=5, max=20)), "ppo@A", "grow by a rule"),  # type: ignore[arg-type]
        (campaign(seeds=10, pending=3), "ppo@B", "ppo@B"),
    ],
)
def test_seeds_are_added_to_what_has_ended_alone(
    record: CampaignRecord, cell: str, message: str
) -> None:
    with pytest.raises((UsageError, UnknownNameError), match=message):
        with_seeds(record, cell, 5, None)  # type: ignore[arg-type]
