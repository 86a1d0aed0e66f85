"""One truth about what is left: whoever is asked gives the same numbers, and they hold.

Random campaigns in invented time are stopped at random moments. Then the scheduler, which climbed
step by step, is compared with the ladder gone up from scratch (as `doctor` does), with the counts
of the ledger's plans (as `status` and the report do) and with what is left in the end.
"""

from dataclasses import replace

from builders import cell
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import examples
from virtual import Night

from harness.analysis import interims, leaderboard
from harness.analysis.interim_analyses import judge
from harness.campaign import summarize
from harness.core.decisions.joint_decisions import advance_all, new_histories
from harness.core.decisions.repeated_searches import with_repeats
from harness.core.decisions.warm_starts import with_donors
from harness.core.matrix import Matrix
from harness.core.progress.remaining import Span, remaining, remaining_in, total
from harness.core.progress.run_counts import counts_of
from harness.core.scenario import Scenario, Score
from harness.core.search_settings import Component, Objective, Search, Until
from harness.core.settings import Adaptive, Confirm, Test, Transfer

NOTHING = Span(least=0, most=0)
OBJECTIVES = (
    Objective(name="return", direction="max"),
    Objective(name="steps_to_threshold", direction="min", threshold=1.0),
)


@st.composite
def campaigns(draw):
    """Cells that may share a rule of growing seeds and train each other's winners."""
    names = [f"{letter}-v0" for letter in "ABC"[: draw(st.integers(1, 3))]]
    rule = draw(st.sampled_from([1, 3, Adaptive(start=4, step=2, max=7)]))
    trials = draw(st.integers(1, 7))
    budget = draw(st.none() | st.floats(4, 12))
    objectives = draw(st.sampled_from([(), OBJECTIVES]))
    transfer = draw(st.booleans())
    across = draw(st.sampled_from([None, "mean", "worst"]))
    cells = [
        cell(
            scenario=Scenario(
                name=name,
                env=name,
                action="Discrete",
                random=Score(value=0.0, source="invented"),
                reference=Score(value=1.0, source="invented"),
            ),
            search=Search(
                budget=budget,
                trials=trials if budget is None else 3 * trials,
                steps=100,
                evals=4,
                episodes=2,
                in_flight=draw(st.integers(1, 3)),
                until=draw(st.sampled_from([None, Until(plateau=2)])),
                objectives=objectives,
                transfer=transfer,
                repeats=draw(st.sampled_from([1, 1, 2, 3])),
                **({"pruner": Component(name="none")} if objectives else {}),
            ),
            confirm=Confirm(top=draw(st.integers(1, 2)), seeds=draw(st.integers(1, 2))),
            test=Test(seeds=rule, steps=200, evals=4, episodes=2),
            # A matrix that chooses one configuration for all has fresh seeds to do it on.
            transfer=Transfer(seeds=draw(st.integers(1 if across else 0, 2)), tune_across=across),
        )
        for name in names
    ]
    return with_donors(with_repeats(cells))


def from_scratch(night, cells):
    """Where the cells stand by what the ledger has, and nothing else."""
    histories = {
        record.name: replace(
            history,
            trials=tuple(replace(trial, result=None) for trial in record.trials),
            results=night.results,
            closed=record.closed,
        )
        for record, history in zip(night.record.cells, new_histories(cells).values(), strict=True)
    }
    return advance_all(cells, histories, judge)


def standing(progress):
    """What may be compared of a cell's progress."""
    return {
        "runs": set(progress.runs),
        "pending": {planned.key for planned in progress.pending},
        "winner": progress.winner,
        "seeds": (progress.seeds, progress.settled),
        "search": (progress.searching, progress.next_trial, len(progress.finished)),
        "done": progress.done,
    }


def left_by(progress):
    return {name: remaining(counts) for name, counts in counts_of(progress).items()}


def check_agreement(night, cells):
    """What the scheduler has left, after every other way to count it gave the same."""
    left = left_by(night.cells)
    scratch = from_scratch(night, cells)
    assert {n: standing(p) for n, p in scratch.items()} == {
        n: standing(p) for n, p in night.cells.items()
    }
    assert left_by(scratch) == left
    record = night.record
    settled = {name: look.final for name, look in interims(record).items()}
    brief = night.ledger.record("c", brief=True)
    assert remaining_in(record, settled) == remaining_in(brief, settled) == left
    rows = {row.cell: row.remaining for row in leaderboard(record)}
    assert rows == {cell.name: left[cell.name] for cell in record.first_searches}
    for each in left.values():
        assert all(span.least <= span.most for span in each.rungs.values())
    for name, progress in night.cells.items():
        # A search that was closed goes on, and with it what the cell, and others, may ship.
        if progress.done and not night.closed:
            assert left[name].total == NOTHING
    return total(left.values())


def play_in_two_nights(cells, workers, **limit):
    """Runs of a night that was cut short, what was left then, and the night that ends it."""
    night = Night(cells, lambda run: 1.0, workers=workers, **limit)
    left = check_agreement(night, cells)
    before = len(night.results)
    rest = Night(cells, lambda run: 1.0, workers=workers, ledger=night.ledger)
    assert check_agreement(rest, cells) == NOTHING
    return before, left, rest


@settings(max_examples=examples(20, 200), deadline=None)
@given(campaigns(), st.integers(0, 60), st.integers(1, 4))
def test_every_count_is_the_same_and_holds(cells, stop_after, workers):
    before, left, rest = play_in_two_nights(cells, workers, stop_after=stop_after)
    assert left.least <= len(rest.results) - before <= left.most
    planned = summarize(Matrix(name="c", cells=tuple(cells)))
    everything = Span(
        least=sum(each.runs for each in planned), most=sum(each.most_runs for each in planned)
    )
    assert everything.least <= len(rest.results) <= everything.most
    # Trials that are suggested are trained even where a search ends early.
    if not before and not any(cell.search.is_open_ended for cell in cells):
        assert left == everything
    assert everything.least <= before + left.least
    assert before + left.most <= everything.most


@settings(max_examples=examples(12, 100), deadline=None)
@given(campaigns(), st.floats(1, 40), st.integers(1, 4))
def test_the_counts_agree_where_time_ran_out(cells, deadline, workers):
    before, left, rest = play_in_two_nights(cells, workers, deadline=deadline)
    assert len(rest.results) - before <= left.most
