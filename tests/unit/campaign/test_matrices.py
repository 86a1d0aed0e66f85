"""From a document to cells again: of a ledger, of several matrices, without foreign code."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from small import execute

from harness.campaign import campaign_records
from harness.campaign.added_seeds import with_seeds
from harness.campaign.matrices import list_unverified, load, matrix_of, registry, safe_registry
from harness.core.decisions.cell_pools import PARTS
from harness.core.scenario import SourceFile, Wrapper
from harness.errors import UnknownNameError, UsageError

MATRIX = """\
name: camp
scenarios: [CartPole-v1, Acrobot-v1]
algorithms: [{name: ppo, arguments: {n_steps: 64}}]
search: {trials: 2, steps: 128, evals: 2, episodes: 1, sampler: random, pruner: none}
confirm: {top: 1, seeds: 1}
test: {seeds: SEEDS, steps: 128, evals: 2, episodes: 1}
overrides: [{match: "*@Acrobot-v1", n_envs: 2}]
"""
FIRST, SECOND = "ppo@CartPole-v1", "ppo@Acrobot-v1"


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """Runs a campaign of fake runs; its record and its registry."""
    monkeypatch.chdir(tmp_path)
    names = registry(runs=tmp_path / "runs")

    def run(seeds="2"):
        (tmp_path / "m.yaml").write_text(MATRIX.replace("SEEDS", seeds))
        execute(load("m.yaml", names), tmp_path)
        return campaign_records.record("camp", tmp_path / "runs"), names

    return run


class TestAddedSeeds:
    def test_one_cell_has_more_and_all_else_is_as_it_was(self, begun):
        record, names = begun()
        before = matrix_of("camp", record.document, names)
        after = with_seeds(record, SECOND, 5, names)
        assert [cell.test.seeds for cell in before.cells] == [2, 2]
        assert [cell.test.seeds for cell in after.cells] == [2, 5]
        assert after.cells[0] == before.cells[0]
        assert replace(after.cells[1], test=before.cells[1].test) == before.cells[1]
        assert after.cells[1].scenario.n_envs == 2
        assert with_seeds(record, FIRST, 2, names).cells == before.cells

    def test_what_has_no_number_of_seeds_to_raise_is_refused(self, begun):
        record, names = begun("{start: 2, step: 1, max: 3}")
        with pytest.raises(UsageError, match="grow by a rule"):
            with_seeds(record, FIRST, 9, names)
        with pytest.raises(UnknownNameError, match=r"ppo@Acrobat-v1"):
            with_seeds(record, "ppo@Acrobat-v1", 9, names)

    def test_seeds_of_a_list_are_no_number(self, begun):
        record, names = begun(f"[{2**30 + 1024}, {2**30 + 2048}]")
        with pytest.raises(UsageError, match=f"held-out seeds of `{FIRST}` are a list"):
            with_seeds(record, FIRST, 9, names)

    def test_none_is_taken_away(self, begun):
        record, names = begun("4")
        with pytest.raises(UsageError, match=f"`{FIRST}` has 4 held-out seeds already"):
            with_seeds(record, FIRST, 3, names)

    def test_other_cells_must_have_ended_and_this_one_have_its_winner(self, begun):
        record, names = begun()
        first, second = record.cells
        last = replace(second.runs[-1], result=None)
        open_cell = replace(second, runs=(*second.runs[:-1], last))
        interrupted = replace(record, cells=(first, open_cell))
        with pytest.raises(UsageError, match=f"campaign `camp` has not ended: {SECOND}\n"):
            with_seeds(interrupted, FIRST, 5, names)
        # What an interrupted command was to add may still be missing here.
        assert with_seeds(interrupted, SECOND, 5, names).cells[1].test.seeds == 5
        undecided = replace(record, cells=(replace(first, winner=None), second))
        with pytest.raises(UsageError, match=f"campaign `camp` has not ended: {FIRST}\n"):
            with_seeds(undecided, FIRST, 5, names)


def test_a_matrix_merged_of_several_has_the_cells_of_all_the_first_ones_first(tmp_path):
    names = registry(runs=tmp_path)
    one = {"scenarios": ["CartPole-v1"], "algorithms": ["ppo"], "seed": 3}
    other = {"scenarios": ["CartPole-v1", "Acrobot-v1"], "algorithms": ["ppo"], "seed": 4}
    both = matrix_of("both", {PARTS: {"a": one, "b": other}}, names)
    assert {cell.name: cell.seed for cell in both.cells} == {FIRST: 3, SECOND: 4}


def test_of_a_matrix_that_is_read_safely_no_name_is_looked_up(tmp_path, monkeypatch):
    (tmp_path / "gymnasium.py").write_text("raise SystemExit")
    (tmp_path / "m.yaml").write_text("scenarios: [nowhere:Own-v0]\nalgorithms: [ppo, sac]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), *sys.path])
    names = safe_registry()
    assert not {"", str(tmp_path)} & set(sys.path)
    matrix = load("m.yaml", names)
    assert [(cell.name, cell.scenario.action) for cell in matrix.cells] == [
        ("ppo@nowhere:Own-v0", "Discrete"), ("sac@nowhere:Own-v0", "Box"),
    ]  # fmt: skip


def test_what_nothing_but_running_it_can_tell_is_listed_by_scenario(tmp_path):
    (tmp_path / "m.yaml").write_text("scenarios: [CartPole-v1]\nalgorithms: [ppo, a2c]\n")
    matrix = load(str(tmp_path / "m.yaml"), registry(runs=tmp_path))
    assert list_unverified(matrix) == ["`CartPole-v1`: environment `CartPole-v1`"]
    own = SourceFile(module="a", name="a.py", path="/x/a.py", sha256="0" * 64)
    cells = tuple(
        replace(
            cell,
            scenario=replace(
                cell.scenario, imports=("more",), wrappers=(Wrapper(path="a.W"),),
                training_wrappers=(Wrapper(path="a.T"),), sources=(own,),
            ),
        )
        for cell in matrix.cells
    )  # fmt: skip
    assert list_unverified(replace(matrix, cells=cells)) == [
        (
            "`CartPole-v1`: environment `CartPole-v1`, import of `more`, wrapper `a.W`, "
            "wrapper `a.T`, source `/x/a.py`"
        )
    ]


def test_a_search_may_begin_with_what_a_campaign_of_the_folder_ships(begun, tmp_path):
    record, _ = begun()
    shipped = registry(runs=tmp_path / "runs").best_of("camp")
    assert set(shipped) == {FIRST, SECOND}
    assert shipped[FIRST]["winner"] == str(record.cells[0].winner)
