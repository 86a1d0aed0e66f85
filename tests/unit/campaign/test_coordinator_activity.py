"""What a coordinator says of itself, and what it hears."""

import pytest

from harness.campaign.coordinator_activity import CoordinatorActivity
from harness.core.events import CampaignStarted, RunFinished, RunStarted
from harness.core.ledger import StopRequest
from harness.core.record import Cost, RunResult, Status
from harness.store.memory_ledger import MemoryLedger

STARTED = CampaignStarted(
    campaign="c", cells={"ppo@CartPole-v1": 4}, done={}, workers=2, steps={"ppo@CartPole-v1": 400}
)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger():
    return MemoryLedger()


def test_runs_in_progress_and_work_left_are_written_once_a_second(ledger, clock, planned_run):
    activity = CoordinatorActivity(ledger, "c", clock)
    activity.hear(STARTED)
    assert ledger.activity("c").workers == 2
    planned = planned_run("ppo@CartPole-v1")
    activity.look()
    activity.hear(RunStarted(planned=planned))
    activity.look()
    assert ledger.activity("c").running == ()
    clock.now = 1.0
    activity.look()
    (run,) = ledger.activity("c").running
    assert (run.cell, run.rung, run.variant, run.index) == planned.key
    result = RunResult(
        run_id=planned.run.id, status=Status.COMPLETE, score=1.0, steps=100, cost=Cost(wall=5.0)
    )
    activity.hear(RunFinished(planned=planned, result=result))
    clock.now = 2.0
    activity.look()
    assert ledger.activity("c").running == ()
    assert ledger.activity("c").work_left["ppo@CartPole-v1"] > 0
    activity.end()
    assert ledger.activity("c") is None


def test_a_stop_is_heard_and_one_of_an_earlier_coordinator_is_not(ledger, clock):
    ledger.request_stop("c", StopRequest.STOP)
    activity = CoordinatorActivity(ledger, "c", clock)
    activity.hear(STARTED)
    assert activity.look() is None
    ledger.request_stop("c", StopRequest.DRAIN)
    clock.now = 1.0
    assert activity.look() is StopRequest.DRAIN
    activity.end()
    assert ledger.stop_request("c") is None


def test_the_report_comes_as_often_as_asked(ledger, clock):
    moments = []
    activity = CoordinatorActivity(
        ledger, "c", clock, report=lambda: moments.append(clock.now), report_every=10.0
    )
    for second in range(35):
        clock.now = float(second)
        activity.look()
    assert moments == [10.0, 20.0, 30.0]


def test_the_heartbeat_changes_while_it_works_and_goes_with_it(ledger, clock, tmp_path):
    file = tmp_path / "heartbeat"
    activity = CoordinatorActivity(ledger, "c", clock, heartbeat=file)
    activity.look()
    first = file.stat().st_mtime_ns
    clock.now = 1.0
    activity.look()
    assert file.stat().st_mtime_ns > first
    activity.end()
    assert not file.exists()
