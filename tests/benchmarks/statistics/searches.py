"""How often the interval over searches covers what tuning brings, and one over seeds does not.

    python tests/benchmarks/statistics/searches.py

Prints the rows of the table in ``docs/statistics.md``. *alike*: all searches ship equally good
configurations; *apart*: winners differ as much as seeds do, or twice as much; *hit or miss*: three
of five searches find something, the others ship the default; *skewed*: as apart, with exponential
seeds.
"""

import numpy as np

from harness.stats.search_effects import search_effect
from harness.stats.two_samples import welch_test

CAMPAIGNS = 2000
KINDS = ("alike", "apart, 1 sd", "apart, 2 sd", "hit or miss", "skewed")
GAIN = 2.0


def normal(rng, shape):
    return rng.standard_normal(shape)


def skewed(rng, shape):
    return rng.exponential(size=shape) - 1


def levels(rng, kind, searches):
    """True advantage of each search's winner over the default, and the mean over all searches."""
    if kind == "hit or miss":
        return GAIN * (rng.random(searches) < 0.6), GAIN * 0.6
    spread = {"alike": 0.0, "apart, 2 sd": 2.0}.get(kind, 1.0)
    return GAIN + spread * rng.standard_normal(searches), GAIN


def simulate(kind, searches, seeds):
    rng = np.random.default_rng(0)
    draw = skewed if kind == "skewed" else normal
    hits = np.zeros(5)
    for _ in range(CAMPAIGNS):
        advantages, truth = levels(rng, kind, searches + 1)
        winners = advantages[:searches, None] + draw(rng, (searches, seeds))
        default = draw(rng, seeds)
        effect = search_effect(list(winners), default)
        samples = (winners.mean(axis=1), winners.ravel(), winners[0])
        welch, pooled, first = (welch_test(each, default) for each in samples)
        further = advantages[-1] + draw(rng, seeds).mean()
        hits += [
            effect.low <= truth <= effect.high,
            effect.next_low <= further <= effect.next_high,
            float(welch.low) <= truth <= float(welch.high),
            float(pooled.low) <= truth <= float(pooled.high),
            float(first.low) <= truth <= float(first.high),
        ]
    return hits / CAMPAIGNS


def main():
    print(
        "| 95 % intervals that cover | searches x seeds | over searches | a further search "
        "| Welch's freedom | all seeds pooled | one search |\n|---|---|---|---|---|---|---|"
    )
    for kind in KINDS:
        for searches in (3, 5):
            for seeds in (5, 10):
                shares = " | ".join(f"{100 * s:.1f} %" for s in simulate(kind, searches, seeds))
                print(f"| {kind} | {searches} x {seeds} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
