"""What trainings should take, and how fast this machine is: measured by runs, or tried out."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from builders import CARTPOLE, ppo, rung_plan

from harness.campaign import machine_speed
from harness.campaign.plans.plan_summary import CellPlan, Foresight
from harness.campaign.plans.speed_calibration import UNKNOWN_SPEED, MachineSpeed, calibrate
from harness.campaign.plans.training_seconds import sample, trainings
from harness.core.costs import effort
from harness.core.decisions import plan
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Matrix
from harness.core.run_result import Cost, Evaluation, RunResult, Status
from harness.core.settings import Confirm, Rung, Search, Test
from harness.errors import UsageError
from harness.registry import Registry


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
        # What took no time at all tells no pace either.
        failed = replace(failed, status=Status.COMPLETE, score=1.0, cost=Cost(learn=0.0, wall=1.0))
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
        plans = [replace(cell, rungs={"search": rung_plan(10.0)}) for cell in cells]
        assert speed.seconds(plans[:1])["middle"] == pytest.approx(40.0)
        assert speed.seconds(plans[1:])["middle"] == pytest.approx(20.0)
        assert speed.seconds(plans) == pytest.approx({"low": 30.0, "middle": 60.0, "high": 90.0})

    def test_evaluations_have_the_pace_of_their_scenario(self):
        """Episodes of a task that ends early are shorter than the longest."""
        speed = MachineSpeed(low=1.0, middle=2.0, high=2.0, by_scenario={"x": 0.25})
        rungs = {"search": rung_plan(10.0, evaluation=40.0, runs=2)}
        short, other = (CellPlan(name=f"ppo@{name}", rungs=rungs) for name in ("x", "y"))
        assert speed.seconds([short])["middle"] == pytest.approx(2 * (10 * 2.0 + 40 * 0.25))
        assert speed.seconds([other])["middle"] == pytest.approx(2 * (10 + 40) * 2.0)

    def test_what_is_neither_learning_nor_evaluation_has_a_pace_of_its_own(self):
        """A start hardly grows with the load of small trainings, and there are many of them."""
        rungs = {"search": rung_plan(10.0, start=1.0, runs=2)}
        speed = MachineSpeed(low=1.0, middle=2.0, high=2.0, starts=0.5)
        plans = [CellPlan(name="ppo@x", rungs=rungs)]
        assert speed.seconds(plans)["middle"] == pytest.approx(2 * (10 * 2.0 + 0.5))
        unknown = replace(speed, starts=None)
        assert unknown.seconds(plans)["middle"] == pytest.approx(2 * (10 + 1) * 2.0)

    def test_the_interval_has_the_fewest_and_the_most_runs(self):
        rung = rung_plan(10.0, spread=(0.5, 3.0), least=2.0, usual=4.0, most=6.0)
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


class TestTrainings:
    def test_of_a_few_chosen_ones_the_usual_configuration_counts(self):
        """An expensive trial is trained in any case, but not likely to be confirmed or tested."""
        one, tried = ppo(), [{"batch_size": 64}] * 4
        expensive = [*tried[1:], {"batch_size": 1, "n_epochs": 60}]
        usual, skewed = trainings(one, tried), trainings(one, expensive)
        assert skewed[Rung.SEARCH].learning > 2 * usual[Rung.SEARCH].learning
        for rung in (Rung.CONFIRM, Rung.TEST):
            assert skewed[rung].learning == pytest.approx(usual[rung].learning)
            assert skewed[rung].spread[1] > usual[rung].spread[1]

    @pytest.mark.parametrize(("budget", "top"), [(None, 3), (60.0, 3), (None, 1)])
    def test_a_rung_trains_the_default_in_part_and_what_was_searched_for_the_rest(
        self, budget, top
    ):
        search = Search(trials=20, steps=4096, evals=4, episodes=2, budget=budget)
        one = ppo(search=search, confirm=Confirm(top=top, seeds=2))
        tried = [{"n_epochs": epochs} for epochs in (1, 4, 10, 20, 40)]
        own = cell_arguments.default_arguments(one)
        found = trainings(one, tried)
        parts = {Rung.CONFIRM: 1.0 if budget else 1 / (top + 1), Rung.TEST: 0.5, Rung.TRANSFER: 0.0}
        for rung, part in parts.items():
            default = effort.effort(sample(one, own, rung))
            efforts = [effort.effort(sample(one, each, rung)) for each in tried]
            low, usual, high = (
                part * default + (1 - part) * each for each in np.quantile(efforts, [0.1, 0.5, 0.9])
            )
            assert found[rung].learning == pytest.approx(usual)
            assert found[rung].spread == pytest.approx((low / usual, high / usual))
            assert found[rung].start == effort.STARTUP
        efforts = [effort.effort(sample(one, each, Rung.SEARCH)) for each in tried]
        mean = effort.effort(sample(one, own, Rung.SEARCH)) if budget else np.mean(efforts)
        assert found[Rung.SEARCH].learning == pytest.approx(mean)
        assert found[Rung.SEARCH].spread == pytest.approx((1.0, 1.0))
        # The first trials have ended: what is left is trained.
        assert budget or trainings(one, tried, 3)[Rung.SEARCH].learning == pytest.approx(
            np.mean(efforts[3:])
        )
