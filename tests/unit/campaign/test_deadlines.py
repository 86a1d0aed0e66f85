"""What may begin before a deadline: durations, reserved time, and the decisions of a policy."""

import math
from dataclasses import replace

import pytest
from builders import Clock, cell, cell_of
from virtual import Night, certain

from harness.campaign.deadlines.deadline_policy import DeadlinePolicy
from harness.campaign.deadlines.duration_model import SAFETY, DurationModel, fits
from harness.core.decisions import plan
from harness.core.ladder import RunCache, advance
from harness.core.matrix import NamedConfiguration
from harness.core.progress.ladder_progress import History
from harness.core.record import Suggestion, TrialRecord
from harness.core.run import DEFAULT, TUNED, PlannedRun, Variant
from harness.core.run_result import Cost, RunResult, Status
from harness.core.settings import Adaptive, Rung, Test, Transfer

SECOND = 1 / 100
"""Seconds of a step: a trial takes one second, a test run two."""

CELL = cell()


def planned(of=CELL, rung=Rung.SEARCH, index=1, steps=None, **arguments):
    run = plan.retrain(of, arguments, index, steps or plan.steps_of(of, rung))
    return PlannedRun(run=run, cell=of.name, rung=rung, variant=Variant("v"), index=index)


def complete(run_id, *, score=1.0, wall=1.0, steps=100, status=Status.COMPLETE):
    return RunResult(run_id=run_id, status=status, score=score, steps=steps, cost=Cost(wall=wall))


class TestDurations:
    def test_nothing_is_known_before_anything_was_measured(self):
        known = DurationModel()
        assert known.estimate(planned()) is None
        assert known.guess(planned()) == 0.0

    @pytest.mark.parametrize(("wall", "steps"), [(0.0, 100), (1.0, 0), (-1.0, 100), (1.0, -1)])
    def test_what_took_no_time_or_no_step_tells_nothing(self, wall, steps):
        known = DurationModel()
        known.add(planned(), wall=wall, steps=steps)
        assert known.estimate(planned()) is None

    def test_the_nearest_of_its_kind_tells(self):
        """Cell and rung, then cell, algorithm, scenario; the others only where a guess will do."""
        other = cell_of("other@Other-v0")
        kinds = [
            (planned(), 1.0),
            (planned(rung=Rung.CONFIRM), 2.0),
            (planned(cell_of("toy@Other-v0")), 3.0),
            (planned(cell_of("other@Toy-v0")), 4.0),
        ]
        for nearest in range(len(kinds)):
            known = DurationModel()
            for run, wall in kinds[nearest:]:
                known.add(run, wall=wall, steps=100)
            assert known.estimate(planned()) == pytest.approx(kinds[nearest][1] * SAFETY)
            assert known.guess(planned()) == known.estimate(planned())
        known = DurationModel()
        for wall in (5.0, 7.0, 6.0):
            known.add(planned(other), wall=wall, steps=100)
        assert known.estimate(planned()) is None
        assert known.guess(planned()) == pytest.approx(7.0 * SAFETY)

    def test_a_winner_takes_what_its_trial_took(self):
        known = DurationModel()
        trial = replace(planned(), variant=Variant.of_trial(3))
        known.add(trial, wall=4.0, steps=100)
        known.add(replace(planned(), variant=Variant.of_trial(4)), wall=9.0, steps=100)
        tuned = replace(planned(rung=Rung.TEST, steps=100), variant=TUNED, trial=3)
        assert known.estimate(tuned) == pytest.approx(4.0 * SAFETY)
        # Where a test takes the default twice as long as a trial did, so it does everybody.
        for rung, wall in ((Rung.SEARCH, 2.0), (Rung.TEST, 4.0)):
            default = replace(planned(rung=rung, steps=100), variant=DEFAULT)
            known.add(default, wall=wall, steps=100)
        assert known.estimate(tuned) == pytest.approx(8.0 * SAFETY)
        assert known.estimate(trial) == pytest.approx(4.0 * SAFETY)

    @pytest.mark.parametrize(
        ("count", "used"), [(1, 1), (2, 2), (3, 3), (9, 9), (10, 9), (11, 10), (20, 18)]
    )
    def test_nine_tenths_of_the_runs_were_no_slower(self, count, used):
        known = DurationModel()
        for wall in reversed(range(1, count + 1)):
            known.add(planned(), wall=float(wall), steps=100)
        assert known.estimate(planned()) == pytest.approx(used * SAFETY)

    def test_runs_that_shared_their_core_count_by_its_seconds_once_the_core_is_free(self):
        known = DurationModel()
        default = replace(planned(), variant=DEFAULT)
        known.add(default, wall=3.0, steps=100, cpu=1.0)
        assert known.estimate(default) == pytest.approx(3 * SAFETY)
        for _ in range(2):
            known.add(planned(), wall=1.0, steps=100, cpu=0.97)
        assert known.estimate(default) == pytest.approx(SAFETY)
        # What waits for something else always takes as long.
        for _ in range(3):
            known.add(planned(), wall=1.0, steps=100, cpu=0.5)
        assert known.estimate(default) == pytest.approx(3 * SAFETY)

    def test_the_latest_runs_of_a_kind_tell(self):
        known = DurationModel()
        for number in range(60):
            known.add(planned(), wall=9.0 if number < 10 else 1.0, steps=100)
        assert known.estimate(planned()) == pytest.approx(SAFETY)

    def test_a_run_takes_as_long_as_its_steps(self):
        known = DurationModel()
        known.add(planned(), wall=3.0, steps=50)  # of 100: it was ended half way
        for steps in (100, 250):
            asked = planned(steps=steps)
            assert known.estimate(asked) == pytest.approx(steps * 3 / 50 * SAFETY)


@pytest.mark.parametrize(
    ("seconds", "left", "may"),
    [(None, 1.0, True), (None, 0.0, False), (5.0, 5.0, True), (5.0, 4.9, False), (0.0, 0.0, True)],
)
def test_what_is_no_longer_than_what_is_left_fits(seconds, left, may):
    assert fits(seconds, left) is may


def standing(
    of=CELL, *, finished=1, more=0, closed=None, early=(), sources=(), tests=0, walls=(), **took
):
    """A cell with finished and `more` suggested trials; trial n scores n, and took `walls[n]`.

    Numbers in `early` have a result already, though an earlier trial has none, and as many runs
    of the test rung as `tests` says.
    """
    cache, trials, results = RunCache(), [], {}
    for number in range(finished + more):
        arguments = {} if number == 0 else {"lr": 10.0**-number}
        trial = TrialRecord(
            suggestion=Suggestion(number=number, coordinates={}),
            values=arguments,
            arguments=arguments,
            seed=number,
            run_id="",
        )
        run_id = cache.trial(of, trial, ()).run.id
        trials.append(replace(trial, run_id=run_id))
        if number < finished or number in early:
            own = {"wall": walls[number]} if walls else {}
            results[run_id] = complete(run_id, score=float(number), **took | own)
    history = History(trials=tuple(trials), results=results, closed=closed, sources=sources)
    progress = advance(of, history)
    for each in progress.planned[Rung.TEST][:tests]:
        results[each.run.id] = complete(each.run.id, wall=2.0, steps=200)
    return progress


def policy_of(*cells, left=math.inf, workers=1, started=()):
    """A policy with so much time left; (run, seconds ago) of what was started."""
    clock = Clock()
    progress = {each.cell.name: each for each in cells}
    ages = [age for _, age in started]
    start = max(ages, default=0.0)
    made = DeadlinePolicy(progress, workers=workers, deadline=start + left, clock=clock)
    for run, age in sorted(started, key=lambda each: -each[1]):
        clock.now = start - age
        made.start(run)
    clock.now = start
    return made, clock


def next_trial(progress):
    """A trial of the cell that waits for a worker."""
    return planned(progress.cell, index=len(progress.trials))


