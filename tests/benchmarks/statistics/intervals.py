"""Which intervals of a report hold the truth, on invented scores.

    python tests/benchmarks/statistics/intervals.py [aggregates ...] [--simulations 300] [--seed 0]

Prints one JSON object per case.
"""

import argparse
import json

import numpy as np
from scipy.stats import spearmanr
from shapes import SHAPES

from harness import stats
from harness.stats.bootstrap import bounds, resamples_of


def aggregates(simulations, generator):
    """Stratified bootstrap, as it was (expanded), and with the jackknife's t interval around it."""
    cases = ((1, 3, 1), (1, 5, 1), (5, 3, 1), (5, 4, 1), (5, 5, 5), (5, 10, 5), (5, 20, 5))
    for shape in SHAPES.values():
        for scenarios, seeds, spread in cases:
            spreads = np.where(np.arange(scenarios) == 0, spread, 1.0)
            truth = float(stats.iqm(shape(generator, (40_000, scenarios)) * spreads))
            covered = dict.fromkeys(("iqm before", "iqm", "mean before", "mean"), 0)
            for number in range(simulations):
                scores = shape(generator, (seeds, scenarios)) * spreads
                for name, statistic, value in (
                    ("iqm", stats.iqm, truth),
                    ("mean", stats.mean_score, 0.0),  # of every shape
                ):
                    now = stats.bootstrap(scores, statistic, resamples=500, seed=number)
                    covered[name] += now.low - 1e-9 <= value <= now.high + 1e-9
                    low, high = expanded(scores, statistic, number)
                    covered[f"{name} before"] += low - 1e-9 <= value <= high + 1e-9
            shares = {name: round(count / simulations, 3) for name, count in covered.items()}
            case = {"shape": shape.__name__, "scenarios": scenarios, "seeds": seeds}
            yield case | {"spread": spread} | shares


def expanded(scores, statistic, seed):
    """The bootstrap's interval alone."""
    samples = np.concatenate([statistic(each) for each in resamples_of(scores, 500, seed)])
    return bounds(samples, [len(scores)] * scores.shape[1])


def probability(simulations, generator):
    """P(improvement) over scenarios: the bootstrap, and the intervals of scenarios joined."""
    for shape in SHAPES.values():
        for scenarios, seeds, shift in ((3, 3, 0), (3, 5, 1), (10, 5, 1), (10, 10, 1), (5, 5, 6)):
            first, second = shape(generator, (2, 3_000))
            gaps = first[:, None] + shift - second
            truth = float(((gaps > 0) + 0.5 * (gaps == 0)).mean())
            covered, empty = {"percentile": 0, "newcombe": 0}, 0
            for _ in range(simulations):
                first, second = shape(generator, (2, seeds, scenarios))
                for method in covered:
                    found = stats.average_improvement(
                        first + shift, second, resamples=500, method=method
                    )
                    covered[method] += found.low - 0.005 <= truth <= found.high + 0.005
                    empty += method == "percentile" and found.low == found.high
            shares = {name: round(count / simulations, 3) for name, count in covered.items()}
            case = {"shape": shape.__name__, "scenarios": scenarios, "seeds": seeds, "shift": shift}
            yield case | shares | {"percentile without width": round(empty / simulations, 3)}


def sensitivity(simulations, generator):
    """Phi where all configurations are alike: intervals that leave out 0."""
    for shape in SHAPES.values():
        for seeds in (4, 10):
            values, plain, apart = [], [], 0
            for number in range(simulations):
                scores = shape(generator, (seeds, 4, 5))
                found = stats.held_out_sensitivity(scores, splits=50, seed=number)
                values.append(found.value)
                apart += found.low > 0 or found.high < 0
                plain.append(stats.sensitivity(scores.mean(axis=0)))
            yield {
                "shape": shape.__name__,
                "seeds": seeds,
                "mean before": round(float(np.mean(plain)), 3),
                "mean": round(float(np.mean(values)), 3),
                "leave out 0": round(apart / simulations, 3),
            }


def candidates(simulations, generator):
    """Rank correlation of a cell's three candidates, pairs counted, and cells counted."""
    for cells in (6, 12, 40):
        for truth in (0.0, 0.5):
            expected = np.mean([_ranks(generator, truth) for _ in range(20_000)])
            covered = {"pairs": 0, "cells": 0}
            for _ in range(simulations):
                groups = [_group(generator, truth) for _ in range(cells)]
                now = stats.average_spearman(groups)
                covered["cells"] += now.low <= expected <= now.high
                x, y = (np.concatenate([_centred(group[k]) for group in groups]) for k in (0, 1))
                before = stats.spearman(x, y)
                covered["pairs"] += before.low <= expected <= before.high
            shares = {name: round(count / simulations, 3) for name, count in covered.items()}
            yield {"of cells": cells, "truth": round(float(expected), 2)} | shares


def _group(generator, truth):
    x = generator.normal(0, 1, 3)
    return x, truth * x + np.sqrt(1 - truth**2) * generator.normal(0, 1, 3)


def _ranks(generator, truth):
    return spearmanr(*_group(generator, truth)).statistic


def _centred(values):
    return np.argsort(np.argsort(values)) - 1.0


QUESTIONS = {
    "aggregates": aggregates,
    "probability": probability,
    "sensitivity": sensitivity,
    "candidates": candidates,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("questions", nargs="*", choices=[*QUESTIONS, []], default=list(QUESTIONS))
    parser.add_argument("--simulations", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for question in options.questions:
        generator = np.random.default_rng(options.seed)
        for row in QUESTIONS[question](options.simulations, generator):
            print(json.dumps({"question": question, **row}), flush=True)


if __name__ == "__main__":
    main()
