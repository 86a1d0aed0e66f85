"""Seeds: five disjoint ranges, prefix-stable, apart enough for vectorised environments."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.seeds import (
    STRIDE,
    Purpose,
    derive,
    derive_one,
    overlaps,
    purpose_range,
    sampler_seed,
)

GOLDEN_TEST_SEEDS = (1394955264, 1139381248, 1322374144)
GOLDEN_SAMPLER_SEED = 4131197399

cells = st.text(min_size=1, max_size=20)
campaigns = st.integers(0, 2**40)


@given(campaigns, cells, st.integers(1, 300))
def test_purposes_never_meet_even_with_the_most_environments(campaign, cell, count):
    used: set[int] = set()
    for purpose in Purpose:
        for seed in derive(campaign, cell, purpose, count):
            block = {seed, seed + STRIDE - 1}
            assert not block & used
            used |= block
            # What came first has 31 bits; nothing takes a seed of more than 32.
            assert 0 <= seed < (2**32 if purpose is Purpose.TRANSFER else 2**31)


@given(campaigns, cells, st.sampled_from(Purpose), st.integers(1, 50), st.integers(0, 50))
def test_more_seeds_keep_the_earlier_ones(campaign, cell, purpose, count, more):
    assert derive(campaign, cell, purpose, count + more)[:count] == derive(
        campaign, cell, purpose, count
    )


@given(campaigns, cells, st.sampled_from(Purpose))
def test_seeds_of_one_purpose_are_distinct(campaign, cell, purpose):
    seeds = derive(campaign, cell, purpose, 500)
    assert len(set(seeds)) == 500


def test_campaign_cell_and_label_all_matter():
    seeds = {
        derive_one(campaign, cell, Purpose.EVALUATION, label)
        for campaign in (0, 1)
        for cell in ("ppo@CartPole-v1", "a2c@CartPole-v1")
        for label in ("7", "8")
    }
    assert len(seeds) == 8
    assert sampler_seed(0, "a", 1) != sampler_seed(0, "a", 2) != sampler_seed(0, "b", 2)


def test_golden_seeds():
    """A change here changes every number ever published."""
    assert derive(2026, "ppo@CartPole-v1", Purpose.TEST, 3) == GOLDEN_TEST_SEEDS
    assert sampler_seed(2026, "ppo@CartPole-v1", 5) == GOLDEN_SAMPLER_SEED


def test_overlap_is_found_with_its_seeds():
    assert overlaps({"confirm": (1, 2), "test": (2, 3), "search": (9,)}) == [
        ("confirm", "test", [2])
    ]
    assert overlaps({"a": (1, 2, 3), "b": (3, 1), "c": (3,)}) == [
        ("a", "b", [1, 3]),
        ("a", "c", [3]),
        ("b", "c", [3]),
    ]
    assert overlaps({"a": (1, 1)}) == overlaps({}) == []


@pytest.mark.parametrize("purpose", Purpose)
def test_each_purpose_has_its_own_quarter(purpose):
    place = list(Purpose).index(purpose)
    assert all(seed >> 29 == place for seed in derive(3, "x", purpose, 100))


def test_the_ranges_of_the_purposes_lie_side_by_side():
    ranges = [purpose_range(purpose) for purpose in Purpose]
    assert ranges[0].start == 0
    assert ranges[3].stop == 2**31
    for before, after in itertools.pairwise(ranges):
        assert before.stop == after.start
    for purpose, numbers in zip(Purpose, ranges, strict=True):
        assert len(numbers) == 2**29
        assert all(seed in numbers[::STRIDE] for seed in derive(1, "cell", purpose, 30))


@pytest.mark.parametrize(
    ("starts", "others", "lengths", "common"),
    [
        ((0,), (4,), {"a": 4}, []),
        ((0,), (4,), {"a": 5}, [4]),
        ((0,), (2,), {"a": 4, "b": 4}, [2, 3]),
        ((4,), (0,), {"a": 2, "b": 5}, [4]),
        ((0, 100), (101, 300), {"a": 3, "b": 9}, [101, 102]),
        ((0,), (0,), {"a": 9, "b": 9}, [0, 1, 2, 3]),  # the first few
        ((50, 0), (1, 51), {"a": 3, "b": 2}, [1, 2, 51, 52]),
    ],
)
def test_rows_of_seeds_may_share_some(starts, others, lengths, common):
    found = overlaps({"a": starts, "b": others}, lengths)
    assert found == ([("a", "b", common)] if common else [])


def test_every_suggestion_that_is_passed_over_has_another_seed():
    seeds = [sampler_seed(1, "a", 2, attempt) for attempt in range(4)]
    assert len(set(seeds)) == 4
    assert seeds[0] == sampler_seed(1, "a", 2)
