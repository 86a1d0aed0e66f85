"""What is known of a cell, and where it stands on its ladder: what `harness.core.ladder` makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness.core.decisions.plan import Candidate
from harness.core.decisions.transfer import ShippedConfiguration
from harness.core.matrix import Cell
from harness.core.record import TrialRecord
from harness.core.run import ACROSS, DEFAULT, TUNED, PlannedRun, Variant
from harness.core.run_result import RunResult
from harness.core.settings import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of a cell.

    Attributes:
        trials: The trials suggested so far, by number.
        results: Run id -> result; those of other cells may be among them.
        closed: Finished trials with which the search was ended early; None while it may go on.
        seeds: Held-out seeds that the interim analyses have granted; None before the first one.
        settled: Whether no interim analysis will grant more.
        sources: Names of the cells whose shipped configurations are trained in this one too.
        shipped: Of those, the configurations shipped so far, in that order.
        across: Which of these, by its cell's name, or the default, is the one configuration for all
            scenarios of the algorithm; None until it is chosen.
        received: What the cells that the search learns from have shipped so far, in their order.
    """

    trials: tuple[TrialRecord, ...] = ()
    results: Mapping[str, RunResult] = field(default_factory=dict)
    closed: int | None = None
    seeds: int | None = None
    settled: bool = False
    sources: tuple[str, ...] = ()
    shipped: tuple[ShippedConfiguration, ...] = ()
    across: str | None = None
    received: tuple[ShippedConfiguration, ...] = ()


@dataclass(frozen=True, kw_only=True)  # no slots: its runs are sorted out once
class Progress:
    """Where a cell stands on the ladder.

    Attributes:
        cell, history: What it follows from.
        trials: Those suggested so far that the search still has, with the results known.
        finished: The trials from the first one on that have results without a gap. Decisions are
            taken from these alone: a later result waits for the earlier ones.
        searching: Whether the search wants more results.
        next_trial: Number of the trial to suggest now; None where none may be suggested.
        candidates: What the confirm rung compares; empty before the search has ended.
        winner: The candidate the confirm rung chose, once it has.
        seeds: Held-out seeds of every variant so far.
        settled: Whether no more will be added.
        planned: The runs of each rung that is planned; a run may be there more than once.
        refused: Run id -> why this planned run can never run.
    """

    cell: Cell
    history: History
    trials: tuple[TrialRecord, ...]
    finished: tuple[TrialRecord, ...]
    searching: bool
    next_trial: int | None
    candidates: tuple[Candidate, ...]
    winner: Candidate | None
    seeds: int
    settled: bool
    planned: Mapping[Rung, tuple[PlannedRun, ...]]
    refused: Mapping[str, str]

    @cached_property
    def runs(self) -> dict[str, PlannedRun]:
        """Every run planned so far by its id; the default's own before an equal `tuned` one."""
        runs: dict[str, PlannedRun] = {}
        for rung_runs in self.planned.values():
            for each in sorted(rung_runs, key=lambda each: each.variant == TUNED):
                runs.setdefault(each.run.id, each)
        return runs

    @cached_property
    def pending(self) -> tuple[PlannedRun, ...]:
        """The runs to be run now; not the trials that a closed search has left over."""
        return tuple(
            each
            for run_id, each in self.runs.items()
            if run_id not in self.history.results
            and (self.searching or each.rung is not Rung.SEARCH)
        )

    @property
    def may_go_on(self) -> bool:
        """Whether the search has trials to come, when the command runs again at the latest."""
        if not self.cell.search.is_open_ended:
            return len(self.finished) < self.cell.search.trials
        return self.searching or self.history.closed is not None

    @property
    def rivals(self) -> tuple[Candidate, ...]:
        """The candidates that are tested too: of several objectives all, once one is chosen."""
        return rivals_of(self.cell, self.winner, self.candidates)

    @property
    def awaited_sources(self) -> int:
        """Configurations of other cells that are still to come."""
        return len(self.history.sources) - len(self.history.shipped)

    @property
    def awaits_across(self) -> bool:
        """Whether the one configuration for all scenarios is still to be chosen."""
        has_sources = bool(self.history.sources)
        return has_sources and bool(self.cell.transfer.tune_across) and not self.history.across

    @property
    def pool(self) -> dict[str, list[float | None]] | None:
        """Candidate for all scenarios -> scores on the fresh seeds here; None until all ended."""
        if self.awaited_sources:
            return None
        scores: dict[str, list[float | None]] = {}
        for each in self.planned.get(Rung.TRANSFER, ()):
            if each.variant == ACROSS:
                continue
            if each.run.id not in self.history.results:
                return None
            scores.setdefault(each.variant, []).append(self.history.results[each.run.id].score)
        return scores

    @property
    def is_tested(self) -> bool:
        """Whether all test runs planned so far have ended, those of the winner among them."""
        results = self.history.results
        test_runs = self.planned[Rung.TEST]
        return self.winner is not None and all(each.run.id in results for each in test_runs)

    @property
    def done(self) -> bool:
        """Whether nothing is left to do with the trials that the search has."""
        is_decided = self.winner is not None and self.settled and not self.awaited_sources
        return is_decided and not self.awaits_across and not self.pending

    @property
    def shipped(self) -> ShippedConfiguration | None:
        """What the cell ships, to be tried in others; None while it is not known."""
        if self.winner is None:
            return None
        number = self.winner.variant.trial
        values = None if number is None else self.finished[number].values
        return ShippedConfiguration(cell=self.cell, values=values, trial=number)

    def score_pairs(self) -> list[tuple[float | None, float | None]] | None:
        """Scores of tuned and default, seed by seed, as far as both have ended.

        Empty while the winner is not known, None where it is the default: both variants are the
        same runs then.
        """
        if self.winner is None:
            return []
        if self.winner.variant == DEFAULT:
            return None
        results: dict[Variant, list[RunResult | None]] = {TUNED: [], DEFAULT: []}
        for each in self.planned[Rung.TEST]:
            if each.variant in results:
                results[each.variant].append(self.history.results.get(each.run.id))
        pairs = []
        for tuned, default in zip(results[TUNED], results[DEFAULT], strict=True):
            if tuned is None or default is None:
                break
            pairs.append((tuned.score, default.score))
        return pairs

    def variants_without_score(self) -> list[Variant]:
        """Variants of the test rung none of whose runs has a score."""
        has_scores: dict[Variant, bool] = {}
        for each in self.planned[Rung.TEST]:
            result = self.history.results.get(each.run.id)
            has_score = result is not None and result.score is not None
            has_scores[each.variant] = has_scores.get(each.variant, False) or has_score
        return [variant for variant, has_score in has_scores.items() if not has_score]


def rivals_of(
    cell: Cell, best: Candidate | None, finalists: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    """See `Progress.rivals`."""
    return tuple(finalists) if best is not None and cell.search.objectives else ()
