"""``harness doctor``: what is shown, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fake_campaign import Ended

from harness.doctor.finding import Finding, Severity, fail, fine, warn

Command = Callable[..., Ended]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Puts a fake in the place of the checks; what they find is set by the test."""
    import harness.doctor

    answers: dict[str, Any] = {"machine": [fine("cores", "2")], "campaign": [], "repaired": []}
    room: ModuleType = harness.doctor

    def campaign(name: str, runs: Path, storage: str | None) -> list[Finding]:
        answers["asked"] = (name, runs, storage)
        return list(answers["campaign"])

    monkeypatch.setattr(room, "examine_machine", lambda *a, **k: list(answers["machine"]))
    monkeypatch.setattr(room, "examine_campaign", campaign)
    monkeypatch.setattr(room, "repair_campaign", lambda *a: answers["repaired"])
    return answers


def test_a_machine_alone(command: Command, found: dict[str, Any]) -> None:
    found["machine"].append(warn("memory", "little", "buy some"))
    ended = command("doctor")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()[1:]] == ["ok", "warn"]
    assert "buy some" in ended.out


def test_a_campaign_that_is_not_sound(command: Command, found: dict[str, Any]) -> None:
    found["campaign"] = [fail("results", "1 damaged result", repair=lambda: "")]
    ended = command("doctor", "quick", "--storage", "postgresql://u@h/d", "--json")
    assert ended.code == 1
    data = json.loads(ended.out)
    assert (data["campaign"], data["sound"]) == ("quick", False)
    assert data["findings"][-1]["state"] == Severity.FAIL
    assert data["findings"][-1]["can_be_repaired"] is True
    assert "--repair" in data["findings"][-1]["help"]
    assert found["asked"] == ("quick", Path("runs"), "postgresql://u@h/d")


def test_a_repair_says_what_it_did(command: Command, found: dict[str, Any]) -> None:
    found["repaired"] = ["dropped 1 damaged result"]
    ended = command("doctor", "quick", "--repair")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == "repaired: dropped 1 damaged result"


def test_a_repair_needs_a_campaign(command: Command, found: dict[str, Any]) -> None:
    ended = command("doctor", "--repair")
    assert ended.code == 2
    assert "harness doctor CAMPAIGN --repair" in ended.err