def needs(seconds, *cells, workers=1, started=(), asked=None):
    """Whether the first cell may begin another trial in that time, as measured, and in no less."""
    run = asked or next_trial(cells[0])

    def permits(left):
        made, _ = policy_of(*cells, left=left, workers=workers, started=started)
        return made.permits(run)

    return permits(seconds * SAFETY + 1e-6) and not permits(seconds * SAFETY - 1e-6)


ADAPTIVE = Test(seeds=Adaptive(start=2, step=2, max=6), steps=200, evals=4, episodes=2)
NAMED = (NamedConfiguration(name="published", arguments={"lr": 0.5}),)


class TestReserved:
    """A trial is 1 second long, a test run 2; so are a confirm run and a transferred one."""

    @pytest.mark.parametrize(
        ("changes", "progress", "confirm", "test"),
        [
            # The default's confirm runs and those of the new configuration, all test runs.
            ({}, {"finished": 1}, 4, 8),
            ({}, {"finished": 2}, 6, 8),
            ({}, {"finished": 3}, 6, 8),  # no more than two configurations are confirmed
            ({}, {"finished": 2, "more": 2, "early": (3,)}, 6, 8),
            ({}, {"finished": 1, "more": 2, "early": (2,)}, 6, 8),
            ({}, {"finished": 1, "tests": 3}, 4, 5),
            ({"test": ADAPTIVE}, {"finished": 1}, 4, 12),
            ({"test": ADAPTIVE}, {"finished": 1, "tests": 1}, 4, 11),
            ({"test": replace(CELL.test, variants=("default",))}, {"finished": 1}, 4, 4),
            (
                {"test": replace(CELL.test, variants=("default", "tuned", "published")),
                 "variants": NAMED},
                {"finished": 1}, 4, 12,
            ),
            (
                {"test": replace(ADAPTIVE, variants=("default", "tuned", "published")),
                 "variants": NAMED},
                {"finished": 1}, 4, 18,
            ),
            ({"transfer": Transfer(seeds=3)}, {"finished": 1, "sources": ("a", "b")}, 4, 8 + 6),
            # The default on fresh seeds too, and one configuration for all on the held-out ones.
            (
                {"transfer": Transfer(seeds=3, tune_across="mean")},
                {"finished": 1, "sources": ("a", "b")}, 4, 8 + 3 + 6 + 4,
            ),
        ],
    )  # fmt: skip
    def test_one_worker_needs_time_for_all_that_may_follow(self, changes, progress, confirm, test):
        at = standing(cell(**changes), **progress)
        assert needs(1 + confirm + 2 * test, at)

    def test_what_runs_is_reserved_for_as_long_as_it_still_takes(self):
        at = standing(finished=1)
        (first, *_), default = at.planned[Rung.TEST], 4 + 2 * 8
        assert needs(1 + default, at, started=[(first, 0.0)])
        assert needs(1 + default - 0.5, at, started=[(first, 0.5 * SAFETY)])
        # It takes longer than it should have: nobody knows how much.
        assert needs(1 + default - 2, at, started=[(first, 50.0)])

    def test_a_running_trial_may_need_confirm_runs_too(self):
        at = standing(finished=1, more=1)
        (_, running) = at.planned[Rung.SEARCH]
        assert needs(1 + 1 + 6 + 16, at, started=[(running, 0.0)])

    def test_the_default_runs_for_no_new_configuration(self):
        at = standing(finished=1)
        default = planned(index=0)
        assert needs(1 + 1 + 4 + 16, at, started=[(default, 0.0)])

    def test_a_trial_that_takes_too_long_makes_its_cell_longer(self):
        at = standing(finished=1, more=1)
        (_, running) = at.planned[Rung.SEARCH]
        # Three times as long as a trial was thought to take, and test runs with it.
        assert needs(3 * (1 + 6 + 16), at, started=[(running, 3 * SAFETY)])

    def test_every_candidate_is_reserved_at_its_own_price(self):
        """What was measured of a configuration counts, not what others took."""
        at = standing(finished=3, walls=(1.0, 4.0, 2.0))
        # A new trial may take as long as most did; as a candidate it is one like the default.
        confirm, test = 2 * 1 + 2 * 4 + 2 * 2, 4 * 2 * 1 + 4 * 2 * 4
        assert needs(4 + confirm + test, at)

    def test_the_default_costs_what_it_takes_itself(self):
        at = standing(finished=2, walls=(5.0, 1.0))
        confirm, test = 2 * 5 + 2 * 1 + 2 * 5, 4 * 2 * 5 + 4 * 2 * 5
        assert needs(5 + confirm + test, at)

    @pytest.mark.parametrize(("workers", "played"), [(2, 11), (5, 5), (12, 4)])
    def test_more_workers_need_the_longest_chain_at_least(self, workers, played):
        """Two: after trial and confirm runs the winner's tests until 9, the default's until 11."""
        work, chain = 1 + 4 + 16, 1 + 1 + 2
        bound = work / workers + (1 - 1 / workers) * chain
        assert needs((played + bound) / 2, standing(finished=1), workers=workers)

    def test_too_many_runs_to_play_through_are_held_to_the_bound(self):
        many = cell(test=Test(seeds=150, steps=200, evals=4, episodes=2))
        work, chain = 1 + 4 + 2 * 2 * 150, 1 + 1 + 2
        assert needs((work + chain) / 2, standing(many, finished=1), workers=2)

    def test_looks_that_follow_one_another_lengthen_the_chain(self):
        at = standing(cell(test=ADAPTIVE), finished=1)
        work, chain = 1 + 4 + 2 * 12, (1 + 1 + 2) + 2 * 2
        assert needs((work + chain) / 2, at, workers=2)

    def test_configurations_still_to_come_lengthen_the_chain(self):
        at = standing(cell(transfer=Transfer(seeds=1)), finished=1, sources=("a",))
        # The transferred run is one more that follows the confirm rung, and 2 wait for others.
        played, work, chain = 12 + 2, 1 + 4 + 2 * 9, (1 + 1 + 2) + 2
        assert needs((played + (work + chain) / 2) / 2, at, workers=2)

    def test_a_closed_search_needs_what_it_has_decided_so_far(self):
        """With time for one more trial beside it in another cell."""
        asked = standing(finished=1)
        one = 1 + 4 + 16
        other = cell_of("toy@Other-v0")
        for progress, more in [
            ({"finished": 1, "closed": 1}, 2 * 4),  # the default has no rival: its runs are tuned's
            ({"finished": 2, "closed": 2}, 4 + 2 * 8),
            ({"finished": 3, "closed": 3}, 6 + 2 * 8),
        ]:
            assert needs(one + more, asked, standing(other, **progress))


