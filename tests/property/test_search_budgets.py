"""A budget of a search: it is kept to, used up, and gives the same trials whoever runs them.

Campaigns of invented runs in invented time. What they score, and whether they
are pruned or fail, comes from their digest.
"""

from dataclasses import replace
from functools import partial

from builders import PLAIN_PPO, SPACE, cell
from fakes import fake_result
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import examples
from virtual import Night, certain

from harness.core.costs import search_budget
from harness.core.costs.budget_split import split
from harness.core.costs.effort import relative
from harness.core.events import SearchClosed
from harness.core.identity import digest
from harness.core.run_result import Status
from harness.core.scenario import Scenario
from harness.core.search_settings import Search
from harness.core.settings import Confirm, Rung, Test


def varied_epochs(values, context):
    """A rule of a space whose configurations take from a fifth to thrice the default's effort."""
    epochs = 1 + int(digest(values["lr"])[:6], 16) % 35
    return values if values["lr"] == SPACE["lr"].default else values | {"n_epochs": epochs}


SPACE_OF_VARIED_EPOCHS = replace(SPACE, rules=(varied_epochs,))
LEARNER = replace(PLAIN_PPO, name="toy", title="Toy", space=SPACE_OF_VARIED_EPOCHS)


def costly(**changes):
    return cell(algorithm=LEARNER, space=LEARNER.space, **changes)


def outcome(run, salt=0):
    """Some are pruned after a part, some fail, most score."""
    result = fake_result(run)
    draw = int(digest([run.id, salt])[:4], 16) % 10
    if run.pruning is None or run.pruning.number == 0 or draw > 5:
        return replace(
            result, status=Status.COMPLETE, steps=run.steps, score=float(draw), failure=None
        )
    if draw < 4:
        return replace(
            result, status=Status.PRUNED, steps=run.steps * (3 + draw) // 10, failure=None
        )
    return result


@st.composite
def cells(draw):
    seeds, top = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    least = 2 + seeds * (1 + top)
    return costly(
        scenario=Scenario(name="A-v0", env="A-v0", action="Discrete"),
        search=Search(
            budget=draw(st.floats(least, least + 20)) / 2,
            trials=400,
            steps=100,
            evals=4,
            episodes=2,
            in_flight=draw(st.integers(1, 4)),
        ),
        confirm=Confirm(top=top, seeds=seeds),
        test=Test(seeds=1, steps=200, evals=4, episodes=2),
    )


def trials_of(night):
    (progress,) = night.cells.values()
    return [(each.number, each.arguments) for each in progress.trials]


@settings(max_examples=examples(12, 40), deadline=None)
@given(cells(), st.integers(0, 9))
def test_a_budget_is_exceeded_by_one_trial_at_most(each, salt):
    night = Night([each], lambda run: 1.0, workers=3, result=partial(outcome, salt=salt))
    (record,) = night.record.cells
    spent, budget = search_budget.sum_effort(record), each.search.budget
    # A suggestion may be more expensive than what is left; it is confirmed if it is among the best.
    most_expensive = relative(each, {"n_epochs": 35}) * search_budget.run_share(each)
    assert spent <= budget + most_expensive * (1 + each.confirm.seeds)
    (progress,) = night.cells.values()
    assert not progress.may_go_on
    assert search_budget.count_allowed_trials(each, progress.trials) == len(progress.trials)
    assert (
        len(record.trials) == 400
        or search_budget.find_effort_limit(each, progress.trials, len(progress.trials)) is None
    )


@settings(max_examples=examples(8, 30), deadline=None)
@given(cells(), st.integers(0, 9), st.integers(1, 60))
def test_the_same_trials_for_any_workers_and_after_a_stop(each, salt, stop_after):
    result = partial(outcome, salt=salt)
    one = Night([each], lambda run: 1.0, workers=1, result=result)
    four = Night([each], lambda run: 1 + int(run.id[:2], 16), workers=4, result=result)
    assert trials_of(one) == trials_of(four)
    begun = Night([each], lambda run: 1.0, workers=2, result=result, stop_after=stop_after)
    rest = Night(
        [each], lambda run: 1 + int(run.id[:2], 16), workers=3, ledger=begun.ledger, result=result
    )
    assert trials_of(rest) == trials_of(one)
    assert rest.cells[each.name].winner == one.cells[each.name].winner


