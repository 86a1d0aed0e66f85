"""What a coordinator says of itself, and what it hears."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from harness.campaign import RunOptions, Services, campaign_session
from harness.campaign.coordinator_activity import CoordinatorActivity, coordinator, request_stop
from harness.core.events import CampaignStarted, ReportWritten, RunFinished, RunStarted
from harness.core.ledger import Activity, StopRequest
from harness.core.run_result import Cost, RunResult, Status
from harness.errors import UnknownNameError, UsageError
from harness.store import file_lock, lock_campaign
from harness.store.memory_ledger import MemoryLedger

STARTED = CampaignStarted(
    campaign="c", cells={"ppo@CartPole-v1": 4}, done={}, workers=2, steps={"ppo@CartPole-v1": 400}
)


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


class TestWhoRunsIt:
    """Asked by another process, which has nothing but the campaign's folder."""

    def test_one_that_has_made_no_table_yet_is_getting_ready(self, tmp_path):
        (tmp_path / "c").mkdir()
        with pytest.raises(UnknownNameError):
            coordinator("c", tmp_path)
        with file_lock(tmp_path / "c" / "campaign.db", "c"):
            begins = coordinator("c", tmp_path)
            assert (begins.pid, begins.alive, begins.activity) == (os.getpid(), True, None)
            with pytest.raises(UsageError, match="is getting ready"):
                request_stop("c", StopRequest.DRAIN, tmp_path)
        with pytest.raises(UnknownNameError):
            coordinator("c", tmp_path)

    def test_nobody_runs_what_is_published_or_past_or_has_ended(self, tmp_path):
        assert coordinator("site/c", tmp_path) is coordinator("c@2026-01-05", tmp_path) is None
        file = tmp_path / "c" / "campaign.db"
        file.parent.mkdir()
        with lock_campaign(file, "c") as ledger:
            ledger.begin("c", environment="e", document={}, origins={}, provenance={}, cells=[])
            ledger.set_activity("c", Activity(workers=1, running=(), work_left={}))
            assert request_stop("c", StopRequest.DRAIN, tmp_path).pid == os.getpid()
            assert ledger.stop_request("c") is StopRequest.DRAIN
        assert coordinator("c", tmp_path) is None
        with pytest.raises(UsageError, match="nobody runs campaign `c`"):
            request_stop("c", StopRequest.DRAIN, tmp_path)
        with pytest.raises(UsageError, match="is a published campaign"):
            request_stop("site/c", StopRequest.DRAIN, tmp_path)

    def test_what_a_killed_one_did_is_not_told_of_the_next(self, tmp_path):
        file = tmp_path / "c" / "campaign.db"
        file.parent.mkdir()
        with lock_campaign(file, "c") as ledger:
            ledger.begin("c", environment="e", document={}, origins={}, provenance={}, cells=[])
            ledger.set_activity("c", Activity(workers=1, running=(), work_left={}))
            assert coordinator("c", tmp_path).activity is not None
            # The next one took the lock later.
            holder = json.loads(file.with_name("lock").read_text())
            later = datetime.now(UTC) + timedelta(hours=1)
            holder["since"] = later.isoformat(timespec="seconds")
            file.with_name("lock").write_text(json.dumps(holder))
            assert coordinator("c", tmp_path).activity is None
            with pytest.raises(UsageError, match="is getting ready"):
                request_stop("c", StopRequest.DRAIN, tmp_path)


def test_a_fault_of_a_page_ends_no_campaign_for_a_report_that_comes_again(ledger, clock, tmp_path):
    ledger.begin("c", environment="e", document={}, origins={}, provenance={}, cells=[])
    events = []

    def report(record, options):
        raise KeyError("gamma")

    options = RunOptions(runs=tmp_path, report_every=1.0)
    services = Services(clock=clock, report=report)
    activity = campaign_session._activity(ledger, "c", options, events.append, services)
    clock.now = 2.0
    activity.look()
    assert events == [ReportWritten(problem="KeyError: 'gamma'")]
