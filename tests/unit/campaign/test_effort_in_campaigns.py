"""What a campaign does by expected effort: estimates, the order of runs, the hours of a plan."""

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from builders import cell
from virtual import Night, certain

from harness.algorithms import ALGORITHMS
from harness.campaign import machine_speed
from harness.campaign.deadline import SAFETY, DurationModel
from harness.campaign.plan_summary import CellPlan, RungPlan, detectable_difference, summarize
from harness.campaign.speed_calibration import UNKNOWN_SPEED, MachineSpeed, calibrate
from harness.core import effort, plan
from harness.core.domain import Choice
from harness.core.matrix import Matrix
from harness.core.record import Cost, RunResult, Status
from harness.core.run import PlannedRun
from harness.core.scenario import Scenario
from harness.core.search_settings import Component
from harness.core.settings import Confirm, Rung, Test, Transfer
from harness.core.space import Space
from harness.errors import UsageError
from harness.registry import Registry

PPO = next(algorithm for algorithm in ALGORITHMS if algorithm.name == "ppo")
CARTPOLE = Scenario(name="CartPole-v1", env="CartPole-v1", action="Discrete", max_episode_steps=500)
SEARCHED = replace(
    PPO.space.for_actions("Discrete"),
    parameters=tuple(p for p in PPO.space.parameters if p.name in {"n_epochs", "batch_size"}),
).with_defaults({"n_epochs": 10, "batch_size": 64})


def ppo(**changes):
    return cell(**{"scenario": CARTPOLE, "algorithm": PPO, "space": SEARCHED} | changes)


