"""How many runs are left, at least and at most."""

from dataclasses import replace

import pytest
from builders import cell, content, generous, ladders, result, trial
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.core.decisions.joint_decisions import new_histories
from harness.core.ladder import advance
from harness.core.matrix import NamedConfiguration
from harness.core.progress.remaining import Span, remaining, remaining_in, total
from harness.core.progress.run_counts import counts_of
from harness.core.record import CampaignRecord, CellRecord, RunRecord
from harness.core.run import DEFAULT, TUNED, Variant
from harness.core.scenario import Scenario
from harness.core.search_settings import Search
from harness.core.settings import Adaptive, Confirm, Rung, Test, Transfer

SMALL = cell(
    search=Search(trials=2, steps=100, evals=4, episodes=2),
    confirm=Confirm(top=1, seeds=1),
    test=Test(seeds=1, steps=200, evals=4, episodes=2),
)


def left_of(*cells):
    """What cells of which nothing is known have to do."""
    histories = new_histories(cells)
    progress = {each.name: advance(each, histories[each.name]) for each in cells}
    return [remaining(counts) for counts in counts_of(progress).values()]


def span(least, most=None):
    return Span(least=least, most=least if most is None else most)


def test_a_new_cell_has_everything_to_do():
    (left,) = left_of(cell())
    assert left.search == span(6)
    assert left.confirm == span(2, 6)  # the default alone, or it and two configurations
    assert left.test == span(4, 8)  # the default wins, or does not
    assert left.transfer == span(0)
    assert left.total == span(12, 20)


def test_a_search_of_few_trials_fills_no_confirm_rung():
    (left,) = left_of(cell(search=Search(trials=2, steps=100)))
    assert left.confirm == span(2, 4)


def test_seeds_that_may_be_added_count_at_most():
    (left,) = left_of(cell(test=Test(seeds=Adaptive(start=3, step=2, max=7), steps=200)))
    assert left.test == span(3, 14)


def test_transferred_defaults_share_their_runs():
    def on(name):
        scenario = Scenario(name=name, env=name, action="Discrete")
        return cell(scenario=scenario, transfer=Transfer(seeds=3))

    for left in left_of(on("A"), on("B"), on("C")):
        assert left.transfer == span(3, 6)


def test_a_test_rung_without_the_winner_is_known():
    (left,) = left_of(cell(test=Test(seeds=4, steps=200, variants=("default",))))
    assert left.test == span(4)


def record(**changes):
    done = RunRecord(
        rung=Rung.TEST,
        variant=DEFAULT,
        index=0,
        trial=None,
        seed=1,
        arguments={},
        run_id="default",
        result=result("default"),
    )
    confirmed = replace(done, rung=Rung.CONFIRM, run_id="confirm", result=result("confirm"))
    values = {
        "cell": SMALL,
        "trials": (trial(0, 1.0), trial(1, 2.0)),
        "runs": (confirmed, done, replace(done, variant=TUNED, run_id="tuned")),
        "winner": Variant.of_trial(1),
    }
    cells = (CellRecord(**(values | changes)),)
    return CampaignRecord(name="camp", created="", updated="", cells=cells)


def in_record(**changes):
    (left,) = remaining_in(record(**changes)).values()
    return left


COMPLETE = record().cells[0]
MORE = "more follows once the confirm rung has decided"


def test_a_complete_cell_has_nothing_to_do():
    left = in_record()
    assert left.total == span(0)
    assert str(left) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"trials": (trial(0, 1.0),), "closed": 1},
            "1 trial not done; search closed at 1 of 2 trials",
        ),
        (
            {"runs": tuple(replace(run, result=None) for run in COMPLETE.runs)},
            "1 confirm run and 2 test runs not done",
        ),
        (
            {"runs": COMPLETE.runs[1:2], "winner": None, "trials": ()},
            f"2 trials and 1 confirm run not done; {MORE}",
        ),
    ],
)
def test_what_is_missing_is_said(changes, words):
    assert str(in_record(**changes)) == words


def test_seeds_that_were_added_count_as_those_of_the_record():
    rule = Adaptive(start=2, max=6)
    confirmed, *tested = COMPLETE.runs
    added = (
        replace(run, index=index, run_id=f"{run.run_id}-{index}")
        for run in tested
        for index in range(4)
    )
    left = in_record(
        cell=replace(SMALL, test=replace(SMALL.test, seeds=rule)), runs=(confirmed, *added)
    )
    assert left.test == span(0, 4)


def test_a_closed_search_may_go_on_to_another_winner():
    left = in_record(trials=(trial(0, 1.0),), closed=1)
    assert (left.search, left.confirm, left.test) == (span(1), span(0, 1), span(0, 1))


def test_a_run_that_serves_two_variants_counts_once():
    shared = tuple(replace(run, run_id="same", result=None) for run in COMPLETE.runs[1:])
    left = in_record(runs=(COMPLETE.runs[0], *shared), winner=DEFAULT)
    assert left.test == span(1)


