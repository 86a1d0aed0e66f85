"""Commands of the user that are run when something happens."""

import json
from pathlib import Path

import pytest

from harness.campaign import messages as module
from harness.campaign.messages import MessageCommands, Messages
from harness.core.events import CampaignFinished, CampaignStarted, RunFinished, SearchFailed
from harness.core.progress.remaining import Span
from harness.core.run_result import Failure, RunResult, Status

STARTED = CampaignStarted(
    campaign="night", cells={"ppo@CartPole-v1": 4}, done={}, workers=1, steps={"ppo@CartPole-v1": 4}
)


@pytest.fixture
def failed(planned_run):
    def make(kind="diverged", message="NaN at postgres://me:secret@host/db"):
        planned = planned_run("ppo@CartPole-v1")
        failure = Failure(kind=kind, message=message)
        result = RunResult(
            run_id=planned.run.id, status=Status.FAILED, score=None, steps=0, failure=failure
        )
        return RunFinished(planned=planned, result=result)

    return make


def finished(**changes):
    settings = {"failed_cells": (), "interrupted": False, "remaining": Span(least=0, most=0)}
    return CampaignFinished(campaign="night", **(settings | changes))


def deliver(folder, *events, notes=None, commands=None, **end):
    """All events, then the end."""
    inbox = folder / "inbox"
    keep = f"cat >> {inbox}; echo >> {inbox}"
    commands = commands or MessageCommands(on_end=keep, on_failure=keep)
    campaign = folder / "night"
    campaign.mkdir(exist_ok=True)
    with Messages(commands, [].append if notes is None else notes.append) as messages:
        if events:
            messages.begin(campaign)
        for event in events:
            messages.hear(event)
        if end:
            messages.end(**end)
    return [json.loads(line) for line in inbox.read_text().splitlines()] if inbox.exists() else []


def test_the_end_tells_what_came_of_the_campaign(tmp_path):
    report = tmp_path / "report" / "index.html"
    headline = "Tuning improved ppo@CartPole-v1."
    (message,) = deliver(
        tmp_path, STARTED, finished(), exit_code=0, report=report, headline=headline
    )
    assert message["message"] == "end"
    assert (message["campaign"], message["status"], message["exit_code"]) == (
        "night",
        "complete",
        0,
    )
    assert message["headline"] == headline
    assert message["report"] == str(report)
    assert message["runs_left"] == 0


def test_an_end_before_any_campaign_gives_its_reason(tmp_path):
    (message,) = deliver(tmp_path, exit_code=2, reason="night.yaml: no such scenario")
    assert (message["status"], message["exit_code"]) == ("error", 2)
    assert message["reason"] == "night.yaml: no such scenario"


def test_a_failure_is_told_once_per_cell_and_kind_also_after_a_crash(tmp_path, failed):
    told = deliver(tmp_path, STARTED, failed(), failed(), failed("timeout", "late"))
    assert [message["reason"] for message in told][1:] == ["late"]
    assert deliver(tmp_path, STARTED, failed(), failed("timeout", "late")) == told
    assert len(deliver(tmp_path, STARTED, failed("died", "gone"))) == 3


def test_a_sampler_that_failed_is_told_once(tmp_path):
    event = SearchFailed(cell="ppo@CartPole-v1", reason="no idea")
    (told,) = deliver(tmp_path, STARTED, event, event)
    assert (told["message"], told["cell"], told["run"], told["reason"]) == (
        "failure", "ppo@CartPole-v1", "", "no idea",
    )  # fmt: skip


def test_a_note_that_was_cut_off_takes_nothing_from_the_others(tmp_path, failed):
    deliver(tmp_path, STARTED, failed())
    with (tmp_path / "night/messages.jsonl").open("a") as notes:
        notes.write('{"message": 1}\n[]\n{}\n{"message": "fail')
    assert len(deliver(tmp_path, STARTED, failed())) == 1


def test_what_no_variable_can_hold_is_noted(tmp_path):
    notes = []
    assert deliver(tmp_path, exit_code=2, reason="a\0b", notes=notes) == []
    assert "was not delivered" in notes[0]


def test_no_message_holds_a_password(tmp_path, failed):
    (message,) = deliver(tmp_path, STARTED, failed())
    assert "secret" not in json.dumps(message)
    assert "NaN at" in message["reason"]


def test_what_is_worse_than_in_an_earlier_campaign_is_told_once_also_by_the_next_command(tmp_path):
    inbox = tmp_path / "inbox"
    commands = MessageCommands(on_regression=f"cat >> {inbox}; echo >> {inbox}")
    folder = tmp_path / "night"
    folder.mkdir()
    worse = [("monday", []), ("monday", ["ppo@A", "a2c@A"]), ("monday", ["ppo@A", "a2c@A"])]
    for comparisons in (worse, worse, [("sunday", ["ppo@A"])]):
        with Messages(commands, [].append) as messages:
            messages.begin(folder)
            messages.hear(STARTED)
            for earlier, cells in comparisons:
                messages.compare(earlier, cells)
    first, second = map(json.loads, inbox.read_text().splitlines())
    assert (first["message"], first["campaign"]) == ("regression", "night")
    assert (first["earlier"], first["worse_cells"]) == ("monday", ["ppo@A", "a2c@A"])
    assert first["reason"] == "ppo@A, a2c@A"
    assert second["earlier"] == "sunday"


def test_values_are_variables_too(tmp_path):
    commands = MessageCommands(on_end=f"echo $HARNESS_CAMPAIGN $HARNESS_EXIT_CODE > {tmp_path}/out")
    deliver(tmp_path, STARTED, finished(interrupted=True), commands=commands, exit_code=130)
    assert Path(tmp_path, "out").read_text() == "night 130\n"


@pytest.mark.parametrize(
    ("command", "problem"),
    [("echo no route; exit 7", "exit code 7: no route"), ("sleep 60", "no end")],
)
def test_a_command_that_fails_is_noted_and_is_tried_again(
    tmp_path, failed, monkeypatch, command, problem
):
    monkeypatch.setattr(module, "_PATIENCE", 0.2)
    notes = []
    commands = MessageCommands(on_failure=command)
    for _ in range(2):
        deliver(tmp_path, STARTED, failed(), notes=notes, commands=commands)
    assert len(notes) == 2
    assert all(problem in note for note in notes)
