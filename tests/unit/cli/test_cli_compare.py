"""``harness compare`` from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_campaign import Ended, FakeCampaign
from sample_records import Truth, synthetic_campaign

from harness.core.record import CampaignRecord, RunRecord

Command = Callable[..., Ended]


def night(tuned: float, seed: int, **truth: object) -> CampaignRecord:
    base: dict[str, object] = {
        "scenario": "A", "algorithm": "ppo", "default": 100.0, "tuned": tuned, "searched": 900.0,
    }  # fmt: skip
    return synthetic_campaign(f"night{seed}", (Truth(**(base | truth)),), seed=seed)  # type: ignore[arg-type]


def slowed(record: CampaignRecord) -> CampaignRecord:
    """The same campaign on a machine of a third of the speed."""

    def run(one: RunRecord) -> RunRecord:
        assert one.result is not None
        cost = replace(one.result.cost, steps_per_second=one.result.cost.steps_per_second / 3)
        return replace(one, result=replace(one.result, cost=cost))

    cells = (replace(cell, runs=tuple(map(run, cell.runs))) for cell in record.cells)
    return replace(record, cells=tuple(cells))


@pytest.fixture
def compared(command: Command, fake: FakeCampaign, monkeypatch: pytest.MonkeyPatch) -> Command:
    from harness import campaign

    nights = {"one": night(300, 1), "two": night(200, 2), "other": night(300, 3, seeds=4)}
    nights["below"] = night(50, 5)
    nights["slow"] = slowed(night(300, 4))
    monkeypatch.setattr(campaign, "record", lambda name, *_, **__: nights[name])
    return command


def test_a_worse_cell_ends_with_4_if_it_is_asked(compared: Command) -> None:
    plain = compared("compare", "one", "two")
    assert plain.code == 0
    assert "worse" in plain.out
    assert compared("compare", "one", "two", "--fail-on", "worse").code == 4
    assert compared("compare", "two", "one", "--fail-on", "worse").code == 0


def test_json_has_every_number(compared: Command) -> None:
    data = json.loads(compared("compare", "one", "two", "--json").out)
    words = {entry["variant"]: entry["word"] for entry in data["cells"]}
    assert words == {"default": "no clear difference", "tuned": "worse"}
    assert data["campaigns"] == ["one", "two"]


def test_one_campaign_is_none_to_compare(compared: Command) -> None:
    ended = compared("compare", "one")
    assert ended.code == 2
    assert "name two or more" in ended.err


def test_a_slower_campaign_ends_with_4_if_it_is_asked(compared: Command) -> None:
    assert compared("compare", "one", "slow", "--fail-on", "worse").code == 0
    ended = compared("compare", "one", "slow", "--fail-on", "worse,slower")
    assert ended.code == 4
    assert "slower: ppo@A" in ended.err
    assert compared("compare", "slow", "one", "--fail-on", "slower").code == 0


def test_a_trust_check_of_the_later_campaign_ends_with_4_if_it_is_asked(compared: Command) -> None:
    held_back = [
        name
        for name in ("below", "two")
        if compared("compare", "one", name, "--fail-on", "T07").code == 4
    ]
    assert held_back == ["below"]
    unknown = compared("compare", "one", "two", "--fail-on", "T99")
    assert unknown.code == 2
    assert "unknown check `T99`" in unknown.err


def test_the_page_says_what_the_table_says(compared: Command, tmp_path: Path) -> None:
    ended = compared("compare", "one", "two", "slow", "--out", "page")
    assert ended.out.endswith("page/index.html\n")
    page = (tmp_path / "page" / "index.html").read_text()
    assert "Worse: 1. Slower in training: 1." in page
    data = json.loads((tmp_path / "page" / "data.json").read_text())
    assert [row["word"] for row in data["comparison_speeds"]["rows"]].count("slower") == 2


def test_the_same_campaign_twice_is_refused(compared: Command) -> None:
    assert compared("compare", "one", "one").code == 2
