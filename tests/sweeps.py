"""How much of a long sweep is tried: a fixed part of it, or all with ``HARNESS_TEST_ALL=1``."""

import os

ALL = bool(os.environ.get("HARNESS_TEST_ALL"))


def examples(few, many):
    """How often something random is tried."""
    return many if ALL else few


def part(items, count):
    """So many of a sequence's items, evenly spread, with the first and the last; or all."""
    items = [*items]
    if ALL or len(items) <= count:
        return items
    return [items[round(index * (len(items) - 1) / (count - 1))] for index in range(count)]
