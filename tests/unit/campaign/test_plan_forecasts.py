"""How long a plan says that a campaign takes here: the machine's pace, workers, deadlines, disk."""

from dataclasses import replace

import pytest
from builders import CARTPOLE, cell, ppo, rung_plan, trial
from virtual import Night, certain

from harness.campaign.plans.disk_forecast import forecast_disk, free_bytes
from harness.campaign.plans.plan_schedule import deadline_cuts, ending
from harness.campaign.plans.plan_summary import CellPlan, Foresight, foresight, summarize
from harness.campaign.plans.speed_calibration import MachineSpeed
from harness.campaign.plans.training_seconds import TrainingSeconds
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Matrix
from harness.core.search_settings import Component
from harness.core.settings import Confirm, Rung, Search, Test
from harness.registry import Registry
from harness.tuning import pruners, samplers
from harness.tuning.suggestion import Suggester

NONE = rung_plan(0.0, runs=0)
SLOW = MachineSpeed(low=0.5, middle=1.0, high=2.0, by_algorithm={"ppo": 1.0})
COMMAND = 2.0


def cell_plan(name="ppo@x", in_flight=2, cpus=1, **rungs):
    rungs = {rung.value: rungs.get(rung.value, NONE) for rung in Rung}
    return CellPlan(name=name, rungs=rungs, in_flight=in_flight, cpus=cpus)


def end(plans, workers):
    return ending(plans, SLOW, workers)["middle"]


class TestWorkers:
    def test_a_search_keeps_no_more_workers_than_trials_in_flight(self):
        lonely = cell_plan(search=rung_plan(10.0, runs=8))
        assert end([lonely], 1) == pytest.approx(80 + COMMAND)
        assert end([lonely], 2) == end([lonely], 16) == pytest.approx(40 + COMMAND)
        others = [replace(lonely, name=f"ppo@{number}") for number in range(4)]
        assert end(others, 8) == pytest.approx(40 + COMMAND)

    def test_the_winner_waits_and_the_default_fills_what_is_idle(self):
        test = rung_plan(10.0, runs=4, most_runs=8, usual=8, most=8)
        tested = cell_plan(
            search=rung_plan(10.0, runs=4), confirm=rung_plan(10.0, runs=4), test=test
        )
        # Two trials at once, twice, and the default's runs beside them; confirm; the winner's test.
        assert end([tested], 4) == pytest.approx(20 + 10 + 10 + COMMAND)

    def test_a_run_of_several_cores_takes_the_place_of_as_many(self):
        wide = cell_plan(search=rung_plan(10.0, runs=4), cpus=2)
        assert end([wide], 2) == pytest.approx(40 + COMMAND)

    def test_what_is_done_takes_nothing(self):
        assert end([cell_plan()], 2) == 0.0

    def test_is_what_a_campaign_then_takes(self):
        """Played through by the scheduler itself, with runs that take what the plan says."""
        cells = [
            cell(
                scenario=replace(CARTPOLE, name=name),
                search=Search(trials=7, steps=100, pruner=Component(name="none")),
                confirm=Confirm(top=2, seeds=2),
                test=Test(seeds=5, steps=100, variants=("default",)),
            )
            for name in ("A", "B")
        ]
        night = Night(cells, lambda run: 1.0, workers=3, result=certain)
        second = TrainingSeconds(learning=1.0, evaluation=0.0, start=0.0)
        plans = [
            replace(
                each,
                rungs={n: replace(rung, training=second) for n, rung in each.rungs.items()},
            )
            for each in summarize(Matrix(name="m", cells=tuple(cells)))
        ]
        assert end(plans, 3) - COMMAND == pytest.approx(night.world.now, abs=2.0)


class TestDeadlines:
    def test_that_are_late_enough_cut_nothing(self):
        assert deadline_cuts([cell_plan(search=rung_plan(10.0, runs=4))], SLOW, 1, 44.0) == ()

    def test_cut_searches_before_anything_else_and_all_to_the_same_length(self):
        test = rung_plan(10.0, runs=2, most_runs=4, usual=4, most=4)
        quick = cell_plan("ppo@quick", search=rung_plan(5.0, runs=40), test=test)
        slow = cell_plan("ppo@slow", search=rung_plan(20.0, runs=40), test=test)
        cuts = deadline_cuts([quick, slow], SLOW, 1, 280 + COMMAND)
        assert [(cut.cell, cut.rung, cut.planned) for cut in cuts] == [
            ("ppo@quick", "search", 40),
            ("ppo@slow", "search", 40),
        ]
        # Of 280 seconds the tests take 80.
        assert [cut.done for cut in cuts] == [20, 5]

    def test_that_are_too_early_for_everything_leave_out_what_comes_last(self):
        test = rung_plan(10.0, runs=4, most_runs=8, usual=8, most=8)
        tested = cell_plan(
            search=rung_plan(10.0, runs=6), confirm=rung_plan(10.0, runs=2), test=test
        )
        cuts = {cut.rung: cut for cut in deadline_cuts([tested], SLOW, 1, 75 + COMMAND)}
        assert (cuts[Rung.SEARCH].done, cuts[Rung.TEST].done) == (1, 4)
        assert Rung.CONFIRM not in cuts
        assert not any(cut.done for cut in deadline_cuts([tested], SLOW, 1, 1.0))


