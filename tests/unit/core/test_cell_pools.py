"""Several campaigns as one: what equal cells have of one another's, and what makes them unequal."""

import re
from dataclasses import replace

import pytest
from builders import cell, cell_of, result, trial

from harness.core.decisions.cell_pools import PARTS, pool_campaigns
from harness.core.record import (
    IMPORTED,
    MERGED,
    RAISED_SEARCHES,
    RAISED_SEEDS,
    CampaignRecord,
    CellRecord,
    RunRecord,
)
from harness.core.run import DEFAULT, TUNED, Variant
from harness.core.settings import Rung, Test
from harness.errors import UsageError

FIRST = Variant("trial-1")


def run(variant, run_id, index=0, score=1.0, rung=Rung.TEST):
    return RunRecord(
        rung=rung, variant=Variant(variant), index=index, trial=None, seed=index, arguments={},
        run_id=run_id, result=None if score is None else result(run_id, score),
    )  # fmt: skip


def campaign(*cells, created="2", updated="3", **more):
    return CampaignRecord(name="one", created=created, updated=updated, cells=cells, **more)


def pooled(*cells, **more):
    """The cell that cells of one name make."""
    records = {f"part {number}": campaign(each) for number, each in enumerate(cells)}
    (each,) = pool_campaigns("all", records, **more).cells
    return each


def refused(*cells):
    """The lines that say what differs."""
    with pytest.raises(UsageError) as caught:
        pooled(*cells)
    return re.findall(r"part 1, toy@Toy-v0: (.*)", str(caught.value))


class TestCampaigns:
    A, B, C = (CellRecord(cell=cell_of(f"toy@{name}-v0")) for name in "ABC")

    def test_cells_stand_side_by_side_in_the_order_that_is_asked_for(self):
        records = {"x": campaign(self.B, created="2", updated="5"), "y": campaign(self.A, self.C)}
        plain = pool_campaigns("all", records)
        assert plain.cells == (self.B, self.A, self.C)
        assert (plain.name, plain.created, plain.updated) == ("all", "2", "5")
        ordered = pool_campaigns("all", records, ["toy@C-v0", "toy@A-v0"])
        assert ordered.cells == (self.C, self.A, self.B)

    def test_one_matrix_of_all_is_kept_and_several_are_kept_by_label(self):
        same = {"x": campaign(self.A, document={"name": "x", "seed": 1}),
                "y": campaign(self.B, document={"name": "y", "seed": 1})}  # fmt: skip
        assert pool_campaigns("all", same).document == {"name": "all", "seed": 1}
        same["y"] = replace(same["y"], document={"name": "y", "seed": 2})
        assert pool_campaigns("all", same).document == {
            "name": "all",
            PARTS: {"x": {"name": "all", "seed": 1}, "y": {"name": "all", "seed": 2}},
        }

    def test_origins_are_those_of_the_first(self):
        records = {
            "x": campaign(self.A, origins={"seed": "x.yaml:1"}),
            "y": campaign(self.B, origins={"seed": "y.yaml:2"}),
        }
        assert pool_campaigns("all", records).origins == {"seed": "x.yaml:1"}

    def test_who_ran_what_is_told(self):
        machine = {"machine": {"host": "here", "cpu": "fast"}, "run": {"command": "harness run"}}
        records = {
            "x": campaign(replace(self.A, trials=(trial(0, 1.0),)), provenance=machine),
            "y": campaign(self.B, self.C, provenance={"machine": {"cpu": "fast", "gpu": "big"}}),
        }
        told = pool_campaigns("all", records).provenance
        assert told["machine"] == {"host": "here (x)", "cpu": "fast", "gpu": "big (y)"}
        assert told[MERGED] == {
            "x": "1 results of toy@A-v0 on here: harness run",
            "y": "0 results of toy@B-v0, toy@C-v0 on a machine without a name: no command",
        }
        both = {"x": replace(records["x"], provenance=told), "z": records["y"]}
        # What was merged before keeps its own labels.
        assert list(pool_campaigns("all", both).provenance[MERGED]) == ["x", "y", "z"]

    def test_texts_that_differ_have_the_labels_of_who_has_them(self):
        parts = {
            label: campaign(each, provenance={"machine": {"cpu": cpu}})
            for label, each, cpu in (
                ("x", self.A, "slow"), ("y", self.B, "fast"), ("z", self.C, "slow"),
            )
        }  # fmt: skip
        told = pool_campaigns("all", parts).provenance
        assert told["machine"]["cpu"] == "slow (x, z); fast (y)"

    def test_seeds_that_were_raised_are_listed_and_imported_scores_left_out(self):
        def part(each, *counts):
            raised = {RAISED_SEEDS: {"toy@A-v0": counts[0]}, RAISED_SEARCHES: {"toy@A-v0": "1"}}
            return campaign(each, provenance=raised | {IMPORTED: {"theirs": "3 scores"}})

        told = pool_campaigns("all", {"x": part(self.A, "4"), "y": part(self.B, "8")}).provenance
        assert told[RAISED_SEEDS] == {"toy@A-v0": "4, 8"}
        assert told[RAISED_SEARCHES] == {"toy@A-v0": "1"}
        assert IMPORTED not in told


