"""How many runs are left where results say how many trials and configurations there are."""

from dataclasses import replace

import pytest
from builders import cell, content, generous, ladders
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.decisions.joint_decisions import new_histories
from harness.core.ladder import advance
from harness.core.matrix import Ensemble
from harness.core.progress.remaining import Span, remaining
from harness.core.progress.run_counts import counts_in, counts_of
from harness.core.record import CampaignRecord, CellRecord, RunRecord
from harness.core.run import DEFAULT, TUNED, Variant
from harness.core.scenario import Scenario, Score
from harness.core.search_settings import Component, Objective, Search, Until
from harness.core.settings import Adaptive, Confirm, Rung, Test, Transfer

OBJECTIVES = (
    Objective(name="return", direction="max"),
    Objective(name="effort", direction="min"),
)
WON = Variant("trial-1")


def searching(**search):
    settings = {"trials": 40, "steps": 100, "evals": 4, "episodes": 2, "in_flight": 2}
    return cell(search=Search(**settings | search))


def counts(each, **changes):
    """Of a cell of which nothing is known, but for these."""
    new = advance(each, new_histories([each])[each.name])
    return replace(counts_of({"x": new})["x"], **changes)


def left(each, **changes):
    return remaining(counts(each, **changes))


def span(least, most=None):
    return Span(least=least, most=least if most is None else most)


@pytest.mark.parametrize("search", [{"budget": 10.0}, {"until": Until(plateau=3)}])
@pytest.mark.parametrize(
    ("changes", "trials"),
    [
        ({}, span(1, 40)),
        ({"open_trials": 2}, span(2, 40)),
        ({"ended": {Rung.SEARCH: 7}}, span(1, 33)),
        ({"ended": {Rung.SEARCH: 39}, "open_trials": 1}, span(1)),
        ({"may_go_on": False}, span(0)),
        # One that was closed goes on with what was suggested, and perhaps with nothing more.
        ({"closed": 7, "ended": {Rung.SEARCH: 7}}, span(0, 33)),
        ({"closed": 7, "ended": {Rung.SEARCH: 7}, "open_trials": 1}, span(1, 33)),
    ],
)
def test_a_search_whose_end_is_open_has_one_trial_at_least(search, changes, trials):
    assert left(searching(**search), **{"ended": {Rung.SEARCH: 0}} | changes).search == trials


@pytest.mark.parametrize(
    ("search", "changes", "confirm"),
    [
        # Two seeds for the default alone, or for it and two configurations.
        ({}, {}, span(2, 6)),
        ({"trials": 2}, {}, span(2, 4)),
        ({"budget": 10.0}, {"confirm": 3}, span(2, 6)),  # still searching
        ({"budget": 10.0}, {"confirm": 3, "may_go_on": False}, span(3)),
        # It was cut short with the search, and may become what it is for a long one.
        ({"budget": 10.0}, {"confirm": 1, "closed": 5}, span(1, 1 + 6)),
        ({"until": Until(plateau=3)}, {"confirm": 1, "closed": 5}, span(1, 1 + 4)),
        ({"trials": 6}, {"confirm": 1, "closed": 5, "ended": {Rung.SEARCH: 5}}, span(1, 1 + 2)),
        ({"trials": 6}, {"confirm": 1, "ended": {Rung.SEARCH: 6}}, span(1)),
    ],
)
def test_the_confirm_rung_grows_with_what_the_search_may_find(search, changes, confirm):
    assert left(searching(**search), **changes).confirm == confirm


def asked_to_test(*variants, seeds=4, **changes):
    return cell(
        test=Test(seeds=seeds, steps=200, evals=4, episodes=2, variants=variants), **changes
    )


DECIDED = {"ended": {Rung.SEARCH: 6}, "winner": WON}
FRONT = searching(objectives=OBJECTIVES, trials=6, pruner=Component(name="none"))


@pytest.mark.parametrize(
    ("each", "changes", "test"),
    [
        (asked_to_test(DEFAULT), {}, span(4)),
        (asked_to_test(DEFAULT), {"test": 1} | DECIDED, span(1)),
        (asked_to_test(DEFAULT, TUNED), {}, span(4, 8)),
        # Without a default nobody shares the winner's runs.
        (asked_to_test(TUNED), {}, span(4)),
        (asked_to_test(TUNED), {"tuned": 3} | DECIDED, span(3)),
        (asked_to_test(DEFAULT, TUNED), {"test": 1, "tuned": 3} | DECIDED, span(4)),
        # A closed search may choose again.
        (asked_to_test(DEFAULT, TUNED), {"test": 0, "winner": WON, "closed": 5}, span(0, 4)),
        # Of several objectives all that the confirm rung compared are tested.
        (FRONT, {}, span(4, 4 + 2 * 4)),
        (replace(FRONT, test=asked_to_test(TUNED).test), {}, span(4, 3 * 4)),
        (FRONT, {"test": 0, "tuned": 5, "rivals": 1} | DECIDED, span(5)),
    ],
)
def test_the_winner_is_tested_beside_what_is_there_anyway(each, changes, test):
    assert left(each, **changes).test == test


