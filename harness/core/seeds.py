"""Seeds: five disjoint ranges, one per purpose, derived from the campaign seed.

Each purpose owns 2**29 integers: four of them all that have 31 bits, the transfer rung those above.
Seeds lie `STRIDE` apart, so that the
seeds ``seed .. seed + n_envs - 1`` which a vectorised environment uses cannot touch a neighbour's.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from types import MappingProxyType
from typing import Final

import numpy as np

STRIDE: Final = 1024
"""Distance between two derived seeds; at most this many parallel environments."""

_RANGE: Final = 1 << 29

_SHOWN: Final = 4
"""Seeds of an overlap that are worth a look."""


class Purpose(StrEnum):
    """What a seed is for. The order fixes the ranges and is part of the identity."""

    SEARCH = "search"
    CONFIRM = "confirm"
    TEST = "test"
    EVALUATION = "evaluation"
    TRANSFER = "transfer"


def purpose_range(purpose: Purpose) -> range:
    """The integers that a purpose's derived seeds come from; none has more than 32 bits."""
    index = list(Purpose).index(purpose)
    return range(index * _RANGE, (index + 1) * _RANGE)


def _words(text: str) -> list[int]:
    return list(np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype="<u4"))


@lru_cache(maxsize=4096)  # every ask of a search looks at the same seeds
def derive(campaign_seed: int, cell: str, purpose: Purpose, count: int) -> tuple[int, ...]:
    """The first `count` seeds of a cell for one purpose, distinct, in a fixed order.

    A larger `count` keeps the earlier seeds, so that adding seeds adds only new runs.

    Returns:
        Integers in ``[k * 2**29, (k + 1) * 2**29)`` with k the purpose's index, multiples of
        `STRIDE`.
    """
    index = list(Purpose).index(purpose)
    sequence = np.random.SeedSequence([campaign_seed, index, *_words(cell)])
    generator = np.random.Generator(np.random.PCG64(sequence))
    seeds: dict[int, None] = {}
    while len(seeds) < count:
        slot = int(generator.integers(_RANGE // STRIDE))
        seeds.setdefault(index * _RANGE + slot * STRIDE)
    return tuple(seeds)


def derive_one(campaign_seed: int, cell: str, purpose: Purpose, label: str) -> int:
    """One seed that depends on a label, e.g. the episodes' seed for a training seed."""
    return derive(campaign_seed, f"{cell}#{label}", purpose, 1)[0]


def sampler_seed(campaign_seed: int, cell: str, number: int, attempt: int = 0) -> int:
    """Seed of the sampler that suggests trial `number`, below 2**32.

    Args:
        campaign_seed, cell, number: Of the campaign, the cell and the trial.
        attempt: How many suggestions for this trial were passed over.
    """
    again = [attempt] if attempt else []
    sequence = np.random.SeedSequence([campaign_seed, number, *_words(cell), *again])
    return int(sequence.generate_state(1)[0])


def overlaps(
    lists: Mapping[str, tuple[int, ...]], lengths: Mapping[str, int] = MappingProxyType({})
) -> list[tuple[str, str, list[int]]]:
    """Pairs of seed lists that share a seed, as (name, name, the first shared seeds).

    Args:
        lengths: How many seeds in a row each seed of a list stands for, where that is not 1.
    """
    pairs = []
    for first, second in combinations(lists, 2):
        length, other_length = lengths.get(first, 1), lengths.get(second, 1)
        common = _find_common(sorted(lists[first]), length, sorted(lists[second]), other_length)
        if common:
            pairs.append((first, second, common))
    return pairs


def _find_common(starts: list[int], length: int, others: list[int], other_length: int) -> list[int]:
    """The first few integers that lie in a row of both lists."""
    common: set[int] = set()
    for start in starts:
        end = start + length
        near = others[bisect_right(others, start - other_length) : bisect_left(others, end)]
        for other in near:
            common.update(range(max(start, other), min(end, other + other_length))[:_SHOWN])
            if len(common) >= _SHOWN:
                return sorted(common)[:_SHOWN]
    return sorted(common)
