"""Room: who may start beside what runs."""

from hypothesis import given
from hypothesis import strategies as st

from harness.core.costs.capacity import Room
from harness.core.settings import Resources

ONE = Resources()
WIDE = Resources(cpus=3)
QUARTER = Resources(gpus=0.25)


def taken(capacity, running, waiting):
    """Which of those waiting may start, in order."""
    room = Room(capacity, running)
    return [wanted for wanted in waiting if room.take(wanted)]


def test_one_slot_each_is_as_many_as_workers():
    assert taken(Resources(cpus=3), [ONE], [ONE] * 5) == [ONE, ONE]


def test_a_share_of_a_gpu_is_shared():
    capacity = Resources(cpus=100, gpus=1)
    assert taken(capacity, [], [QUARTER] * 6) == [QUARTER] * 4
    tenth = Resources(gpus=0.1)
    assert len(taken(capacity, [], [tenth] * 12)) == 10


def test_what_waits_for_a_gpu_holds_nobody_else_up():
    capacity = Resources(cpus=4, gpus=1)
    whole = Resources(gpus=1)
    assert taken(capacity, [QUARTER], [whole, QUARTER, ONE]) == [ONE]


def test_a_wide_run_is_not_overtaken_for_ever():
    assert taken(Resources(cpus=4), [ONE, ONE], [WIDE, ONE]) == []
    assert taken(Resources(cpus=4), [ONE], [WIDE, ONE]) == [WIDE]


def test_a_run_wider_than_all_there_is_runs_alone():
    assert taken(Resources(cpus=2), [], [WIDE, ONE]) == [WIDE]
    assert taken(Resources(cpus=2), [ONE], [WIDE]) == []
    assert taken(Resources(cpus=0), [], [QUARTER, ONE]) == [QUARTER]


def test_a_room_is_full_once_its_slots_are_taken():
    room = Room(Resources(cpus=2), [])
    assert not room.is_full
    assert room.take(ONE)
    assert not room.is_full
    assert room.take(ONE)
    assert room.is_full
    # What is wider than all there is may still start while nothing runs.
    assert not Room(Resources(cpus=0), []).is_full
    assert Room(Resources(cpus=1), [ONE]).is_full


shapes = st.builds(
    Resources, cpus=st.sampled_from([0.5, 1, 2, 3]), gpus=st.sampled_from([0, 0.25, 1])
)


@given(st.lists(shapes, min_size=1, max_size=20), st.integers(1, 6), st.integers(0, 2))
def test_never_more_than_there_is_and_never_nothing(waiting, cpus, gpus):
    room = Room(Resources(cpus=cpus, gpus=gpus), [])
    started = [wanted for wanted in waiting if room.take(wanted)]
    assert started
    if len(started) > 1:
        assert sum(run.cpus for run in started[1:]) <= max(0, cpus - started[0].cpus)
        assert sum(run.gpus for run in started[1:]) <= max(0, gpus - started[0].gpus)
    assert not room.is_full or not room.take(ONE)


def test_any_share_of_a_gpu_trains_on_it():
    assert [Resources(gpus=share).device for share in (0.0, 0.25, 1.0)] == ["cpu", "cuda", "cuda"]
