"""How long a plan says that a campaign takes here: the machine's pace, workers, deadlines, disk."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from builders import CARTPOLE, cell, ppo, trial
from virtual import Night, certain

from harness.campaign import machine_speed
from harness.campaign.plans.disk_forecast import forecast_disk, free_bytes
from harness.campaign.plans.plan_schedule import deadline_cuts, ending
from harness.campaign.plans.plan_summary import CellPlan, Foresight, RungPlan, foresight, summarize
from harness.campaign.plans.speed_calibration import UNKNOWN_SPEED, MachineSpeed, calibrate
from harness.campaign.plans.training_seconds import TrainingSeconds, trainings
from harness.core.costs import effort
from harness.core.decisions import plan
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Matrix
from harness.core.run_result import Cost, Evaluation, RunResult, Status
from harness.core.search_settings import Component
from harness.core.settings import Confirm, Rung, Search, Test
from harness.errors import UsageError
from harness.registry import Registry
from harness.tuning import pruners, samplers
from harness.tuning.suggestion import Suggester


def _rung(seconds, evaluation=0.0, start=0.0, runs=1, spread=(1.0, 1.0), **changes):
    training = TrainingSeconds(learning=seconds, evaluation=evaluation, start=start, spread=spread)
    sizes = {"runs": runs, "most_runs": runs, "steps": runs, "most_steps": runs}
    sizes |= {"least": runs, "usual": runs, "most": runs}
    return RungPlan(training=training, **(sizes | changes))


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
            return SimpleNamespace(arguments={}, rung=Rung.TEST, result=replace(done, **changes))

        half = took(2 * whole / 2, steps=run.steps // 2)
        trials = 2 * [took(1 * whole), half, took(3 * whole)]
        nothing = [
            took(100 * whole, status=Status.FAILED, score=None),
            took(100.0, steps=10),
            took(0.0),
            SimpleNamespace(arguments={}, rung=Rung.TEST, result=None),
        ]
        runs = [*(2 * [took(4 * whole), took(5 * whole)]), *nothing]
        record = SimpleNamespace(
            document={},
            cells=[
                SimpleNamespace(name=known.name, trials=trials, runs=runs),
                SimpleNamespace(name="gone@Gone-v0", trials=(), runs=[took(1000 * whole)]),
            ],
        )
        module = "harness.campaign.plans.speed_calibration"
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
        # 28 seconds for nine whole efforts: the long ones decide how long a night is.
        assert speed.by_algorithm == pytest.approx({"ppo": 28 / 9})
        # What a run takes beside learning, which is nearly all of its million seconds.
        assert speed.starts == pytest.approx(1e6 / effort.STARTUP, rel=0.01)

    def test_is_a_guess_where_few_short_runs_say_little(self, ledger):
        """One run of a second once made every estimate three times too long."""
        (run, *_), ledger.cells[0].runs = ledger.cells[0].trials, []
        run.result = replace(run.result, cost=Cost(learn=1.0))
        ledger.cells[0].trials = [run]
        speed = machine_speed(Matrix(name="other", cells=()), Path("runs"), Registry())
        assert speed == UNKNOWN_SPEED

    def test_a_calibration_trains_each_cell_for_some_seconds(self):
        long, short = (Search(trials=6, steps=steps) for steps in (2**24, 4096))
        other = replace(CARTPOLE, name="Other-v1")
        cells = (ppo(search=long), ppo(search=short, scenario=other))
        matrix = Matrix(name="m", cells=cells)
        batches = []

        def result(run):
            # Of the search's length, evaluated in half the time that its longest episodes need.
            full = run.steps == 4096
            lengths = (100,) * run.schedule.episodes
            evaluations = tuple(
                Evaluation(step=step, returns=lengths, lengths=lengths)
                for step in run.evaluation_steps
            )
            steps = 100 * run.schedule.episodes * len(evaluations)
            expected = (
                effort.evaluation(run) if full else steps * effort.action_seconds(run.scenario)
            )
            cost = Cost(
                learn=3 * effort.effort(run, run.steps), evaluate=expected / 2, wall=8.0, cpu=2.0
            )
            return RunResult(
                run_id="u",
                status=Status.COMPLETE,
                score=1.0,
                steps=run.steps,
                evaluations=evaluations,
                cost=cost,
            )

        def execute(runs):
            batches.append(runs)
            return [result(run) for run in runs]

        speed = calibrate(matrix, execute, workers=4)
        # Two cells take turns until their algorithm has thirty seconds, four at once.
        assert (speed.middle, speed.runs) == (pytest.approx(3.0), 4)
        assert [len(batch) for batch in batches] == [4]
        assert (speed.low, speed.high) == (pytest.approx(3.0 / 1.15), pytest.approx(3.0 * 1.15))
        default, whole = batches[0][:2]
        assert 4096 < default.steps < 2**20
        assert default.arguments == cell_arguments.default_arguments(cells[0])
        assert whole.steps == 4096
        assert speed.by_scenario == pytest.approx({"CartPole-v1": 0.5, "Other-v1": 0.5})
        assert speed.cpu == pytest.approx(0.25)

    def test_a_calibration_ends_where_every_training_fails(self):
        failed = RunResult(run_id="u", status=Status.FAILED, score=None, steps=0)

        def execute(runs):
            return [failed for _ in runs]

        assert calibrate(Matrix(name="m", cells=(ppo(),)), execute, workers=1) == UNKNOWN_SPEED

    def test_after_the_default_comes_what_will_take_longest(self):
        """Cheap configurations once made an off-policy plan three times too long."""
        trained = []

        def execute(runs):
            trained.extend(run.arguments.get("batch_size") for run in runs)
            failed = RunResult(run_id="u", status=Status.FAILED, score=None, steps=0)
            return [failed for _ in runs]

        tried = [{"batch_size": size} for size in (512, 16, 128)]
        matrix = Matrix(name="m", cells=(ppo(),))
        calibrate(matrix, execute, workers=4, foresee=lambda _: Foresight(arguments=tried))
        assert trained[1:4] == [16, 128, 512]

    def test_thirty_seconds_of_an_algorithm_are_enough(self):
        def execute(runs):
            cost = Cost(learn=16.0, wall=16.0, cpu=16.0)
            result = RunResult(
                run_id="u", status=Status.COMPLETE, score=1.0, steps=runs[0].steps, cost=cost
            )
            return [result for _ in runs]

        assert calibrate(Matrix(name="m", cells=(ppo(),)), execute, workers=1).runs == 2

    @pytest.mark.parametrize(("beside", "seconds"), [(0.45, 0.5), (-9.0, 0.05)])
    def test_what_a_run_takes_beside_learning_is_measured(self, beside, seconds):
        def execute(runs):
            cost = Cost(learn=16.0, evaluate=2.0, wall=18.0 + beside, cpu=16.0)
            result = RunResult(
                run_id="u", status=Status.COMPLETE, score=1.0, steps=runs[0].steps, cost=cost
            )
            return [result for _ in runs]

        speed = calibrate(Matrix(name="m", cells=(ppo(),)), execute, workers=1)
        assert speed.starts * effort.STARTUP == pytest.approx(seconds)

    def test_each_algorithm_has_its_own_pace_where_it_was_measured(self):
        speed = MachineSpeed(low=1.0, middle=2.0, high=3.0, runs=20, by_algorithm={"dqn": 4.0})
        cells = [CellPlan(name=f"{each}@x", rungs={}) for each in ("dqn", "ppo")]
        plans = [replace(cell, rungs={"search": _rung(10.0)}) for cell in cells]
        assert speed.seconds(plans[:1])["middle"] == pytest.approx(40.0)
        assert speed.seconds(plans[1:])["middle"] == pytest.approx(20.0)
        assert speed.seconds(plans) == pytest.approx({"low": 30.0, "middle": 60.0, "high": 90.0})

    def test_evaluations_have_the_pace_of_their_scenario(self):
        """Episodes of a task that ends early are shorter than the longest."""
        speed = MachineSpeed(low=1.0, middle=2.0, high=2.0, by_scenario={"x": 0.25})
        rungs = {"search": _rung(10.0, evaluation=40.0, runs=2)}
        short, other = (CellPlan(name=f"ppo@{name}", rungs=rungs) for name in ("x", "y"))
        assert speed.seconds([short])["middle"] == pytest.approx(2 * (10 * 2.0 + 40 * 0.25))
        assert speed.seconds([other])["middle"] == pytest.approx(2 * (10 + 40) * 2.0)

    def test_what_is_neither_learning_nor_evaluation_has_a_pace_of_its_own(self):
        """A start hardly grows with the load of small trainings, and there are many of them."""
        rungs = {"search": _rung(10.0, start=1.0, runs=2)}
        speed = MachineSpeed(low=1.0, middle=2.0, high=2.0, starts=0.5)
        plans = [CellPlan(name="ppo@x", rungs=rungs)]
        assert speed.seconds(plans)["middle"] == pytest.approx(2 * (10 * 2.0 + 0.5))
        unknown = replace(speed, starts=None)
        assert unknown.seconds(plans)["middle"] == pytest.approx(2 * (10 + 1) * 2.0)

    def test_the_interval_has_the_fewest_and_the_most_runs(self):
        rung = _rung(10.0, spread=(0.5, 3.0), least=2.0, usual=4.0, most=6.0)
        speed = MachineSpeed(low=1.0, middle=2.0, high=4.0)
        seconds = speed.seconds([CellPlan(name="ppo@x", rungs={"test": rung})])
        expected = {"low": 2 * 0.5 * 10, "middle": 4 * 20, "high": 6 * 3 * 40}
        assert seconds == pytest.approx(expected)

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

        monkeypatch.setattr(
            "harness.campaign.plans.speed_calibration.campaign_names", lambda runs: []
        )
        monkeypatch.setattr("harness.campaign.plans.speed_calibration.latest", none)
        speed = machine_speed(Matrix(name="other", cells=()), Path("runs"), Registry())
        assert (speed.runs, speed.campaign) == (0, "")
        assert speed.low < speed.middle < speed.high


NONE = _rung(0.0, runs=0)
SLOW = MachineSpeed(low=0.5, middle=1.0, high=2.0, by_algorithm={"ppo": 1.0})
COMMAND = 2.0


def cell_plan(name="ppo@x", in_flight=2, cpus=1, **rungs):
    rungs = {rung.value: rungs.get(rung.value, NONE) for rung in Rung}
    return CellPlan(name=name, rungs=rungs, in_flight=in_flight, cpus=cpus)


def end(plans, workers):
    return ending(plans, SLOW, workers)["middle"]


class TestWorkers:
    def test_a_search_keeps_no_more_workers_than_trials_in_flight(self):
        lonely = cell_plan(search=_rung(10.0, runs=8))
        assert end([lonely], 1) == pytest.approx(80 + COMMAND)
        assert end([lonely], 2) == end([lonely], 16) == pytest.approx(40 + COMMAND)
        others = [replace(lonely, name=f"ppo@{number}") for number in range(4)]
        assert end(others, 8) == pytest.approx(40 + COMMAND)

    def test_the_winner_waits_and_the_default_fills_what_is_idle(self):
        test = _rung(10.0, runs=4, most_runs=8, usual=8, most=8)
        tested = cell_plan(search=_rung(10.0, runs=4), confirm=_rung(10.0, runs=4), test=test)
        # Two trials at once, twice, and the default's runs beside them; confirm; the winner's test.
        assert end([tested], 4) == pytest.approx(20 + 10 + 10 + COMMAND)

    def test_a_run_of_several_cores_takes_the_place_of_as_many(self):
        wide = cell_plan(search=_rung(10.0, runs=4), cpus=2)
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
        assert deadline_cuts([cell_plan(search=_rung(10.0, runs=4))], SLOW, 1, 44.0) == ()

    def test_cut_searches_before_anything_else_and_all_to_the_same_length(self):
        test = _rung(10.0, runs=2, most_runs=4, usual=4, most=4)
        quick = cell_plan("ppo@quick", search=_rung(5.0, runs=40), test=test)
        slow = cell_plan("ppo@slow", search=_rung(20.0, runs=40), test=test)
        cuts = deadline_cuts([quick, slow], SLOW, 1, 280 + COMMAND)
        assert [(cut.cell, cut.rung, cut.planned) for cut in cuts] == [
            ("ppo@quick", "search", 40),
            ("ppo@slow", "search", 40),
        ]
        # Of 280 seconds the tests take 80.
        assert [cut.done for cut in cuts] == [20, 5]

    def test_that_are_too_early_for_everything_leave_out_what_comes_last(self):
        test = _rung(10.0, runs=4, most_runs=8, usual=8, most=8)
        tested = cell_plan(search=_rung(10.0, runs=6), confirm=_rung(10.0, runs=2), test=test)
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
            rung.value: _rung(1.0, runs=runs) for rung, runs in zip(Rung, (6, 4, 8, 0), strict=True)
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


class TestTrainings:
    def test_of_a_few_chosen_ones_the_usual_configuration_counts(self):
        """A dear trial is trained in any case; that it is confirmed or tested is not likely."""
        one, tried = ppo(), [{"batch_size": 64}] * 4
        dear = [*tried[1:], {"batch_size": 1, "n_epochs": 60}]
        usual, skewed = trainings(one, tried), trainings(one, dear)
        assert skewed[Rung.SEARCH].learning > 2 * usual[Rung.SEARCH].learning
        for rung in (Rung.CONFIRM, Rung.TEST):
            assert skewed[rung].learning == pytest.approx(usual[rung].learning)
            assert skewed[rung].spread[1] > usual[rung].spread[1]
