"""Who begins first of the runs that wait for a worker."""

from types import SimpleNamespace

import pytest
from builders import cell

from harness.campaign.waiting import Waiting
from harness.core import plan
from harness.core.capacity import Room
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


class Clock:
    """A timekeeper whose answers are set."""

    def __init__(self, limited=False):
        self.limited = limited
        self.turns = {}
        self.refused = set()

    def turn(self, planned):
        return self.turns.get(planned.cell, 0.0)

    def permits(self, climb, planned):
        return planned.rung not in self.refused


@pytest.fixture
def clock():
    return Clock(limited=True)


def waiting(clock, *pending):
    climbs = [
        SimpleNamespace(
            cell=of,
            searching=True,
            planned={each.run.id: each for each in pending if each.cell == of.name},
        )
        for of in (A, B)
    ]
    queue = Waiting(climbs, clock)
    queue.add(pending)
    return queue, climbs


def handed_out(queue, cpus=100):
    room = Room(Resources(cpus=cpus), ())
    return [(each.cell[-1], each.rung.value, each.index) for each in queue.hand_out(room)]


def test_searches_go_before_tests_and_cells_take_turns(clock):
    tests, searches = runs(A, Rung.TEST, 1), runs(A, Rung.SEARCH, 2) + runs(B, Rung.SEARCH, 2)
    queue, _ = waiting(clock, *tests, *searches)
    assert handed_out(queue) == [
        ("A", "search", 0),
        ("B", "search", 0),
        ("A", "search", 1),
        ("B", "search", 1),
        ("A", "test", 0),
    ]
    assert handed_out(queue) == []


def test_nothing_waits_for_runs_of_the_default(clock):
    default = runs(A, Rung.TEST, 1, variant="default")
    queue, _ = waiting(clock, *default, *runs(B, Rung.TEST, 2))
    assert handed_out(queue) == [("B", "test", 0), ("B", "test", 1), ("A", "test", 0)]


def test_what_finds_no_room_keeps_its_place(clock):
    queue, _ = waiting(clock, *runs(A, Rung.SEARCH, 3))
    assert handed_out(queue, cpus=2) == [("A", "search", 0), ("A", "search", 1)]
    assert handed_out(queue) == [("A", "search", 2)]


def test_what_the_time_does_not_permit_is_offered_again(clock):
    queue, _ = waiting(clock, *runs(A, Rung.SEARCH, 1), *runs(B, Rung.TEST, 1))
    clock.refused = {Rung.SEARCH}
    assert handed_out(queue) == [("B", "test", 0)]
    clock.refused = set()
    assert handed_out(queue) == [("A", "search", 0)]


def test_turns_are_asked_anew_where_time_is_limited():
    for limited, first in ((True, "B"), (False, "A")):
        clock = Clock(limited=limited)
        queue, _ = waiting(clock, *runs(A, Rung.SEARCH, 1), *runs(B, Rung.SEARCH, 1))
        clock.turns = {A.name: 5.0}
        assert handed_out(queue, cpus=1) == [(first, "search", 0)]


def test_trials_of_a_closed_search_are_no_longer_handed_out(clock):
    queue, (closed, _) = waiting(clock, *runs(A, Rung.SEARCH, 1), *runs(A, Rung.TEST, 1))
    closed.searching = False
    assert handed_out(queue) == [("A", "test", 0)]
    closed.searching = True
    assert handed_out(queue) == []