def test_the_total_adds_up_over_cells():
    (left,) = left_of(cell())
    assert total([left, left]) == span(24, 40)
    assert str(left.total) == "12..20"


@st.composite
def campaigns(draw):
    """Cells that may share a rule of growing seeds and train each other's winners."""
    names = [f"{letter}-v0" for letter in "ABC"[: draw(st.integers(1, 3))]]
    rule = draw(st.sampled_from([1, 2, Adaptive(start=2, step=2, max=5)]))
    trials, transfer = draw(st.integers(1, 4)), draw(st.integers(0, 2))
    variants = draw(st.sampled_from([(DEFAULT, TUNED), (TUNED, "own", DEFAULT)]))
    return [
        cell(
            scenario=Scenario(name=name, env=name, action="Discrete"),
            search=Search(
                trials=trials, steps=100, evals=4, episodes=2, in_flight=draw(st.integers(1, 2))
            ),
            confirm=Confirm(top=draw(st.integers(1, 2)), seeds=draw(st.integers(1, 2))),
            test=Test(seeds=rule, steps=200, evals=4, episodes=2, variants=variants),
            variants=(NamedConfiguration(name="own", arguments={"lr": 0.5}),),
            transfer=Transfer(seeds=transfer),
        )
        for name in names
    ]


def left_on_the_way(cells, score, judge, draw):
    """What was left after every result, and how many runs really followed."""
    moments = []
    pick = draw.choice
    for progress in ladders(cells, score, judge=judge, pick=pick):
        counts = counts_of(progress)
        ended = {run for each in progress.values() for run in each.history.results}
        moments.append((len(ended), [remaining(each) for each in counts.values()]))
    return moments, moments[-1][0], progress


def rivals_fail(planned):
    return 1.0 if planned.rung != Rung.SEARCH or planned.index == 0 else None


def tuned_wins(planned):
    """The later a trial, the better: the confirm rung is full of other configurations."""
    return float(planned.trial or planned.index)


@settings(max_examples=12)
@given(campaigns(), st.randoms(use_true_random=False))
def test_the_least_is_what_follows_where_every_decision_needs_the_fewest_runs(cells, draw):
    moments, every, _ = left_on_the_way(cells, rivals_fail, content, draw)
    for ended, left in moments:
        assert total(left).least == every - ended
        assert total(left).most >= every - ended
    assert total(moments[-1][1]).least == 0


@settings(max_examples=12)
@given(campaigns(), st.randoms(use_true_random=False))
def test_the_most_is_what_follows_where_every_decision_needs_the_most_runs(cells, draw):
    assume(all(each.search.trials > 1 for each in cells))
    moments, every, _ = left_on_the_way(cells, tuned_wins, generous, draw)
    for ended, left in moments:
        assert total(left).most == every - ended
        assert total(left).least <= every - ended
    assert total(moments[-1][1]) == span(0)


@settings(max_examples=12)
@given(campaigns(), st.randoms(use_true_random=False))
def test_a_cell_is_done_once_nothing_is_left_of_it(cells, draw):
    judge = draw.choice([content, generous])
    scores = {}

    def score(planned):
        return scores.setdefault(planned.run.id, draw.choice([None, 0.0, 1.0, 2.0]))

    for progress in ladders(cells, score, judge=judge, pick=draw.choice):
        for name, counts in counts_of(progress).items():
            left = remaining(counts)
            assert not progress[name].done or left.total == span(0)
            assert left.decided == (progress[name].winner is not None)
            assert remaining(counts, more_seeds=False).test.most <= left.test.most
    assert all(each.done for each in progress.values())


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"transfer": 2, "sources": 1, "received": 1}, (2, 2)),
        # What was shipped may change as long as its search goes on: other runs then.
        ({"transfer": 2, "sources": 1, "received": 1, "changing": 1}, (0, 2 + 3)),
        ({"transfer": 2, "sources": 2, "received": 1}, (2, 2 + 3)),
        ({"transfer": 0, "sources": 2, "received": 0}, (3, 2 * 3)),
    ],
)
def test_transferred_runs_depend_on_what_other_cells_still_ship(changes, left):
    receiver = cell(transfer=Transfer(seeds=3))
    counts = counts_of({"x": advance(receiver, new_histories([receiver])[receiver.name])})["x"]
    assert remaining(replace(counts, **changes)).transfer == span(*left)


def test_one_configuration_for_all_scenarios_is_counted_before_it_is_planned():
    asked = cell(transfer=Transfer(seeds=3, tune_across="mean"))
    counts = counts_of({"x": advance(asked, new_histories([asked])[asked.name])})["x"]
    # The default on fresh seeds; perhaps the winner too, and what is chosen on four held-out ones.
    assert remaining(counts).transfer == span(3, 3 + 3 + 4)
    planned = replace(counts, transfer=4, received=1, has_across=True)
    assert remaining(planned).transfer == span(4)
    assert remaining(replace(planned, changing=1)).transfer == span(0, 4 + 3 + 4)
