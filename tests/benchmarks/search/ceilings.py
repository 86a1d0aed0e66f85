"""What there is to reach on the landscapes, without any sampler.

    export RL_LANDSCAPES=FOLDER
    python tests/benchmarks/search/ceilings.py

As many rows as a budget leaves to its search are drawn evenly, none twice: the quality of the one
that is best in truth, and of the one that a training seed each, and a confirm rung of the best few,
choose. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from typing import Final

import numpy as np
from landscapes import CHOSEN_ON, late_mean, names, read
from numpy.random import Generator

from harness.core.costs.budget_split import split

BUDGETS: Final = (20, 36, 60, 120)
"""Runs of the default."""


def main() -> None:
    """Print the table: means over the cells that choose and those that report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=2000)
    repetitions = parser.parse_args().repetitions
    random = np.random.default_rng(0)
    print("| rows | the best of them | chosen by one seed, and confirmed | confirm, top x seeds |")
    print("|---:|---|---|---|")
    for budget in BUDGETS:
        sizes = split(budget)
        top, seeds = sizes.top, sizes.seeds
        # The default is confirmed too.
        count = budget - (top + 1) * seeds
        means = {
            name: ceiling(name, count, top, seeds, repetitions, random).mean(axis=0)
            for name in names()
        }
        choosing = np.mean([means[name] for name in means if name in CHOSEN_ON], axis=0)
        reporting = np.mean([means[name] for name in means if name not in CHOSEN_ON], axis=0)
        pairs = (f"{a:.2f} / {b:.2f}" for a, b in zip(choosing, reporting, strict=True))
        print(f"| {count} | {' | '.join(pairs)} | {top} x {seeds} |")


def ceiling(
    name: str, count: int, top: int, seeds: int, repetitions: int, random: Generator
) -> np.ndarray:
    """Quality of the best row drawn and of the one chosen, (repetition, 2)."""
    _, curves, _ = read(name)
    scores = late_mean(np.where(np.isnan(curves), np.nanmin(curves), curves))
    true = scores.mean(axis=1)
    quality = (true - np.median(true)) / (true.max() - np.median(true))
    found = np.empty((repetitions, 2))
    for repetition in range(repetitions):
        drawn = random.choice(len(quality), count, replace=False)
        order = random.permuted(np.tile(np.arange(scores.shape[1]), (count, 1)), axis=1)
        own = np.take_along_axis(scores[drawn], order, axis=1)
        best = np.argsort(-own[:, 0])[:top]
        winner = best[own[best, 1 : 1 + seeds].mean(axis=1).argmax()]
        found[repetition] = quality[drawn].max(), quality[drawn[winner]]
    return found


if __name__ == "__main__":
    main()
