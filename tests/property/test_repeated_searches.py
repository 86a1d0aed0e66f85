"""Campaigns that search their cells several times: what was done once stays, whoever is quick."""

import csv
from dataclasses import replace

from builders import cell_of
from fakes import play, play_dying

from harness.analysis import leaderboard
from harness.core.decisions.repeated_searches import with_repeats
from harness.core.decisions.warm_starts import with_donors
from harness.core.matrix import Matrix
from harness.core.search_settings import Component
from harness.core.settings import Adaptive

NAMES = ("a@X-v0", "a@Y-v0")


def matrix(repeats, *, transfer=False, budget=None, rule=None):
    cells = []
    for name in NAMES:
        cell = cell_of(name)
        sampler = Component(name="tpe", options={"n_startup_trials": 2})
        search = replace(
            cell.search, sampler=sampler, repeats=repeats, transfer=transfer, budget=budget
        )
        test = replace(cell.test, seeds=cell.test.seeds if rule is None else rule)
        cells.append(replace(cell, search=search, test=test))
    return Matrix(name="camp", cells=tuple(with_donors(with_repeats(cells))), seed=7)


def tables_of(files):
    return {name: list(csv.DictReader(data.decode().splitlines())) for name, data in files.items()}


def only_first(tables):
    return {name: [row for row in rows if "#" not in row["cell"]] for name, rows in tables.items()}


def without_columns(rows):
    return [{name: value for name, value in row.items() if value} for row in rows]


def without_notes(record):
    return [replace(row, notes=()) for row in leaderboard(record)]


def test_the_first_search_is_what_it_is_without_others(tmp_path):
    for name, settings in (
        ("budget", {"budget": 8.0}),
        ("adaptive", {"transfer": True, "rule": Adaptive(start=4, step=2, max=8)}),
    ):
        once = play(matrix(1, **settings), tmp_path / name / "once")
        thrice = play(matrix(3, **settings), tmp_path / name / "thrice", workers=3)
        ended, searched_first = thrice.record, only_first(tables_of(thrice.files))
        for table, rows in tables_of(once.files).items():
            assert without_columns(searched_first[table]) == without_columns(rows)
        assert len(ended.cells) == 6
        assert [cell.name for cell in ended.first_searches] == list(NAMES)
        assert without_notes(ended) == without_notes(once.record)
        assert all(any("first of 3" in n for n in row.notes) for row in leaderboard(ended))


def test_more_searches_add_to_those_there_are(tmp_path):
    before = play(matrix(1), tmp_path / "raised")
    after = play(matrix(3), tmp_path / "raised", workers=4)
    assert not set(before.executor.started) & set(after.executor.started)
    assert play(matrix(3), tmp_path / "at once").files == after.files


def test_workers_and_crashes_change_nothing(tmp_path):
    alone = play(matrix(3, transfer=True), tmp_path / "alone", workers=1).files
    assert play(matrix(3, transfer=True), tmp_path / "4", workers=4, seed=3).files == alone
    assert play_dying(matrix(3, transfer=True), tmp_path / "dying", 23).files == alone


def test_searches_are_independent_and_the_default_is_tested_once(tmp_path):
    ended = play(matrix(3), tmp_path).record
    searches = ended.searches(ended.cell("a@X-v0"))
    assert [each.name for each in searches] == ["a@X-v0", "a@X-v0#2", "a@X-v0#3"]
    seeds = [trial.seed for each in searches for trial in each.trials]
    assert len(set(seeds)) == len(seeds)
    suggested = [tuple(map(str, (t.arguments for t in each.trials[1:]))) for each in searches]
    assert len(set(suggested)) == 3
    tested = {
        each.name: {run.variant for run in each.runs if run.rung == "test"} for each in searches
    }
    assert tested == {
        "a@X-v0": {"default", "tuned"},
        "a@X-v0#2": {"tuned"},
        "a@X-v0#3": {"tuned"},
    }
    runs = [run.seed for each in searches for run in each.runs if run.rung == "test"]
    assert len(set(runs)) == 12
