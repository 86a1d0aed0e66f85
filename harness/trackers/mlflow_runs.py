"""Runs in MLflow: an experiment per campaign, a run per cell, and its runs nested below."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from harness.errors import MissingExtraError
from harness.store import file_url
from harness.trackers.tracked_runs import TrackedRun

_ID = "harness.run_id"
_CELL = "harness.cell"
_PARENT = "mlflow.parentRunId"
_FINISHED = "FINISHED"


def mlflow(folder: Path, campaign: str, uri: str = "") -> MlflowRuns:
    """MLflow: an SQLite file in the campaign's folder, or the server of `uri`.

    Args:
        folder: The campaign's.
        campaign: Name of the experiment.
        uri: Tracking URI; `MLFLOW_TRACKING_URI` counts where it is empty.
    """
    return MlflowRuns(folder, campaign, uri)


class MlflowRuns:
    """The runs of one experiment; `Tracker` says what the methods do."""

    def __init__(self, folder: Path, campaign: str, uri: str) -> None:
        try:
            from mlflow import MlflowClient
        except ImportError as error:
            raise MissingExtraError(
                "listener `mlflow` needs MLflow", help="pip install 'rl-harness[mlflow]'"
            ) from error
        # Lines about its database belong to no one's log.
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        address = uri or os.environ.get("MLFLOW_TRACKING_URI", "")
        self._client: Any = MlflowClient(address or file_url(folder / "mlflow.db"))
        experiment = self._client.get_experiment_by_name(campaign)
        if experiment is not None:
            self._experiment = experiment.experiment_id
        else:
            location = None if address else (folder / "mlartifacts").as_uri()
            self._experiment = self._client.create_experiment(campaign, location)
        self._parents: dict[str, str] = {}

    def list_run_ids(self) -> set[str]:
        whole: set[str] = set()
        token = None
        while token != "":
            page = self._client.search_runs([self._experiment], max_results=1000, page_token=token)
            for run in page:
                tags = run.data.tags
                if _ID not in tags:
                    self._parents[tags.get(_CELL, "")] = run.info.run_id
                elif run.info.status == "RUNNING":
                    self._client.delete_run(run.info.run_id)
                else:
                    whole.add(tags[_ID])
            token = page.token or ""
        return whole

    def log(self, run: TrackedRun) -> None:
        from mlflow.entities import Metric, Param

        tags = {_PARENT: self._parent(run.cell), _ID: run.result.run_id}
        tags |= {f"harness.{name}": text for name, text in run.tags.items()}
        own = self._client.create_run(self._experiment, tags=tags, run_name=run.name).info.run_id
        parameters = [Param(name, str(value)) for name, value in run.parameters.items()]
        metrics = [
            Metric("return", each.mean, index, each.step)
            for index, each in enumerate(run.result.evaluations)
        ]
        result = run.result
        numbers = {"score": result.score, "steps": result.steps, "wall": result.cost.wall}
        metrics += [
            Metric(name, value, 0, result.steps)
            for name, value in numbers.items()
            if value is not None
        ]
        self._client.log_batch(own, metrics=metrics, params=parameters)
        self._client.set_terminated(own, "FAILED" if result.failure else _FINISHED)

    def close(self) -> None:
        for parent in self._parents.values():
            self._client.set_terminated(parent, _FINISHED)

    def _parent(self, cell: str) -> str:
        if cell not in self._parents:
            run = self._client.create_run(self._experiment, tags={_CELL: cell}, run_name=cell)
            self._parents[cell] = run.info.run_id
        return self._parents[cell]
