"""The section that puts scripted policies beside trained ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sample_records import TRUTHS, synthetic_campaign, write_report

from harness.core.identity import decode
from harness.core.matrix import Cell
from harness.core.record import CampaignRecord
from harness.report.campaign_views import campaign_view
from harness.report.parts.baselines.data import compute

SCORES = {
    "rest": {"value": 60.0, "source": "measured: resting"},
    "fight_first": {"value": 500.0, "source": "measured: fighting"},
}


def campaign(*, baselines: object) -> CampaignRecord:
    record = synthetic_campaign("scripted", TRUTHS[:2])
    cells = tuple(
        replace(
            cell,
            cell=decode(Cell, {**cell.spec, "scenario": {**cell.spec["scenario"], **extra}}),
        )
        for cell in record.cells
        for extra in [{} if baselines is None else {"baselines": baselines}]
    )
    return replace(record, cells=cells)


def test_trained_and_scripted_policies_stand_in_one_order() -> None:
    data = compute(campaign_view(campaign(baselines=SCORES)))
    assert data is not None
    (ranking,) = data.rankings
    assert ranking.scenario == "CartPole-v1"
    means = [entrant.mean for entrant in ranking.entrants]
    assert means == sorted(means, reverse=True)
    found = {entrant.name: entrant for entrant in ranking.entrants}
    assert set(found) == {
        "rest",
        "fight_first",
        "uniformly random",
        "PPO tuned",
        "PPO default",
        "A2C tuned",
        "A2C default",
    }
    # The scenario's own scale: random at 20, reference at 500.
    assert found["uniformly random"].normalised == 0
    assert found["fight_first"].normalised == 1
    assert found["rest"].normalised == 40 / 480
    assert found["rest"].source == "measured: resting"


def test_scenarios_without_scripted_scores_are_left_out() -> None:
    assert compute(campaign_view(campaign(baselines={}))) is None


def test_the_page_shows_them_with_their_source(tmp_path: Path) -> None:
    index = write_report(campaign(baselines=SCORES), tmp_path / "site")
    text = index.read_text(encoding="utf-8")
    assert "Beside policies that learn nothing" in text
    assert "measured: fighting" in text
