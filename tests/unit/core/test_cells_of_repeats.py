"""Repeated searches: which cells there are, and how a record groups them."""

from dataclasses import replace

import pytest
from builders import cell, cell_of, result, trial
from hypothesis import given
from hypothesis import strategies as st

from harness.core.decisions.repeated_searches import with_repeats
from harness.core.matrix import Ensemble, NamedConfiguration
from harness.core.record import (
    RAISED_SEARCHES,
    RAISED_SEEDS,
    CampaignRecord,
    CellRecord,
    RunRecord,
    only_results,
)
from harness.core.run import ACROSS, DEFAULT, TUNED, Variant
from harness.core.settings import Adaptive, Rung, Test, Transfer
from harness.errors import UnknownNameError


def searched(name, repeats, **changes):
    each = cell_of(name, **changes)
    return replace(each, search=replace(each.search, repeats=repeats))


@given(st.lists(st.integers(1, 4), max_size=4))
def test_everything_is_searched_once_before_anything_twice(repeats):
    cells = [searched(f"toy@{place}-v0", count) for place, count in enumerate(repeats)]
    every = with_repeats(cells)
    assert every[: len(cells)] == cells
    assert [each.repeat for each in every] == sorted(each.repeat for each in every)
    assert len({each.name for each in every}) == len(every) == sum(repeats)
    for each, count in zip(cells, repeats, strict=True):
        own = [one for one in every if one.first_search == each.name]
        assert [one.repeat for one in own] == list(range(1, count + 1))


def test_a_later_search_tests_its_own_winner_alone():
    first = searched(
        "toy@A-v0",
        2,
        test=Test(seeds=4, variants=("default", "tuned", "own"), against="own"),
        transfer=Transfer(seeds=3),
        variants=(NamedConfiguration(name="own", arguments={"lr": 0.1}),),
        ensembles=(Ensemble(name="both", size=2),),
    )
    _, second = with_repeats([first])
    assert second.name == "toy@A-v0#2"
    assert second.test == replace(first.test, variants=(TUNED,), against=None)
    assert (second.transfer, second.variants, second.ensembles) == (Transfer(), (), ())
    assert (second.search, second.confirm) == (first.search, first.confirm)


def test_seeds_that_grow_are_a_matter_of_the_first_search():
    rule = Adaptive(start=5, step=5, max=20)
    _, second = with_repeats([searched("toy@A-v0", 2, test=Test(seeds=rule))])
    assert second.test.seeds == 5


def held_out(variant, run_id, index=0, ended=True, rung=Rung.TEST):
    return RunRecord(
        rung=rung, variant=Variant(variant), index=index, trial=None, seed=index, arguments={},
        run_id=run_id, result=result(run_id, float(index)) if ended else None,
    )  # fmt: skip


def campaign(cells, **changes):
    return CampaignRecord(name="c", created="1", updated="2", cells=tuple(cells), **changes)


class TestRecord:
    """A campaign with two cells, of which the first is searched twice."""

    CELLS = tuple(with_repeats([searched("toy@A-v0", 2), searched("toy@B-v0", 1)]))
    FIRST, OTHER, SECOND = (
        CellRecord(
            cell=CELLS[0],
            runs=(
                held_out("default", "d"),
                held_out("tuned", "t"),
                held_out("default", "confirm", rung=Rung.CONFIRM),
            ),
        ),
        CellRecord(cell=CELLS[1], runs=(held_out("default", "b"),)),
        CellRecord(cell=CELLS[2], runs=(held_out("tuned", "s"),)),
    )
    RECORD = campaign([FIRST, OTHER, SECOND])

    def test_cells_are_grouped_by_what_they_search(self):
        assert self.RECORD.first_searches == (self.FIRST, self.OTHER)
        for each in (self.FIRST, self.SECOND):
            assert self.RECORD.searches(each) == (self.FIRST, self.SECOND)
        assert self.RECORD.searches(self.OTHER) == (self.OTHER,)
        # Whatever their order in the record, the first search is first.
        turned = campaign([self.SECOND, self.FIRST])
        assert turned.searches(self.SECOND) == (self.FIRST, self.SECOND)
        assert turned.first_searches == (self.FIRST,)

    def test_a_later_search_alone_has_the_defaults_held_out_runs_of_the_first(self):
        alone = self.RECORD.search(2)
        assert [each.name for each in alone.cells] == ["toy@A-v0#2"]
        assert [run.run_id for run in alone.cells[0].runs] == ["s", "d"]
        assert self.RECORD.search(1).cells == (self.FIRST, self.OTHER)
        assert self.RECORD.search(3).cells == ()

    def test_a_cell_is_found_by_its_name(self):
        assert self.RECORD.cell("toy@A-v0#2") is self.SECOND
        with pytest.raises(UnknownNameError, match="toy@C-v0"):
            self.RECORD.cell("toy@C-v0")

    def test_what_was_raised_is_read_from_the_provenance(self):
        record = replace(
            self.RECORD,
            provenance={
                RAISED_SEEDS: {"toy@A-v0": "4, 8"},
                RAISED_SEARCHES: {"toy@B-v0": "1", "toy@A-v0": "none"},
            },
        )
        assert record.raised_seeds("toy@A-v0") == (4, 8)
        assert record.raised_seeds("toy@B-v0") == ()
        assert record.raised_searches("toy@B-v0") == (1,)
        assert record.raised_searches("toy@A-v0") == ()
        assert self.RECORD.raised_seeds("toy@A-v0") == ()

    def test_only_some_results_may_be_looked_at(self):
        trials = (trial(0, 1.0), trial(1, 2.0))
        record = campaign([replace(self.FIRST, trials=trials)])
        (left,) = only_results(record, {"run-1", "t"}).cells
        assert [each.run_id for each in left.results] == ["run-1", "t"]
        assert [each.run_id for each in left.trials] == ["run-0", "run-1"]
        assert len(left.runs) == 3


def test_what_was_imported_is_a_variant_beside_those_tested():
    imported = (held_out("theirs", "x"), held_out("theirs", "y", 1), held_out("tuned", "z"))
    record = CellRecord(cell=cell(test=Test(against="own")), imported=imported)
    assert record.tested_variants == ("default", "tuned", "own", "theirs")


def test_a_cell_is_described_with_all_its_settings():
    spec = CellRecord(cell=cell(timeout=3.0)).spec
    assert (spec["timeout"], spec["search"]["trials"]) == (3.0, 6)


@pytest.mark.parametrize(
    ("variant", "rung", "is_held_out"),
    [
        (DEFAULT, Rung.TEST, True),
        (DEFAULT, Rung.CONFIRM, False),
        (ACROSS, Rung.TRANSFER, True),
        (Variant("toy@B-v0"), Rung.TRANSFER, False),
    ],
)
def test_what_serves_all_scenarios_is_tested_on_held_out_seeds(variant, rung, is_held_out):
    run = held_out(variant, "r", rung=rung)
    assert run.is_held_out == is_held_out
    assert (run.seed_rung is Rung.TEST) == is_held_out
