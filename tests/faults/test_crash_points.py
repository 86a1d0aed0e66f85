"""A coordinator killed before any single write of its campaign ends with the same numbers."""

import os
import pathlib

import pytest
import sweeps
from fakes import PromptExecutor
from small import STUDIES, ask, check_studies, execute, matrix, scores
from sqlalchemy import Engine, event

import harness.files

CRASHED = 9
SIZE = {"trials": 3, "seeds": 1}


class Writes:
    """Counts what reaches the disk: commits, syncs and renames; dies just before one of them."""

    def __init__(self, fatal=None):
        self.count = 0
        self._fatal = fatal

    def __call__(self, *_):
        if self.count == self._fatal:
            os._exit(CRASHED)
        self.count += 1

    def __enter__(self):
        self._sync, self._replace = harness.files._sync, pathlib.Path.replace
        event.listen(Engine, "commit", self)
        harness.files._sync = self._first(self._sync)
        pathlib.Path.replace = self._first(self._replace)
        return self

    def __exit__(self, *_):
        event.remove(Engine, "commit", self)
        harness.files._sync, pathlib.Path.replace = self._sync, self._replace

    def _first(self, function):
        def counted(*arguments):
            self()
            return function(*arguments)

        return counted


def run_and_die(folder, fatal):
    """Run the campaign in a process of its own; whether it came to the fatal write."""
    child = os.fork()
    if child == 0:
        try:
            with Writes(fatal):
                execute(matrix(**SIZE), folder)
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in {0, CRASHED}
    return status == CRASHED


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    executor = PromptExecutor()
    with Writes() as writes:
        execute(matrix(**SIZE), folder, executor)
    return folder, writes.count, len(executor.started)


PARTS = 6


@pytest.mark.parametrize("part", range(PARTS))
def test_a_crash_before_any_write_changes_nothing(undisturbed, tmp_path, part):
    whole, writes, runs = undisturbed
    wanted, studies = scores(whole), ask(whole, STUDIES)
    assert writes > 30
    for fatal in sweeps.part(range(part, writes, PARTS), 3):
        folder = tmp_path / str(fatal)
        folder.mkdir()
        assert run_and_die(folder, fatal), fatal
        check_studies(folder)
        recorded = len(ask(folder, "SELECT run_id FROM harness_results"))
        again = PromptExecutor()
        assert not execute(matrix(**SIZE), folder, again).unfinished
        assert scores(folder) == wanted, f"killed before write {fatal}"
        assert ask(folder, STUDIES) == studies
        assert len(again.started) == runs - recorded
        left = [path.name for path in (folder / "runs" / "camp").iterdir() if path.name[0] == "."]
        # What was being written beside its place may stay, once.
        assert len(left) <= 1


def test_a_run_of_a_finished_campaign_may_die_anywhere_too(undisturbed, tmp_path):
    whole, _, _ = undisturbed
    wanted = scores(whole)
    fatal = 0
    while run_and_die(whole, fatal):
        fatal += sweeps.examples(3, 1)
        assert scores(whole).keys() == wanted.keys()
    assert fatal > 5
    execute(matrix(**SIZE), whole)
    assert scores(whole) == wanted
