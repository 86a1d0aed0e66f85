"""What trackers get of a run, and how each run gets to them once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from harness.core.events import Event, ListenerFailed, RunFinished
from harness.core.record import CampaignRecord, RunRecord, TrialRecord
from harness.core.run import Variant
from harness.core.run_result import RunResult
from harness.core.settings import Rung
from harness.core.spaces.parameter import flatten
from harness.errors import HarnessError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedRun:
    """A finished run.

    Attributes:
        cell, rung, variant, index: Its place in the campaign.
        seed: Training seed.
        arguments: What the learner was given.
        result: What came of it, evaluations included.
    """

    cell: str
    rung: Rung
    variant: str
    index: int
    seed: int
    arguments: Mapping[str, object]
    result: RunResult

    @property
    def name(self) -> str:
        """``search trial-3``, ``test tuned #2``: what it is called within its cell."""
        number = "" if self.rung is Rung.SEARCH else f" #{self.index}"
        return f"{self.rung.value} {self.variant}{number}"

    @property
    def parameters(self) -> dict[str, Any]:
        """Arguments by dotted name, and the seed."""
        return {**flatten(self.arguments), "seed": self.seed}

    @property
    def tags(self) -> dict[str, str]:
        """Words to find and group runs by."""
        failure = self.result.failure
        return {
            "cell": self.cell,
            "rung": self.rung.value,
            "variant": self.variant,
            "status": self.result.status.value,
            "run_id": self.result.run_id,
            **({} if failure is None else {"failure": f"{failure.kind}: {failure.message}"}),
        }


class Tracker(Protocol):
    """A tool that keeps runs."""

    def list_run_ids(self) -> set[str]:
        """Ids of the runs it has whole; what a kill left of others is taken away."""

    def log(self, run: TrackedRun) -> None:
        """Keep a run: parameters, every evaluation, the result."""

    def close(self) -> None:
        """End all that is open."""


_METHODS: Final = [name for name in vars(Tracker) if not name.startswith("_")]


def make_tracker(
    name: str, function: Callable[..., Any], folder: Path, campaign: str, options: Mapping[str, Any]
) -> Tracker:
    """What a listener of a matrix stands for.

    Args:
        name: Name of the listener in the matrix.
        function: What is registered under the name.
        folder, campaign: The campaign's folder and name.
        options: What the matrix says beside the listener's name.

    Raises:
        HarnessError: The function's own.
        UsageError: It raised another error, or what it makes lacks a method.
    """
    try:
        tracker: Tracker = function(folder, campaign, **options)
    except HarnessError:
        raise
    except Exception as error:
        raise UsageError(
            f"listener `{name}` cannot be made: {type(error).__name__}: {error}",
            help="its function gets the campaign's folder and name, and the options beside it",
        ) from error
    lacking = [each for each in _METHODS if not callable(getattr(tracker, each, None))]
    if lacking:
        raise UsageError(
            f"listener `{name}` is made as a {type(tracker).__name__} without `{lacking[0]}`",
            help=f"what it makes needs the methods {', '.join(_METHODS)}",
        )
    return tracker


class Tracking:
    """A listener that hands each finished run of a campaign to a tracker, once.

    What a tracker cannot keep does not end a campaign: it is told, the tracker gets nothing more,
    and the next time that the campaign goes on it gets what it lacks.
    """

    def __init__(self, name: str, tracker: Tracker, tell: Callable[[Event], None]) -> None:
        self._name = name
        self._tracker: Tracker | None = tracker
        self._tell = tell
        self._logged: set[str] = set()

    def begin(self, record: CampaignRecord) -> None:
        """Hand over what the ledger has and the tracker lacks."""
        self._guard(lambda tracker: self._logged.update(tracker.list_run_ids()))
        for run in runs_of_record(record):
            self._log(run)

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunFinished):
            item = event.planned
            self._log(
                TrackedRun(
                    cell=item.cell,
                    rung=item.rung,
                    variant=item.variant,
                    index=item.index,
                    seed=item.run.seed,
                    arguments=item.run.arguments,
                    result=event.result,
                )
            )

    def close(self) -> None:
        """End the tracker's part."""
        self._guard(lambda tracker: tracker.close())

    def _log(self, run: TrackedRun) -> None:
        if run.result.run_id not in self._logged:
            self._logged.add(run.result.run_id)
            self._guard(lambda tracker: tracker.log(run))

    def _guard(self, work: Callable[[Tracker], object]) -> None:
        if self._tracker is None:
            return
        try:
            work(self._tracker)
        except Exception as error:  # noqa: BLE001 - of any service, on any network
            self._tracker = None
            problem = f"{type(error).__name__}: {error}"
            self._tell(ListenerFailed(listener=self._name, problem=" ".join(problem.split())))


def runs_of_record(record: CampaignRecord) -> Iterator[TrackedRun]:
    """Every finished run of a campaign, each once, under the first name that it has."""
    run_ids: set[str] = set()
    for cell in record.cells:
        places: list[tuple[Rung, Variant, int, TrialRecord | RunRecord]] = [
            (Rung.SEARCH, Variant.of_trial(trial.number), trial.number, trial)
            for trial in cell.trials
        ]
        places += [(run.rung, run.variant, run.index, run) for run in cell.runs]
        for rung, variant, index, each in places:
            if each.result is not None and each.run_id not in run_ids:
                run_ids.add(each.run_id)
                yield TrackedRun(
                    cell=cell.name,
                    rung=rung,
                    variant=variant,
                    index=index,
                    seed=each.seed,
                    arguments=each.arguments,
                    result=each.result,
                )
