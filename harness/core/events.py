"""What a running campaign tells its listeners: one frozen value per event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from harness.core.progress.remaining import Span
from harness.core.run import PlannedRun, Variant
from harness.core.run_result import RunResult


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStarted:
    """The campaign begins or continues.

    Attributes:
        campaign: Name.
        cells: Cell name -> runs in all, over all rungs: at most, without seeds not added yet.
        done: Cell name -> runs already in the ledger.
        pruned, failed: Cell name -> those of them that ended so.
        workers: Worker processes.
        steps: Cell name -> environment steps in all.
        finished: Names of the cells with nothing to do.
        winners: Cell name -> what its confirm rung chose, of those that have.
        trials: Cell name -> best score and default's score of the search, by ``best`` and
            ``default``.
        tests: Cell name -> variant -> scores in the test rung.
    """

    campaign: str
    cells: Mapping[str, int]
    done: Mapping[str, int]
    workers: int
    steps: Mapping[str, int]
    pruned: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    finished: Collection[str] = ()
    winners: Mapping[str, Variant] = field(default_factory=dict)
    trials: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tests: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run was handed to a worker."""

    planned: PlannedRun


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A run's result is in the ledger.

    Attributes:
        is_new: Whether the ledger had none; another campaign, an earlier command or a search that
            was longer may have left one.
    """

    planned: PlannedRun
    result: RunResult
    is_new: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDecided:
    """The confirm rung of a cell has chosen.

    Attributes:
        cell: Name.
        winner: The default, or a trial's configuration.
    """

    cell: str
    winner: Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFinished:
    """All runs of a cell are in the ledger; `failed` of them have no score in the test rung.

    Attributes:
        closed: Trials its search was closed with, where not all trials were done.
        runs: How many those are, often fewer than might have been; None where nobody counted.
    """

    cell: str
    failed: int
    closed: int | None = None
    runs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterimAnalysisDone:
    """The held-out seeds so far were compared; undecided cells get more.

    Attributes:
        look, looks: Which look it was, and how many are planned.
        decisions: Cell name -> what it is so far, of the cells with two variants to compare.
        added: Cell name -> runs it got.
        steps: Cell name -> environment steps of these.
    """

    look: int
    looks: int
    decisions: Mapping[str, str]
    added: Mapping[str, int]
    steps: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchClosed:
    """A cell's search ended with `finished` of its `trials`, because time runs out."""

    cell: str
    finished: int
    trials: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFailed:
    """A cell's sampler suggests no more, for that reason; what does not wait for it goes on."""

    cell: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineReached:
    """Time is up; `running` runs are ended and stay pending."""

    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWritten:
    """The report of the campaign as far as it is was written, or why it could not be."""

    report: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerFailed:
    """A listener of the matrix could not keep what it was told; it is told nothing more.

    The next time that the campaign goes on it gets what it lacks.
    """

    listener: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """The user pressed Ctrl-C for the `count`-th time: 1 drains, 2 stops, 3 kills."""

    count: int
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFinished:
    """Nothing is left to do, time ran out, or the campaign was interrupted.

    Attributes:
        campaign: Name.
        remaining: Runs left to do.
        failed_cells: Cells in which a variant has no score at all, or whose sampler failed.
        interrupted: Whether the user ended it.
        status: ``complete``, ``partial`` (time ran out, or a sampler failed) or ``interrupted``.
    """

    campaign: str
    remaining: Span
    failed_cells: tuple[str, ...]
    interrupted: bool
    status: str = "complete"


Event = (
    CampaignStarted
    | RunStarted
    | RunFinished
    | CellDecided
    | CellFinished
    | InterimAnalysisDone
    | SearchClosed
    | SearchFailed
    | DeadlineReached
    | ListenerFailed
    | ReportWritten
    | Interrupted
    | CampaignFinished
)
Listener = Callable[[Event], None]


def all_of(*listeners: Listener) -> Listener:
    """A listener that tells these, in their order."""

    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell
