"""Which intervals of a report hold the truth, on invented scores.

    python tests/benchmarks/statistics/intervals.py [aggregates ...] [--simulations 300] [--seed 0]

Prints one JSON object per case. *Without label* are the cases beside whose interval a report says
nothing of few or equal scores.
"""

import os
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from shapes import SHAPES
from verdicts import finds, main

from harness import stats
from harness.analysis.campaigns.campaign_effect import effect_over_cells
from harness.stats.bootstrap import bounds, resamples_of


def aggregates(simulations, generator):
    """Stratified bootstrap, as it was (expanded), and with the jackknife's t interval around it."""
    cases = ((1, 3, 1), (1, 5, 1), (5, 3, 1), (5, 4, 1), (5, 5, 5), (5, 10, 5), (5, 20, 5))
    for shape in SHAPES.values():
        for scenarios, seeds, spread in cases:
            spreads = np.where(np.arange(scenarios) == 0, spread, 1.0)
            truth = float(stats.iqm(shape(generator, (40_000, scenarios)) * spreads))
            covered = dict.fromkeys(("iqm before", "iqm", "mean before", "mean"), 0)
            plain = dict.fromkeys(("all", "iqm", "mean"), 0)
            for number in range(simulations):
                scores = shape(generator, (seeds, scenarios)) * spreads
                caveat = stats.interval_caveat(scores)
                plain["all"] += not caveat
                for name, statistic, value in (
                    ("iqm", stats.iqm, truth),
                    ("mean", stats.mean_score, 0.0),  # of every shape
                ):
                    if name == "iqm":
                        now = stats.bootstrap(scores, statistic, resamples=500, seed=number)
                    else:
                        weights = np.full(scenarios, 1 / scenarios)
                        now = stats.bootstrap_means(scores, weights, resamples=500, seed=number)
                    is_held = now.low - 1e-9 <= value <= now.high + 1e-9
                    covered[name] += is_held
                    plain[name] += is_held and not caveat
                    low, high = expanded(scores, statistic, number)
                    covered[f"{name} before"] += low - 1e-9 <= value <= high + 1e-9
            shares = {name: round(count / simulations, 3) for name, count in covered.items()}
            case = {"shape": shape.__name__, "scenarios": scenarios, "seeds": seeds}
            shares |= {
                f"{name} without label": round(plain[name] / plain["all"], 3)
                for name in ("iqm", "mean")
                if plain["all"]
            }
            yield case | {"spread": spread} | shares


def means(simulations, generator):
    """The mean of one variant's runs: Student's interval, and the one that is printed.

    Samples that the report labels, few or alike, are counted apart.
    """
    for shape in SHAPES.values():
        for seeds in (3, 5, 10, 20):
            yield {"shape": shape.__name__, "seeds": seeds} | means_of(
                lambda n=seeds, draw=shape: draw(generator, (n,)), 0.0, simulations
            )


def means_of(draw, truth, simulations):
    """Shares of samples whose interval holds the truth, and how much wider than Student's it is."""
    student = printed = plain = held_plain = none = 0
    widths = []
    for _ in range(simulations):
        scores = draw()
        before, now = stats.mean_interval(scores), stats.run_mean(scores)
        student += before.low - 1e-9 <= truth <= before.high + 1e-9
        is_held = now.low <= truth <= now.high
        printed += is_held
        none += np.isnan(now.low)
        if not np.isnan(now.low):
            widths.append((now.high - now.low) / (before.high - before.low))
        if not stats.interval_caveat(scores):
            plain += 1
            held_plain += is_held
    return {
        "student": round(student / simulations, 3),
        "printed, of those there are": round(printed / max(1, simulations - none), 3),
        "labelled": round(1 - plain / simulations, 3),
        "without label": round(held_plain / plain, 3) if plain else None,
        "median width": round(float(np.median(widths)), 2) if widths else None,
    }


def published(simulations, generator):
    """`means` of real final scores, and verdicts on two samples of them: text files in REAL_SCORES.

    Those of Colas et al., 192 runs of SAC and 193 of TD3 on HalfCheetah, lie in the folder `data`
    of github.com/flowersteam/rl_stats.
    """
    for path in filter(None, os.environ.get("REAL_SCORES", "").split(os.pathsep)):
        scores = np.loadtxt(path).ravel()
        for seeds in (3, 5, 10, 20):
            pairs = [generator.choice(scores, (2, seeds, 1)) for _ in range(simulations)]
            wrong = sum(finds(*pair) for pair in pairs)
            row = {"file": Path(path).name, "runs": len(scores), "seeds": seeds}
            yield (
                row
                | {"false verdicts": round(wrong / simulations, 3)}
                | means_of(
                    lambda n=seeds, all_of=scores: generator.choice(all_of, n),
                    scores.mean(),
                    simulations,
                )
            )


def effects(simulations, generator):
    """What tuning brought over a campaign: effects of cells normal about 0.3, 0.6 apart."""
    for shape in SHAPES.values():
        for cells in (3, 12):
            for seeds in (3, 5, 10, 20):
                tally = {}
                for _ in range(simulations):
                    _hold_effects(tally, shape, cells, seeds, generator)
                row = {"shape": shape.__name__, "cells": cells, "seeds": seeds}
                yield row | {
                    name: round(held / max(1, total), 3) for name, (held, total) in tally.items()
                }


def _hold_effects(tally, shape, cells, seeds, generator):
    effects = generator.normal(0.3, 0.6, cells)
    tuned, default = shape(generator, (2, seeds, cells))
    many = shape(generator, (2, 2_000, cells))
    truths = {
        "mean": effects.mean(),
        "iqm": float(stats.iqm(many[0] + effects) - stats.iqm(many[1])),
        "typical": 0.3,
        "spread": 0.6,
    }
    effect = effect_over_cells((tuned + effects).T.tolist(), default.T.tolist(), resamples=500)
    names = {name: name for name in truths}
    if not effect.caveat:
        names |= {f"{name} without label": name for name in truths}
    for label, name in names.items():
        one = getattr(effect, name)
        held, total = tally.get(label, (0, 0))
        if one.low is not None:
            is_held = one.low - 1e-9 <= truths[name] <= one.high + 1e-9
            tally[label] = held + is_held, total + 1


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
    "means": means,
    "published": published,
    "effects": effects,
    "aggregates": aggregates,
    "probability": probability,
    "sensitivity": sensitivity,
    "candidates": candidates,
}


if __name__ == "__main__":
    main(QUESTIONS, __doc__)
