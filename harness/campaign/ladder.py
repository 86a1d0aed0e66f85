"""A cell climbing its ladder: which runs the ledger's results permit next.

Everything a `Climb` does follows from the cell and the results, never from the order in which they
came. It writes to the ledger before a run can run, so that a crash loses no decision.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from harness.campaign.books import Books
from harness.campaign.trials import Trials
from harness.core import choice, plan
from harness.core.carry import Setting, plan_transfer, refused_transfer
from harness.core.matrix import Cell
from harness.core.plan import Candidate
from harness.core.record import RunResult
from harness.core.run import PlannedRun
from harness.core.settings import Adaptive, Rung
from harness.errors import HarnessError
from harness.tuning.importance import importances

__all__ = ["Climb"]


class Climb:
    """The state of one cell during a campaign.

    Attributes:
        cell: The cell.
        search: Its trials.
        winner: The confirmed candidate, once known.
        closed: Trials the search was ended with, where time ran out before it had all of them.
        planned: Every run known so far, of all rungs, by run id.
        seeds: Held-out seeds the cell has so far.
        settled: Whether it will not get more of them.
        sources: Cells whose winners are trained in this one too.
        refused: Run id -> why the run cannot run.
    """

    def __init__(
        self,
        campaign: str,
        cell: Cell,
        *,
        study: str,
        books: Books,
        sources: Sequence[str] = (),
    ) -> None:
        self.cell = cell
        self.seeds = plan.first_seeds(cell)
        self.settled = not isinstance(cell.test.seeds, Adaptive)
        self.sources = tuple(sources)
        self.refused: dict[str, str] = {}
        self._received: tuple[str, ...] = ()
        self.winner: Candidate | None = None
        self.closed: int | None = None
        self.planned: dict[str, PlannedRun] = {}
        self._campaign = campaign
        self._ledger = books.ledger
        self._chosen: tuple[Candidate, ...] = ()
        self._written: dict[Rung, tuple[PlannedRun, ...]] = {}
        self.search = Trials(campaign, cell, study=study, books=books)
        for planned in self.search.planned():
            self.planned[planned.run.id] = planned
        if not self.search.complete:
            # More trials than last time, or a search that was closed early: what the smaller
            # search chose no longer holds.
            self._ledger.reopen_search(campaign, cell.name)

    @property
    def searching(self) -> bool:
        """Whether the search wants more trials."""
        return self.closed is None and not self.search.complete

    def advance(self, results: Mapping[str, RunResult]) -> None:
        """Climb as far as the results permit; new runs appear in `planned`."""
        if self.searching:
            for planned in self.search.advance(results):
                self.planned[planned.run.id] = planned
        if Rung.TEST not in self._written:
            self._write(Rung.TEST, plan.plan_test(self.cell, None, self.seeds))
        if self.searching or self.winner is not None:
            return
        if Rung.CONFIRM not in self._written:
            self._chosen = choice.candidates(self.cell, self.search.finished)
            self._write(Rung.CONFIRM, self._confirm_plan())
        if all(planned.run.id in results for planned in self._written[Rung.CONFIRM]):
            self._decide(results)
            self._write(Rung.TEST, plan.plan_test(self.cell, self.winner, self.seeds))

    @property
    def setting(self) -> Setting | None:
        """What the cell ships, to be tried in others; None while it is not known."""
        if self.winner is None:
            return None
        number = self.winner.variant.trial
        values = None if number is None else self.search.trials[number].values
        return Setting(cell=self.cell, values=values, trial=number)

    def receive(self, settings: Sequence[Setting]) -> None:
        """Plan the transfer rung with these settings of other cells."""
        self._received = tuple(setting.cell.name for setting in settings)
        self._write(Rung.TRANSFER, tuple(each for s in settings for each in self._carried(s)))

    def grow(self, seeds: int, *, settled: bool) -> bool:
        """Take note of an interim analysis; whether it added seeds."""
        self.settled = settled
        if seeds == self.seeds:
            return False
        self.seeds = seeds
        self._write(Rung.TEST, plan.plan_test(self.cell, self.winner, seeds))
        return True

    def is_tested(self, results: Container[str]) -> bool:
        """Whether all test runs known so far have ended, those of the winner among them."""
        if self.winner is None:
            return False
        return all(planned.run.id in results for planned in self._written[Rung.TEST])

    def pairs(self, results: Mapping[str, RunResult]) -> list[tuple[float | None, float | None]]:
        """Scores of tuned and default, seed by seed, as far as both have ended."""
        if self.winner is None:
            return []
        arms: dict[str, list[RunResult | None]] = {plan.TUNED: [], plan.DEFAULT: []}
        for planned in self._written[Rung.TEST]:
            if planned.variant in arms:
                arms[planned.variant].append(results.get(planned.run.id))
        found = []
        for tuned, default in zip(*arms.values(), strict=True):
            if tuned is None or default is None:
                break
            found.append((tuned.score, default.score))
        return found

    def close(self, results: Mapping[str, RunResult]) -> None:
        """End the search with the trials told so far, at least one, and climb on from there.

        Trials asked and not run stay in the ledger. The next `Climb` of the cell opens the search
        again and goes on with them.
        """
        self.closed = self.search.told
        self._ledger.close_search(self._campaign, self.cell.name, self.closed)
        self.advance(results)

    def pending(self, results: Container[str]) -> Iterator[tuple[str, PlannedRun]]:
        """Run ids and runs to be run: not the trials left over by a closed search."""
        searching = self.searching
        for run_id, planned in self.planned.items():
            if run_id not in results and (searching or planned.rung is not Rung.SEARCH):
                yield run_id, planned

    def total(self) -> int:
        """Runs of the whole cell, those included that are not known yet."""
        unknown = self.cell.search.trials - len(self.search.trials)
        if Rung.CONFIRM not in self._written:
            unknown += (self.cell.confirm.top + 1) * len(plan.confirm_seeds(self.cell))
        if Rung.TEST not in self._written:
            unknown += len(plan.plan_test(self.cell, None, self.seeds))
        if self.winner is None and plan.TUNED in self.cell.test.variants:
            unknown += self.seeds
        return len(self.planned) + unknown + self.expected() * self.cell.transfer.seeds

    def expected(self) -> int:
        """Settings of other cells that are still to come."""
        return len(self.sources) - len(self._received)

    def is_finished(self, results: Mapping[str, RunResult]) -> bool:
        """Whether nothing is left to do, at least not with the trials the search has."""
        decided = self.winner is not None and self.settled and not self.expected()
        return decided and not any(self.pending(results))

    def variants_without_score(self, results: Mapping[str, RunResult]) -> list[str]:
        """Variants of the test rung none of whose runs has a score."""
        scored: dict[str, bool] = {}
        for planned in self._written.get(Rung.TEST, ()):
            result = results.get(planned.run.id)
            has_score = result is not None and result.score is not None
            scored[planned.variant] = scored.get(planned.variant, False) or has_score
        return [variant for variant, has_score in scored.items() if not has_score]

    def _confirm_plan(self) -> tuple[PlannedRun, ...]:
        if self.closed is not None and len(self._chosen) == 1:
            # The default has no rival, and the time is short.
            return ()
        return plan.plan_confirm(self.cell, self._chosen)

    def _decide(self, results: Mapping[str, RunResult]) -> None:
        by_variant: dict[str, list[RunResult]] = {each.variant: [] for each in self._chosen}
        for planned in self._written[Rung.CONFIRM]:
            by_variant[planned.variant].append(results[planned.run.id])
        self.winner = choice.winner(self._chosen, by_variant)
        self._ledger.set_winner(self._campaign, self.cell.name, self.winner.variant)
        shares = importances(self.cell.space, self.search.finished, seed=self.cell.seed)
        self._ledger.set_importances(self._campaign, self.cell.name, shares)

    def _carried(self, setting: Setting) -> tuple[PlannedRun, ...]:
        try:
            return plan_transfer(self.cell, setting)
        except (ValueError, HarnessError) as error:
            planned = refused_transfer(self.cell, setting)
            why = f"what {setting.cell.name} ships cannot be trained here: {error}"
            self.refused |= {each.run.id: why for each in planned}
            return planned

    def _write(self, rung: Rung, planned: tuple[PlannedRun, ...]) -> None:
        self._ledger.set_plan(self._campaign, self.cell.name, rung, planned)
        self._written[rung] = planned
        for each in planned:
            self.planned.setdefault(each.run.id, each)