class TestPolicy:
    def test_without_a_deadline_everything_may_begin(self):
        made = DeadlinePolicy({}, workers=1, deadline=None, clock=Clock())
        assert not made.limited
        assert made.seconds_left == math.inf
        assert made.permits(planned())
        assert made.turn(planned()) == 0.0
        assert made.searches_to_close() == []

    def test_time_runs_out(self):
        made, clock = policy_of(standing(), left=10.0)
        assert made.limited
        assert made.seconds_left == 10.0
        clock.now = 7.5
        assert made.seconds_left == 2.5

    def test_a_run_has_run_since_it_was_started_last(self):
        made, clock = policy_of(standing(), left=10.0)
        run = planned()
        made.start(run)
        clock.now = 3.0
        assert made.seconds_since_start(run.run.id) == 3.0
        made.end(run.run.id, None)
        made.start(run)
        clock.now = 3.5
        assert made.seconds_since_start(run.run.id) == 0.5

    def test_what_is_not_searched_begins_if_it_ends_in_time(self):
        at = standing()
        for left, may in [(2 * SAFETY, True), (2 * SAFETY - 0.01, False)]:
            made, _ = policy_of(at, left=left)
            assert made.permits(planned(rung=Rung.TEST)) is may
        for left, may in [(SAFETY, True), (SAFETY - 0.01, False)]:
            made, _ = policy_of(at, left=left)
            assert made.permits(planned(rung=Rung.CONFIRM)) is may
            assert made.permits(planned(index=0)) is may

    def test_before_anything_is_measured_only_a_cells_first_trial_begins(self):
        made, _ = policy_of(standing(finished=0), left=1.0)
        assert made.permits(planned(index=0))
        assert not made.permits(planned(index=1))
        failed = standing(finished=1, status=Status.FAILED, wall=5.0)
        made, _ = policy_of(failed, left=1.0)
        assert made.permits(planned(index=1))

    def test_what_a_run_took_counts_once_it_has_ended(self):
        at = standing(finished=0)
        made, _ = policy_of(at, left=8.0)
        run = planned(index=0)
        made.start(run)
        made.end(run.run.id, complete(run.run.id, wall=10.0))
        assert not made.permits(planned(index=0))

    @pytest.mark.parametrize("status", [Status.FAILED, Status.PRUNED])
    def test_only_complete_runs_tell_how_long_runs_take(self, status):
        made, _ = policy_of(standing(finished=0), left=8.0)
        run = planned(index=0)
        made.start(run)
        made.end(run.run.id, complete(run.run.id, wall=10.0, status=status))
        assert made.permits(planned(index=0))

    def test_turns_go_by_the_time_a_search_has_had(self):
        at = standing(finished=2, wall=3.0)
        made, clock = policy_of(at, left=100.0)
        assert made.turn(planned(index=0)) == -1.0
        assert made.turn(planned(rung=Rung.CONFIRM)) == 0.0
        assert made.turn(planned(index=2)) == 6.0
        run = planned(index=3)
        made.start(run)
        clock.now = 2.0
        assert made.turn(planned(index=2)) == 8.0
        made.end(run.run.id, complete(run.run.id, wall=4.0, status=Status.FAILED))
        assert made.turn(planned(index=2)) == 10.0

    def test_a_search_closes_where_its_next_trial_no_longer_fits(self):
        at = standing(finished=2, more=1)
        need = (1 + 6 + 16) * SAFETY
        for left, closed in [(need + 0.01, []), (need - 0.01, [CELL.name])]:
            made, _ = policy_of(at, left=left)
            assert made.searches_to_close() == closed

    def test_a_search_stays_open_where_there_is_nothing_to_close_it_with(self):
        for progress in (
            {"finished": 0, "more": 1},  # nothing to decide from
            {"finished": 2},  # nothing waits
            {"finished": 2, "more": 1, "early": (2,)},
            {"finished": 2, "closed": 2},  # closed already
            {"finished": 6},  # at its end
        ):
            made, _ = policy_of(standing(**progress), left=0.1)
            assert made.searches_to_close() == []

    def test_a_search_stays_open_while_one_of_its_trials_runs(self):
        at = standing(finished=2, more=2)
        third, fourth = at.planned[Rung.SEARCH][2:]
        made, _ = policy_of(at, left=0.1, started=[(third, 0.0)])
        assert made.searches_to_close() == []
        made.end(third.run.id, None)
        assert made.searches_to_close() == [CELL.name]
        made.start(fourth)
        assert made.searches_to_close() == []


