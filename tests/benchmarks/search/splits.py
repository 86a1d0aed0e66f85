"""Replays searches on published landscapes: what a budget buys by sampler, pruner and split.

    export RL_LANDSCAPES=FOLDER
    python tests/benchmarks/search/splits.py --sampler random tpe --pruner none median > FILE.csv
    python tests/benchmarks/search/tables.py FILE.csv

Every search is as long as the largest budget; a row is one budget, split one way. A repetition of
everything comes before the next, so that a file can be read while it grows.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from itertools import product
from typing import Final

import landscapes
from landscapes import FOREST, ROWS, Landscape, cell_of
from learned import BOTH, LANDSCAPES, PUBLISHED, few_parameters, priors, ranking
from replays import Configuration, DrawnReplay, Replay, pool_of
from samplers import SAMPLERS

from harness.core.algorithm import Algorithm
from harness.core.matrix import Cell
from harness.core.search_settings import Component, Search
from harness.core.settings import Confirm
from harness.registry import Registry

SPLITS: Final = {
    20: ((1, 2), (2, 2), (3, 4)),
    36: ((1, 2), (2, 3), (3, 4)),
    60: ((3, 2), (3, 4), (5, 4)),
    120: ((3, 4), (3, 6), (4, 5)),
    240: ((3, 4), (5, 7), (7, 8)),
}
"""Budget in default runs -> confirm rungs as (top, seeds)."""

MOST_TRIALS: Final = 1000
INSTALLED: Final = Registry.from_packages()
SOURCES: Final = [BOTH]
"""What priors are learned from."""

REGISTRY: Final = replace(INSTALLED, samplers={**INSTALLED.samplers, **SAMPLERS})


def main() -> None:
    """Write a row per search, budget and split to the standard output."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sampler", nargs="+", default=["random", "tpe"], help="NAME:OPTION=VALUE")
    parser.add_argument("--pruner", nargs="+", default=["none", "median"], help="likewise")
    parser.add_argument("--parameters", nargs="+", type=int, default=[0], help="0 for all")
    parser.add_argument("--cost-aware", nargs="+", type=float, default=[0.0], help="0 for not")
    parser.add_argument("--priors", default=BOTH, choices=(LANDSCAPES, PUBLISHED, BOTH))
    parser.add_argument("--mode", nargs="+", default=[ROWS, FOREST])
    parser.add_argument("--cells", nargs="+", default=None)
    parser.add_argument("--largest", type=int, default=60, choices=SPLITS)
    parser.add_argument(
        "--pool", type=int, default=0, help="draw from so many first suggestions; 0 for searches"
    )
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the first repetition")
    words = parser.parse_args()
    SOURCES[:] = [words.priors]
    axes = {
        "mode": words.mode,
        "cell": words.cells or landscapes.names(),
        "sampler": words.sampler,
        "pruner": words.pruner,
        "parameters": words.parameters,
        "cost_aware": words.cost_aware,
    }
    searches = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    repetitions = range(words.first, words.first + words.repetitions)
    writer = None
    for seed, search in product(repetitions, searches):
        for outcome in outcomes(seed, words.largest, words.pool, **search):
            row = search | {"seed": seed} | outcome
            if writer is None:
                writer = csv.DictWriter(sys.stdout, fieldnames=list(row))
                writer.writeheader()
            writer.writerow(row)
        sys.stdout.flush()


@cache
def landscape_of(name: str, mode: str) -> Landscape:
    """A landscape, its surrogate fitted once."""
    return Landscape(name, cell_of(name, REGISTRY, Search(), Confirm(), 0), mode)


def outcomes(
    seed: int,
    largest: int,
    pool: int,
    *,
    mode: str,
    cell: str,
    sampler: str,
    pruner: str,
    parameters: int,
    cost_aware: float,
) -> Iterator[dict[str, float]]:
    """What every split of every budget gives after one search."""
    begun = time.process_time()
    landscape = landscape_of(cell, mode)
    changes = {"sampler": component(sampler), "pruner": component(pruner)}
    changed = changed_cell(landscape.cell, cell, parameters, cost_aware or None, **changes)
    if pool:
        drawn = pool_for(cell, sampler, parameters, cost_aware, pool)
        replay = DrawnReplay(landscape, REGISTRY, replace(changed, seed=seed), drawn)
    else:
        replay = Replay(landscape, REGISTRY, replace(changed, seed=seed))
    replay.search(largest)
    for budget in (each for each in SPLITS if each <= largest):
        for top, seeds in SPLITS[budget]:
            found = asdict(replay.confirm(budget, top, seeds))
            cpu = time.process_time() - begun
            yield {"budget": budget, "top": top, "seeds": seeds} | found | {"cpu": cpu}


def changed_cell(
    cell: Cell, name: str, parameters: int, cost_aware: float | None, **components: Component
) -> Cell:
    """A landscape's cell with other settings of the search."""
    space = few_parameters(cell.space, name, parameters) if parameters else cell.space
    search = replace(cell.search, trials=MOST_TRIALS, cost_aware=cost_aware, **components)
    return replace(cell, space=space, search=search, algorithm=informed(name))


@cache
def informed(name: str) -> Algorithm:
    """A landscape's algorithm with what all other environments say of it."""
    environment, _, word = name.rpartition("_")
    known = priors(word, environment, SOURCES[0])
    return replace(REGISTRY.algorithm(word), importance=ranking(name), priors=known)


@cache
def pool_for(
    name: str, sampler: str, parameters: int, cost_aware: float, size: int
) -> list[Configuration]:
    """First suggestions on a landscape; they do not depend on what it answers."""
    cell = landscape_of(name, ROWS).cell
    changes = {"sampler": component(sampler)}
    return pool_of(
        REGISTRY, changed_cell(cell, name, parameters, cost_aware or None, **changes), size
    )


def component(text: str) -> Component:
    """A sampler or pruner and its options, ``tpe:n_startup_trials=5``."""
    name, *options = text.split(":")
    pairs = (option.split("=") for option in options)
    return Component(name=name, options={key: number(value) for key, value in pairs})


def number(text: str) -> float | int | bool:
    """The value of an option."""
    if text in {"true", "false"}:
        return text == "true"
    return float(text) if "." in text else int(text)


if __name__ == "__main__":
    main()
