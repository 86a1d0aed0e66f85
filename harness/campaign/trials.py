"""The search of a cell: its trials, asked in order and told in order."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from harness.campaign.books import Books
from harness.core import plan
from harness.core.matrix import Cell
from harness.core.record import RunResult, TrialRecord
from harness.core.run import Curve, PlannedRun
from harness.tuning.projection import Projection
from harness.tuning.suggestion import Suggester

__all__ = ["Trials"]


class Trials:
    """Keeps at most `in_flight` trials open, and the ledger ahead of Optuna's tables.

    Attributes:
        trials: Asked so far, by number, with the results known.
        told: How many of them, from the front, Optuna's tables have.
    """

    def __init__(self, campaign: str, cell: Cell, *, study: str, books: Books) -> None:
        """Take up what the ledger has."""
        self._campaign = campaign
        self._cell = cell
        self._study = study
        self._ledger = books.ledger
        self._projection = Projection(books.tables, campaign, cell)
        self._suggester = Suggester(books.registry, campaign, cell)
        self._curves: dict[int, Curve] = {}
        self.trials = list(self._ledger.trials(study, books.environment)[: cell.search.trials])
        self.told = 0
        self.told = self._finished_prefix()
        self._projection.sync(self.finished)

    @property
    def complete(self) -> bool:
        """Whether all trials are told."""
        return self.told >= self._cell.search.trials

    @property
    def finished(self) -> Sequence[TrialRecord]:
        """The trials told."""
        return self.trials[: self.told]

    def planned(self) -> list[PlannedRun]:
        """The runs of the trials asked so far."""
        # A finished trial needs no pruning rule any more.
        return [
            self._plan(trial, self._visible(trial.number) if trial.result is None else ())
            for trial in self.trials
        ]

    def advance(self, results: Mapping[str, RunResult]) -> list[PlannedRun]:
        """Tell what can be told and ask what may be asked.

        Returns:
            The runs of the new trials.
        """
        new: list[PlannedRun] = []
        self.trials = [
            replace(trial, result=results.get(trial.run_id)) if trial.result is None else trial
            for trial in self.trials
        ]
        while True:
            if self.told < self._finished_prefix():
                self._projection.add(self.trials[self.told])
                self.told += 1
            elif (
                len(self.trials) < self._cell.search.trials
                and len(self.trials) - self.told < self._cell.search.in_flight
            ):
                new.append(self._ask(results))
            else:
                return new

    def following(self, results: Container[str]) -> TrialRecord | None:
        """The first trial asked and without a result."""
        return next((trial for trial in self.trials if trial.run_id not in results), None)

    def untold(self, results: Container[str]) -> list[int]:
        """Trials with a result that wait for an earlier one."""
        return [trial.number for trial in self.trials[self.told :] if trial.run_id in results]

    def _finished_prefix(self) -> int:
        told = self.told
        while told < len(self.trials) and self.trials[told].result is not None:
            told += 1
        return told

    def _visible(self, number: int) -> Sequence[TrialRecord]:
        """The trials told when trial `number` is asked: exactly 0 .. number - in_flight."""
        return self.trials[: max(0, number - self._cell.search.in_flight + 1)]

    def _ask(self, results: Mapping[str, RunResult]) -> PlannedRun:
        number = len(self.trials)
        told = self._visible(number)
        running = self.trials[len(told) :]
        suggestion = self._suggester.suggest(told, running)
        values = self._cell.space.decode(suggestion.coordinates)
        # The default is the library's own: nothing is passed but what the matrix fixes.
        arguments = self._cell.arguments if number == 0 else plan.arguments_of(self._cell, values)
        trial = TrialRecord(
            suggestion=suggestion,
            values=values,
            arguments=arguments,
            seed=plan.search_seeds(self._cell)[number],
            run_id="",
        )
        planned = self._plan(trial, told)
        trial = replace(trial, run_id=planned.run.id)
        self._ledger.add_trial(self._campaign, self._cell.name, self._study, trial)
        # Its result may be there already: of a campaign beside this one, or from before a repair.
        self.trials.append(replace(trial, result=results.get(trial.run_id)))
        return planned

    def _plan(self, trial: TrialRecord, told: Sequence[TrialRecord]) -> PlannedRun:
        return plan.plan_trial(self._cell, trial.number, trial.arguments, told, self._curves)
