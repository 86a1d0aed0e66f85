"""Do variance components come out as they were put in, and do their intervals cover?

    python tests/benchmarks/statistics/components.py

Prints the rows of the table in ``docs/statistics.md``.
"""

import math

import numpy as np

from harness.stats.variance_components import between_groups, run_components

CAMPAIGNS = 1000
EVALUATIONS, EPISODES = 3, 10


def runs(rng, groups, seeds, spreads, draw):
    """Late returns of every run: shape (groups, seeds, evaluations, episodes)."""
    search, seed, evaluation, episode = spreads
    shape = (groups, seeds, EVALUATIONS, EPISODES)
    start, rest = (episode * math.sqrt(part) for part in (0.5, 0.5))
    return (
        search * draw(rng, (groups, 1, 1, 1))
        + seed * draw(rng, (groups, seeds, 1, 1))
        + evaluation * draw(rng, (groups, seeds, EVALUATIONS, 1))
        + start * draw(rng, (groups, seeds, 1, EPISODES))
        + rest * draw(rng, shape)
    )


def normal(rng, shape):
    return rng.standard_normal(shape)


def skewed(rng, shape):
    return rng.exponential(size=shape) - 1


def simulate(groups, seeds, spreads, draw, seed=0):
    """Name of a level -> mean estimate over the true variance, and coverage of its interval."""
    rng = np.random.default_rng(seed)
    names = ("groups", "seeds", "evaluations", "episodes")
    sums = {name: [0.0, 0] for name in names}
    for _ in range(CAMPAIGNS):
        returns = runs(rng, groups, seeds, spreads, draw)
        below = run_components([list(group) for group in returns])
        above = between_groups([list(returns.mean(axis=(2, 3)))], below.scores)
        parts = (above, below.seeds, below.evaluations, below.episodes)
        for name, part, spread in zip(names, parts, spreads, strict=True):
            sums[name][0] += part.variance
            sums[name][1] += part.low <= spread**2 <= part.high
    return {
        name: (total / CAMPAIGNS / spread**2 if spread else total / CAMPAIGNS, hits / CAMPAIGNS)
        for (name, (total, hits)), spread in zip(sums.items(), spreads, strict=True)
    }


def main():
    print("| scores | groups x seeds | true sd | groups | seeds | evaluations | episodes |")
    print("|---|---|---|---|---|---|---|")
    for kind, draw in (("normal", normal), ("skewed", skewed)):
        for groups, seeds in ((3, 5), (5, 10)):
            for spreads in ((1.0, 1.0, 0.5, 1.0), (0.0, 1.0, 0.5, 3.0), (2.0, 1.0, 0.0, 1.0)):
                found = simulate(groups, seeds, spreads, draw)
                cells = " | ".join(f"{cover:.1%}" for _, cover in found.values())
                size = " : ".join(f"{spread:g}" for spread in spreads)
                print(f"| {kind} | {groups} x {seeds} | {size} | {cells} |", flush=True)
                print("   ", {k: round(v[0], 2) for k, v in found.items()})


if __name__ == "__main__":
    main()
