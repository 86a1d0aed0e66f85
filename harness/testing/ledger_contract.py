"""What every ledger has to hold: it keeps what it is given, once, and gives it back as it was.

A package that offers a ledger runs the suite in its own tests::

    class TestMine(LedgerContract):
        @pytest.fixture
        def new_ledger(self, tmp_path):
            return lambda now: MyLedger(tmp_path / "ledger", now=now)

It needs pytest and Hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from harness.core.ledger import ActiveRun, Activity, Ledger, StopRequest
from harness.core.run import DEFAULT, TUNED, Variant
from harness.core.run_result import RunResult, Status
from harness.core.settings import Rung
from harness.errors import StorageError, UnknownNameError
from harness.testing import expect, expect_equal
from harness.testing import ledger_contents as contents
from harness.testing.ledger_contents import (
    CAMPAIGN,
    CELL,
    ENVIRONMENT,
    OTHER_ENVIRONMENT,
    SECOND_CELL,
    STUDY,
    Clock,
    date,
    outcome,
    scores_of_tests,
)

NewLedger = Callable[[Callable[[], str]], Ledger]
"""Makes a ledger from a clock that gives the present in UTC, ISO 8601."""


class LedgerContract:
    """Tests of one ledger; the fixture `new_ledger` is a `NewLedger` that makes an empty one."""

    @pytest.fixture
    def new_ledger(self) -> NewLedger:
        raise NotImplementedError("override the fixture `new_ledger`")

    @pytest.fixture
    def ledger(self, new_ledger: NewLedger) -> Ledger:
        return new_ledger(lambda: date(1))

    @settings(
        max_examples=30,
        deadline=None,
        # One ledger may take all examples: each is another run.
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
    )
    @given(result=contents.run_results())
    def test_any_result_comes_back_as_it_was(self, ledger: Ledger, result: RunResult) -> None:
        if ledger.add_results([result], environment=ENVIRONMENT):
            results = ledger.results(ENVIRONMENT, [result.run_id])
            expect_equal(results, {result.run_id: result})

    def test_the_first_result_of_a_run_stays(self, ledger: Ledger) -> None:
        first, second = (contents.complete_result("u" * 64, score) for score in (1.0, 2.0))
        expect_equal(ledger.add_results([first], environment=ENVIRONMENT), {first.run_id})
        expect_equal(ledger.add_results([second], environment=ENVIRONMENT), set())
        expect_equal(ledger.results(ENVIRONMENT), {first.run_id: first})

    def test_only_the_runs_named_are_looked_for(self, ledger: Ledger) -> None:
        first, second = (contents.complete_result(letter * 64) for letter in "ab")
        ledger.add_results([first, second], environment=ENVIRONMENT)
        expect_equal(
            ledger.results(ENVIRONMENT, [second.run_id, "absent"]), {second.run_id: second}
        )
        expect_equal(ledger.results(ENVIRONMENT, []), {})

    def test_results_are_kept_all_or_none(self, ledger: Ledger) -> None:
        first, second = (contents.complete_result(letter * 64) for letter in "ba")
        ledger.add_results([first], environment=ENVIRONMENT)
        late = replace(first, score=77.0)
        new = ledger.add_results([late, second], environment=ENVIRONMENT)
        expect_equal(new, {second.run_id})
        invalid = replace(contents.complete_result("c" * 64), score=float("nan"))
        with pytest.raises(StorageError, match="NaN"):
            ledger.add_results(
                [contents.complete_result("d" * 64), invalid], environment=ENVIRONMENT
            )
        expect_equal(ledger.results(ENVIRONMENT), {each.run_id: each for each in (first, second)})

    def test_environments_are_kept_apart(self, ledger: Ledger) -> None:
        first, second = (contents.complete_result("u" * 64, score) for score in (1.0, 2.0))
        ledger.add_results([first], environment=ENVIRONMENT)
        expect_equal(ledger.add_results([second], environment=OTHER_ENVIRONMENT), {second.run_id})
        expect_equal(ledger.results(ENVIRONMENT), {first.run_id: first})
        expect_equal(ledger.results(OTHER_ENVIRONMENT), {second.run_id: second})
        expect_equal(ledger.results("unknown"), {})

    def test_only_failures_are_dropped_and_only_those_named(self, ledger: Ledger) -> None:
        complete = contents.complete_result("a" * 64)
        failure, retry = (contents.failed_result(letter * 64) for letter in "bc")
        ledger.add_results([complete, failure, retry], environment=ENVIRONMENT)
        ledger.add_results([retry], environment=OTHER_ENVIRONMENT)
        count = ledger.drop_failures([complete.run_id, retry.run_id, "absent"], ENVIRONMENT)
        expect_equal(count, 1)
        expect_equal(set(ledger.results(ENVIRONMENT)), {complete.run_id, failure.run_id})
        expect_equal(set(ledger.results(OTHER_ENVIRONMENT)), {retry.run_id})
        again = contents.complete_result(retry.run_id)
        expect_equal(ledger.add_results([again], environment=ENVIRONMENT), {again.run_id})

    def test_a_campaign_that_was_never_begun(self, ledger: Ledger) -> None:
        expect_equal(ledger.latest(), None)
        contents.begin(ledger)
        expect_equal(ledger.campaign("quack"), None)
        with pytest.raises(UnknownNameError, match="did you mean `quick`"):
            ledger.record("quack")
        with pytest.raises(UnknownNameError, match="quack"):
            ledger.document("quack")
        with pytest.raises(UnknownNameError, match="quack"):
            ledger.set_winner("quack", CELL, DEFAULT)
        expect_equal(ledger.campaigns(), (CAMPAIGN,))
        expect_equal(ledger.latest(), CAMPAIGN)

    def test_campaigns_by_name_and_the_one_changed_last(self, new_ledger: NewLedger) -> None:
        ledger = new_ledger(Clock())
        for name in ("b", "c", "a"):
            contents.begin(ledger, campaign=name)
        expect_equal(ledger.campaigns(), ("a", "b", "c"))
        expect_equal(ledger.latest(), "a")
        ledger.set_winner("c", CELL, DEFAULT)
        expect_equal(ledger.latest(), "c")

    def test_a_record_is_as_old_as_its_latest_result(self, new_ledger: NewLedger) -> None:
        clock = Clock()
        ledger = new_ledger(clock)
        contents.begin(ledger)
        record = ledger.record(CAMPAIGN)
        expect_equal((record.created, record.updated), (date(1), date(1)))
        trial = contents.trial(0)
        ledger.add_trial(CAMPAIGN, CELL, STUDY, trial)
        expect_equal(ledger.record(CAMPAIGN).updated, date(clock.day))
        ledger.add_results([contents.complete_result(trial.run_id)], environment=ENVIRONMENT)
        last = date(clock.day)
        contents.begin(ledger)
        foreign = contents.complete_result("f" * 64)
        ledger.add_results([foreign], environment=ENVIRONMENT)
        expect_equal(ledger.record(CAMPAIGN).updated, last)

    def test_a_campaign_goes_on_in_another_environment(self, new_ledger: NewLedger) -> None:
        ledger = new_ledger(Clock())
        contents.begin(ledger)
        contents.begin(ledger, environment=OTHER_ENVIRONMENT)
        state = ledger.campaign(CAMPAIGN)
        expect(state is not None, "it is not known")
        if state is not None:
            expect_equal((state.created, state.updated), (date(1), date(2)))
            expect_equal(state.environment, OTHER_ENVIRONMENT)
            expect_equal(state.provenance["versions"]["environment"], OTHER_ENVIRONMENT[:4])
            expect_equal(set(state.identities), {CELL, SECOND_CELL})
            expect_equal(state.identities[CELL], contents.cell_state().cell.identity())

    def test_a_cell_that_left_the_matrix_is_known_but_not_shown(self, ledger: Ledger) -> None:
        contents.begin(ledger)
        third = "sac@Pendulum-v1"
        contents.begin(ledger, contents.cell_state(SECOND_CELL), contents.cell_state(third))
        state = ledger.campaign(CAMPAIGN)
        expect(state is not None and CELL in state.identities, "the cell is forgotten")
        expect_equal([cell.name for cell in ledger.record(CAMPAIGN).cells], [SECOND_CELL, third])
        expect_equal([cell.name for cell in ledger.record(CAMPAIGN).unlisted], [CELL])
        contents.begin(ledger)
        expect_equal([cell.name for cell in ledger.record(CAMPAIGN).cells], [CELL, SECOND_CELL])

    def test_trials_come_back_by_number_with_their_results(self, ledger: Ledger) -> None:
        contents.begin(ledger)
        for number in (2, 0, 1):
            ledger.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(number))
        result = contents.complete_result(contents.trial(1).run_id)
        ledger.add_results([result], environment=ENVIRONMENT)
        trials = ledger.trials(STUDY, ENVIRONMENT)
        expect_equal([trial.number for trial in trials], [0, 1, 2])
        expect_equal([trial.result for trial in trials], [None, result, None])
        expect_equal(trials[0], contents.trial(0))
        foreign = contents.complete_result(contents.trial(2).run_id)
        ledger.add_results([foreign], environment=OTHER_ENVIRONMENT)
        expect_equal(ledger.trials(STUDY, ENVIRONMENT), trials)
        expect_equal(ledger.trials("unknown", ENVIRONMENT), ())
        expect_equal(ledger.trials(STUDY, OTHER_ENVIRONMENT), ())

    def test_the_order_of_a_suggestion_is_kept(self, ledger: Ledger) -> None:
        """Samplers read coordinates in the order in which they were suggested."""
        contents.begin(ledger)
        ledger.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(0))
        (trial,) = ledger.trials(STUDY, ENVIRONMENT)
        original = contents.trial(0)
        expect_equal([*trial.suggestion.coordinates], [*original.suggestion.coordinates])
        expect_equal([*trial.values], [*original.values])

    def test_a_trial_is_kept_once(self, ledger: Ledger) -> None:
        contents.begin(ledger)
        for _ in range(2):
            ledger.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(0))
        with pytest.raises(StorageError, match="trial 0 of ppo@CartPole-v1"):
            ledger.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(0, "d" * 64))
        expect_equal(ledger.trials(STUDY, ENVIRONMENT), (contents.trial(0),))

    def test_a_search_that_became_smaller_has_its_first_trials(self, ledger: Ledger) -> None:
        for number in range(3):
            contents.begin(ledger, contents.cell_state(trials=3))
            ledger.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(number))
        for size in (2, 1, 3):
            contents.begin(ledger, contents.cell_state(trials=size))
            for brief in (False, True):
                (cell,) = ledger.record(CAMPAIGN, brief=brief).cells
                expect_equal([trial.number for trial in cell.trials], list(range(size)))
            expect_equal(len(ledger.trials(STUDY, ENVIRONMENT)), 3)

    def test_another_environment_may_suggest_something_else(self, ledger: Ledger) -> None:
        contents.begin(ledger)
        ledger.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(0))
        contents.begin(ledger, environment=OTHER_ENVIRONMENT)
        ledger.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(0, "d" * 64))
        expect_equal(ledger.trials(STUDY, ENVIRONMENT)[0].run_id, contents.trial(0).run_id)
        expect_equal(ledger.trials(STUDY, OTHER_ENVIRONMENT)[0].run_id, "d" * 64)

    def test_a_plan_replaces_the_one_of_its_rung(self, ledger: Ledger) -> None:
        contents.begin(ledger)
        run = contents.planned_run
        ledger.set_plan(CAMPAIGN, CELL, Rung.CONFIRM, [run(1, rung=Rung.CONFIRM)])
        ledger.set_plan(CAMPAIGN, CELL, Rung.TEST, [run(seed, index=seed) for seed in (2, 3)])
        ledger.set_plan(CAMPAIGN, SECOND_CELL, Rung.TEST, [run(9, cell=SECOND_CELL)])
        ledger.set_plan(CAMPAIGN, CELL, Rung.TEST, [run(3), run(2, variant=Variant("a"))])
        first, second = ledger.record(CAMPAIGN).cells
        expect_equal(
            [(each.rung, each.variant, each.seed) for each in first.runs],
            [("confirm", "default", 1), ("test", "default", 3), ("test", "a", 2)],
        )
        expect_equal([each.seed for each in second.runs], [9])
        ledger.set_plan(CAMPAIGN, CELL, Rung.TEST, [])
        expect_equal([each.rung for each in ledger.record(CAMPAIGN).cells[0].runs], ["confirm"])

    def test_a_new_beginning_plans_the_transfer_rung_anew(self, ledger: Ledger) -> None:
        contents.begin(ledger)
        for rung in (Rung.TEST, Rung.TRANSFER):
            ledger.set_plan(CAMPAIGN, CELL, rung, [contents.planned_run(1, rung=rung)])
        contents.begin(ledger)
        expect_equal([run.rung for run in ledger.record(CAMPAIGN).cells[0].runs], ["test"])

    def test_one_run_may_be_planned_as_several_variants(self, ledger: Ledger) -> None:
        contents.begin(ledger)
        pair = [contents.planned_run(1), contents.planned_run(1, variant=TUNED)]
        ledger.set_plan(CAMPAIGN, CELL, Rung.TEST, pair)
        result = contents.complete_result(pair[0].run.id)
        ledger.add_results([result], environment=ENVIRONMENT)
        runs = ledger.record(CAMPAIGN).cells[0].runs
        expect_equal([run.result for run in runs], [result, result])

    def test_the_search_is_shown_by_its_trials(self, ledger: Ledger) -> None:
        contents.begin(ledger)
        runs = [contents.planned_run(1, rung=Rung.SEARCH)]
        ledger.set_plan(CAMPAIGN, CELL, Rung.SEARCH, runs)
        expect_equal(ledger.record(CAMPAIGN).cells[0].runs, ())

    def test_a_record_is_everything(self, ledger: Ledger) -> None:
        contents.fill(ledger)
        record = ledger.record(CAMPAIGN)
        expect_equal(record.document, ledger.document(CAMPAIGN))
        expect_equal(record.document["algorithms"], ["ppo"])
        expect_equal(record.origins, {"seed": "quick.yaml:3"})
        expect_equal(record.provenance["versions"]["torch"], "2.13.0")
        cell, empty = record.cells
        expect_equal(
            [trial.result and trial.result.status for trial in cell.trials],
            [Status.COMPLETE, Status.FAILED],
        )
        expect_equal([run.rung for run in cell.runs], ["confirm", "test", "test", "test"])
        expect_equal([run.result is not None for run in cell.runs], [False, True, False, False])
        tuned = cell.runs[3]
        expect_equal((tuned.variant, tuned.index, tuned.trial, tuned.seed), ("tuned", 0, 1, 2048))
        expect_equal(tuned.arguments, {"n_steps": 128, "gamma": 0.99})
        expect_equal(cell.winner, "trial-1")
        expect_equal(cell.importances, {"log2(n_steps)": 0.75, "1-gamma": 0.25})
        expect_equal(
            (empty.trials, empty.runs, empty.winner, empty.importances), ((), (), None, {})
        )

    def test_a_brief_record_has_how_runs_ended_and_no_more(self, ledger: Ledger) -> None:
        contents.fill(ledger)
        whole, brief = (ledger.record(CAMPAIGN, brief=short) for short in (False, True))
        expect_equal((brief.created, brief.updated), (whole.created, whole.updated))
        for cell, short in zip(whole.cells, brief.cells, strict=True):
            expect_equal(
                (short.name, short.winner, short.closed), (cell.name, cell.winner, cell.closed)
            )
            for run, each in zip(cell.runs, short.runs, strict=True):
                expect_equal((each.run_id, each.arguments), (run.run_id, {}))
                expect_equal(outcome(each.result), outcome(run.result))
            winner = None if cell.winner is None else cell.winner.trial or 0
            for trial, other in zip(cell.trials, short.trials, strict=True):
                expect_equal((other.run_id, other.number), (trial.run_id, trial.number))
                own = (trial.values, trial.arguments) if trial.number == winner else ({}, {})
                expect_equal((other.values, other.arguments), own)
                expect_equal(outcome(other.result), outcome(trial.result))
            expect_equal(scores_of_tests(short), scores_of_tests(cell))

    def test_after_an_upgrade_the_old_numbers_can_still_be_read(self, ledger: Ledger) -> None:
        contents.fill(ledger)
        before = ledger.record(CAMPAIGN)
        contents.begin(ledger, environment=OTHER_ENVIRONMENT)
        after = ledger.record(CAMPAIGN)
        for cell in after.cells:
            expect_equal((cell.trials, cell.runs, cell.winner), ((), (), None))
        old = ledger.record(CAMPAIGN, ENVIRONMENT)
        expect_equal((old.cells, old.provenance), (before.cells, before.provenance))
        expect(after.provenance != old.provenance, "the new versions are not told")

    def test_a_winner_can_be_taken_back_without_losing_the_importances(
        self, ledger: Ledger
    ) -> None:
        contents.fill(ledger)
        before = ledger.record(CAMPAIGN).cells[0]
        ledger.set_winner(CAMPAIGN, CELL, None)
        expect_equal(ledger.record(CAMPAIGN).cells[0], replace(before, winner=None))

    def test_a_closed_search_is_known_until_it_is_reopened(self, ledger: Ledger) -> None:
        contents.fill(ledger)
        open_search, other = ledger.record(CAMPAIGN).cells
        expect_equal(open_search.closed, None)
        ledger.close_search(CAMPAIGN, CELL, 2)
        expect_equal(ledger.record(CAMPAIGN).cells[0], replace(open_search, closed=2))
        ledger.reopen_search(CAMPAIGN, CELL)
        ledger.reopen_search(CAMPAIGN, SECOND_CELL)  # never closed: nothing to take back
        after = replace(open_search, winner=None)
        expect_equal(ledger.record(CAMPAIGN).cells, (after, other))

    def test_why_a_sampler_failed_is_known_until_the_search_goes_on(self, ledger: Ledger) -> None:
        contents.fill(ledger)
        before = ledger.record(CAMPAIGN).cells[1]
        ledger.fail_search(CAMPAIGN, SECOND_CELL, "no idea")
        for brief in (False, True):
            cell = ledger.record(CAMPAIGN, brief=brief).cells[1]
            expect_equal(cell.sampler_error, "no idea")
        ledger.reopen_search(CAMPAIGN, SECOND_CELL)
        expect_equal(ledger.record(CAMPAIGN).cells[1], before)

    def test_two_campaigns_share_the_results_and_nothing_else(self, ledger: Ledger) -> None:
        contents.fill(ledger)
        contents.begin(ledger, contents.cell_state(), campaign="again")
        ledger.set_plan("again", CELL, Rung.TEST, [contents.planned_run(2048)])
        (run,) = ledger.record("again").cells[0].runs
        expect_equal(run.result and run.result.score, 30.0)
        expect_equal(len(ledger.record(CAMPAIGN).cells[0].runs), 4)
        expect_equal(ledger.record("again").cells[0].winner, None)

    def test_a_call_that_fails_half_way_changes_nothing(self, ledger: Ledger) -> None:
        contents.fill(ledger)
        before = ledger.record(CAMPAIGN)
        twice: list[Any] = [contents.planned_run(1), contents.planned_run(2)]
        with pytest.raises(StorageError):
            ledger.set_plan(CAMPAIGN, CELL, Rung.TEST, twice)
        with pytest.raises(StorageError, match="NaN"):
            ledger.begin(
                CAMPAIGN,
                environment=OTHER_ENVIRONMENT,
                document={"nan": float("nan")},
                origins={},
                provenance={},
                cells=(),
            )
        expect_equal(ledger.record(CAMPAIGN), before)

    def test_a_transaction_is_written_when_it_ends(self, ledger: Ledger) -> None:
        contents.begin(ledger)
        with ledger.transaction():
            for number in range(3):
                ledger.add_trial(CAMPAIGN, CELL, STUDY, contents.trial(number))
            ledger.set_winner(CAMPAIGN, CELL, Variant.of_trial(1))
            expect_equal(ledger.trials(STUDY, ENVIRONMENT), ())
            with ledger.transaction():
                ledger.set_winner(CAMPAIGN, CELL, Variant.of_trial(2))
            expect_equal(self._winner(ledger), None)
        expect_equal([trial.number for trial in ledger.trials(STUDY, ENVIRONMENT)], [0, 1, 2])
        expect_equal(self._winner(ledger), "trial-2")

    def test_a_transaction_that_raises_writes_nothing(self, ledger: Ledger) -> None:
        contents.begin(ledger)

        class CrashError(Exception):
            pass

        def decide() -> None:
            with ledger.transaction():
                ledger.set_winner(CAMPAIGN, CELL, Variant.of_trial(0))
                raise CrashError

        with pytest.raises(CrashError):
            decide()
        expect_equal(self._winner(ledger), None)
        ledger.set_winner(CAMPAIGN, SECOND_CELL, DEFAULT)
        expect_equal(self._winner(ledger), None)

    def test_an_activity_comes_back_and_changes_no_campaign(self, new_ledger: NewLedger) -> None:
        ledger = new_ledger(Clock())
        contents.begin(ledger)
        before = ledger.campaign(CAMPAIGN)
        expect_equal(ledger.activity(CAMPAIGN), None)
        run = ActiveRun(cell=CELL, rung=Rung.TEST, variant="tuned", index=3, started=date(1))
        activity = Activity(workers=2, running=(run,), work_left={CELL: 1.5})
        ledger.set_activity(CAMPAIGN, Activity(workers=1))
        ledger.set_activity(CAMPAIGN, activity)
        copy = ledger.activity(CAMPAIGN)
        expect(copy is not None and copy.updated > date(1), "it says when it was written")
        expect_equal(copy and replace(copy, updated=""), activity)
        expect_equal(ledger.activity("other"), None)
        expect_equal(ledger.campaign(CAMPAIGN), before)
        ledger.set_activity(CAMPAIGN, None)
        expect_equal(ledger.activity(CAMPAIGN), None)

    def test_the_last_stop_request_counts_until_it_is_taken_back(self, ledger: Ledger) -> None:
        contents.begin(ledger)
        expect_equal(ledger.stop_request(CAMPAIGN), None)
        for request in (StopRequest.DRAIN, StopRequest.STOP):
            ledger.request_stop(CAMPAIGN, request)
            expect_equal(ledger.stop_request(CAMPAIGN), request)
        expect_equal(ledger.stop_request("other"), None)
        ledger.request_stop(CAMPAIGN, None)
        expect_equal(ledger.stop_request(CAMPAIGN), None)

    def test_it_may_be_written_as_long_as_nobody_interferes(self, ledger: Ledger) -> None:
        ledger.check()

    def _winner(self, ledger: Ledger) -> Variant | None:
        return next(cell.winner for cell in ledger.record(CAMPAIGN).cells if cell.name == CELL)