@pytest.mark.parametrize(
    ("changes", "test"),
    [
        # Three seeds so far, two or four more; default and tuned.
        ({"test": 0, "tuned": 0} | DECIDED, span(0, 2 * 4)),
        ({"test": 0, "tuned": 0, "settled": True} | DECIDED, span(0)),
        ({"test": 0, "tuned": 0, "seeds": 5} | DECIDED, span(0, 2 * 2)),
        ({"test": 0, "tuned": 0, "seeds": 7} | DECIDED, span(0)),
        # Of a default that won nothing is compared.
        ({"test": 0, "tuned": 0} | DECIDED | {"winner": DEFAULT}, span(0)),
        ({"test": 0, "tuned": 0, "rivals": 2} | DECIDED, span(0, 4 * 4)),
        ({}, span(3, 2 * 7)),
    ],
)
def test_seeds_that_a_rule_may_add_are_for_every_variant(changes, test):
    rule = Adaptive(start=3, step=2, max=7)
    each = asked_to_test(DEFAULT, TUNED, seeds=rule)
    assert left(each, **changes).test == test
    fewer = remaining(counts(each, **changes), more_seeds=False).test
    assert fewer.least == test.least
    assert fewer.most <= test.most


def test_seeds_go_on_being_added_where_a_winner_without_a_default_is_the_default():
    rule = Adaptive(start=3, step=2, max=7)
    each = asked_to_test(TUNED, seeds=rule)
    known = {"test": 0, "tuned": 0, "ended": {Rung.SEARCH: 6}}
    assert left(each, winner=WON, **known).test == span(0, 4)
    assert left(each, winner=DEFAULT, **known).test == span(0)


BOTH = (Ensemble(name="small", size=2), Ensemble(name="large", size=4))


@pytest.mark.parametrize(
    ("changes", "test", "more"),
    [
        # Where there are few configurations both are one; each seed trains one and three more.
        ({}, span(4 + 8 - 4, 4 + 8 + 4), span(0, 4 * 4)),
        ({"awaited": 0, "more_trainings": 9, "test": 5} | DECIDED, span(5), span(9)),
        # Another winner has other ensembles.
        (
            {"awaited": 0, "more_trainings": 9, "test": 5, "winner": WON, "closed": 5},
            span(5, 5 + (1 + 2) * 4),
            span(0, 9 + 4 * 4),
        ),
    ],
)
def test_ensembles_are_tested_too(changes, test, more):
    each = asked_to_test(DEFAULT, TUNED, "small", "large", ensembles=BOTH)
    found = left(each, **changes | ({} if "tuned" in changes else {"tuned": 0}))
    assert (found.test, found.more_trainings) == (test, more)
    assert found.trainings[Rung.TEST] == test + more
    assert found.trainings[Rung.SEARCH] == found.search


def test_what_is_left_is_said_in_words():
    budget = searching(budget=10.0)
    over = {
        "confirm": 0, "test": 0, "tuned": 0, "winner": WON, "closed": 5, "open_trials": 0,
        "ended": {Rung.SEARCH: 5},
    }  # fmt: skip
    assert str(left(budget, **over)) == "search closed at 5 trials, within its budget"
    waiting = cell(transfer=Transfer(seeds=2))
    done = {"confirm": 0, "test": 0, "tuned": 0, "ended": {Rung.SEARCH: 6}, "winner": WON}
    assert str(left(waiting, sources=2, received=2, changing=1, **done)) == (
        "more follows if other cells ship other configurations"
    )
    assert str(left(waiting, sources=1, received=1, transfer=2, **done)) == (
        "2 transfer runs not done"
    )
    assert str(left(cell(), **done | {"test": 1, "confirm": 1})) == (
        "1 confirm run and 1 test run not done"
    )
    assert str(left(cell(), **done)) == ""