class TestCells:
    def test_results_are_pooled_and_the_first_ones_win(self):
        one = CellRecord(cell=cell(), trials=(trial(0, 1.0), replace(trial(1, 0.0), result=None)))
        two = CellRecord(cell=cell(), trials=(trial(0, 9.0), trial(1, 2.0), trial(2, 3.0)))
        for parts, scores in (((one, two), [1.0, 2.0, 3.0]), ((two, one), [9.0, 2.0, 3.0])):
            assert [each.result.score for each in pooled(*parts).trials] == scores

    def test_decisions_are_those_of_the_one_that_is_further(self):
        searching = CellRecord(cell=cell(), trials=(trial(0, 1.0), trial(1, 1.0)))
        decided = CellRecord(cell=cell(), trials=(trial(0, 1.0),), winner=DEFAULT)
        closed = replace(searching, closed=2, winner=FIRST)
        assert pooled(searching, decided).winner == DEFAULT
        # One whose search had its whole time knows more than one that was cut.
        assert pooled(closed, decided).winner == DEFAULT
        assert (pooled(closed, decided).closed, pooled(searching, closed).closed) == (None, 2)
        more = replace(searching, importances={"lr": 1.0})
        assert pooled(CellRecord(cell=cell()), more).importances == {"lr": 1.0}
        with_results = CellRecord(cell=cell(), runs=(run("default", "d"),))
        bare = CellRecord(cell=cell(), importances={"lr": 1.0})
        assert pooled(bare, with_results).importances == {}

    def test_runs_of_equal_plans_are_numbered_on(self):
        def tested(*runs):
            return CellRecord(cell=cell(), runs=runs, winner=FIRST)

        one = tested(run("default", "a"), run("tuned", "t"), run("default", "b", 1, None))
        one = replace(one, trials=(trial(0, 1.0),))
        two = tested(run("default", "b"), run("default", "c", 1), run("tuned", "t", 0, 5.0))
        runs = pooled(one, two).runs
        assert [(each.variant, each.index, each.run_id) for each in runs] == [
            ("default", 0, "a"), ("tuned", 0, "t"), ("default", 1, "b"), ("default", 2, "c"),
        ]  # fmt: skip
        assert [each.result.score for each in runs] == [1.0, 1.0, 1.0, 1.0]
        other = replace(two, runs=(*two.runs, run("own", "o", 4)))
        assert pooled(one, other).runs[-1].index == 0

    def test_runs_of_another_decision_are_left_out(self):
        one = CellRecord(cell=cell(), runs=(run("tuned", "a"),), winner=FIRST)
        two = CellRecord(cell=cell(), runs=(run("tuned", "b"),), winner=DEFAULT, closed=3)
        assert [each.run_id for each in pooled(one, two).runs] == ["a"]
        # Undecided: both lack a winner, but one of them was closed.
        cut = CellRecord(cell=cell(), runs=(run("default", "c"),), closed=3)
        whole = CellRecord(cell=cell(), runs=(run("default", "d"),))
        assert [each.run_id for each in pooled(cut, whole).runs] == ["d"]

    def test_scores_of_other_programs_are_kept_once(self):
        one = CellRecord(
            cell=cell(), winner=FIRST, imported=(run("theirs", "a", 0), run("theirs", "b", 1))
        )
        two = CellRecord(cell=cell(), imported=(run("theirs", "c", 1), run("theirs", "d", 2)))
        imported = pooled(two, one).imported
        assert {(each.index, each.run_id) for each in imported} == {(0, "a"), (1, "b"), (2, "d")}

    def test_lists_of_seeds_are_pooled(self):
        def on(*seeds):
            return CellRecord(cell=cell(test=Test(seeds=seeds)))

        assert pooled(on(5, 7), on(7, 9)).cell.test.seeds == (5, 7, 9)
        assert pooled(*[CellRecord(cell=cell(test=Test(seeds=3)))] * 2).cell.test.seeds == 3

    @pytest.mark.parametrize(
        ("change", "line"),
        [
            ({"seed": 8}, "seed: 7 -> 8"),
            ({"test": replace(cell().test, steps=300)}, "test.steps: 200 -> 300"),
            ({"test": replace(cell().test, seeds=5)}, "test.seeds: 4 -> 5"),
            ({"test": replace(cell().test, seeds=(1, 2))}, 'test.seeds: 4 -> "a list"'),
            ({"search": replace(cell().search, trials=9)}, "search.trials: 6 -> 9"),
        ],
    )
    def test_other_settings_make_another_experiment(self, change, line):
        assert refused(CellRecord(cell=cell()), CellRecord(cell=cell(**change))) == [line]
        # What is told while it runs may differ.
        pooled(CellRecord(cell=cell()), CellRecord(cell=cell(timeout=3.0)))

    def test_other_trials_and_other_winners_are_other_experiments(self):
        one = CellRecord(cell=cell(), trials=(trial(0, 1.0), trial(1, 1.0), trial(2, 1.0)))
        others = [replace(each, run_id=f"other-{each.number}") for each in one.trials[1:]]
        assert refused(one, replace(one, trials=tuple(others))) == [
            "trial 1 is another configuration"
        ]
        won = replace(one, winner=FIRST)
        lost = replace(one, winner=DEFAULT)
        assert refused(won, lost) == ["winner: trial-1 -> default"]
        assert pooled(won, replace(lost, closed=2)).winner == FIRST
        assert pooled(won, one).winner == FIRST
        assert pooled(won, won) == won

    def test_a_long_list_of_differences_is_cut(self):
        names = [f"toy@{number}-v0" for number in range(30)]
        records = {
            label: campaign(*(CellRecord(cell=cell_of(name, seed=seed)) for name in names))
            for label, seed in (("x", 1), ("y", 2))
        }
        with pytest.raises(UsageError) as caught:
            pool_campaigns("all", records)
        assert str(caught.value).count("seed: 1 -> 2") == 20


def test_a_pool_of_one_is_that_campaign():
    each = CellRecord(cell=cell(), trials=(trial(0, 1.0),), runs=(run("tuned", "t"),), winner=TUNED)
    assert pooled(each) == each
