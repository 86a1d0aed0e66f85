"""Who begins first of the runs that wait for a worker."""

import pytest
from builders import cell

from harness.campaign.pending_queue import PendingQueue
from harness.core.costs.capacity import Room
from harness.core.decisions import plan
from harness.core.run import PlannedRun
from harness.core.scenario import Scenario
from harness.core.settings import Resources, Rung

A, B = (cell(scenario=Scenario(name=name, env=name, action="Discrete")) for name in ("A", "B"))


def runs(of, rung, count, variant="tuned"):
    """Planned runs of a cell; none of them costs more than another."""
    return [
        PlannedRun(
            run=plan.retrain(of, {"place": f"{rung} {variant}"}, number),
            cell=of.name,
            rung=rung,
            variant=variant,
            index=number,
        )
        for number in range(count)
    ]


class Policy:
    """A deadline policy whose answers are set."""

    def __init__(self, limited=False):
        self.limited = limited
        self.turns = {}
        self.refused = set()

    def turn(self, planned):
        return self.turns.get(planned.cell, 0.0)

    def permits(self, planned):
        return planned.rung not in self.refused


@pytest.fixture
def policy():
    return Policy(limited=True)


def waiting(policy, *pending, closed=()):
    def is_planned(planned):
        return planned.rung is not Rung.SEARCH or planned.cell not in closed

    queue = PendingQueue([A.name, B.name], policy, is_planned)
    queue.add(pending)
    return queue


def popped(queue, cpus=100):
    room = Room(Resources(cpus=cpus), ())
    return [(each.cell[-1], each.rung.value, each.index) for each in queue.pop_runnable(room)]


def test_searches_go_before_tests_and_cells_take_turns(policy):
    tests, searches = runs(A, Rung.TEST, 1), runs(A, Rung.SEARCH, 2) + runs(B, Rung.SEARCH, 2)
    queue = waiting(policy, *tests, *searches)
    assert popped(queue) == [
        ("A", "search", 0),
        ("B", "search", 0),
        ("A", "search", 1),
        ("B", "search", 1),
        ("A", "test", 0),
    ]
    assert popped(queue) == []


def test_nothing_waits_for_runs_of_the_default(policy):
    default = runs(A, Rung.TEST, 1, variant="default")
    queue = waiting(policy, *default, *runs(B, Rung.TEST, 2))
    assert popped(queue) == [("B", "test", 0), ("B", "test", 1), ("A", "test", 0)]


def test_what_finds_no_room_keeps_its_place(policy):
    queue = waiting(policy, *runs(A, Rung.SEARCH, 3))
    assert popped(queue, cpus=2) == [("A", "search", 0), ("A", "search", 1)]
    assert popped(queue) == [("A", "search", 2)]


def test_what_the_time_does_not_permit_is_offered_again(policy):
    queue = waiting(policy, *runs(A, Rung.SEARCH, 1), *runs(B, Rung.TEST, 1))
    policy.refused = {Rung.SEARCH}
    assert popped(queue) == [("B", "test", 0)]
    policy.refused = set()
    assert popped(queue) == [("A", "search", 0)]


def test_turns_are_asked_anew_where_time_is_limited():
    for limited, first in ((True, "B"), (False, "A")):
        policy = Policy(limited=limited)
        queue = waiting(policy, *runs(A, Rung.SEARCH, 1), *runs(B, Rung.SEARCH, 1))
        policy.turns = {A.name: 5.0}
        assert popped(queue, cpus=1) == [(first, "search", 0)]


def test_trials_of_a_closed_search_are_no_longer_handed_out(policy):
    closed = {A.name}
    pending = (*runs(A, Rung.SEARCH, 1), *runs(A, Rung.TEST, 1))
    queue = waiting(policy, *pending, closed=closed)
    assert popped(queue) == [("A", "test", 0)]
    closed.clear()
    assert popped(queue) == []


def test_what_was_dropped_may_come_again(policy):
    closed = {A.name}
    trials = runs(A, Rung.SEARCH, 1)
    queue = waiting(policy, *trials, closed=closed)
    assert popped(queue) == []
    closed.clear()
    queue.add(trials)
    assert popped(queue) == [("A", "search", 0)]


def test_what_waits_already_waits_once(policy):
    trials = runs(A, Rung.SEARCH, 2)
    queue = waiting(policy, *trials)
    queue.add(trials)
    assert popped(queue) == [("A", "search", 0), ("A", "search", 1)]
    assert popped(queue) == []
