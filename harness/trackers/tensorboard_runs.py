"""Runs as TensorBoard's event files: a folder per cell, and one in it for each of its runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

from harness.core.printable_text import slug
from harness.errors import MissingExtraError
from harness.trackers.tracked_runs import TrackedRun

_PARAMETERS: Final = "parameters.json"
_PART: Final = ".part"


def tensorboard(folder: Path, campaign: str, log: str = "") -> TensorboardRuns:
    """TensorBoard: event files in `tensorboard/` of the campaign's folder, or below `log`.

    Args:
        folder: The campaign's.
        campaign: Its name.
        log: Another folder, in which the campaign gets one of its own.
    """
    return TensorboardRuns(Path(log) / campaign if log else folder / "tensorboard")


class TensorboardRuns:
    """The runs of a campaign; `Tracker` says what the methods do."""

    def __init__(self, folder: Path) -> None:
        try:
            import tensorboard.summary  # noqa: F401 - learn now that it is missing
        except ImportError as error:
            raise MissingExtraError(
                "listener `tensorboard` needs TensorBoard",
                help="pip install 'rl-harness[tensorboard]'",
            ) from error
        self._folder = folder

    def list_run_ids(self) -> set[str]:
        for part in self._folder.glob(f"*/*{_PART}"):
            shutil.rmtree(part)
        files = self._folder.glob(f"*/*/{_PARAMETERS}")
        return {json.loads(file.read_text(encoding="utf-8"))["run_id"] for file in files}

    def log(self, run: TrackedRun) -> None:
        from tensorboard.summary import Writer

        name = run.name.replace(" #", "-").replace(" ", "-")
        target = self._folder / slug(run.cell) / slug(name)
        part = target.with_name(f"{target.name}{_PART}")
        # Complete or not there: what is being written has another name.
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        writer = Writer(str(part))
        for each in run.result.evaluations:
            writer.add_scalar("return", each.mean, each.step)
        if run.result.score is not None:
            writer.add_scalar("score", run.result.score, run.result.steps)
        writer.close()
        facts = {**run.tags, "parameters": run.parameters}
        (part / _PARAMETERS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)  # of results that no longer fit
        part.rename(target)

    def close(self) -> None:
        pass
