"""What a campaign does by expected effort: estimates, the order of runs, the hours of a plan."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from builders import cell
from virtual import Night, certain

from harness.algorithms import ALGORITHMS
from harness.campaign import machine_speed
from harness.campaign.deadline import SAFETY, DurationModel
from harness.campaign.plan_summary import summarize
from harness.core import effort, plan
from harness.core.matrix import Matrix
from harness.core.record import Cost, RunResult, Status
from harness.core.run import PlannedRun
from harness.core.scenario import Scenario
from harness.core.settings import Component, Rung, Test
from harness.errors import UsageError

PPO = next(algorithm for algorithm in ALGORITHMS if algorithm.name == "ppo")
CARTPOLE = Scenario(name="CartPole-v1", env="CartPole-v1", action="Discrete", max_episode_steps=500)
SEARCHED = replace(
    PPO.space.for_actions("Discrete"),
    parameters=tuple(p for p in PPO.space.parameters if p.name in {"n_epochs", "batch_size"}),
).with_defaults({"n_epochs": 10, "batch_size": 64})


def ppo(**changes):
    return cell(scenario=CARTPOLE, algorithm=PPO, space=SEARCHED, **changes)


def trial(arguments, number=1):
    return PlannedRun(
        run=plan.retrain(ppo(), arguments, number, 1000),
        cell="ppo@CartPole-v1",
        rung=Rung.SEARCH,
        variant=f"trial-{number}",
        index=number,
    )


CHEAP, EXPENSIVE = trial({"batch_size": 512}), trial({"batch_size": 16})


def durations(seconds):
    """Measured on a few configurations that take `seconds` of a run."""
    known = DurationModel()
    for number, batch in enumerate((32, 64, 128, 256)):
        planned = trial({"batch_size": batch}, number)
        known.add(planned, wall=seconds(planned.run), steps=planned.run.steps)
    return known


def test_estimates_follow_effort_where_time_does():
    known = durations(lambda run: 3 * effort.effort(run))
    for planned in (CHEAP, EXPENSIVE):
        assert known.estimate(planned) == pytest.approx(
            3 * effort.effort(planned.run) * SAFETY, rel=1e-6
        )
    assert known.estimate(EXPENSIVE) > 2 * known.estimate(CHEAP)


def test_estimates_follow_steps_where_configurations_make_no_difference():
    known = durations(lambda run: run.steps / 100)
    assert known.estimate(EXPENSIVE) == known.estimate(CHEAP) == pytest.approx(10 * SAFETY)


def test_a_run_not_chosen_yet_is_taken_for_an_expensive_one():
    known = durations(lambda run: 3 * effort.effort(run))
    slowest = 3 * effort.effort(trial({"batch_size": 32}).run) * SAFETY
    assert known.typical(CHEAP) == pytest.approx(slowest, rel=1e-6)


def test_the_longest_test_runs_begin_first():
    names = {"Short-v0": 100, "Long-v0": 400}
    cells = [
        cell(
            scenario=Scenario(name=name, env=name, action="Discrete"),
            test=Test(seeds=3, steps=steps, evals=4, episodes=2),
        )
        for name, steps in names.items()
    ]
    night = Night(cells, lambda run: 1.0, workers=1, result=certain)
    tested = [
        planned
        for _, planned in night.started
        if planned.rung is Rung.TEST and planned.variant == plan.DEFAULT
    ]
    steps = [planned.run.steps for planned in tested]
    assert steps == sorted(steps, reverse=True)
    assert len(set(steps)) == 2


class TestPlan:
    def test_a_search_costs_what_it_is_likely_to_try(self):
        (asked,) = summarize(Matrix(name="m", cells=(ppo(),)))
        search, test = (asked.rungs[rung] for rung in (Rung.SEARCH, Rung.TEST))
        assert search.seconds > 0
        assert asked.seconds == pytest.approx(sum(each.seconds for each in asked.rungs.values()))
        longer = replace(ppo(), test=Test(seeds=4, steps=20_000, evals=4, episodes=2))
        (more,) = summarize(Matrix(name="m", cells=(longer,)))
        assert more.rungs[Rung.TEST].seconds > test.seconds

    def test_a_limit_makes_the_plan_shorter(self):
        long = replace(ppo().search, steps=20_000)
        limited = replace(long, cost_aware=2.0)
        free, bound = (
            summarize(Matrix(name="m", cells=(ppo(search=search),)))[0].rungs[Rung.SEARCH].seconds
            for search in (long, limited)
        )
        assert bound < free
        assert Component(name="tpe") == limited.sampler


class TestMachineSpeed:
    @pytest.fixture
    def ledger(self, monkeypatch):
        """A campaign `last` whose runs took twice their effort, one that failed, one too short."""
        known = ppo(test=Test(steps=100_000))
        run = plan.retrain(known, {}, 0)
        took = Cost(wall=1e6, learn=2 * effort.effort(run))
        done = RunResult(run_id="u", status=Status.COMPLETE, score=1.0, steps=run.steps, cost=took)
        failed = replace(done, status=Status.FAILED, score=None)
        short = replace(done, steps=10, cost=Cost(learn=100.0))
        results = (done, done, failed, short, None)
        runs = [SimpleNamespace(arguments={}, result=each) for each in results]
        record = SimpleNamespace(
            document={}, cells=[SimpleNamespace(name=known.name, trials=(), runs=runs)]
        )
        module = "harness.campaign.plan_summary"
        monkeypatch.setattr(f"{module}.campaign_names", lambda runs: ["last"])
        monkeypatch.setattr(f"{module}.latest", lambda runs: "last")
        monkeypatch.setattr(f"{module}.record", lambda name, runs: record)
        monkeypatch.setattr(
            f"{module}.matrix_of", lambda name, document: Matrix(name="last", cells=(known,))
        )

    def test_is_measured_by_runs_that_ran_to_their_end(self, ledger):
        found = machine_speed(Matrix(name="other", cells=()), Path("runs"))
        assert (found.runs, found.campaign) == (2, "last")
        assert found.middle == pytest.approx(2.0)

    def test_is_a_guess_where_nothing_ran(self, monkeypatch):
        def none(runs):
            raise UsageError("no campaign")

        monkeypatch.setattr("harness.campaign.plan_summary.campaign_names", lambda runs: [])
        monkeypatch.setattr("harness.campaign.plan_summary.latest", none)
        found = machine_speed(Matrix(name="other", cells=()), Path("runs"))
        assert found.runs == 0
        assert found.low < found.middle < found.high
