"""The ledger keeps what it is given, once, and gives it back as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import store_samples as sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from store_samples import CAMPAIGN, CELL, ENVIRONMENT, OTHER, SECOND, STUDY

from harness.core.record import Cost, Evaluation, Failure, RunResult, Status, TrialRecord
from harness.core.settings import Rung
from harness.errors import StorageError, UnknownNameError
from harness.store import Ledger, open_ledger

_numbers = st.floats(allow_nan=False, allow_infinity=False)
_counts = st.integers(0, 2**53)
_json = st.recursive(
    st.none() | st.booleans() | _numbers | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_evaluations = st.lists(
    st.builds(
        Evaluation,
        step=_counts,
        returns=st.lists(_numbers, min_size=1, max_size=4).map(tuple),
        lengths=st.lists(_counts, max_size=4).map(tuple),
    ),
    max_size=3,
).map(tuple)
_results = st.builds(
    RunResult,
    run_id=st.text("0123456789abcdef", min_size=64, max_size=64),
    status=st.sampled_from(Status),
    score=st.none() | _numbers,
    steps=_counts,
    evaluations=_evaluations,
    failure=st.none()
    | st.builds(
        Failure,
        kind=st.text(),
        message=st.text(st.characters(codec=None)),
        step=st.none() | _counts,
        traceback=st.text(),
    ),
    pruner_attrs=st.dictionaries(st.text(), _json, max_size=3),
    cost=st.builds(Cost, wall=_numbers, peak_memory=_counts, host=st.text()),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(result=_results)
def test_any_result_comes_back_as_it_was(ledger: Ledger, result: RunResult) -> None:
    if not ledger.add_results([result], environment=ENVIRONMENT):
        return
    assert ledger.result(result.run_id, ENVIRONMENT) == result


def test_the_first_result_of_a_run_stays(ledger: Ledger) -> None:
    first, second = sample.complete("u" * 64, 1.0), sample.complete("u" * 64, 2.0)
    assert ledger.add_results([first], environment=ENVIRONMENT)
    assert not ledger.add_results([second], environment=ENVIRONMENT)
    assert ledger.results(ENVIRONMENT) == {first.run_id: first}


def test_environments_are_kept_apart(ledger: Ledger) -> None:
    here, there = sample.complete("u" * 64, 1.0), sample.complete("u" * 64, 2.0)
    assert ledger.add_results([here], environment=ENVIRONMENT)
    assert ledger.add_results([there], environment=OTHER)
    assert ledger.result(here.run_id, ENVIRONMENT) == here
    assert ledger.result(here.run_id, OTHER) == there
    assert ledger.result(here.run_id, "unknown") is None


def test_results_survive_closing(database: Path) -> None:
    with open_ledger(database, create=True) as first:
        first.add_results([sample.complete("u" * 64)], environment=ENVIRONMENT)
    with open_ledger(database) as second:
        assert second.result("u" * 64, ENVIRONMENT) == sample.complete("u" * 64)


def test_equal_results_are_equal_text(ledger: Ledger, database: Path) -> None:
    forth = replace(sample.complete("a" * 64), pruner_attrs={"one": 1, "two": 2})
    back = replace(forth, run_id="b" * 64, pruner_attrs={"two": 2, "one": 1})
    for result in (forth, back):
        ledger.add_results([result], environment=ENVIRONMENT)
    engine = create_engine(ledger.url)
    with engine.connect() as connection:
        bodies = connection.scalars(text("select body from harness_results order by run_id"))
        one, two = (body.partition(',"sha256"')[0] for body in bodies)
    engine.dispose()
    assert one.replace("a" * 64, "b" * 64) == two


def test_nan_does_not_enter(ledger: Ledger) -> None:
    with pytest.raises(StorageError, match="NaN"):
        ledger.add_results([sample.complete("u" * 64, float("nan"))], environment=ENVIRONMENT)
    assert ledger.results(ENVIRONMENT) == {}


def test_only_failures_are_dropped_and_only_those_named(ledger: Ledger) -> None:
    kept, other, retried = (
        sample.complete("a" * 64),
        sample.failed("b" * 64),
        sample.failed("c" * 64),
    )
    for result in (kept, other, retried):
        ledger.add_results([result], environment=ENVIRONMENT)
    ledger.add_results([retried], environment=OTHER)
    dropped = ledger.drop_failures([kept.run_id, retried.run_id, "absent"], ENVIRONMENT)
    assert dropped == 1
    assert set(ledger.results(ENVIRONMENT)) == {kept.run_id, other.run_id}
    assert set(ledger.results(OTHER)) == {retried.run_id}
    assert ledger.add_results([sample.complete(retried.run_id)], environment=ENVIRONMENT)


def test_a_campaign_that_was_never_begun(ledger: Ledger) -> None:
    sample.begin(ledger)
    assert ledger.campaign("quack") is None
    with pytest.raises(UnknownNameError, match="did you mean `quick`"):
        ledger.record("quack")
    with pytest.raises(UnknownNameError):
        ledger.set_winner("quack", CELL, "default")
    assert ledger.campaigns() == (CAMPAIGN,)


def test_a_record_tells_when_the_latest_result_came(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(f"2026-01-{day:02d}T00:00:00+00:00" for day in range(1, 32))
    for module in ("writes", "changes"):
        monkeypatch.setattr(f"harness.store.{module}.now", lambda: next(clock))
    sample.begin(ledger)
    begun = ledger.record(CAMPAIGN)
    assert begun.updated == begun.created == "2026-01-01T00:00:00+00:00"
    trial = sample.trial(0)
    ledger.add_trial(CAMPAIGN, CELL, sample.STUDY, trial)
    ledger.add_results([sample.complete(trial.run_id)], environment=ENVIRONMENT)
    sample.begin(ledger)
    ledger.add_results([sample.complete("f" * 64)], environment=ENVIRONMENT)
    assert ledger.record(CAMPAIGN).updated == "2026-01-03T00:00:00+00:00"


def test_a_campaign_goes_on(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("writes", "migrations"):
        monkeypatch.setattr(f"harness.store.{module}.now", lambda: "2026-01-01T00:00:00+00:00")
    sample.begin(ledger)
    monkeypatch.setattr("harness.store.writes.now", lambda: "2026-01-02T00:00:00+00:00")
    sample.begin(ledger, environment=OTHER)
    state = ledger.campaign(CAMPAIGN)
    assert state is not None
    assert state.created == "2026-01-01T00:00:00+00:00"
    assert state.updated == "2026-01-02T00:00:00+00:00"
    assert state.environment == OTHER
    assert state.provenance["versions"]["environment"] == OTHER[:4]
    assert set(state.identities) == {CELL, SECOND}
    assert state.identities[CELL] == sample.cell_state().identity


def test_a_cell_that_left_the_matrix_is_known_but_not_shown(ledger: Ledger) -> None:
    sample.begin(ledger)
    sample.begin(ledger, sample.cell_state(SECOND), sample.cell_state("sac@Pendulum-v1"))
    state = ledger.campaign(CAMPAIGN)
    assert state is not None
    assert CELL in state.identities
    names = [cell.name for cell in ledger.record(CAMPAIGN).cells]
    assert names == [SECOND, "sac@Pendulum-v1"]
    sample.begin(ledger)
    assert [cell.name for cell in ledger.record(CAMPAIGN).cells] == [CELL, SECOND]


def test_trials_come_back_by_number_with_their_results(ledger: Ledger) -> None:
    sample.begin(ledger)
    for number in (2, 0, 1):
        ledger.add_trial(CAMPAIGN, CELL, STUDY, sample.trial(number))
    result = sample.complete(sample.trial(1).run_id)
    ledger.add_results([result], environment=ENVIRONMENT)
    found = ledger.trials(STUDY, ENVIRONMENT)
    assert [trial.number for trial in found] == [0, 1, 2]
    assert [trial.result for trial in found] == [None, result, None]
    assert found[0] == sample.trial(0)
    ledger.add_results([sample.complete(sample.trial(2).run_id)], environment=OTHER)
    assert ledger.trials(STUDY, ENVIRONMENT) == found
    assert ledger.trials("unknown", ENVIRONMENT) == ()
    assert ledger.trials(STUDY, OTHER) == ()


def test_the_order_of_a_suggestion_is_kept(ledger: Ledger) -> None:
    sample.begin(ledger)
    ledger.add_trial(CAMPAIGN, CELL, STUDY, sample.trial(0))
    (found,) = ledger.trials(STUDY, ENVIRONMENT)
    assert list(found.suggestion.coordinates) == list(sample.trial(0).suggestion.coordinates)
    assert list(found.values) == list(sample.trial(0).values)


def test_a_trial_is_kept_once(ledger: Ledger) -> None:
    sample.begin(ledger)
    for _ in range(2):
        ledger.add_trial(CAMPAIGN, CELL, STUDY, sample.trial(0))
    assert len(ledger.trials(STUDY, ENVIRONMENT)) == 1
    with pytest.raises(StorageError, match="trial 0 of ppo@CartPole-v1"):
        ledger.add_trial(CAMPAIGN, CELL, STUDY, sample.trial(0, run_id="d" * 64))
    assert ledger.trials(STUDY, ENVIRONMENT) == (sample.trial(0),)


def test_another_environment_may_propose_something_else(ledger: Ledger) -> None:
    sample.begin(ledger)
    ledger.add_trial(CAMPAIGN, CELL, STUDY, sample.trial(0))
    sample.begin(ledger, environment=OTHER)
    ledger.add_trial(CAMPAIGN, CELL, STUDY, sample.trial(0, run_id="d" * 64))
    assert ledger.trials(STUDY, ENVIRONMENT)[0].run_id == sample.trial(0).run_id
    assert ledger.trials(STUDY, OTHER)[0].run_id == "d" * 64


def test_a_plan_replaces_the_one_of_its_rung(ledger: Ledger) -> None:
    sample.begin(ledger)
    ledger.set_plan(CAMPAIGN, CELL, "confirm", [sample.planned(1, rung=Rung.CONFIRM)])
    ledger.set_plan(CAMPAIGN, CELL, "test", [sample.planned(seed, index=seed) for seed in (2, 3)])
    ledger.set_plan(CAMPAIGN, SECOND, "test", [sample.planned(9, cell=SECOND)])
    ledger.set_plan(CAMPAIGN, CELL, "test", [sample.planned(3), sample.planned(2, variant="a")])
    first, second = ledger.record(CAMPAIGN).cells
    assert [(run.rung, run.variant, run.seed) for run in first.runs] == [
        ("confirm", "default", 1),
        ("test", "default", 3),
        ("test", "a", 2),
    ]
    assert [run.seed for run in second.runs] == [9]
    ledger.set_plan(CAMPAIGN, CELL, "test", [])
    assert [run.rung for run in ledger.record(CAMPAIGN).cells[0].runs] == ["confirm"]


def test_one_run_may_have_several_places(ledger: Ledger) -> None:
    sample.begin(ledger)
    pair = [sample.planned(1), sample.planned(1, variant="tuned")]
    ledger.set_plan(CAMPAIGN, CELL, "test", pair)
    ledger.add_results([sample.complete(pair[0].run.id)], environment=ENVIRONMENT)
    runs = ledger.record(CAMPAIGN).cells[0].runs
    assert runs[0].run_id == runs[1].run_id
    assert runs[0].result is not None
    assert runs[0].result == runs[1].result


def test_the_search_rung_is_told_by_its_trials(ledger: Ledger) -> None:
    sample.begin(ledger)
    ledger.set_plan(CAMPAIGN, CELL, "search", [sample.planned(1, rung=Rung.SEARCH)])
    assert ledger.record(CAMPAIGN).cells[0].runs == ()


def test_a_record_is_everything(ledger: Ledger) -> None:
    sample.fill(ledger)
    record = ledger.record(CAMPAIGN)
    assert record.document["algorithms"] == ["ppo"]
    assert record.origins == {"seed": "quick.yaml:3"}
    assert record.provenance["versions"]["torch"] == "2.13.0"
    cell, empty = record.cells
    assert cell.spec == sample.cell_state().spec
    assert [trial.result and trial.result.status for trial in cell.trials] == [
        Status.COMPLETE,
        Status.FAILED,
    ]
    assert [run.rung for run in cell.runs] == ["confirm", "test", "test", "test"]
    assert [run.result is not None for run in cell.runs] == [False, True, False, False]
    tuned = cell.runs[3]
    assert (tuned.variant, tuned.trial, tuned.seed) == ("tuned", 1, 2048)
    assert tuned.arguments == {"n_steps": 128, "gamma": 0.99}
    assert cell.winner == "trial-1"
    assert cell.importances == {"log2(n_steps)": 0.75, "1-gamma": 0.25}
    assert (empty.trials, empty.runs, empty.winner, empty.importances) == ((), (), None, {})


def test_after_an_upgrade_the_old_numbers_can_still_be_read(ledger: Ledger) -> None:
    sample.fill(ledger)
    before = ledger.record(CAMPAIGN)
    sample.begin(ledger, environment=OTHER)
    now = ledger.record(CAMPAIGN)
    assert all(not cell.trials and not cell.runs and cell.winner is None for cell in now.cells)
    old = ledger.record(CAMPAIGN, ENVIRONMENT)
    assert (old.cells, old.provenance) == (before.cells, before.provenance)
    assert now.provenance != old.provenance


def test_a_winner_can_be_taken_back_without_losing_the_importances(ledger: Ledger) -> None:
    sample.fill(ledger)
    ledger.set_winner(CAMPAIGN, CELL, None)
    cell = ledger.record(CAMPAIGN).cells[0]
    assert cell.winner is None
    assert cell.importances


def test_two_campaigns_share_a_database_and_the_results(ledger: Ledger) -> None:
    sample.fill(ledger)
    sample.begin(ledger, sample.cell_state(), campaign="again")
    assert ledger.campaigns() == ("again", CAMPAIGN)
    run = sample.planned(2048)
    ledger.set_plan("again", CELL, "test", [run])
    (found,) = ledger.record("again").cells[0].runs
    assert found.result is not None
    assert found.result.score == 30.0
    assert len(ledger.record(CAMPAIGN).cells[0].runs) == 4


def test_a_call_that_fails_half_way_changes_nothing(ledger: Ledger) -> None:
    sample.fill(ledger)
    before = ledger.record(CAMPAIGN)
    twice: list[Any] = [sample.planned(1), sample.planned(2)]
    with pytest.raises(StorageError):
        ledger.set_plan(CAMPAIGN, CELL, "test", twice)
    with pytest.raises(StorageError):
        ledger.begin(
            CAMPAIGN,
            environment=OTHER,
            document={"nan": float("nan")},
            origins={},
            provenance={},
            cells=(),
        )
    assert ledger.record(CAMPAIGN) == before


def test_bodies_can_be_read_without_this_program(ledger: Ledger) -> None:
    sample.fill(ledger)
    engine = create_engine(ledger.url)
    with engine.connect() as connection:
        body = connection.scalar(
            text("select body from harness_results where status = 'complete' limit 1")
        )
    engine.dispose()
    assert json.loads(body)["status"] == "complete"


def test_optunas_tables_live_beside_the_ledger(ledger: Ledger) -> None:
    optuna = pytest.importorskip("optuna")
    sample.fill(ledger)
    storage = optuna.storages.RDBStorage(ledger.url)
    study = optuna.create_study(storage=storage, study_name=f"{CAMPAIGN}/{CELL}")
    study.add_trial(optuna.trial.create_trial(value=1.0))
    storage.engine.dispose()
    ledger.add_results([sample.complete("u" * 64)], environment=ENVIRONMENT)
    assert ledger.campaigns() == (CAMPAIGN,)
    assert len(study.trials) == 1
    storage.engine.dispose()


def test_a_closed_search_is_known_until_it_is_reopened(ledger: Ledger) -> None:
    sample.fill(ledger)
    assert ledger.record(sample.CAMPAIGN).cells[0].closed is None
    ledger.close_search(sample.CAMPAIGN, sample.CELL, 2)
    closed = ledger.record(sample.CAMPAIGN).cells[0]
    assert (closed.closed, closed.winner) == (2, "trial-1")
    ledger.reopen_search(sample.CAMPAIGN, sample.CELL)
    reopened, other = ledger.record(sample.CAMPAIGN).cells
    assert (reopened.closed, reopened.winner) == (None, None)
    assert reopened.importances == closed.importances
    ledger.reopen_search(sample.CAMPAIGN, other.name)  # never closed: nothing to take back
    assert ledger.record(sample.CAMPAIGN).cells[1] == other


def test_what_is_decided_together_is_written_together(ledger: Ledger) -> None:
    sample.begin(ledger)
    trials = [sample.trial(number) for number in range(3)]
    with ledger.together():
        for trial in trials:
            ledger.add_trial(CAMPAIGN, CELL, STUDY, trial)
        ledger.set_winner(CAMPAIGN, CELL, "trial-1")
        assert not ledger.trials(STUDY, ENVIRONMENT)
        with ledger.together():
            ledger.set_winner(CAMPAIGN, CELL, "trial-2")
        assert _winner(ledger) is None
    assert [trial.number for trial in ledger.trials(STUDY, ENVIRONMENT)] == [0, 1, 2]
    assert _winner(ledger) == "trial-2"


def test_of_what_is_decided_together_nothing_stays_if_one_part_fails(ledger: Ledger) -> None:
    sample.begin(ledger)
    ledger.add_trial(CAMPAIGN, CELL, STUDY, sample.trial(1))
    another = replace(sample.trial(1), run_id="f" * 64)

    def decide(trial: TrialRecord) -> None:
        with ledger.together():
            ledger.set_winner(CAMPAIGN, CELL, "trial-0")
            ledger.add_trial(CAMPAIGN, CELL, STUDY, trial)

    with pytest.raises(StorageError, match="trial 1"):
        decide(another)
    assert _winner(ledger) is None
    with pytest.raises(StorageError, match="NaN"):
        decide(replace(another, values={"lr": float("nan")}))
    ledger.set_winner(CAMPAIGN, SECOND, "default")
    assert _winner(ledger) is None


def _winner(ledger: Ledger) -> str | None:
    (winner,) = (cell.winner for cell in ledger.record(CAMPAIGN).cells if cell.name == CELL)
    return winner


def test_results_are_kept_all_or_none_and_the_first_ones_stay(ledger: Ledger) -> None:
    sample.begin(ledger)
    first, second = sample.complete("b" * 64), sample.complete("a" * 64)
    assert ledger.add_results([first], environment=ENVIRONMENT)
    late = replace(first, score=77.0)
    assert ledger.add_results([late, second], environment=ENVIRONMENT) == {second.run_id}
    assert ledger.result(first.run_id, ENVIRONMENT) == first
    broken = replace(sample.complete("c" * 64), score=float("nan"))
    with pytest.raises(StorageError, match="NaN"):
        ledger.add_results([sample.complete("d" * 64), broken], environment=ENVIRONMENT)
    assert ledger.result("d" * 64, ENVIRONMENT) is None
