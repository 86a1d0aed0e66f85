"""Campaigns killed twice that go on: every run is logged once by each tracker."""

import json

import pytest
from driven import kill


def of_tensorboard(folder):
    return [
        json.loads(file.read_text())["run_id"]
        for file in (folder / "tensorboard").glob("*/*/parameters.json")
    ]


def of_mlflow(folder):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("small").experiment_id
    runs = client.search_runs([experiment], max_results=1000)
    nested = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    parents = [run.info.run_id for run in runs if run not in nested]
    assert len(parents) == 2  # a cell each
    assert {run.data.tags["mlflow.parentRunId"] for run in nested} == set(parents)
    assert {run.info.status for run in runs} <= {"FINISHED", "FAILED"}
    return [run.data.tags["harness.run_id"] for run in nested]


def of_wandb(folder):
    keys = [each.name.rpartition("-")[2] for each in (folder / "wandb").glob("offline-run-*")]
    listed = (folder / "wandb" / "harness-runs.txt").read_text().split()
    assert len(keys) == len(set(keys)) == len(listed)
    return listed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "ids"), [("tensorboard", of_tensorboard), ("mlflow", of_mlflow), ("wandb", of_wandb)]
)
@pytest.mark.filterwarnings("ignore")  # of the tools themselves
def test_a_killed_campaign_that_goes_on_logs_nothing_twice(campaign, name, ids):
    pytest.importorskip(name)
    tracked = campaign(faked=True)
    words = ("--workers", "2", "--set", f"listeners=[{name}]")
    for results in (3, 8):
        process = tracked.start(*words)
        tracked.wait_for_results(results, process)
        kill(process)
    tracked.run(*words)
    known = [result["run_id"] for result in tracked.results()]
    logged = ids(tracked.folder / "runs" / "small")
    assert sorted(logged) == sorted(known)