@settings(max_examples=examples(8, 30), deadline=None)
@given(cells(), st.integers(0, 9), st.floats(1, 10))
def test_a_larger_budget_goes_on_with_the_same_trials(each, salt, more):
    result = partial(outcome, salt=salt)
    first = Night([each], lambda run: 1.0, workers=2, result=result)
    larger = replace(each, search=replace(each.search, budget=each.search.budget + more))
    rest = Night([larger], lambda run: 1.0, workers=2, ledger=first.ledger, result=result)
    whole = Night([larger], lambda run: 1.0, workers=2, result=result)
    assert trials_of(rest) == trials_of(whole)
    assert trials_of(rest)[: len(trials_of(first))] == trials_of(first)
    # A smaller one takes none back, but says how many there would have been.
    smaller = Night([each], lambda run: 1.0, workers=2, ledger=rest.ledger, result=result)
    assert trials_of(smaller) == trials_of(rest)
    (progress,) = smaller.cells.values()
    count = search_budget.count_allowed_trials(each, progress.trials)
    assert count == len(trials_of(first))


def test_what_pruning_saves_is_spent_on_more_trials():
    each = costly(
        search=Search(budget=20, trials=200, steps=200, evals=4, episodes=2),
        confirm=Confirm(top=1, seeds=2),
        test=Test(seeds=1, steps=200, evals=4, episodes=2),
    )

    def complete(run):
        return replace(
            outcome(run), status=Status.COMPLETE, steps=run.steps, score=1.0, failure=None
        )

    def pruned(run):
        result = complete(run)
        if run.pruning is None or run.pruning.number in {0, 1}:
            return result
        return replace(result, status=Status.PRUNED, steps=run.steps * 3 // 10)

    whole, short = (Night([each], lambda run: 1.0, workers=2, result=r) for r in (complete, pruned))
    assert len(trials_of(short)) > 2 * len(trials_of(whole))


def test_time_that_the_test_does_not_need_goes_back_to_the_search():
    """What is reserved for runs that take longer elsewhere is left over when they are done."""
    each = cell(
        search=Search(trials=200, steps=100, evals=4, episodes=2),
        confirm=Confirm(top=3, seeds=4),
        test=Test(seeds=20, steps=100, evals=4, episodes=2),
    )

    def best_by_default(run):
        return replace(certain(run), score=0.0 if run.arguments else 1.0)

    def seconds(run):
        return 10.0 if run.pruning is not None else 2.0

    night = Night([each], seconds, workers=2, deadline=660, result=best_by_default)
    (progress,) = night.cells.values()
    closings = [e.finished for _, e in night.events if isinstance(e, SearchClosed)]
    assert progress.done
    assert progress.winner.variant == "default"
    assert len(progress.finished) == closings[-1] > closings[0]
    assert night.world.now > 560  # the rest would not hold the test of another winner


@settings(max_examples=examples(8, 25), deadline=None)
@given(cells(), st.integers(0, 9), st.floats(20, 90), st.integers(1, 3))
def test_whatever_was_opened_again_is_done_when_the_time_is_over(each, salt, deadline, workers):
    result = partial(outcome, salt=salt)
    night = Night([each], lambda run: 1.0, workers=workers, deadline=deadline, result=result)
    closings = [e for _, e in night.events if isinstance(e, SearchClosed)]
    (progress,) = night.cells.values()
    if len(closings) > 1:
        assert progress.done
    assert night.world.now <= deadline + 1e-6


def test_a_short_search_is_not_followed_by_all_the_confirm_runs_of_a_long_one():
    counts = split(480)
    each = cell(
        search=Search(budget=480, trials=counts.trials, steps=100, evals=4, episodes=2),
        confirm=Confirm(top=counts.top, seeds=counts.seeds),
        test=Test(seeds=2, steps=100, evals=4, episodes=2),
    )
    night = Night([each], lambda run: 10.0, workers=2, deadline=300, result=certain)
    (progress,) = night.cells.values()
    assert progress.done
    confirm = len(progress.planned[Rung.CONFIRM])
    assert 4 <= confirm <= 0.4 * (confirm + len(progress.finished))
    by_hand = replace(each, confirm=Confirm(top=2, seeds=5))
    night = Night([by_hand], lambda run: 10.0, workers=2, deadline=300, result=certain)
    assert len(night.cells[each.name].planned[Rung.CONFIRM]) == 15