def decided(winner, *, tests=0):
    """A search closed after two trials, its confirm rung won; so many test runs have ended."""
    at = standing(finished=2, closed=2)
    results = dict(at.history.results)
    for each in at.planned[Rung.CONFIRM]:
        score = float(str(each.variant) == winner)
        results[each.run.id] = complete(each.run.id, score=score)
    progress = advance(CELL, replace(at.history, results=results))
    assert progress.winner.variant == winner
    for each in sorted(progress.planned[Rung.TEST], key=lambda each: each.variant)[:tests]:
        results[each.run.id] = complete(each.run.id, wall=2.0, steps=200)
    return progress


class TestReopening:
    """Another trial takes a second, its two confirm runs too; four test runs two each."""

    @pytest.mark.parametrize(
        ("winner", "tests", "is_tested", "seconds"),
        [
            ("trial-1", 0, False, 1 + 2 + 8 + 8),
            ("trial-1", 4, False, 1 + 2 + 8),
            ("trial-1", 8, True, 1 + 2 + 8),
            ("default", 0, False, 1 + 2 + 8 + 8),
            ("default", 8, True, 1 + 2 + 8),
        ],
    )
    def test_a_search_with_time_for_another_trial_opens_again(
        self, winner, tests, is_tested, seconds
    ):
        at = decided(winner, tests=tests)
        for left, name in [(seconds + 0.1, CELL.name), (seconds - 0.1, None)]:
            made, _ = policy_of(at, left=left * SAFETY)
            assert made.search_to_reopen(is_tested=is_tested) == name
            assert made.search_to_reopen(is_tested=not is_tested) is None

    def test_not_once_its_choice_is_in_the_test(self):
        made, _ = policy_of(decided("trial-1", tests=5), left=100.0)
        assert made.search_to_reopen(is_tested=False) is None
        at = decided("trial-1", tests=4)
        tuned = next(each for each in at.planned[Rung.TEST] if each.variant == TUNED)
        made, _ = policy_of(at, left=100.0, started=[(tuned, 0.0)])
        assert made.search_to_reopen(is_tested=False) is None


