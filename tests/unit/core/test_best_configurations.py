"""What a campaign ships of each cell, the best so far, and the command that trains it again."""

from dataclasses import replace

import pytest
from builders import cell, cell_of, run_record, trial

from harness.core.decisions.best_configurations import (
    best_configurations,
    best_trials,
    find_best_trial,
    mean_on_held_out_seeds,
    model_folder,
    needs_whole_results,
    train_command,
)
from harness.core.decisions.repeated_searches import with_repeats
from harness.core.matrix import Ensemble, NamedConfiguration
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import ACROSS, DEFAULT, TUNED, Variant, ensemble_arguments
from harness.core.run_result import Status
from harness.core.search_settings import Component, Objective, Search
from harness.core.settings import Rung, Test, Transfer

FIRST = Variant("trial-1")
NAMES = ("return", "parameters")
OBJECTIVES = tuple(
    Objective(name=name, direction=direction)
    for name, direction in zip(NAMES, ("max", "min"), strict=True)
)


def run(variant, index, score, *, parameters=None, **more):
    record = run_record(index, score, variant=Variant(variant), **more)
    if parameters is None:
        return record
    return replace(record, result=replace(record.result, parameters=parameters))


def campaign(*cells):
    return CampaignRecord(name="camp", created="1", updated="2", cells=cells)


TRIALS = (
    replace(trial(0, 1.0, {}), values={"lr": 1e-3}),
    replace(trial(1, 3.0, {"lr": 0.1}), values={"lr": 0.1}),
)
SHIPPED = CellRecord(
    cell=cell(),
    trials=TRIALS,
    winner=FIRST,
    runs=(
        run(FIRST, 0, 9.0, rung=Rung.CONFIRM),
        run(DEFAULT, 0, 1.0),
        run(DEFAULT, 1, 2.0),
        run(TUNED, 1, 4.0),
        run(TUNED, 0, 5.0),
        run(TUNED, 2, ...),
        run(TUNED, 3, None),  # it failed
    ),
)


def test_the_winners_parameters_are_shipped_with_their_means_on_held_out_seeds():
    (best,) = best_configurations(campaign(SHIPPED))
    assert (best.campaign, best.cell, best.winner) == ("camp", "toy@Toy-v0", "trial-1")
    assert (best.values, best.arguments) == ({"lr": 0.1}, {"lr": 0.1})
    assert (best.score, best.default) == (4.5, 1.5)
    assert best.seed == 1001  # the first that is planned
    assert (best.objectives, best.others) == ({}, ())


def test_an_undecided_cell_ships_nothing():
    open_cell = replace(SHIPPED, winner=None)
    assert find_best_trial(open_cell) is None
    assert best_configurations(campaign(open_cell)) == ()


def test_the_default_ships_trial_0():
    default = replace(SHIPPED, winner=DEFAULT, runs=())
    assert find_best_trial(default) is default.trials[0]
    (best,) = best_configurations(campaign(default))
    assert (best.winner, best.arguments) == ("default", {})
    assert (best.score, best.default, best.seed) == (None, None, None)
    assert find_best_trial(replace(SHIPPED, winner=Variant("trial-7"))) is None


def test_a_later_search_is_held_against_the_default_of_the_first():
    first = cell()
    first, second = with_repeats([replace(first, search=replace(first.search, repeats=2))])
    later = CellRecord(cell=second, trials=TRIALS, winner=FIRST, runs=(run(TUNED, 0, 7.0),))
    rows = best_configurations(campaign(replace(SHIPPED, cell=first), later))
    assert [(row.score, row.default) for row in rows] == [(4.5, 1.5), (7.0, 1.5)]


def test_means_are_those_of_held_out_seeds_alone():
    assert mean_on_held_out_seeds(SHIPPED, FIRST) is None
    assert mean_on_held_out_seeds(SHIPPED, Variant("own")) is None
    zero = replace(SHIPPED, runs=(run(TUNED, 0, 0.0), run(TUNED, 1, 0.0)))
    assert mean_on_held_out_seeds(zero, TUNED) == 0.0


