"""What a cell has before it, as the policy of `deadline` wants to know it."""

from __future__ import annotations

from collections.abc import Container, Mapping

from harness.campaign.deadline import Ahead
from harness.campaign.ladder import Climb
from harness.core import choice, plan
from harness.core.plan import Candidate
from harness.core.record import RunResult
from harness.core.run import PlannedRun
from harness.core.settings import Adaptive, Rung

__all__ = ["Forecast"]


class Forecast:
    """Looks ahead for one cell.

    Attributes:
        trial, run: A run like those of the search and of the test, for what it takes.
    """

    def __init__(self, climb: Climb) -> None:
        cell = climb.cell
        self.climb = climb
        self.trial = _sample(climb, Rung.SEARCH, cell.search.steps)
        self.run = _sample(climb, Rung.TEST, cell.test.steps)
        self._told = -1
        self._chosen: tuple[Candidate, ...] = ()
        self._confirm: dict[str, PlannedRun] = {}

    def ahead(self, results: Mapping[str, RunResult], running: Container[str]) -> Ahead:
        """Runs of confirm, test and transfer not yet begun."""
        climb, cell = self.climb, self.climb.cell

        def left(run_ids: Mapping[str, PlannedRun], rung: Rung) -> int:
            return sum(
                each.rung is rung and run_id not in results and run_id not in running
                for run_id, each in run_ids.items()
            )

        seeds = len(plan.confirm_seeds(cell))
        most = self._most_seeds()
        tuned = most if plan.TUNED in cell.test.variants else 0
        arms = {each.variant for each in climb.planned.values() if each.rung is Rung.TEST}
        tested = left(climb.planned, Rung.TEST) + (most - climb.seeds) * len(arms)
        self._suppose()
        known = climb.planned if not climb.searching else self._confirm
        confirm_with = left(known, Rung.CONFIRM)
        alone = len(self._chosen) == 1
        return Ahead(
            confirm=0 if alone and climb.searching else confirm_with,
            test=tested + (0 if alone else self._tuned(results, tuned)),
            confirm_with=confirm_with,
            confirm_most=(cell.confirm.top + 1) * seeds,
            test_most=tested + tuned,
            seeds=seeds,
            transfer=left(climb.planned, Rung.TRANSFER) + climb.expected() * cell.transfer.seeds,
            across=self._across(),
        )

    def _most_seeds(self) -> int:
        """Held-out seeds the cell may come to have."""
        climb = self.climb
        return climb.seeds if climb.settled else len(plan.test_seeds(climb.cell))

    def _across(self) -> int:
        """Runs, one after the other, that wait for what other cells do first."""
        given = self.climb.cell.test.seeds
        if isinstance(given, Adaptive) and not self.climb.settled:
            return sum(end > self.climb.seeds for end in given.ends)
        return 1 if self.climb.expected() else 0

    def _tuned(self, results: Mapping[str, RunResult], most: int) -> int:
        """Test runs of the winner that will become known."""
        if self.climb.winner is not None:
            return 0
        if not all(run_id in results for run_id in self._confirm):
            return most
        by_variant: dict[str, list[RunResult]] = {}
        for run_id, planned in self._confirm.items():
            by_variant.setdefault(planned.variant, []).append(results[run_id])
        best = choice.winner(self._chosen, by_variant)
        if best.variant == plan.DEFAULT:
            return 0
        tested = plan.plan_test(self.climb.cell, best, self._most_seeds())
        runs = {planned.run.id for planned in tested if planned.variant == plan.TUNED}
        return sum(run_id not in results and run_id not in self.climb.planned for run_id in runs)

    def _suppose(self) -> None:
        """Plan the confirm rung as if the search ended with the trials told so far."""
        climb = self.climb
        if self._told == climb.search.told:
            return
        self._told = climb.search.told
        self._chosen = choice.candidates(climb.cell, climb.search.finished)
        planned = plan.plan_confirm(climb.cell, self._chosen)
        self._confirm = {each.run.id: each for each in planned}


def _sample(climb: Climb, rung: Rung, steps: int) -> PlannedRun:
    cell = climb.cell
    run = plan.retrain(cell, cell.arguments, 0, steps)
    return PlannedRun(run=run, cell=cell.name, rung=rung, variant=plan.DEFAULT, index=0)
