"""Several campaigns in one database: they share results, and nothing else."""

import contextlib
import dataclasses
import functools
import shutil
import sqlite3
from concurrent.futures import Future
from contextlib import closing

import pytest
from fakes import Crash, PromptExecutor, fake_result
from small import ask, execute, matrix, scores

from harness.campaign.campaign_records import record
from harness.core.decisions.best_configurations import mean_on_held_out_seeds
from harness.core.events import RunFinished
from harness.core.progress.campaign_progress import DONE, CampaignProgress, add_event
from harness.core.run import DEFAULT, TUNED
from harness.core.run_result import Status
from harness.execution import WorkerDiedError
from harness.store import open_ledger


def database(folder, name="camp"):
    return folder / "runs" / name / "campaign.db"


def test_what_another_campaign_has_run_is_not_run_again(tmp_path):
    execute(matrix(), tmp_path)
    database(tmp_path, "other").parent.mkdir()
    shutil.copy(database(tmp_path), database(tmp_path, "other"))
    executor = PromptExecutor()
    outcome = execute(dataclasses.replace(matrix(), name="other"), tmp_path, executor)
    assert not outcome.unfinished
    assert executor.started == []


@pytest.mark.parametrize("ended", [7, 13, 19, 99])
def test_what_a_command_shows_in_the_end_is_what_the_ledger_has(tmp_path, ended):
    """Where it goes on with a campaign, and where it takes over another one's results."""
    asked, heard = matrix(cells=2, seeds=3), []

    def die(event):
        heard.append(event)
        if sum(isinstance(each, RunFinished) for each in heard) == ended:
            raise Crash

    with contextlib.suppress(Crash):
        execute(asked, tmp_path, listener=die)
    for name, reuse in (("camp", None), ("camp", None), ("other", "camp")):
        events = []
        asked = dataclasses.replace(asked, name=name)
        execute(asked, tmp_path, listener=events.append, reuse=reuse)
        progress = functools.reduce(add_event, events, CampaignProgress())
        for cell in record(name, tmp_path / "runs").cells:
            shown = progress.cells[cell.name]
            pruned = sum(result.status is Status.PRUNED for result in cell.results)
            assert (shown.done, shown.total) == (len(cell.results), len(cell.results))
            assert (shown.pruned, shown.failed) == (pruned, len(cell.failures))
            means = [mean_on_held_out_seeds(cell, variant) for variant in (TUNED, DEFAULT)]
            assert [shown.best, shown.default] == pytest.approx(means)
            assert (shown.winner, shown.phase) == (cell.winner, DONE)


def test_results_of_runs_that_are_not_its_own_are_left_alone(tmp_path):
    """A database may hold a hundred campaigns; a row nobody asks for may even be damaged."""
    execute(matrix(trials=2), tmp_path)
    with closing(sqlite3.connect(database(tmp_path))) as connection:
        connection.execute(
            "INSERT INTO harness_results SELECT environment, 'foreign', status, recorded, '{half' "
            "FROM harness_results LIMIT 1"
        )
        connection.commit()
    assert not execute(matrix(trials=3), tmp_path).unfinished


def test_seeds_taken_away_and_given_back_cost_nothing(tmp_path):
    execute(matrix(seeds=3), tmp_path)
    before = scores(tmp_path)
    execute(matrix(seeds=1), tmp_path)
    executor = PromptExecutor()
    execute(matrix(seeds=3), tmp_path, executor)
    assert executor.started == []
    assert scores(tmp_path) == before


def test_if_another_campaign_is_first_its_result_counts_for_both(tmp_path):
    late = []

    def slower(run):
        """Somebody else's result of this very run arrives while it runs."""
        result = fake_result(run)
        if not late and result.score is not None:
            late.append(dataclasses.replace(result, score=99.0))
            ((environment,),) = ask(tmp_path, "SELECT environment FROM harness_campaigns")
            with open_ledger(database(tmp_path)) as other:
                other.add_results([late[0]], environment=environment)
        return result

    heard = {}

    def listen(event):
        if isinstance(event, RunFinished):
            heard[event.result.run_id] = event.result.score

    execute(matrix(), tmp_path, PromptExecutor(slower), listener=listen)
    assert heard[late[0].run_id] == 99.0


class Deadly(PromptExecutor):
    """One in which the worker of the first run dies each time it tries."""

    def submit(self, function, /, order):
        future = super().submit(function, order)
        if order.run.id == self.started[0]:
            future = Future()
            future.set_exception(WorkerDiedError(-9))
        return future


def test_a_run_whose_workers_die_is_tried_three_times(tmp_path):
    executor = Deadly()
    outcome = execute(matrix(), tmp_path, executor)
    assert not outcome.unfinished
    assert executor.started.count(executor.started[0]) == 3