class TestOthers:
    """What is tested beside the default and what is shipped."""

    def test_they_are_told_in_the_order_of_their_runs(self):
        members = ensemble_arguments([{"lr": 1}, {"lr": 2}])
        record = replace(
            SHIPPED,
            runs=(
                *SHIPPED.runs,
                run("own", 0, 2.0, arguments={"lr": 0.5}),
                run("own", 1, 4.0, arguments={"lr": 0.7}),
                run("both", 0, 6.0, arguments=members),
                run("toy@B-v0", 0, 8.0, rung=Rung.TRANSFER),
                run(ACROSS, 0, 3.0, rung=Rung.TRANSFER, arguments={"lr": 0.9}),
            ),
        )
        (best,) = best_configurations(campaign(record))
        assert [(each.variant, each.configurations, each.score) for each in best.others] == [
            ("own", ({"lr": 0.5},), 3.0),
            ("both", ({"lr": 1}, {"lr": 2}), 6.0),
            ("across", ({"lr": 0.9},), 3.0),
        ]

    def test_a_brief_record_has_their_arguments_from_the_matrix(self):
        own = NamedConfiguration(name="own", arguments={"lr": 0.5})
        runs = (run("own", 0, 2.0), run("unknown", 0, 2.0))
        (best,) = best_configurations(
            campaign(replace(SHIPPED, cell=cell(variants=(own,)), runs=runs))
        )
        assert [each.configurations for each in best.others] == [({"lr": 0.5},), ({},)]


class TestObjectives:
    CELL = cell(
        search=Search(
            trials=6, steps=100, evals=4, episodes=2, objectives=OBJECTIVES,
            pruner=Component(name="none"),
        )
    )  # fmt: skip
    RECORD = replace(
        SHIPPED,
        cell=CELL,
        runs=(
            run(DEFAULT, 0, 1.0, parameters=100),
            run(TUNED, 0, 4.0, parameters=10),
            run(TUNED, 1, 6.0, parameters=30),
            run(TUNED, 2, 900.0),  # not measured in all
            run(TUNED, 3, ...),
            run("trial-2", 0, 2.0, parameters=5),
        ),
    )

    def test_each_has_its_means_for_what_is_shipped_and_for_the_default(self):
        (best,) = best_configurations(campaign(self.RECORD))
        assert best.objectives == {"return": (5.0, 1.0), "parameters": (20.0, 100.0)}
        (other,) = best.others
        assert other.objectives == {"return": 2.0, "parameters": 5.0}

    def test_what_is_not_measured_yet_is_none(self):
        (best,) = best_configurations(campaign(replace(self.RECORD, runs=self.RECORD.runs[1:])))
        assert best.objectives == {"return": (5.0, None), "parameters": (20.0, None)}
        untested = replace(self.RECORD, runs=(run(DEFAULT, 0, ...),))
        (best,) = best_configurations(campaign(untested))
        assert best.objectives == {"return": (None, None), "parameters": (None, None)}

    @pytest.mark.parametrize(
        ("changes", "needs"),
        [
            ({}, False),
            ({"search": CELL.search}, True),
            ({"ensembles": (Ensemble(name="both", size=2),)}, False),  # not tested
            (
                {"ensembles": (Ensemble(name="both", size=2),), "test": Test(against="both")},
                True,
            ),
            ({"transfer": Transfer(seeds=2)}, False),
            ({"transfer": Transfer(seeds=2, tune_across="mean")}, True),
        ],
    )
    def test_what_is_said_of_some_cells_takes_more_than_scores(self, changes, needs):
        assert needs_whole_results(cell(**changes)) is needs


class TestSoFar:
    """The best trials of cells that have not decided."""

    def test_the_best_complete_trial_is_told(self):
        trials = (
            trial(0, 1.0),
            trial(1, 3.0),
            trial(2, 3.0),
            trial(3, 9.0, status=Status.PRUNED),
            trial(4, None, status=Status.FAILED),
            replace(trial(5, 9.0), result=None),
        )
        undecided = CellRecord(cell=cell_of("toy@A-v0"), trials=trials)
        decided = CellRecord(cell=cell_of("toy@B-v0"), trials=trials, winner=DEFAULT)
        empty = CellRecord(cell=cell_of("toy@C-v0"), trials=trials[3:])
        best = best_trials(campaign(decided, empty, undecided))
        # Of equal scores the earlier one.
        assert best == {"toy@A-v0": trials[1]}


class TestCommand:
    def test_it_trains_what_is_shipped_on_its_first_seed(self):
        (best,) = best_configurations(campaign(SHIPPED))
        assert best.command() == (
            "harness train toy@Toy-v0 --campaign camp --seed 1001 --out models/toy-Toy-v0/model.zip"
        )
        assert best.command(["--runs", "my runs"], Variant("own")) == (
            "harness train toy@Toy-v0 --campaign camp --runs 'my runs' --seed 1001 --variant own "
            "--out models/toy-Toy-v0/own.zip"
        )

    def test_without_a_seed_none_is_named(self):
        assert train_command("camp", "a@B", None) == (
            "harness train a@B --campaign camp --out models/a-B/model.zip"
        )
        assert "--seed 0 " in train_command("camp", "a@B", 0)

    def test_the_folder_of_a_model_is_a_file_name(self):
        assert model_folder("ppo@ALE/Pong-v5#2") == "models/ppo-ALE-Pong-v5-2"
