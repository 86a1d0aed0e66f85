"""What a campaign does by expected effort: estimates, the order of runs, the hours of a plan."""

import math
from dataclasses import replace

import pytest
from builders import SEARCHED, cell, ppo
from virtual import Night, certain

from harness.campaign.deadlines.duration_model import SAFETY, DurationModel
from harness.campaign.plans.plan_summary import detectable_difference, summarize
from harness.core.costs import effort
from harness.core.decisions import plan
from harness.core.matrix import Matrix
from harness.core.run import DEFAULT, PlannedRun
from harness.core.scenario import Scenario
from harness.core.search_settings import Component
from harness.core.settings import Confirm, Rung, Test, Transfer
from harness.core.space import Space
from harness.core.spaces.domain import Choice


def trial(arguments, number=1):
    return PlannedRun(
        run=plan.retrain(ppo(), arguments, number, 2048),
        cell="ppo@CartPole-v1",
        rung=Rung.SEARCH,
        variant=f"trial-{number}",
        index=number,
    )


CHEAP, EXPENSIVE = trial({"batch_size": 512}, 8), trial({"batch_size": 16}, 9)


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


def test_one_run_tells_what_others_take_by_their_effort():
    known = DurationModel()
    known.add(CHEAP, wall=3 * effort.effort(CHEAP.run), steps=CHEAP.run.steps)
    assert known.estimate(EXPENSIVE) == pytest.approx(3 * effort.effort(EXPENSIVE.run) * SAFETY)


def test_estimates_follow_steps_where_configurations_make_no_difference():
    known = durations(lambda run: run.steps / 100)
    assert known.estimate(EXPENSIVE) == known.estimate(CHEAP) == pytest.approx(20.48 * SAFETY)


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
        if planned.rung is Rung.TEST and planned.variant == DEFAULT
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
