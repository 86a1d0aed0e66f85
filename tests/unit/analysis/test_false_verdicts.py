"""How many verdicts chance alone may have made stands beside them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_records import TRUTHS, Truth, synthetic_campaign

from harness.analysis import expected_false, leaderboard
from harness.core.record import RAISED_SEEDS, CampaignRecord
from harness.core.settings import Adaptive
from harness.report import campaign_view
from harness.report.leaderboard_files import summary_markdown
from harness.report.outcomes import chance_text


def campaign(cells: int, **truth: object) -> CampaignRecord:
    names = ("ppo", "a2c", "dqn", "trpo")
    base = {"scenario": "A", "default": 100.0, "tuned": 300.0, "seeds": 10}
    truths = [Truth(algorithm=name, **(base | truth)) for name in names[:cells]]  # type: ignore[arg-type]
    return synthetic_campaign("chance", truths)


def by_share(record: CampaignRecord) -> CampaignRecord:
    cells = (
        replace(cell, cell=replace(cell.cell, test=replace(cell.cell.test, correction="fdr")))
        for cell in record.cells
    )
    return replace(record, cells=tuple(cells))


def test_of_corrected_verdicts_about_one_in_twenty_campaigns_has_a_false_one() -> None:
    record = campaign(4)
    verdicts = expected_false(record, leaderboard(record))
    assert (verdicts.tested, verdicts.most, verdicts.raised) == (4, pytest.approx(0.05), 0)
    assert verdicts.uncorrected == pytest.approx(0.2)
    text = chance_text(verdicts)
    assert text.startswith("Chance alone: of 4 verdicts at most about 0.05 are expected")
    assert "without the correction over cells it would be 0.2" in text
    assert text in summary_markdown(campaign_view(record))


def test_of_a_share_it_is_one_of_the_findings() -> None:
    record = by_share(campaign(4))
    rows = leaderboard(record)
    assert {row.verdict for row in rows} == {"improved"}
    assert expected_false(record, rows).most == pytest.approx(0.2)
    nothing = by_share(campaign(4, tuned=101.0, sd=80.0))
    rows = leaderboard(nothing)
    assert "improved" not in {row.verdict for row in rows}
    assert expected_false(nothing, rows).most == 0


def test_families_share_the_level_and_what_was_not_tested_costs_nothing() -> None:
    fixed = Truth(scenario="A", algorithm="ppo", default=100.0, tuned=300.0, seeds=10)
    grown = replace(fixed, algorithm="a2c", seeds=Adaptive(start=5, step=5, max=10))  # type: ignore[arg-type]
    kept = replace(fixed, algorithm="dqn", tuned=20.0, sd=1.0)
    record = synthetic_campaign("mixed", [fixed, grown, kept])
    verdicts = expected_false(record, leaderboard(record))
    assert (verdicts.tested, verdicts.most) == (2, pytest.approx(0.05))
    record = campaign(1, tuned=20.0, sd=1.0)
    assert chance_text(expected_false(record, leaderboard(record))) == ""


def test_seeds_that_were_raised_are_said() -> None:
    record = campaign(2)
    record = replace(record, provenance={RAISED_SEEDS: {record.cells[0].name: "5"}})
    text = chance_text(expected_false(record, leaderboard(record)))
    assert text.endswith("More in 1 cell, whose seeds were raised after results were seen.")


def test_it_stands_on_the_front_page() -> None:
    view = campaign_view(synthetic_campaign("front", TRUTHS[:3]))
    assert view.analysis.false_verdicts.tested > 1
