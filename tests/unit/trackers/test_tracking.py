"""Each finished run reaches a tracker once, whatever ends in between."""

import json
from dataclasses import replace

import pytest
import small
from fakes import REGISTRY
from sample_records import synthetic_campaign

from harness.campaign.campaign_records import record
from harness.core.events import ListenerFailed, RunFinished
from harness.core.search_settings import Component
from harness.core.spaces.parameter import flatten
from harness.trackers.tensorboard_runs import tensorboard
from harness.trackers.tracked_runs import runs_of_record


class Notebook:
    """A tracker that keeps what it is told; `breaks` makes one run fail."""

    def __init__(self, pages=None, breaks=None):
        self.pages = {} if pages is None else pages
        self.breaks = breaks
        self.closed = 0

    def list_run_ids(self):
        return set(self.pages)

    def log(self, run):
        if len(self.pages) == self.breaks:
            raise ConnectionError("no network")
        assert run.result.run_id not in self.pages
        self.pages[run.result.run_id] = run

    def close(self):
        self.closed += 1


def listened(folder, notebook, **options):
    """A campaign of fake runs with a listener; its events."""
    events = []
    matrix = replace(small.matrix(), listeners=(Component(name="notebook"),))

    def function(kind, name):
        assert (kind, name) == ("listener", "notebook")
        return lambda folder, campaign: notebook

    from unittest.mock import patch

    with patch.object(type(REGISTRY), "function", _functions(function)):
        small.execute(matrix, folder, listener=events.append, **options)
    return events


def _functions(listener):
    original = type(REGISTRY).function

    def function(self, kind, name):
        return listener(kind, name) if kind == "listener" else original(self, kind, name)

    return function


def test_a_listener_gets_parameters_evaluations_and_result_of_each_run(tmp_path):
    notebook = Notebook()
    events = listened(tmp_path, notebook)
    finished = {each.planned.run.id: each for each in events if isinstance(each, RunFinished)}
    assert notebook.pages.keys() == finished.keys()
    for run_id, run in notebook.pages.items():
        planned = finished[run_id].planned
        assert run.result == finished[run_id].result
        assert run.arguments == planned.run.arguments
        assert (run.cell, run.rung, run.variant) == planned.key[:3]
        assert run.parameters["seed"] == planned.run.seed
    assert notebook.closed == 1


def test_a_campaign_that_goes_on_hands_over_what_the_tracker_lacks_and_nothing_twice(tmp_path):
    whole = Notebook()
    listened(tmp_path, whole)
    some = Notebook(dict([*whole.pages.items()][:3]))
    events = listened(tmp_path, some)
    assert not any(isinstance(each, RunFinished) for each in events)
    assert some.pages.keys() == whole.pages.keys()


def test_a_tracker_that_fails_is_told_and_ends_no_campaign(tmp_path):
    notebook = Notebook(breaks=4)
    events = listened(tmp_path, notebook)
    (failure,) = [each for each in events if isinstance(each, ListenerFailed)]
    assert failure == ListenerFailed(listener="notebook", problem="ConnectionError: no network")
    assert len(notebook.pages) == 4
    assert record("camp", tmp_path / "runs").cells[0].winner is not None
    again = Notebook(notebook.pages)
    listened(tmp_path, again)
    known = {each.result.run_id for each in runs_of_record(record("camp", tmp_path / "runs"))}
    assert again.pages.keys() == known


def test_a_run_of_two_places_is_one_run():
    campaign = synthetic_campaign()
    ids = [run.result.run_id for run in runs_of_record(campaign)]
    assert len(ids) == len(set(ids))
    assert set(ids) == {result.run_id for cell in campaign.cells for result in cell.results}


def test_nested_arguments_have_dotted_names():
    assert flatten({"a": 1, "b": {"c": [2], "d": {"e": None}}}) == {
        "a": 1,
        "b.c": [2],
        "b.d.e": None,
    }


def test_event_files_are_whole_or_not_there(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    tracker = tensorboard(tmp_path, "camp")
    runs = [*runs_of_record(synthetic_campaign())][:3]
    for run in runs:
        tracker.log(run)
    (tmp_path / "tensorboard" / "ppo-CartPole-v1" / "search-trial-9.part").mkdir()
    assert tracker.list_run_ids() == {run.result.run_id for run in runs}
    folders = sorted((tmp_path / "tensorboard" / "ppo-CartPole-v1").iterdir())
    assert [each.name for each in folders] == ["search-default", "search-trial-1", "search-trial-2"]
    events = accumulator.EventAccumulator(str(folders[0]))
    events.Reload()
    steps = [each.step for each in events.Tensors("return")]
    assert steps == [each.step for each in runs[0].result.evaluations]
    facts = json.loads((folders[0] / "parameters.json").read_text())
    assert facts["parameters"]["seed"] == runs[0].seed
