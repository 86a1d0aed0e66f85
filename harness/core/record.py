"""Records: what a campaign knows in all. The store writes these, analysis and report read them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from harness.core.identity import canonical
from harness.core.matrix import Cell
from harness.core.run import DEFAULT, Variant
from harness.core.run_result import RunResult, Status
from harness.core.settings import Rung
from harness.errors import UnknownNameError

IMPORTED = "imported scores"
"""Section of a provenance: variant -> how many scores of it were imported, and from where."""

MERGED = "merged campaigns"
"""Section of a provenance: label of a campaign -> what was taken from it, and who ran it."""

RAISED_SEEDS = "seeds raised after results were seen"
"""Section of a provenance: cell name -> numbers of held-out seeds there had been."""

RAISED_SEARCHES = "searches raised after results were seen"
"""Section of a provenance: name of the first search -> numbers of searches there had been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a sampler proposes for one trial.

    Attributes:
        number: Trial number.
        coordinates: Axis name -> coordinate, active parameters only.
        trial_attrs: What the sampler wrote to the trial; it wants to read it again later.
        study_attrs: What the sampler wrote to the study, as it stood after this ask.
        source: Name of the cell whose winner it is; empty for what a sampler suggested.
        room: Rule of `search.until` -> what it measured of the trials that this suggestion knows.
    """

    number: int
    coordinates: Mapping[str, Any]
    trial_attrs: Mapping[str, Any] = field(default_factory=dict)
    study_attrs: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    room: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """A trial as the ledger has it.

    Attributes:
        suggestion: What the sampler proposed.
        values: Readable values, by parameter name.
        arguments: Constructor arguments as JSON; empty plus the matrix' own for trial 0.
        seed: Training seed.
        run_id: Of its run.
        result: None while it is open.
    """

    suggestion: Suggestion
    values: Mapping[str, Any]
    arguments: Mapping[str, Any]
    seed: int
    run_id: str
    result: RunResult | None = None

    @property
    def number(self) -> int:
        return self.suggestion.number

    @property
    def score(self) -> float | None:
        """None while it is open, and where it failed; a pruned one has what it had."""
        return None if self.result is None else self.result.score

    @property
    def complete_score(self) -> float | None:
        """The score of a trial that was trained to its end; None of any other."""
        is_complete = self.result is not None and self.result.status is Status.COMPLETE
        return self.score if is_complete else None


def rank_trials(trials: Iterable[TrialRecord]) -> tuple[TrialRecord, ...]:
    """The complete ones, the best score first; the earlier one of equals."""
    complete = (trial for trial in trials if trial.complete_score is not None)
    return tuple(sorted(complete, key=lambda trial: (-(trial.score or 0.0), trial.number)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A planned run of the confirm or test rung.

    Attributes:
        rung, variant, index, trial: As in `PlannedRun`.
        seed: Training seed.
        arguments: Constructor arguments as JSON.
        run_id: Of its run.
        result: None while it is pending.
    """

    rung: Rung
    variant: Variant
    index: int
    trial: int | None
    seed: int
    arguments: Mapping[str, Any]
    run_id: str
    result: RunResult | None = None

    @property
    def score(self) -> float | None:
        """None while it is pending, and where it failed."""
        return None if self.result is None else self.result.score

    @property
    def seed_rung(self) -> Rung:
        """The rung whose seed it has."""
        return self.variant.seed_rung(self.rung)

    @property
    def is_held_out(self) -> bool:
        """Whether its seed is held out, so that its score is a result."""
        return self.seed_rung is Rung.TEST


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRecord:
    """All that is known of a cell.

    Attributes:
        cell: Its settings as the campaign last ran with them. The rules of its space are known by
            name alone.
        trials: Those that its search has, by number.
        runs: The current plan of the confirm and test rungs with their results.
        winner: What the confirm rung chose, once it has decided: the default or a trial's
            configuration.
        importances: Parameter name -> share of the score's variance, once computed.
        closed: Trials the search was closed with, because time ran out before it had all of them.
        sampler_error: Why its sampler suggests no more, if it has failed.
        imported: Scores of other programs, as runs of variants that nobody trains here. They have
            no part in what remains, what a campaign cost or what its runs have in common.
    """

    cell: Cell
    trials: tuple[TrialRecord, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    winner: Variant | None = None
    importances: Mapping[str, float] = field(default_factory=dict)
    closed: int | None = None
    sampler_error: str | None = None
    imported: tuple[RunRecord, ...] = ()

    @property
    def tested_variants(self) -> tuple[str, ...]:
        """Every variant that is tested or was imported, each once."""
        return tuple(
            dict.fromkeys((*self.cell.test.tested_variants, *(r.variant for r in self.imported)))
        )

    @property
    def name(self) -> str:
        """``ppo@CartPole-v1``."""
        return self.cell.name

    @property
    def ended_trial_count(self) -> int:
        """Trials that have a result."""
        return sum(trial.result is not None for trial in self.trials)

    def runs_of(self, rung: Rung, variant: str) -> tuple[RunRecord, ...]:
        """The planned or imported runs of a variant in a rung, by index of the seed."""
        every = (*self.runs, *self.imported)
        runs = [run for run in every if run.rung == rung and run.variant == variant]
        return tuple(sorted(runs, key=lambda run: run.index))

    def map_entries(self, change: Callable[[Any], Any]) -> CellRecord:
        """The record with each of its trials and runs changed."""
        trials, runs = (tuple(map(change, each)) for each in (self.trials, self.runs))
        return replace(self, trials=trials, runs=runs)

    @property
    def ranked_trials(self) -> tuple[TrialRecord, ...]:
        """The complete trials, the best score first; the earlier one of equals."""
        return rank_trials(self.trials)

    @property
    def results(self) -> tuple[RunResult, ...]:
        """The results of all rungs; a run counts once, whatever variants it stands for."""
        every = (*(trial.result for trial in self.trials), *(run.result for run in self.runs))
        return tuple({result.run_id: result for result in every if result is not None}.values())

    @property
    def failures(self) -> tuple[RunResult, ...]:
        """The runs of all rungs that failed, each once."""
        return tuple(result for result in self.results if result.failure is not None)

    @property
    def spec(self) -> Any:
        """The settings as JSON."""
        return canonical(self.cell, everything=True)


@dataclass(frozen=True, kw_only=True)  # no slots: its searches are sorted out once
class CampaignRecord:
    """All that is known of a campaign; the only thing analysis and report read.

    Attributes:
        name: Campaign name.
        created: UTC, ISO 8601.
        updated: Time of the latest result, likewise.
        cells: In the order of the matrix.
        unlisted: Cells of earlier runs that the matrix no longer names, by name.
        document: The resolved matrix as JSON.
        origins: Dotted path -> where the value was written.
        provenance: Versions, machine, git commit, command: section -> name -> text.
    """

    name: str
    created: str
    updated: str
    cells: tuple[CellRecord, ...]
    document: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unlisted: tuple[CellRecord, ...] = ()

    @property
    def first_searches(self) -> tuple[CellRecord, ...]:
        """One cell of each scenario and algorithm, in the order of the matrix.

        Whatever compares or averages cells takes these: repeated searches of one scenario are no
        further scenarios.
        """
        return tuple(cell for cell in self.cells if self.searches(cell)[0] is cell)

    def searches(self, cell: CellRecord) -> tuple[CellRecord, ...]:
        """Every search of a cell's scenario and algorithm, the first one first."""
        return self._searches[cell.cell.first_search]

    def search(self, number: int) -> CampaignRecord:
        """The campaign as if it had made its searches of that number alone.

        Each has the default's held-out runs of the first one, which is the only one that made any.
        """
        cells = []
        for cell in self.cells:
            if cell.cell.repeat == number:
                first = self.searches(cell)[0]
                default_runs = () if first is cell else first.runs_of(Rung.TEST, DEFAULT)
                cells.append(replace(cell, runs=(*cell.runs, *default_runs)))
        return replace(self, cells=tuple(cells))

    @cached_property
    def _searches(self) -> dict[str, tuple[CellRecord, ...]]:
        searches: dict[str, tuple[CellRecord, ...]] = {}
        for cell in sorted(self.cells, key=lambda each: each.cell.repeat):
            name = cell.cell.first_search
            searches[name] = (*searches.get(name, ()), cell)
        return searches

    def cell(self, name: str) -> CellRecord:
        """A cell of the matrix by its name.

        Raises:
            UnknownNameError: There is none of that name.
        """
        cells = {each.name: each for each in self.cells}
        if name not in cells:
            raise UnknownNameError("cell", name, list(cells))
        return cells[name]

    def raised_seeds(self, cell: str) -> tuple[int, ...]:
        """Numbers of held-out seeds whose results had been seen when more were asked for."""
        return self._additions(RAISED_SEEDS, cell)

    def raised_searches(self, cell: str) -> tuple[int, ...]:
        """Numbers of searches whose winners had been tested when more were asked for."""
        return self._additions(RAISED_SEARCHES, cell)

    def _additions(self, section: str, cell: str) -> tuple[int, ...]:
        numbers = self.provenance.get(section, {}).get(cell, "").split(", ")
        return tuple(int(number) for number in numbers if number.isdecimal())


def trials_of_search(cell: Cell, trials: tuple[TrialRecord, ...]) -> tuple[TrialRecord, ...]:
    """Those that the cell's search has of the trials in a ledger: it may have had more before."""
    return trials[: cell.search.trials]


def only_results(record: CampaignRecord, run_ids: Collection[str]) -> CampaignRecord:
    """The record as if only these runs had a result."""

    def cut(entry: Any) -> Any:
        return entry if entry.run_id in run_ids else replace(entry, result=None)

    return replace(record, cells=tuple(cell.map_entries(cut) for cell in record.cells))