class TestForesight:
    @pytest.fixture
    def names(self):
        return Registry(
            samplers={"tpe": f"{samplers.__name__}:tpe"},
            pruners={each: f"{pruners.__name__}:{each}" for each in ("median", "none")},
        )

    def test_what_is_drawn_before_a_sampler_learns_is_what_will_be_trained(self, names):
        sampler = Component(name="tpe", options={"n_startup_trials": 6})
        asked = ppo(search=Search(trials=8, steps=100, sampler=sampler))
        suggester, trials = Suggester(names, "c", asked), []
        for number in range(7):
            told = max(0, number - asked.search.in_flight + 1)
            suggestion = suggester.suggest(trials[:told], trials[told:])
            values, arguments = cell_arguments.configuration(asked, number, suggestion.coordinates)
            # Whatever they score: invented scores are others than these.
            known = trial(number, 10.0 * number, arguments)
            trials.append(replace(known, suggestion=suggestion, values=values))
        foreseen = foresight(Matrix(name="c", cells=(asked,)), names)(asked)
        assert [each.arguments for each in trials[:7]] == list(foreseen.arguments[:7])
        assert len(foreseen.arguments) == 8

    def test_pruning_saves_more_the_more_trials_there_are(self, names):
        search = Search(trials=30, steps=1000, evals=10, pruner=Component(name="median"))
        asked = ppo(search=search)
        shares = foresight(Matrix(name="c", cells=(asked,)), names)(asked).shares
        assert shares[0] == 1.0
        assert 0.3 < sum(shares[15:]) / len(shares[15:]) < 0.8
        (free,), (pruned,) = (
            summarize(Matrix(name="c", cells=(asked,)), foresee=lambda _, s=s: Foresight(shares=s))
            for s in ((1.0,), shares)
        )
        assert free.rungs["search"].usual == 30
        assert pruned.rungs["search"].usual == pytest.approx(sum(shares))
        assert pruned.rungs["search"].most_runs == 30

    def test_without_a_pruner_trials_are_trained_to_their_end(self, names):
        asked = ppo(search=Search(trials=4, steps=100, pruner=Component(name="none")))
        assert foresight(Matrix(name="c", cells=(asked,)), names)(asked) == Foresight()


class TestDisk:
    def test_grows_with_runs_and_episodes_and_networks(self):
        def disk(**changes):
            matrix = Matrix(name="m", cells=(ppo(**changes),))
            return forecast_disk(matrix, summarize(matrix))

        usual = disk(test=Test(seeds=4, evals=4, episodes=2))
        more = disk(test=Test(seeds=40, evals=4, episodes=2))
        long = disk(test=Test(seeds=4, evals=40, episodes=20))
        wide = disk(arguments={"policy_kwargs": {"net_arch": [400, 300]}})
        assert more.database > usual.database
        assert more.report > usual.report > 4_000_000
        assert more.models > usual.models
        assert long.database > usual.database
        assert wide.models > usual.models
        assert wide.database == disk().database

    def test_what_is_done_counts_as_what_is_left_and_a_cell_has_a_page(self):
        """Report: what draws it has 4.8 MiB, a cell's page 100 KiB and a run 3.5."""
        one = ppo()
        matrix = Matrix(name="m", cells=(one,))
        rungs = {
            rung.value: rung_plan(1.0, runs=runs)
            for rung, runs in zip(Rung, (6, 4, 8, 0), strict=True)
        }
        new = forecast_disk(matrix, [CellPlan(name=one.name, rungs=rungs)])
        assert new.runs == 18
        assert new.report == pytest.approx((4.8 * 1024 + 100 + 18 * 3.5) * 1024)
        half = forecast_disk(matrix, [CellPlan(name=one.name, rungs=rungs, done=18)])
        assert half.runs == 36
        assert half.report - new.report == pytest.approx(18 * 3.5 * 1024)
        two = Matrix(name="m", cells=(one, ppo()))
        both = forecast_disk(two, [CellPlan(name=one.name, rungs=rungs)] * 2)
        assert both.report - new.report == pytest.approx((100 + 18 * 3.5) * 1024)
        assert both.models == 2 * new.models

    def test_free_is_what_the_disk_of_a_folder_to_come_has(self, tmp_path):
        assert free_bytes(tmp_path / "not" / "there") > 0