@pytest.mark.parametrize(
    ("changes", "transfer"),
    [
        # Four held-out seeds for what is chosen, once the candidates have ended.
        ({"sources": 0, "transfer": 0}, span(0)),
        ({"sources": 2, "received": 2, "transfer": 1}, span(1, 1 + 4)),
        ({"sources": 2, "received": 1, "transfer": 1}, span(1, 1 + 3 + 4)),
        ({"sources": 2, "received": 2, "transfer": 1, "has_across": True}, span(1)),
        ({"sources": 2, "received": 2, "transfer": 1, "has_across": True, "changing": 2},
         span(0, 1 + 2 * 3 + 4)),
    ],
)  # fmt: skip
def test_what_is_chosen_for_all_is_tested_on_the_held_out_seeds(changes, transfer):
    asked = cell(transfer=Transfer(seeds=3, tune_across="mean"))
    assert left(asked, **changes).transfer == transfer


def test_seeds_that_may_be_added_are_for_what_is_chosen_for_all_too():
    rule = Adaptive(start=3, step=2, max=7)
    asked = asked_to_test(
        DEFAULT, TUNED, seeds=rule, transfer=Transfer(seeds=1, tune_across="mean")
    )
    known = {"sources": 1, "received": 1, "transfer": 0, "has_across": True} | DECIDED
    assert left(asked, **known).transfer == span(0, 4)
    assert left(asked, settled=True, **known).transfer == span(0)


@st.composite
def campaigns(draw):
    """Cells of which results say how far they go."""
    end = draw(
        st.sampled_from([{"budget": 6.0}, {"until": Until(plateau=2)}, {"objectives": OBJECTIVES}])
    )
    across = draw(st.sampled_from([None, "mean"]))
    variants = draw(st.sampled_from([(DEFAULT, TUNED), (TUNED,), (DEFAULT, TUNED, "small")]))
    # Seeds that are added compare two variants.
    rules = [2, Adaptive(start=2, step=2, max=5)] if DEFAULT in variants else [2]
    seeds = draw(st.sampled_from(rules))
    ends = {
        "random": Score(value=0.0, source=""),
        "reference": Score(value=1.0, source=""),
    }
    return [
        cell(
            scenario=Scenario(name=name, env=name, action="Discrete", **ends),
            search=Search(
                trials=6, steps=100, evals=4, episodes=2, in_flight=draw(st.integers(1, 2)),
                pruner=Component(name="none"), **end,
            ),
            confirm=Confirm(top=draw(st.integers(1, 2)), seeds=draw(st.integers(1, 2))),
            test=Test(seeds=seeds, steps=200, evals=4, episodes=2, variants=variants),
            ensembles=BOTH[:1],
            transfer=Transfer(seeds=draw(st.integers(1 if across else 0, 2)), tune_across=across),
        )
        for name in ("A-v0", "B-v0")[: draw(st.integers(1, 2))]
    ]  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(campaigns(), st.randoms(use_true_random=False))
def test_what_follows_lies_between_the_least_and_the_most(cells, draw):
    judge, scores = draw.choice([content, generous]), {}

    def score(planned):
        return scores.setdefault(planned.run.id, draw.choice([None, 0.0, 1.0, 2.0]))

    moments = []
    for progress in ladders(cells, score, judge=judge, pick=draw.choice):
        every = counts_of(progress)
        # What the ledger's plans say is what the ladders say.
        settled = {name: each.settled for name, each in progress.items()}
        recorded = counts_in(record_of(progress), settled)
        assert {n: remaining(each) for n, each in recorded.items()} == {
            n: remaining(each) for n, each in every.items()
        }
        ended = {run for each in progress.values() for run in each.history.results}
        moments.append((len(ended), sum((remaining(c).total for c in every.values()), span(0))))
    total = moments[-1][0]
    wrong = [
        (total - ended, left)
        for ended, left in moments
        if not left.least <= total - ended <= left.most
    ]
    assert not wrong, wrong
    assert moments[-1][1] == span(0)


def record_of(progress):
    """What a ledger has of cells that stand there."""
    cells = []
    for each in progress.values():
        results = each.history.results
        runs = tuple(
            RunRecord(
                rung=planned.rung, variant=planned.variant, index=planned.index,
                trial=planned.trial, seed=planned.run.seed, arguments=planned.run.arguments,
                run_id=planned.run.id, result=results.get(planned.run.id),
            )
            for rung, plan in each.planned.items()
            if rung is not Rung.SEARCH
            for planned in plan
        )  # fmt: skip
        winner = None if each.winner is None else each.winner.variant
        cells.append(CellRecord(cell=each.cell, trials=each.trials, runs=runs, winner=winner))
    return CampaignRecord(name="c", created="", updated="", cells=tuple(cells))
