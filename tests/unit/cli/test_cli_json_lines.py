import json
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from storyboard import CELL, started, story

from harness.cli.json_lines import JsonLines, event_json


def test_every_event_is_an_object_that_json_can_write() -> None:
    seen: list[Any] = []
    lines = JsonLines(seen.append, now=lambda: datetime(2026, 11, 20, tzinfo=UTC))
    for event in story():
        lines(event)
    data = [json.loads(json.dumps(line, allow_nan=False)) for line in seen]
    assert [line["event"] for line in data][:4] == [
        "campaign_started",
        "run_started",
        "run_started",
        "run_finished",
    ]
    assert {line["version"] for line in data} == {1}
    assert {line["time"] for line in data} == {"2026-11-20T00:00:00Z"}


def test_a_finished_run_tells_place_score_and_failure() -> None:
    failed = event_json(story()[6])
    assert failed["cell"] == CELL
    assert (failed["rung"], failed["variant"], failed["status"]) == ("search", "trial-4", "failed")
    assert failed["score"] is None
    assert failed["failure"]["kind"] == "diverged"
    assert failed["failure"]["step"] == 1200
    assert len(failed["run_id"]) == 64


def test_mappings_of_any_kind_are_written() -> None:
    event = started(done=MappingProxyType({CELL: 2}))
    assert event_json(event)["done"] == {CELL: 2}
