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

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.core.decisions import plan
from harness.core.matrix import Cell
from harness.core.printable_text import listing, quantity
from harness.core.progress.run_counts import CellCounts, counts_in
from harness.core.record import CampaignRecord
from harness.core.run import DEFAULT, TUNED
from harness.core.settings import Rung


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

    @property
    def awaited(self) -> int:
        """Runs that numbers wait for, at least: a search that was closed wants no more trials."""
        rungs = self.rungs
        if self.closed is not None:
            del rungs[Rung.SEARCH]
            if self.decided:
                # Without a rival nothing is confirmed.
                del rungs[Rung.CONFIRM]
        return sum(span.least for span in rungs.values())

    def __str__(self) -> str:
        """E.g. ``2 trials and 1 test run not done; search closed at 3 of 5 trials``."""
        nouns = ("trial", "confirm run", "test run", "transfer run")
        parts = [
            quantity(span.least, noun)
            for span, noun in zip(self.rungs.values(), nouns, strict=True)
            if span.least
        ]
        phrase = listing(parts)
        clauses = [f"{phrase} not done"] if phrase else []
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


def remaining_in(
    record: CampaignRecord, has_all_seeds: Mapping[str, bool] | None = None
) -> dict[str, Remaining]:
    """What each cell of a record still has to do; see `counts_in`."""
    return {name: remaining(counts) for name, counts in counts_in(record, has_all_seeds).items()}


def remaining(counts: CellCounts, *, more_seeds: bool = True) -> Remaining:
    """The runs a cell still has to do.

    Args:
        more_seeds: Whether `most` includes the held-out seeds that may still be added.
    """
    return Remaining(
        cell=counts.cell.name,
        search=_missing_trials(counts),
        confirm=_confirm(counts),
        test=_test(counts, more_seeds=more_seeds),
        transfer=_transfer(counts),
        trials=counts.cell.search.trials,
        closed=counts.closed,
        decided=counts.winner is not None,
        budget=counts.cell.search.budget,
        more_trainings=_more_trainings(counts, more_seeds=more_seeds),
    )


def _missing_trials(counts: CellCounts) -> Span:
    """Trials without a result, suggested or not."""
    search = counts.cell.search
    most = search.trials - counts.ended[Rung.SEARCH]
    if not search.is_open_ended:
        return Span(least=most, most=most)
    if not counts.may_go_on:
        return NOTHING
    least = counts.open_trials if counts.closed is not None else max(1, counts.open_trials)
    return Span(least=least, most=max(least, most))


def _confirm(counts: CellCounts) -> Span:
    cell = counts.cell
    seeds = len(plan.confirm_seeds(cell))
    missing = _missing_trials(counts).most
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
    lacks_trials = _missing_trials(counts).most > 0
    may_grow = lacks_trials or not (counts.settled or counts.winner == DEFAULT)
    grows = may_grow and more_seeds
    return max(counts.seeds, len(plan.test_seeds(counts.cell)) if grows else 0)


def _is_undecided(counts: CellCounts) -> bool:
    """Whether the confirm rung may yet choose, or choose another."""
    return _missing_trials(counts).most > 0 or counts.winner is None


def _more_trainings(counts: CellCounts, *, more_seeds: bool) -> Span:
    """Fewer configurations than an ensemble asks for make it smaller."""
    seeds = _seeds(counts, more_seeds=more_seeds)
    more = seeds if _is_undecided(counts) else seeds - counts.seeds
    members = sum(each.size - 1 for each in counts.cell.ensembles_in_test)
    least = 0 if _is_undecided(counts) else counts.more_trainings
    return Span(least=least, most=counts.more_trainings + more * members)


def _test(counts: CellCounts, *, more_seeds: bool) -> Span:
    seeds = _seeds(counts, more_seeds=more_seeds)
    more = seeds - counts.seeds
    most = counts.test + more * counts.configurations
    if TUNED not in counts.cell.test.variants:
        return Span(least=counts.test, most=most)
    if _is_undecided(counts):
        # With another winner go other ensembles.
        changing = len(counts.cell.ensembles_in_test) - counts.awaited
        most += (_most_choices(counts.cell) + changing) * seeds
        # Where there are few configurations, the ensembles may all be one.
        least = counts.test - max(0, counts.awaited - 1) * counts.seeds
        if counts.winner is None and DEFAULT not in counts.cell.test.variants:
            # No default shares its runs with a winner that is the default.
            least += counts.seeds
        return Span(least=least, most=most)
    has_default = DEFAULT in counts.cell.test.variants
    choices = (counts.winner != DEFAULT or not has_default) + counts.rivals
    tuned = counts.tuned + more * choices
    return Span(least=counts.test + counts.tuned, most=most + tuned)


def _most_choices(cell: Cell) -> int:
    """Configurations that the winner decides on, and that no other variant is."""
    # A winner that is the default is one more beside all rivals, where it shares no default's runs.
    is_apart = bool(cell.search.objectives) and DEFAULT not in cell.test.variants
    return plan.most_choices(cell) + is_apart


def _transfer(counts: CellCounts) -> Span:
    seeds = counts.cell.transfer.seeds
    missing = counts.sources - counts.received
    # Whatever ships its default shares the runs of all that do.
    least = counts.transfer if not counts.changing else 0
    shares = counts.received or counts.cell.transfer.tune_across
    least += seeds if missing and not shares else 0
    most = counts.transfer + (missing + counts.changing) * seeds
    return Span(least=least, most=most + _across(counts))


def _across(counts: CellCounts) -> int:
    """Test runs of the one configuration for all scenarios that may be planned yet."""
    if not counts.cell.transfer.tune_across or not counts.sources:
        return 0
    seeds = _seeds(counts, more_seeds=True)
    is_open = counts.changing or not counts.has_across
    return seeds if is_open else max(0, seeds - counts.seeds)
