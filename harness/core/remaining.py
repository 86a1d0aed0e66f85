"""How many runs a campaign still has to do, at least and at most: the one place that counts them.

*At least*: every decision that is still open goes the way that needs the fewest runs (no trial
beats the default, no seed is added). *At most*: the other way (the confirm rung is full, the winner
is not the default, every seed is added). How many trials a budget still holds depends on what they
will take: at least those that are suggested, or one, at most up to the number that ends any search.
Two more things hold for both. A search that was closed because time ran out still has its missing
trials to do, since the same command goes on with them.
And runs that are not planned yet count as not run, though an earlier run of the campaign or another
campaign in the same database may have a result of theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.core import plan
from harness.core.ladder import Progress
from harness.core.matrix import Cell
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import ACROSS, DEFAULT, TUNED, Variant
from harness.core.settings import Adaptive, Rung
from harness.core.transfer import sources

__all__ = [
    "CellCounts",
    "Remaining",
    "Span",
    "counts_in",
    "counts_of",
    "remaining",
    "remaining_in",
    "total",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A number that is not known exactly."""

    least: int
    most: int

    def __add__(self, other: Span) -> Span:
        return Span(least=self.least + other.least, most=self.most + other.most)

    def __str__(self) -> str:
        """``36..52``, or ``36`` where both are equal."""
        return f"{self.least:,}" if self.least == self.most else f"{self.least:,}..{self.most:,}"


