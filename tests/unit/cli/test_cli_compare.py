"""``harness compare`` from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from fake_campaign import Ended, FakeCampaign
from sample_records import Truth, synthetic_campaign

Command = Callable[..., Ended]


def night(tuned: float, seed: int, **truth: object) -> object:
    base: dict[str, object] = {
        "scenario": "A", "algorithm": "ppo", "default": 100.0, "tuned": tuned, "searched": 900.0,
    }  # fmt: skip
    return synthetic_campaign(f"night{seed}", (Truth(**(base | truth)),), seed=seed)  # type: ignore[arg-type]


@pytest.fixture
def compared(command: Command, fake: FakeCampaign, monkeypatch: pytest.MonkeyPatch) -> Command:
    from harness import campaign

    nights = {"one": night(300, 1), "two": night(200, 2), "other": night(300, 3, seeds=4)}
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
    assert data["campaigns"] == ["night1", "night2"]


def test_one_campaign_is_none_to_compare(compared: Command) -> None:
    ended = compared("compare", "one")
    assert ended.code == 2
    assert "name two or more" in ended.err