def trial(arguments, number=1):
    return PlannedRun(
        run=plan.retrain(ppo(), arguments, number, 2048),
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
    assert known.estimate(EXPENSIVE) == known.estimate(CHEAP) == pytest.approx(20.48 * SAFETY)


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

    def test_seconds_are_those_of_the_most_runs_of_every_rung(self):
        """Half of the test runs are the default's, and of the confirm runs its share."""
        (parameter,) = (p for p in SEARCHED.parameters if p.name == "batch_size")
        one = replace(parameter, domain=Choice(options=(16,)), default=16)
        asked = ppo(
            space=Space(parameters=(one,)),
            arguments={"n_epochs": 7, "n_steps": 50},
            confirm=Confirm(top=3, seeds=2),
            transfer=Transfer(seeds=2),
            test=Test(seeds=3, steps=900, evals=5, episodes=3),
        )
        (line,) = summarize(Matrix(name="m", cells=(asked,)))

        def seconds(budget, arguments):
            run = plan.retrain(asked, arguments, 0, budget.steps)
            schedule = replace(run.schedule, evals=budget.evals, episodes=budget.episodes)
            run = replace(run, schedule=schedule)
            return effort.STARTUP + effort.effort(run) + effort.evaluation(run)

        default = {"n_epochs": 7, "n_steps": 50}
        tried = default | {"batch_size": 16}
        search = seconds(asked.search, tried)
        confirm = 0.25 * seconds(asked.search, default) + 0.75 * search
        test = (seconds(asked.test, default) + seconds(asked.test, tried)) / 2
        expected = {"search": (6, search), "confirm": (8, confirm), "test": (6, test)}
        for rung, (runs, each) in expected.items():
            assert line.rungs[rung].most_runs == runs
            assert line.rungs[rung].seconds == pytest.approx(runs * each)
            budget = asked.test if rung == "test" else asked.search
            assert line.rungs[rung].most_steps == runs * budget.steps
        assert line.rungs["transfer"].runs == 0

    def test_runs_and_steps_add_up_over_the_rungs(self):
        cells = [
            cell(
                scenario=Scenario(name=name, env=name, action="Discrete"),
                transfer=Transfer(seeds=2),
            )
            for name in ("A", "B")
        ]
        for line in summarize(Matrix(name="m", cells=tuple(cells))):
            # 6 trials and 2 to 6 confirm runs of 100 steps, 4 to 8 test and 2 transferred of 200.
            assert (line.runs, line.most_runs) == (6 + 2 + 4 + 2, 6 + 6 + 8 + 2)
            assert (line.steps, line.most_steps) == (8 * 100 + 6 * 200, 12 * 100 + 10 * 200)
            assert line.rungs["transfer"].seconds == pytest.approx(
                2 / 8 * line.rungs["test"].seconds
            )
            assert line.curriculum == ""

    def test_what_is_too_expensive_to_search_is_not_planned(self):
        """Where nothing searched is cheap enough, the default stands for it."""
        search = replace(ppo().search, cost_aware=0.0, steps=20_000)
        (line,) = summarize(Matrix(name="m", cells=(ppo(search=search),)))
        run = replace(plan.retrain(ppo(), {}, 0, 20_000))
        run = replace(run, schedule=replace(run.schedule, evals=4, episodes=2))
        one = effort.STARTUP + effort.effort(run) + effort.evaluation(run)
        assert line.rungs["search"].seconds == pytest.approx(6 * one)

    def test_a_limit_makes_the_plan_shorter(self):
        long = replace(ppo().search, steps=20_000)
        limited = replace(long, cost_aware=2.0)
        free, bound = (
            summarize(Matrix(name="m", cells=(ppo(search=search),)))[0].rungs[Rung.SEARCH].seconds
            for search in (long, limited)
        )
        assert bound < free
        assert Component(name="tpe") == limited.sampler


def _rung(seconds):
    return RungPlan(runs=1, most_runs=1, steps=1, most_steps=1, seconds=seconds)


class TestMachineSpeed:
    @pytest.fixture
    def ledger(self, monkeypatch):
        """A campaign whose runs took 1 to 5 times their effort, and some that tell nothing."""
        known = ppo(test=Test(steps=102_400))
        run = plan.retrain(known, {}, 0)
        whole = effort.effort(run)

        def took(seconds, **changes):
            cost = Cost(wall=1e6, learn=seconds)
            done = RunResult(
                run_id="u", status=Status.COMPLETE, score=1.0, steps=run.steps, cost=cost
            )
            return SimpleNamespace(arguments={}, result=replace(done, **changes))

        half = took(2 * whole / 2, steps=run.steps // 2)
        trials = 2 * [took(1 * whole), half, took(3 * whole)]
        nothing = [
            took(100 * whole, status=Status.FAILED, score=None),
            took(100.0, steps=10),
            took(0.0),
            SimpleNamespace(arguments={}, result=None),
        ]
        runs = [*(2 * [took(4 * whole), took(5 * whole)]), *nothing]
        record = SimpleNamespace(
            document={},
            cells=[
                SimpleNamespace(name=known.name, trials=trials, runs=runs),
                SimpleNamespace(name="gone@Gone-v0", trials=(), runs=[took(1000 * whole)]),
            ],
        )
        module = "harness.campaign.speed_calibration"
        monkeypatch.setattr(f"{module}.campaign_names", lambda runs: ["last", "mine"])
        monkeypatch.setattr(f"{module}.latest", lambda runs: "last")
        monkeypatch.setattr(f"{module}.record", lambda name, runs: record)
        monkeypatch.setattr(
            f"{module}.matrix_of", lambda name, document, names: Matrix(name="last", cells=(known,))
        )
        return record

    def test_is_measured_by_runs_that_ran_to_their_end(self, ledger):
        speed = machine_speed(Matrix(name="other", cells=()), Path("runs"), Registry())
        assert (speed.runs, speed.campaign) == (10, "last")
        measured = (speed.low, speed.middle, speed.high)
        assert measured == pytest.approx((1.0, 3.0, 5.0))
        assert speed.by_algorithm == pytest.approx({"ppo": 3.0})

    def test_is_a_guess_where_few_short_runs_say_little(self, ledger):
        """One run of a second once made every estimate three times too long."""
        (run, *_), ledger.cells[0].runs = ledger.cells[0].trials, []
        run.result = replace(run.result, cost=Cost(learn=1.0))
        ledger.cells[0].trials = [run]
        speed = machine_speed(Matrix(name="other", cells=()), Path("runs"), Registry())
        assert speed == UNKNOWN_SPEED

    def test_a_calibration_trains_each_cell_for_some_seconds(self):
        cells = (ppo(test=Test(steps=2**24)), ppo(test=Test(steps=4096)))
        trained = []

        def execute(run):
            trained.append(run.steps)
            cost = Cost(learn=3 * effort.effort(run, run.steps))
            return RunResult(
                run_id="u", status=Status.COMPLETE, score=1.0, steps=run.steps, cost=cost
            )

        speed = calibrate(Matrix(name="m", cells=cells), execute)
        assert (speed.middle, speed.runs) == (pytest.approx(3.0), 2)
        assert trained[0] < 2**24
        assert trained[1] == 4096
        failed = RunResult(run_id="u", status=Status.FAILED, score=None, steps=0)
        assert calibrate(Matrix(name="m", cells=cells), lambda run: failed) == UNKNOWN_SPEED

    def test_each_algorithm_has_its_own_pace_where_it_was_measured(self):
        speed = MachineSpeed(low=1.0, middle=2.0, high=3.0, runs=20, by_algorithm={"dqn": 4.0})
        cells = [CellPlan(name=f"{each}@x", rungs={}) for each in ("dqn", "ppo")]
        plans = [replace(cell, rungs={"search": _rung(10.0)}) for cell in cells]
        assert speed.seconds(plans[:1])["middle"] == pytest.approx(40.0)
        assert speed.seconds(plans[1:])["middle"] == pytest.approx(20.0)
        assert speed.seconds(plans) == pytest.approx({"low": 30.0, "middle": 60.0, "high": 90.0})

    def test_is_that_of_the_campaign_itself_where_it_has_begun(self, ledger):
        assert (
            machine_speed(Matrix(name="mine", cells=()), Path("runs"), Registry()).campaign
            == "mine"
        )

    def test_is_a_guess_where_every_run_was_too_short(self, ledger, monkeypatch):
        ledger.cells[0].trials = []
        ledger.cells[0].runs = ledger.cells[0].runs[4:]
        assert (
            machine_speed(Matrix(name="other", cells=()), Path("runs"), Registry()) == UNKNOWN_SPEED
        )

    def test_is_a_guess_where_nothing_ran(self, monkeypatch):
        def none(runs):
            raise UsageError("no campaign")

        monkeypatch.setattr("harness.campaign.speed_calibration.campaign_names", lambda runs: [])
        monkeypatch.setattr("harness.campaign.speed_calibration.latest", none)
        speed = machine_speed(Matrix(name="other", cells=()), Path("runs"), Registry())
        assert (speed.runs, speed.campaign) == (0, "")
        assert speed.low < speed.middle < speed.high


class TestTheCheapestCorner:
    def test_a_search_of_cheap_trials_is_counted_with_their_evaluations(self):
        search = replace(ppo().search, budget=60.0, trials=250, steps=20_000, evals=50)
        cell = ppo(search=search, test=replace(ppo().test, steps=20_000))
        rung = summarize(Matrix(name="m", cells=(cell,)))[0].rungs[Rung.SEARCH]
        corner = rung.cheapest
        assert corner is not None
        assert 0 < corner.multiple < 1
        assert rung.usual_runs < corner.runs <= 250
        run = replace(plan.retrain(cell, {}, 0), steps=20_000)
        schedule = replace(run.schedule, evals=50, episodes=search.episodes)
        evaluated = effort.evaluation(replace(run, schedule=schedule))
        assert corner.seconds > corner.runs * evaluated

    def test_without_a_budget_there_is_none(self):
        (line,) = summarize(Matrix(name="m", cells=(ppo(),)))
        assert all(rung.cheapest is None for rung in line.rungs.values())


class TestDetectableDifference:
    @pytest.mark.parametrize(("seeds", "size"), [(5, 2.02), (10, 1.32), (20, 0.91), (64, 0.50)])
    def test_of_one_cell_is_what_tables_of_power_say(self, seeds, size):
        """Two-sided t test at 5 % with 80 % power: Cohen (1988), table 2.4.1."""
        matrix = Matrix(name="m", cells=(ppo(test=Test(seeds=seeds)),))
        assert detectable_difference(matrix) == (seeds, pytest.approx(size, abs=0.01))

    def test_grows_with_cells_and_is_none_with_too_few_seeds(self):
        cells = [ppo(test=Test(seeds=10)), ppo(test=Test(seeds=12))]
        one, two = (detectable_difference(Matrix(name="m", cells=tuple(cells[:n]))) for n in (1, 2))
        assert one[0] == two[0] == 10
        assert two[1] > one[1]
        few = Matrix(name="m", cells=(ppo(test=Test(seeds=3)),))
        assert math.isnan(detectable_difference(few)[1])