NOTHING = Span(least=0, most=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """Runs a cell still has to do, rung by rung.

    Attributes:
        cell: Name.
        search, confirm, test, transfer: Runs of each rung. One that serves two rungs or variants
            counts once.
        trials: Trials of the search in all; of one with a budget, at most.
        closed: Trials with which the search was closed because time ran out; None if it was not.
        decided: Whether the confirm rung has chosen a winner.
        budget: Of the search, in runs of the default, if it has one.
        more_trainings: Trainings of the test beyond one a run: those of ensembles' members.
    """

    cell: str
    search: Span
    confirm: Span
    test: Span
    transfer: Span
    trials: int
    closed: int | None
    decided: bool
    budget: float | None = None
    more_trainings: Span = NOTHING

    @property
    def rungs(self) -> dict[Rung, Span]:
        spans = (self.search, self.confirm, self.test, self.transfer)
        return dict(zip(Rung, spans, strict=True))

    @property
    def trainings(self) -> dict[Rung, Span]:
        """The same in trainings: a run of an ensemble is one for each member."""
        return self.rungs | {Rung.TEST: self.test + self.more_trainings}

    @property
    def total(self) -> Span:
        return sum(self.rungs.values(), NOTHING)

    def __str__(self) -> str:
        """E.g. ``2 trials and 1 test run not done; search closed at 3 of 5 trials``."""
        nouns = ("trial", "confirm run", "test run", "transfer run")
        parts = [
            f"{span.least:,} {noun}{'' if span.least == 1 else 's'}"
            for span, noun in zip(self.rungs.values(), nouns, strict=True)
            if span.least
        ]
        listed = " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
        clauses = [f"{listed} not done"] if listed else []
        if self.closed is not None:
            size = (
                f"of {self.trials} trials" if self.budget is None else "trials, within its budget"
            )
            clauses.append(f"search closed at {self.closed} {size}")
        if not self.decided:
            clauses.append("more follows once the confirm rung has decided")
        if not clauses and self.total.most:
            clauses.append("more follows if other cells ship other configurations")
        return "; ".join(clauses)


def total(cells: Iterable[Remaining]) -> Span:
    """What several cells still have to do, in all."""
    return sum((each.total for each in cells), NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCounts:
    """How far a cell is, in numbers of distinct runs.

    Attributes:
        cell: The cell.
        ended: Rung -> runs with a result.
        confirm: Runs of the confirm rung without a result; None while it is not planned.
        test: Runs of the test rung without a result, those aside that the search chose.
        tuned: Those of the winner, and of its rivals where there are several objectives.
        transfer: Runs of the transfer rung without a result.
        has_across: Whether the one configuration for all scenarios is planned.
        configurations: Distinct configurations in the test rung, those that were searched aside.
        rivals: Configurations of the search that are tested beside the winner.
        seeds: Held-out seeds so far.
        settled: Whether no interim analysis adds more.
        awaited: Ensembles in the test rung whose members are not known yet.
        more_trainings: Trainings of the planned test runs without a result, beyond one a run.
        winner: ``default`` or ``trial-<number>`` once decided.
        closed: Trials with which the search was closed, if it was.
        open_trials: Trials that are suggested and have no result.
        may_go_on: Whether the search has trials to come.
        sources, received: Cells whose configurations are trained here, and those it has.
        changing: Of the received ones, those whose search will go on and may ship another.
    """

    cell: Cell
    ended: Mapping[Rung, int]
    confirm: int | None
    test: int
    tuned: int
    transfer: int
    has_across: bool
    configurations: int
    rivals: int
    seeds: int
    settled: bool
    awaited: int
    more_trainings: int
    winner: Variant | None
    closed: int | None
    open_trials: int
    may_go_on: bool
    sources: int = 0
    received: int = 0
    changing: int = 0

    @property
    def missing_trials(self) -> Span:
        """Trials without a result, suggested or not."""
        most = self.cell.search.trials - self.ended[Rung.SEARCH]
        if not self.cell.search.is_open_ended:
            return Span(least=most, most=most)
        if not self.may_go_on:
            return NOTHING
        least = self.open_trials if self.closed is not None else max(1, self.open_trials)
        return Span(least=least, most=max(least, most))


_PlannedRun = tuple[Rung, Variant, str, bool]
"""Rung, variant, run id and whether it has a result."""


def _lateness(run: _PlannedRun) -> int:
    if run[0] == Rung.TRANSFER and run[1] == ACROSS:
        return 2
    return int(run[0] == Rung.TEST and run[1].is_searched)


def _count(cell: Cell, runs: Iterable[_PlannedRun], *, seeds: int, **facts: Any) -> CellCounts:
    """Count the planned runs of a cell; `facts` are the attributes that are no counts."""
    serves: dict[str, tuple[Rung, bool]] = {}
    ended: dict[str, bool] = {}
    rivals: set[Variant] = set()
    members = {each.name: each.size for each in cell.tested_ensembles}
    ensembles: dict[str, str] = {}
    tested: set[str] = set()
    # The winner's test runs late: where it is the default they are the default's. Latest what is
    # tested for all scenarios: it may be either.
    has_across = False
    for rung, variant, run_id, has_result in sorted(runs, key=_lateness):
        has_across |= rung == Rung.TRANSFER and variant == ACROSS
        is_choice = rung == Rung.TEST and variant.is_searched
        serves.setdefault(run_id, (rung, is_choice))
        ended[run_id] = has_result
        if is_choice and variant != TUNED:
            rivals.add(variant)
        if rung == Rung.TEST and variant in members:
            ensembles[run_id] = variant
            tested.add(variant)
    planned = Counter(serves.values())
    left = Counter(key for run_id, key in serves.items() if not ended[run_id])
    rungs = {rung for rung, _ in planned}
    # Before the test rung is planned: the variants it will have in any case.
    named = {DEFAULT, *(configuration.name for configuration in cell.variants)}
    fixed = named.intersection(cell.test.tested)
    awaited = len(members.keys() - tested)
    has_test = Rung.TEST in rungs
    test = left[Rung.TEST, False] if has_test else len(fixed) * seeds
    configurations = planned[Rung.TEST, False] // seeds if has_test else len(fixed)
    pending = (name for run_id, name in ensembles.items() if not ended[run_id])
    return CellCounts(
        cell=cell,
        ended=Counter(serves[run_id][0] for run_id, has_result in ended.items() if has_result),
        confirm=left[Rung.CONFIRM, False] if Rung.CONFIRM in rungs else None,
        test=test + awaited * seeds,
        tuned=left[Rung.TEST, True],
        open_trials=left[Rung.SEARCH, False],
        transfer=left[Rung.TRANSFER, False] if Rung.TRANSFER in rungs else _default_pool(cell),
        has_across=has_across,
        configurations=configurations + awaited,
        awaited=awaited,
        more_trainings=sum(members[name] - 1 for name in pending),
        rivals=len(rivals),
        seeds=seeds,
        **facts,
    )


def _default_pool(cell: Cell) -> int:
    """Runs of the transfer rung that are planned from the beginning."""
    return cell.transfer.seeds if cell.transfer.tune_across else 0


def counts_of(cells: Mapping[str, Progress]) -> dict[str, CellCounts]:
    """Count the runs of cells that stand somewhere on their ladders.

    Args:
        cells: Every cell of a campaign.
    """

    def is_changing(name: str) -> bool:
        return cells[name].winner is not None and cells[name].may_go_on

    return {
        name: _count(
            each.cell,
            (
                (rung, planned.variant, planned.run.id, planned.run.id in each.history.results)
                for rung, runs in each.planned.items()
                for planned in runs
            ),
            seeds=each.seeds,
            settled=each.settled,
            winner=None if each.winner is None else each.winner.variant,
            closed=each.history.closed,
            may_go_on=each.may_go_on,
            sources=len(each.history.sources),
            received=len(each.history.shipped),
            changing=sum(is_changing(shipped.cell.name) for shipped in each.history.shipped),
        )
        for name, each in cells.items()
    }


def counts_in(
    record: CampaignRecord, settled: Mapping[str, bool] | None = None
) -> dict[str, CellCounts]:
    """Count the runs of a record's cells, from the plans that are in the ledger.

    Args:
        record: A campaign, in brief too.
        settled: Cell name -> whether no interim analysis adds seeds, of the cells that have any.
    """
    settled = {} if settled is None else settled
    records = {cell.name: cell for cell in record.cells}
    cells = [cell.cell for cell in record.cells]
    counts = {}
    for cell in record.cells:
        shipping = [records[source.name] for source in sources(cell.cell, cells)]
        ready = [source for source in shipping if source.winner is not None]
        seeds = len({run.index for run in cell.runs if run.rung is Rung.TEST})
        counts[cell.name] = _count(
            cell.cell,
            _runs_in(cell),
            seeds=seeds or plan.first_seeds(cell.cell),
            settled=settled.get(cell.name, not isinstance(cell.cell.test.seeds, Adaptive)),
            winner=cell.winner,
            closed=cell.closed,
            may_go_on=_may_go_on(cell),
            sources=len(shipping),
            received=len(ready),
            changing=sum(map(_may_go_on, ready)),
        )
    return counts


def remaining_in(
    record: CampaignRecord, settled: Mapping[str, bool] | None = None
) -> dict[str, Remaining]:
    """What each cell of a record still has to do; see `counts_in`."""
    return {name: remaining(counts) for name, counts in counts_in(record, settled).items()}


def _may_go_on(cell: CellRecord) -> bool:
    if not cell.cell.search.is_open_ended:
        return sum(trial.result is not None for trial in cell.trials) < cell.cell.search.trials
    # What is confirmed was planned when the budget was used up, or when the search was closed.
    return cell.closed is not None or all(run.rung is not Rung.CONFIRM for run in cell.runs)


def _runs_in(cell: CellRecord) -> Iterable[_PlannedRun]:
    for trial in cell.trials[: cell.cell.search.trials]:
        variant = Variant.of_trial(trial.number)
        yield Rung.SEARCH, variant, trial.run_id, trial.result is not None
    for run in cell.runs:
        yield run.rung, run.variant, run.run_id, run.result is not None


def remaining(counts: CellCounts, *, more_seeds: bool = True) -> Remaining:
    """The runs a cell still has to do.

    Args:
        counts: How far it is.
        more_seeds: Whether `most` includes the held-out seeds that may still be added.
    """
    return Remaining(
        cell=counts.cell.name,
        search=counts.missing_trials,
        confirm=_confirm(counts),
        test=_test(counts, more_seeds=more_seeds),
        transfer=_transfer(counts),
        trials=counts.cell.search.trials,
        closed=counts.closed,
        decided=counts.winner is not None,
        budget=counts.cell.search.budget,
        more_trainings=_more_trainings(counts, more_seeds=more_seeds),
    )


def _confirm(counts: CellCounts) -> Span:
    cell = counts.cell
    seeds = len(plan.confirm_seeds(cell))
    missing = counts.missing_trials.most
    searching = missing > 0 and counts.closed is None
    if counts.confirm is None or searching:
        most = (1 + min(cell.confirm.top, cell.search.trials - 1)) * seeds
        return Span(least=seeds, most=most)
    if cell.search.budget is not None and counts.closed is not None:
        # It was cut short with the search.
        return Span(least=counts.confirm, most=counts.confirm + (1 + cell.confirm.top) * seeds)
    # Every trial that a closed search still lacks may be a configuration to confirm.
    more = min(cell.confirm.top, missing) * seeds
    return Span(least=counts.confirm, most=counts.confirm + more)


def _seeds(counts: CellCounts, *, more_seeds: bool) -> int:
    """Held-out seeds that the test may come to."""
    unfinished = counts.missing_trials.most > 0
    may_grow = unfinished or not (counts.settled or counts.winner == DEFAULT)
    grows = may_grow and more_seeds
    return max(counts.seeds, len(plan.test_seeds(counts.cell)) if grows else 0)


def _is_undecided(counts: CellCounts) -> bool:
    """Whether the confirm rung may yet choose, or choose another."""
    return counts.missing_trials.most > 0 or counts.winner is None


def _more_trainings(counts: CellCounts, *, more_seeds: bool) -> Span:
    """Fewer configurations than an ensemble asks for make it smaller."""
    seeds = _seeds(counts, more_seeds=more_seeds)
    added = seeds if _is_undecided(counts) else seeds - counts.seeds
    members = sum(each.size - 1 for each in counts.cell.tested_ensembles)
    least = 0 if _is_undecided(counts) else counts.more_trainings
    return Span(least=least, most=counts.more_trainings + added * members)


def _test(counts: CellCounts, *, more_seeds: bool) -> Span:
    seeds = _seeds(counts, more_seeds=more_seeds)
    added = seeds - counts.seeds
    most = counts.test + added * counts.configurations
    if TUNED not in counts.cell.test.variants:
        return Span(least=counts.test, most=most)
    if _is_undecided(counts):
        # With another winner go other ensembles.
        changing = len(counts.cell.tested_ensembles) - counts.awaited
        most += (_most_choices(counts.cell) + changing) * seeds
        # Where there are few configurations, the ensembles may all be one.
        least = counts.test - max(0, counts.awaited - 1) * counts.seeds
        if counts.winner is None and DEFAULT not in counts.cell.test.variants:
            # No default shares its runs with a winner that is the default.
            least += counts.seeds
        return Span(least=least, most=most)
    has_default = DEFAULT in counts.cell.test.variants
    choices = (counts.winner != DEFAULT or not has_default) + counts.rivals
    tuned = counts.tuned + added * choices
    return Span(least=counts.test + counts.tuned, most=most + tuned)


def _most_choices(cell: Cell) -> int:
    """Configurations that the winner decides on, and that no other variant is."""
    # A winner that is the default is one more beside all rivals, where it shares no default's runs.
    is_apart = bool(cell.search.objectives) and DEFAULT not in cell.test.variants
    return plan.most_choices(cell) + is_apart


def _transfer(counts: CellCounts) -> Span:
    seeds = counts.cell.transfer.seeds
    awaited = counts.sources - counts.received
    # Whatever ships its default shares the runs of all that do.
    least = counts.transfer if not counts.changing else 0
    shares = counts.received or counts.cell.transfer.tune_across
    least += seeds if awaited and not shares else 0
    most = counts.transfer + (awaited + counts.changing) * seeds
    return Span(least=least, most=most + _across(counts))


def _across(counts: CellCounts) -> int:
    """Test runs of the one configuration for all scenarios that may be planned yet."""
    if not counts.cell.transfer.tune_across or not counts.sources:
        return 0
    seeds = _seeds(counts, more_seeds=True)
    is_open = counts.changing or not counts.has_across
    return seeds if is_open else max(0, seeds - counts.seeds)
