"""What the coordinator expects of an executor, and what it makes of its size and its faults."""

import dataclasses

import pytest
from builders import cell
from fakes import FakeExecutor, fake_result, services

from harness.algorithms import ALGORITHMS
from harness.campaign import RunOptions, Services, run_campaign
from harness.campaign.campaign_records import record
from harness.core.events import CampaignStarted, RunFinished, RunStarted
from harness.core.matrix import Matrix
from harness.core.scenario import Scenario
from harness.core.search_settings import Component, Search
from harness.core.settings import FAST, SB3, Confirm, Resources, Test
from harness.errors import UsageError
from harness.execution import ExecutionError


def matrix(**resources):
    def toy(name):
        base = cell(
            scenario=Scenario(name=name, env=name, action="Discrete"),
            search=Search(trials=4, steps=100, evals=5, episodes=2, in_flight=2),
            confirm=Confirm(top=1, seeds=2),
            test=Test(seeds=4, steps=100, evals=4, episodes=2),
        )
        return dataclasses.replace(base, resources=resources.get(name[0], Resources()))

    return Matrix(name="camp", cells=(toy("A-v0"), toy("B-v0")), seed=7)


class SizedExecutor(FakeExecutor):
    """Says how much it takes, and watches how much it is given."""

    def __init__(self, sizes, **more):
        super().__init__(**more)
        self.sizes = sizes
        self.asked = 0
        self.refused = None

    def capacity(self):
        self.asked += 1
        return self.sizes[min(self.asked, len(self.sizes)) - 1]

    def check(self, wanted):
        if wanted == self.refused:
            raise UsageError("no node is that big")


@pytest.fixture
def campaign(tmp_path):
    """Runs a matrix on an executor; returns the outcome and the most that ran at once."""

    def start(matrix, executor, workers=None):
        running, most = {}, []

        def listen(event):
            if isinstance(event, CampaignStarted):
                most.append(("slots", event.workers))
            if isinstance(event, RunStarted):
                running[event.planned.run.id] = event.planned.run.resources
                most.append(sum(r.cpus for r in running.values()))
            if isinstance(event, RunFinished):
                running.pop(event.planned.run.id)

        folders = {"runs": tmp_path / "runs", "reports": tmp_path / "reports"}
        options = RunOptions(workers=workers, **folders)
        outcome = run_campaign(matrix, options, listen, services(executor))
        return outcome, most[0][1], most[1:]

    return start


def test_an_executor_without_a_size_gets_as_many_runs_as_workers(campaign):
    outcome, slots, running = campaign(matrix(), FakeExecutor(), workers=3)
    assert not outcome.unfinished
    assert (slots, max(running)) == (3, 3)


def test_the_coordinator_follows_an_executor_that_grows_and_shrinks(campaign):
    sizes = [Resources(cpus=2)] * 3 + [Resources(cpus=4)] * 3 + [Resources(cpus=1)]
    outcome, slots, running = campaign(matrix(), SizedExecutor(sizes))
    assert not outcome.unfinished
    assert (slots, max(running)) == (2, 4)
    assert set(running[-3:]) == {1}


def test_a_wide_run_takes_several_slots_and_none_is_left_out(campaign):
    wide = matrix(A=Resources(cpus=3), B=Resources(cpus=2))
    outcome, _, running = campaign(wide, FakeExecutor(), workers=4)
    assert not outcome.unfinished
    assert max(running) <= 4
    again = dataclasses.replace(wide, name="alone")
    outcome, _, running = campaign(again, FakeExecutor(), workers=1)
    assert not outcome.unfinished


def test_runs_that_could_never_run_are_refused_before_anything_begins(campaign, tmp_path):
    executor = SizedExecutor([Resources(cpus=2)])
    executor.refused = Resources(gpus=1)
    with pytest.raises(UsageError, match="no node is that big"):
        campaign(matrix(B=Resources(gpus=1)), executor)
    assert not (tmp_path / "runs").exists()


def test_a_fault_of_the_executor_ends_the_campaign_and_is_no_runs_result(campaign, tmp_path):
    def broken_at(count):
        done = []

        def result(run):
            done.append(run)
            if len(done) == count:
                raise ExecutionError("node n2 has other versions")
            return fake_result(run)

        return result

    with pytest.raises(ExecutionError, match="node n2"):
        campaign(matrix(), FakeExecutor(result=broken_at(9)), workers=2)
    failures = [
        trial.result.failure.message
        for kept in record("camp", tmp_path / "runs").cells
        for trial in (*kept.trials, *kept.runs)
        if trial.result is not None and trial.result.failure is not None
    ]
    assert not any("n2" in message for message in failures)
    outcome, _, _ = campaign(matrix(), FakeExecutor(), workers=2)
    assert not outcome.unfinished


def test_a_refused_sampler_opens_no_executor(tmp_path):
    wrong = dataclasses.replace(Search(), sampler=Component(name="tpe", options={"no": 1}))
    cells = (cell(search=wrong),)

    def open_one(*_, **__):
        raise AssertionError("a cluster was started for nothing")

    options = RunOptions(runs=tmp_path / "runs")
    own = Services(open_executor=open_one)
    with pytest.raises(UsageError, match="no"):
        run_campaign(Matrix(name="camp", cells=cells, seed=7), options, services=own)
    assert not (tmp_path / "runs").exists()


class PreparingExecutor(FakeExecutor):
    """Notes what it is told to get ready for."""

    told = None

    def prepare(self, *, plain):
        self.told = plain


@pytest.mark.parametrize("backend", [FAST, SB3])
def test_an_executor_is_told_whether_plain_runs_will_come(campaign, backend):
    executor = PreparingExecutor()
    both = matrix()
    ppo = next(each for each in ALGORITHMS if each.name == "ppo")
    only = (dataclasses.replace(both.cells[0], algorithm=ppo, backend=backend),)
    campaign(dataclasses.replace(both, cells=only), executor)
    assert executor.told is (backend == SB3)
