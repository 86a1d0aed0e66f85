"""Runs in Weights & Biases: a project per campaign, a group per cell, offline unless asked."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any, Final, Literal

from harness.errors import MissingExtraError
from harness.trackers.tracked_runs import TrackedRun

_WHOLE: Final = "harness-runs.txt"


def wandb(
    folder: Path, campaign: str, project: str = "", mode: Literal["offline", "online"] = "offline"
) -> WandbRuns:
    """Weights & Biases: offline runs in the campaign's folder; `wandb sync` sends them.

    Args:
        folder: The campaign's.
        campaign: Its name.
        project: The project; the campaign's name if empty.
        mode: ``online`` sends each run when it ends.
    """
    return WandbRuns(folder, project or campaign, campaign, mode)


class WandbRuns:
    """The runs of one project; `Tracker` says what the methods do."""

    def __init__(self, folder: Path, project: str, campaign: str, mode: str) -> None:
        try:
            import wandb as library
        except ImportError as error:
            raise MissingExtraError(
                "listener `wandb` needs Weights & Biases",
                help="pip install 'rl-harness[wandb]'",
            ) from error
        self._library: Any = library
        self._folder = folder
        self._project = project
        self._campaign = campaign
        self._mode = mode

    def list_run_ids(self) -> set[str]:
        if not self._list.is_file():
            return set()
        return set(self._list.read_text(encoding="utf-8").split())

    def log(self, run: TrackedRun) -> None:
        # The same id for the same run: what a kill left of it is taken away, or written over.
        name = f"{self._campaign} {run.result.run_id}"
        key = hashlib.sha256(name.encode()).hexdigest()[:16]
        for part in (self._folder / "wandb").glob(f"*run-*-{key}"):
            shutil.rmtree(part)
        settings = self._library.Settings(silent=True, console="off", disable_git=True)
        own = self._library.init(
            project=self._project,
            group=run.cell,
            job_type=run.rung.value,
            name=f"{run.cell} {run.name}",
            id=key,
            dir=str(self._folder),
            config=run.parameters | {"harness": run.tags},
            mode=self._mode,
            reinit="create_new",
            settings=settings,
        )
        for each in run.result.evaluations:
            own.log({"return": each.mean}, step=each.step)
        result = run.result
        own.summary.update({"score": result.score, "steps": result.steps, "wall": result.cost.wall})
        own.finish(exit_code=1 if result.failure else 0)
        with self._list.open("a", encoding="utf-8") as file:
            file.write(f"{result.run_id}\n")

    def close(self) -> None:
        pass

    @property
    def _list(self) -> Path:
        """Ids of the runs that were written whole."""
        return self._folder / "wandb" / _WHOLE
