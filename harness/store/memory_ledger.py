"""The ledger in memory, for tests and for planning: it holds to the same contract as a database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from harness.core.decisions.best_configurations import find_best_trial
from harness.core.ledger import Activity, CampaignState, CellState, StopRequest
from harness.core.record import (
    CampaignRecord,
    CellRecord,
    RunRecord,
    Suggestion,
    TrialRecord,
    trials_of_search,
)
from harness.core.run import PlannedRun, Variant
from harness.core.run_result import RunResult, Status
from harness.core.settings import Rung
from harness.errors import StorageError, UnknownNameError
from harness.store import codec
from harness.store.writes import utc_now


@dataclass(slots=True)
class _Cell:
    """A cell in one environment."""

    plans: dict[Rung, tuple[RunRecord, ...]] = field(default_factory=dict)
    winner: Variant | None = None
    importances: Mapping[str, float] = field(default_factory=dict)
    closed: int | None = None
    sampler_error: str | None = None


@dataclass(slots=True)
class _Campaign:
    created: str
    updated: str = ""
    environment: str = ""
    document: dict[str, object] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    cells: tuple[CellState, ...] = ()
    unlisted: tuple[CellState, ...] = ()
    identities: dict[str, Mapping[str, object]] = field(default_factory=dict)
    provenance: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    states: dict[tuple[str, str], _Cell] = field(default_factory=dict)
    """By environment and name of the cell."""

    def state(self, environment: str, cell: str) -> _Cell:
        return self.states.setdefault((environment, cell), _Cell())

    def copy(self) -> _Campaign:
        """What decisions change is copied, the rest is shared."""
        states = {
            key: replace(state, plans=dict(state.plans)) for key, state in self.states.items()
        }
        return replace(self, states=states)


class MemoryLedger:
    """A `harness.core.ledger.Ledger` that ends with its process.

    What is kept goes through JSON, as in a database, so that a value comes back no better.
    """

    def __init__(self, now: Callable[[], str] = utc_now) -> None:
        self._now = now
        self._campaigns: dict[str, _Campaign] = {}
        self._results: dict[tuple[str, str], tuple[RunResult, str]] = {}
        self._trials: dict[tuple[str, str], dict[int, TrialRecord]] = {}
        self._pending: list[Callable[[], None]] | None = None
        self._activities: dict[str, Activity] = {}
        self._stop_requests: dict[str, StopRequest] = {}

    def begin(
        self,
        campaign: str,
        *,
        environment: str,
        document: Mapping[str, Any],
        origins: Mapping[str, str],
        provenance: Mapping[str, Mapping[str, str]],
        cells: Sequence[CellState],
    ) -> None:
        texts = [_json(each) for each in (document, origins, provenance)]
        states = tuple(
            replace(state, cell=codec.load_cell(codec.dump_cell(state.cell))) for state in cells
        )
        moment = self._now()
        entry = self._campaigns.setdefault(campaign, _Campaign(created=moment))
        names = {state.cell.name for state in states}
        earlier = {state.cell.name: state for state in (*entry.unlisted, *entry.cells)}
        entry.unlisted = tuple(earlier[name] for name in sorted(earlier.keys() - names))
        entry.updated, entry.environment, entry.cells = moment, environment, states
        entry.document, entry.origins, entry.provenance[environment] = texts
        entry.identities |= {state.cell.name: state.cell.identity() for state in states}
        for (state_environment, _), state in entry.states.items():
            if state_environment == environment:
                state.plans.pop(Rung.TRANSFER, None)

    def campaign(self, name: str) -> CampaignState | None:
        entry = self._campaigns.get(name)
        if entry is None:
            return None
        return CampaignState(
            name=name,
            created=entry.created,
            updated=entry.updated,
            environment=entry.environment,
            identities=dict(entry.identities),
            provenance=entry.provenance[entry.environment],
        )

    def campaigns(self) -> tuple[str, ...]:
        return tuple(sorted(self._campaigns))

    def latest(self) -> str | None:
        # The first name among those that were changed in the same second, as in a database.
        names = self.campaigns()
        return max(names, key=lambda name: self._campaigns[name].updated, default=None)

    def document(self, campaign: str) -> dict[str, Any]:
        return deepcopy(self._entry(campaign).document)

    def record(
        self, campaign: str, environment: str | None = None, *, brief: bool = False
    ) -> CampaignRecord:
        entry = self._entry(campaign)
        key = entry.environment if environment is None else environment
        cells = tuple(self._cell_record(entry, cell, key) for cell in entry.cells)
        other_cells = tuple(self._cell_record(entry, cell, key) for cell in entry.unlisted)
        if brief:
            cells, other_cells = (tuple(map(_brief_cell, each)) for each in (cells, other_cells))
        runs = {run.run_id for cell in cells for run in cell.runs}
        runs |= {trial.run_id for cell in cells for trial in cell.trials}
        moments = [
            moment
            for (result_environment, run_id), (_, moment) in self._results.items()
            if result_environment == key and run_id in runs
        ]
        return CampaignRecord(
            name=campaign,
            created=entry.created,
            updated=max(moments, default=entry.updated),
            cells=cells,
            unlisted=other_cells,
            document=deepcopy(entry.document),
            origins=dict(entry.origins),
            provenance=entry.provenance.get(key, {}),
        )

    def add_results(self, results: Iterable[RunResult], *, environment: str) -> set[str]:
        readable = [codec.load_result(codec.dump_result(result)) for result in results]
        moment = self._now()
        keys = {(environment, result.run_id) for result in readable}
        new = {run_id for _, run_id in keys - self._results.keys()}
        for result in readable:
            self._results.setdefault((environment, result.run_id), (result, moment))
        return new

    def results(
        self, environment: str, run_ids: Collection[str] | None = None
    ) -> dict[str, RunResult]:
        if run_ids is None:
            run_ids = [run_id for key, run_id in self._results if key == environment]
        entries = {run_id: self._results.get((environment, run_id)) for run_id in run_ids}
        return {run_id: entry[0] for run_id, entry in entries.items() if entry is not None}

    def drop_failures(self, run_ids: Iterable[str], environment: str) -> int:
        failures = [
            run_id
            for run_id, result in self.results(environment, set(run_ids)).items()
            if result.status is Status.FAILED
        ]
        for run_id in failures:
            del self._results[environment, run_id]
        return len(failures)

    def add_trial(self, campaign: str, cell: str, study: str, trial: TrialRecord) -> None:
        self._decide(partial(self._add_trial, campaign, cell, study, trial))

    def trials(self, study: str, environment: str) -> tuple[TrialRecord, ...]:
        trials = self._trials.get((study, environment), {})
        results = self.results(environment, [trial.run_id for trial in trials.values()])
        return tuple(
            replace(trial, result=results.get(trial.run_id)) for _, trial in sorted(trials.items())
        )

    def set_plan(self, campaign: str, cell: str, rung: Rung, runs: Sequence[PlannedRun]) -> None:
        self._decide(partial(self._set_plan, campaign, cell, rung, runs))

    def set_winner(self, campaign: str, cell: str, variant: Variant | None) -> None:
        self._set_outcome(campaign, cell, winner=variant)

    def set_importances(self, campaign: str, cell: str, importances: Mapping[str, float]) -> None:
        self._set_outcome(campaign, cell, importances=_json(importances))

    def close_search(self, campaign: str, cell: str, trials: int) -> None:
        self._set_outcome(campaign, cell, closed=trials)

    def fail_search(self, campaign: str, cell: str, reason: str) -> None:
        self._set_outcome(campaign, cell, sampler_error=reason)

    def reopen_search(self, campaign: str, cell: str) -> None:
        self._set_outcome(campaign, cell, winner=None, closed=None, sampler_error=None)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._pending is not None:
            yield  # inside another block: with that one
            return
        self._pending = pending = list[Callable[[], None]]()
        try:
            yield
        finally:
            self._pending = None
        self._commit(pending)

    def set_activity(self, campaign: str, activity: Activity | None) -> None:
        self._activities.pop(campaign, None)
        if activity is not None:
            self._activities[campaign] = replace(activity, updated=self._now())

    def activity(self, campaign: str) -> Activity | None:
        return self._activities.get(campaign)

    def request_stop(self, campaign: str, request: StopRequest | None) -> None:
        self._stop_requests.pop(campaign, None)
        if request is not None:
            self._stop_requests[campaign] = request

    def stop_request(self, campaign: str) -> StopRequest | None:
        return self._stop_requests.get(campaign)

    def check(self) -> None:
        """Nobody else can write."""

    def _entry(self, campaign: str) -> _Campaign:
        if campaign not in self._campaigns:
            raise UnknownNameError("campaign", campaign, self.campaigns())
        return self._campaigns[campaign]

    def _decide(self, decision: Callable[[], None]) -> None:
        if self._pending is None:
            self._commit([decision])
        else:
            self._pending.append(decision)

    def _commit(self, decisions: Sequence[Callable[[], None]]) -> None:
        before = (
            {name: entry.copy() for name, entry in self._campaigns.items()},
            {key: dict(trials) for key, trials in self._trials.items()},
        )
        try:
            for decision in decisions:
                decision()
        except BaseException:
            self._campaigns, self._trials = before
            raise

    def _touch(self, campaign: str) -> _Campaign:
        entry = self._entry(campaign)
        entry.updated = self._now()
        return entry

    def _add_trial(self, campaign: str, cell: str, study: str, trial: TrialRecord) -> None:
        row = codec.trial_row(trial)
        trials = self._trials.setdefault((study, self._touch(campaign).environment), {})
        earlier = trials.setdefault(
            trial.number, codec.load_trial(trial.run_id, row["body"], result=None)
        )
        if earlier.run_id != trial.run_id:
            raise codec.another_trial(cell, trial, earlier.run_id)

    def _set_plan(self, campaign: str, cell: str, rung: Rung, runs: Sequence[PlannedRun]) -> None:
        entry = self._touch(campaign)
        if len({(each.variant, each.index) for each in runs}) < len(runs):
            raise StorageError(f"{cell} plans the same run of the {rung} rung twice")
        entry.state(entry.environment, cell).plans[rung] = tuple(
            RunRecord(
                rung=rung,
                variant=each.variant,
                index=each.index,
                trial=each.trial,
                seed=each.run.seed,
                arguments=_json(each.run.arguments),
                run_id=each.run.id,
                result=None,
            )
            for each in runs
        )

    def _set_outcome(self, campaign: str, cell: str, **values: object) -> None:
        def write() -> None:
            entry = self._touch(campaign)
            for name, value in values.items():
                setattr(entry.state(entry.environment, cell), name, value)

        self._decide(write)

    def _cell_record(self, entry: _Campaign, state: CellState, environment: str) -> CellRecord:
        progress = entry.states.get((environment, state.cell.name), _Cell())
        # In the order of the rungs' names, as in a database; the trials tell the search.
        runs = [
            run
            for rung, runs in sorted(progress.plans.items())
            if rung is not Rung.SEARCH
            for run in runs
        ]
        results = self.results(environment, [run.run_id for run in runs])
        return CellRecord(
            cell=state.cell,
            trials=trials_of_search(state.cell, self.trials(state.study, environment)),
            runs=tuple(replace(run, result=results.get(run.run_id)) for run in runs),
            winner=progress.winner,
            closed=progress.closed,
            sampler_error=progress.sampler_error,
            importances=progress.importances,
        )


def _json(value: object) -> Any:
    """A value as it comes back from a database."""
    return codec.load(codec.dump(value))


def _brief_cell(cell: CellRecord) -> CellRecord:
    best = find_best_trial(cell)
    trials = [
        TrialRecord(
            suggestion=Suggestion(number=trial.number, coordinates={}),
            values=trial.values if trial is best else {},
            arguments=trial.arguments if trial is best else {},
            seed=0,
            run_id=trial.run_id,
            result=_brief_result(trial.result, has_score=False),
        )
        for trial in cell.trials
    ]
    runs = [
        replace(
            run, arguments={}, result=_brief_result(run.result, has_score=run.rung is Rung.TEST)
        )
        for run in cell.runs
    ]
    return replace(cell, trials=tuple(trials), runs=tuple(runs))


def _brief_result(result: RunResult | None, *, has_score: bool) -> RunResult | None:
    if result is None:
        return None
    return RunResult(
        run_id=result.run_id,
        status=result.status,
        score=result.score if has_score else None,
        steps=0,
        failure=result.failure,
    )
