"""The histories of a campaign's cells: results come in, and what the ladder decides is written.

Nothing is decided here. Every step is asked of `harness.core.ladder` and written to the ledger
before a run can run, so that a crash loses no decision.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from harness.campaign.stores import CampaignStores
from harness.core.costs.search_budget import typical_trials
from harness.core.decisions import plan
from harness.core.decisions.joint_decisions import (
    InterimAnalysis,
    Judge,
    decide_jointly,
    new_histories,
)
from harness.core.decisions.warm_starts import warm_start
from harness.core.events import (
    CellDecided,
    CellFinished,
    Event,
    InterimAnalysisDone,
    Listener,
    RunFinished,
    SearchClosed,
    SearchFailed,
)
from harness.core.ladder import RunCache, advance
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell
from harness.core.progress.ladder_progress import History, Progress
from harness.core.record import TrialRecord, trials_of_search
from harness.core.run import DEFAULT, TUNED, PlannedRun, Variant
from harness.core.run_result import Failure, RunResult, Status
from harness.core.settings import Rung
from harness.errors import StorageError, UsageError


@dataclass
class _Notes:
    """What of a cell's progress is written or said already.

    Attributes:
        trials: Finished trials that its study has.
        plans: The plans in the ledger.
        winner: Whether the ledger has the winner.
        runs: Ids of the runs that were looked up in the ledger.
        events: Kinds of the events that were said, or that are too old to be said.
        said_winner: What was chosen before the search was opened again; not said twice.
        arrivals: Results of runs that nobody was given, and that were not said yet.
    """

    trials: int
    # The ledger has no plan of the transfer rung when a campaign begins or goes on.
    plans: dict[Rung, tuple[PlannedRun, ...]] = field(default_factory=lambda: {Rung.TRANSFER: ()})
    winner: bool = False
    runs: set[str] = field(default_factory=set)
    events: set[type[Event]] = field(default_factory=set)
    said_winner: Variant | None = None
    arrivals: list[RunFinished] = field(default_factory=list)


class CellHistories:
    """Keeps the cells' histories and the ledger in step, and says what became of the cells.

    Attributes:
        progress: Cell name -> where it stands, in the order of the matrix.
        results: Run id -> result, of the runs planned so far.
        sampler_errors: Cell name -> why its sampler suggests no more.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        studies: Mapping[str, str],
        stores: CampaignStores,
        *,
        judge: Judge,
        listener: Listener,
    ) -> None:
        """Take up what the ledger has of the trials.

        Args:
            cells: Every cell, in the order of the matrix.
            studies: Cell name -> key of its trials in the ledger.
            stores: Where to read and write.
            judge: The statistics of an interim analysis.
            listener: Is told what becomes of the cells.
        """
        self.results: dict[str, RunResult] = {}
        self.sampler_errors: dict[str, str] = {}
        self._stores = stores
        self._studies = studies
        self._judge = judge
        self._listener = listener
        self._analyses: list[InterimAnalysis] = []
        self._caches = {cell.name: RunCache() for cell in cells}
        self.progress: dict[str, Progress] = {}
        self._notes: dict[str, _Notes] = {}
        histories = new_histories(cells)
        for cell in cells:
            self._take_up(cell, histories[cell.name])

    def _take_up(self, cell: Cell, history: History) -> None:
        ledger, name = self._stores.ledger, cell.name
        trials = ledger.trials(self._studies[name], self._stores.environment)
        trials = trials_of_search(cell, trials)
        for trial in trials:
            if trial.result is not None:
                self.results[trial.run_id] = trial.result
        history = replace(history, trials=trials, results=self.results)
        progress = self.progress[name] = advance(cell, history, self._caches[name])
        _expect_sound(name, trials, progress.planned[Rung.SEARCH])
        self._notes[name] = _Notes(trials=len(progress.finished))
        self._stores.tuner.follow(cell, progress.finished)

    def resume(self) -> list[PlannedRun]:
        """Take the cells to where the ledger has them; what is old is no event.

        Returns:
            The runs that lack a result.
        """
        with self._stores.transaction():
            for name in self.progress:
                # It may have other trials than last time, or have been closed early: what was
                # chosen then holds where it is chosen again.
                self._stores.ledger.reopen_search(self._stores.campaign, name)
            pending, _ = self._go_on(self.progress)
        self._analyses.clear()
        for name, notes in self._notes.items():
            notes.events.update(type(event) for event in self._news(name))
            notes.events.discard(SearchFailed)
        return pending

    def say_sampler_errors(self) -> None:
        """Say whose sampler failed while the campaign was read, once it has begun."""
        for name, reason in self.sampler_errors.items():
            self._notes[name].events.add(SearchFailed)
            self._listener(SearchFailed(cell=name, reason=reason))

    def record(self, results: Collection[RunResult]) -> None:
        """Write results to the ledger; another campaign's counts where that one was first."""
        ledger, environment = self._stores.ledger, self._stores.environment
        new = ledger.add_results(results, environment=environment)
        earlier = [result.run_id for result in results if result.run_id not in new]
        self.results.update((result.run_id, result) for result in results)
        self.results.update(ledger.results(environment, run_ids=earlier))

    def advance(self, cells: Iterable[str]) -> list[PlannedRun]:
        """Plan what follows from new results, in these cells and in those that waited for them.

        Returns:
            The new runs that lack a result.
        """
        pending, names = self._go_on(cells)
        for analysis in self._analyses:
            if analysis.look:  # where every cell ships its default there is nothing to compare
                self._listener(self._event(analysis))
        self._analyses.clear()
        for name in names:
            for event in self._news(name):
                self._notes[name].events.add(type(event))
                self._listener(event)
        return pending

    def close(
        self, cells: Collection[str], counts: Mapping[str, int] = MappingProxyType({})
    ) -> list[PlannedRun]:
        """End these searches with the trials finished so far, then go on from there.

        Trials suggested and not run stay in the ledger. Whoever opens the search again, the next
        run of the campaign at the latest, goes on with them.

        Args:
            counts: Cell name -> trials it is ended with, where those are fewer.
        """
        if not cells:
            return []
        with self._stores.transaction():
            for name in cells:
                count = counts.get(name, len(self.progress[name].finished))
                self._move(name, replace(self.progress[name].history, closed=count))
                self._stores.ledger.close_search(self._stores.campaign, name, count)
        for name in cells:
            progress = self.progress[name]
            count, trials = len(progress.finished), typical_trials(progress.cell)
            self._listener(SearchClosed(cell=name, finished=count, trials=trials))
        return self.advance(cells)

    def reopen(self, name: str) -> list[PlannedRun]:
        """Let a closed search go on; what was chosen from it is chosen again.

        Returns:
            Its trials without a result.
        """
        notes, winner = self._notes[name], self.progress[name].winner
        tests = {each.run.id for each in self.progress[name].planned[Rung.TEST]}
        notes.said_winner = None if winner is None else winner.variant
        with self._stores.transaction():
            self._move(name, replace(self.progress[name].history, closed=None))
            self._stores.ledger.reopen_search(self._stores.campaign, name)
            notes.winner = False
            notes.events.discard(CellDecided)
        # Whoever is chosen then, its test runs are new ones.
        notes.runs -= tests - self.progress[name].runs.keys()
        earlier = [p for p in self.progress[name].pending if p.rung is Rung.SEARCH]
        return [*earlier, *self.advance([name])]

    def failed_cells(self) -> tuple[str, ...]:
        """Cells in which a variant has no score at all, or whose sampler suggests no more."""
        return tuple(
            name
            for name, progress in self.progress.items()
            if name in self.sampler_errors or (progress.done and progress.variants_without_score())
        )

    def _go_on(self, cells: Iterable[str]) -> tuple[list[PlannedRun], list[str]]:
        """Advance cells until neither a result nor a joint decision takes any of them further.

        Returns:
            The new runs that lack a result, and the cells something may have changed for.
        """
        pending: list[PlannedRun] = []
        names = list(dict.fromkeys(cells))
        all_names: dict[str, None] = {}
        with self._stores.transaction():
            while names:
                all_names |= dict.fromkeys(names)
                pending += self._advance(names)
                joint = decide_jointly(self.progress, self._judge)
                self._analyses += joint.analyses
                for name, history in joint.histories.items():
                    self._move(name, history)
                names = list(joint.histories)
        return pending, list(all_names)

    def _move(self, name: str, history: History) -> None:
        self.progress[name] = advance(self.progress[name].cell, history, self._caches[name])

    def _advance(self, cells: Sequence[str]) -> list[PlannedRun]:
        """Advance each cell as far as results permit; the new runs that lack one.

        Some have a result already: from before, or from another campaign in the same database.
        """
        pending: list[PlannedRun] = []
        while cells:
            new = [planned_run for name in cells for planned_run in self._new_runs(name)]
            earlier = self._stores.ledger.results(
                self._stores.environment, run_ids=[planned_run.run.id for planned_run in new]
            )
            self.results.update(earlier)
            refusals = [
                _refusal(planned_run.run.id, why)
                for planned_run in new
                if (why := self.progress[planned_run.cell].refused.get(planned_run.run.id))
                and planned_run.run.id not in earlier
            ]
            if refusals:
                self.record(refusals)
            pending += [
                planned_run for planned_run in new if planned_run.run.id not in self.results
            ]
            arrivals = [
                RunFinished(planned=planned_run, result=result, is_new=result.run_id not in earlier)
                for planned_run in new
                if (result := self.results.get(planned_run.run.id)) is not None
            ]
            for event in arrivals:
                self._notes[event.planned.cell].arrivals.append(event)
            cells = list(dict.fromkeys(event.planned.cell for event in arrivals))
        return pending

    def _new_runs(self, name: str) -> list[PlannedRun]:
        """Take a cell as far as the known results permit; its new runs without a result."""
        self._search(name)
        self._write(name)
        notes = self._notes[name]
        new = [p for run_id, p in self.progress[name].runs.items() if run_id not in notes.runs]
        notes.runs.update(planned_run.run.id for planned_run in new)
        return [planned_run for planned_run in new if planned_run.run.id not in self.results]

    def _search(self, name: str) -> None:
        """Record finished trials in the study, and suggest new ones, in the order of the trials."""
        notes = self._notes[name]
        history = self.progress[name].history
        while True:
            self._move(name, history)
            progress = self.progress[name]
            for trial in progress.finished[notes.trials :]:
                self._stores.tuner.record(progress.cell, trial)
                notes.trials += 1
            if progress.next_trial is None or name in self.sampler_errors:
                return
            try:
                trial = self._suggest(progress, progress.next_trial)
            except UsageError as error:
                # Other cells have samplers of their own, and this one's default is tested anyway.
                self.sampler_errors[name] = error.message
                self._stores.ledger.fail_search(self._stores.campaign, name, error.message)
                return
            history = replace(history, trials=(*progress.trials, trial))

    def _suggest(self, progress: Progress, number: int) -> TrialRecord:
        cell, trials = progress.cell, progress.trials
        # What may be known of other trials follows from the number, not from who was quick.
        count = max(0, number - cell.search.in_flight + 1)
        suggestion = warm_start(cell, progress.history.received, number)
        if suggestion is None:
            suggestion = self._stores.tuner.suggest(cell, trials[:count], trials[count:])
        values, arguments = cell_arguments.configuration(cell, number, suggestion.coordinates)
        trial = TrialRecord(
            suggestion=suggestion,
            values=values,
            arguments=arguments,
            seed=plan.trial_seeds(cell, number)[0],
            run_id="",
        )
        planned_run = self._caches[cell.name].trial(cell, trial, trials[:count])
        trial = replace(trial, run_id=planned_run.run.id)
        study = self._studies[cell.name]
        self._stores.ledger.add_trial(self._stores.campaign, cell.name, study, trial)
        return trial

    def _write(self, name: str) -> None:
        """Write the plans and the decision that are new."""
        campaign, ledger = self._stores.campaign, self._stores.ledger
        progress, notes = self.progress[name], self._notes[name]
        for rung in (Rung.CONFIRM, Rung.TEST, Rung.TRANSFER):
            runs = progress.planned.get(rung, ())
            if notes.plans.get(rung) != runs:
                ledger.set_plan(campaign, name, rung, runs)
                notes.plans[rung] = runs
        if progress.winner is not None and not notes.winner:
            notes.winner = True
            ledger.set_winner(campaign, name, progress.winner.variant)
            shares = self._stores.tuner.importances(progress.cell, progress.finished)
            ledger.set_importances(campaign, name, shares)

    def _event(self, analysis: InterimAnalysis) -> InterimAnalysisDone:
        additions = {}
        for name, (before, after) in analysis.seeds.items():
            if after > before:
                runs = self.progress[name].planned[Rung.TEST]
                additions[name] = len({p.run.id for p in runs if before <= p.index < after})
        steps = {
            name: runs * self.progress[name].cell.test.steps for name, runs in additions.items()
        }
        return InterimAnalysisDone(
            look=analysis.look,
            looks=analysis.looks,
            decisions=analysis.decisions,
            added=additions,
            steps=steps,
        )

    def _news(self, name: str) -> list[SearchFailed | CellDecided | RunFinished | CellFinished]:
        """What has become of a cell and was not said yet."""
        progress, notes = self.progress[name], self._notes[name]
        news: list[SearchFailed | CellDecided | RunFinished | CellFinished] = []
        if name in self.sampler_errors and SearchFailed not in notes.events:
            news.append(SearchFailed(cell=name, reason=self.sampler_errors[name]))
        winner = None if progress.winner is None else progress.winner.variant
        same = winner == notes.said_winner
        if winner is not None and CellDecided not in notes.events and not same:
            news.append(CellDecided(cell=name, winner=winner))
        news += notes.arrivals
        notes.arrivals = []
        if progress.done and CellFinished not in notes.events:
            failure_count = sum(
                self.results[run_id].score is None
                for run_id, planned_run in progress.runs.items()
                if planned_run.rung is Rung.TEST and planned_run.variant in {DEFAULT, TUNED}
            )
            trial_limit = progress.history.closed
            runs = len(progress.runs)
            news.append(
                CellFinished(cell=name, failed=failure_count, closed=trial_limit, runs=runs)
            )
        return news


def _refusal(run_id: str, why: str) -> RunResult:
    failure = Failure(kind="exception", message=why)
    return RunResult(run_id=run_id, status=Status.FAILED, score=None, steps=0, failure=failure)


def _expect_sound(name: str, trials: Sequence[TrialRecord], runs: Sequence[PlannedRun]) -> None:
    """See that a ledger holds each trial of a cell, as the run that its parameters make.

    Raises:
        StorageError: It was damaged.
    """
    for number, (trial, each) in enumerate(zip(trials, runs, strict=True)):
        if (trial.number, trial.run_id) != (number, each.run.id):
            raise StorageError(
                f"trial {number} of {name} is missing, or not the run that its parameters make",
                help="`harness doctor CAMPAIGN --repair` drops it and what came after it",
            )