def night_of(deadline, result, search=1.0):
    """One worker; a trial takes `search` times as long as another run of as many steps."""

    def seconds(run):
        return (search if run.pruning else 1.0) * run.steps * SECOND

    return Night([CELL], seconds, workers=1, deadline=deadline, result=result)


def rising(run):
    """Whatever is not the default is better than the default."""
    return replace(certain(run), score=float(bool(run.arguments)))


def order(night):
    return [(each.rung, str(each.variant)) for _, each in night.started]


@pytest.mark.parametrize("deadline", [38.0, 42.0])
def test_time_that_a_confirm_rung_left_is_searched_before_the_test(deadline):
    night = night_of(deadline, rising, search=3.0)
    started = order(night)
    assert night.first_closed[CELL.name] < night.closed[CELL.name]
    after_confirm = started[started.index((Rung.CONFIRM, "default")) :]
    last_trial = max(i for i, (rung, _) in enumerate(after_confirm) if rung is Rung.SEARCH)
    first_test = after_confirm.index((Rung.TEST, "tuned"))
    assert 0 < last_trial < first_test
    assert len(started) == len(set(night.results))  # what was chosen twice was not trained twice
    (progress,) = night.cells.values()
    assert progress.done


def test_a_search_is_not_ended_while_the_default_can_be_tested():
    """Meanwhile it may turn out that there is time for more."""
    night = night_of(80.0, rising, search=3.0)
    assert night.closed == {}
    assert len(night.cells[CELL.name].finished) == CELL.search.trials


def test_where_the_default_won_the_search_goes_on():
    """The test of a winner is not needed: there is time for another trial."""
    night = night_of(40.0, certain, search=3.0)
    assert night.first_closed[CELL.name] < night.closed[CELL.name]
    started = [rung for rung, _ in order(night)]
    assert Rung.SEARCH in started[started.index(Rung.CONFIRM) :]


def test_a_night_with_a_deadline_ends_with_every_cell_decided():
    """One worker: the shorter the night, the shorter the search, and nothing else is missing."""
    counts = []
    for deadline in (24.0, 26.0, 28.0, 60.0):
        night = Night(
            [CELL], lambda run: run.steps * SECOND, workers=1, deadline=deadline, result=certain
        )
        (progress,) = night.cells.values()
        assert progress.done
        assert night.world.now <= deadline
        counts.append(len(progress.finished))
    assert counts == sorted(counts)
    assert counts[0] < counts[-1] == CELL.search.trials
