"""Campaigns with an ensemble: the same rows for any workers and after crashes."""

from dataclasses import replace

from builders import cell
from fakes import play, play_dying

from harness.core.ladder import advance
from harness.core.matrix import Ensemble, Matrix
from harness.core.progress.ladder_progress import History
from harness.core.progress.remaining import remaining
from harness.core.progress.run_counts import counts_of
from harness.core.run import configurations_of
from harness.core.settings import Confirm


def matrix():
    small = cell(confirm=Confirm(top=2, seeds=2))
    test = replace(small.test, variants=("default", "tuned", "together"))
    ensembles = (Ensemble(name="together", size=4),)
    search = replace(small.search, trials=10)
    tested = replace(small, search=search, test=test, ensembles=ensembles)
    return Matrix(name="camp", cells=(tested,), seed=7)


def test_workers_and_crashes_change_nothing(tmp_path):
    alone, _, outcome, ended, _ = play(matrix(), tmp_path / "alone", workers=1)
    assert (outcome.status, outcome.remaining.most) == ("complete", 0)
    tested = [run for run in ended.cells[0].runs if run.variant == "together"]
    assert len(tested) == 4
    start = remaining(counts_of({"": advance(matrix().cells[0], History())})[""])
    assert start.total.least <= len(ended.cells[0].results) <= start.total.most
    (members,) = {str(configurations_of(run.arguments)) for run in tested}
    assert members.count("lr") >= 2
    assert play(matrix(), tmp_path / "many", workers=3, seed=1).files == alone
    assert play_dying(matrix(), tmp_path / "dying", 8).files == alone
