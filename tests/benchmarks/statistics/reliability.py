"""What is said of the spread over seeds, on invented scores whose truth is known.

    python tests/benchmarks/statistics/reliability.py [spread ...] [--campaigns 400] [--seed 0]

Prints one JSON object per case.
"""

import numpy as np
from shapes import SHAPES
from verdicts import main

from harness import stats


def spread(campaigns, generator):
    """Verdicts on the spread: false ones where means differ and spreads do not, and found ones."""
    for shape in SHAPES.values():
        for cells in (1, 12):
            for seeds in (5, 10, 20):
                row = {"shape": shape.__name__, "cells": cells, "seeds": seeds}
                for factor in (1, 3):
                    wrong = found = 0
                    for _ in range(campaigns):
                        tuned, default = shape(generator, (2, seeds, cells))
                        words = spread_words(tuned / factor + 5, default)
                        wrong += bool({"improved", "worse"} & set(words))
                        found += words.count("improved") / cells if factor > 1 else 0
                    row |= (
                        {"false": round(wrong / campaigns, 3)}
                        if factor == 1
                        else {"found at a third": round(found / campaigns, 3)}
                    )
                yield row


def spread_words(tuned, default):
    """The words of a campaign, as `harness.analysis.robustness` asks for them."""
    both = []
    for measure in (stats.central_deviations, stats.pairwise_distances):
        arms = [[-measure(column) for column in arm.T] for arm in (tuned, default)]
        pairs = list(zip(*arms, strict=True))
        if not (stats.holm([stats.welch_p(*pair) for pair in pairs]) < 0.05).any():
            return ["no clear difference"] * len(pairs)  # The rule could only agree.
        both.append(verdict.word for verdict in stats.judge_jointly(pairs, resamples=1_000))
    return [a if a == b else "no clear difference" for a, b in zip(*both, strict=True)]


def ranges(campaigns, generator):
    """Intervals of the interquartile range and of the worst quarter's mean, that hold the truth."""
    for shape in SHAPES.values():
        many = shape(generator, (400_000,))
        truths = {
            "range": float(np.subtract(*np.quantile(many, [0.75, 0.25]))),
            "worst": float(stats.expected_shortfall(many)),
        }
        for seeds in (5, 10, 20, 40):
            covered, open_ended, none = dict.fromkeys(truths, 0), 0, 0
            for number in range(campaigns):
                scores = shape(generator, (seeds,))
                estimates = {
                    "range": stats.interquartile_range(scores),
                    "worst": stats.shortfall_interval(scores, seed=number),
                }
                open_ended += np.isinf(estimates["range"].high)
                none += np.isnan(estimates["worst"].low)
                for name, each in estimates.items():
                    covered[name] += each.low - 1e-9 <= truths[name] <= each.high + 1e-9
            yield {
                "shape": shape.__name__,
                "seeds": seeds,
                "range": round(covered["range"] / campaigns, 3),
                "range without upper end": round(open_ended / campaigns, 3),
                "worst": round(covered["worst"] / max(1, campaigns - none), 3),
                "worst without interval": round(none / campaigns, 3),
            }


QUESTIONS = {"spread": spread, "ranges": ranges}


if __name__ == "__main__":
    main(QUESTIONS, __doc__)
