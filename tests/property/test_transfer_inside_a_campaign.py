"""Campaigns whose searches begin with other cells' winners: the same rows whoever is quick."""

from dataclasses import replace

from builders import cell_of
from fakes import play, play_dying

from harness.core.decisions.warm_starts import with_donors
from harness.core.matrix import Matrix
from harness.core.search_settings import Component

NAMES = ("a@X-v0", "a@Y-v0", "b@X-v0", "a@Z-v0")


def matrix(*, transfer=True, trials=6):
    cells = []
    for name in NAMES:
        cell = cell_of(name)
        sampler = Component(name="tpe", options={"n_startup_trials": 2})
        search = replace(cell.search, transfer=transfer, trials=trials, sampler=sampler)
        cells.append(replace(cell, search=search))
    return Matrix(name="camp", cells=tuple(with_donors(cells)), seed=7)


def test_workers_and_crashes_change_nothing(tmp_path):
    alone, _, outcome, ended, _ = play(matrix(), tmp_path / "alone", workers=1)
    assert outcome.remaining.most == 0
    for workers, seed in ((2, 1), (7, 2)):
        assert play(matrix(), tmp_path / f"{workers}", workers=workers, seed=seed).files == alone
    assert play_dying(matrix(), tmp_path / "dying", 11).files == alone
    by_name = {cell.name: cell for cell in ended.cells}
    given = [trial.suggestion.source for trial in by_name["a@Z-v0"].trials]
    assert given[0] == given[-1] == ""
    assert set(filter(None, given)) <= {"a@X-v0", "a@Y-v0"}
    shipped = by_name["a@X-v0"]
    assert shipped.winner != "default"
    values = shipped.trials[shipped.winner.trial].values
    assert by_name["a@Y-v0"].trials[1].values == values
    assert play(matrix(transfer=False), tmp_path / "without").files != alone


def test_more_trials_keep_those_that_there_are(tmp_path):
    before = play(matrix(), tmp_path).executor
    after = play(matrix(trials=9), tmp_path).executor
    assert after.started
    assert not set(after.started) & set(before.started)
    assert play(matrix(trials=9), tmp_path).executor.started == []
