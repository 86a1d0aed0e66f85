"""What is said of the spread over seeds, on invented scores whose truth is known.

    python tests/benchmarks/statistics/reliability.py [spread ...] [--simulations 400] [--seed 0]

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


def worst(campaigns, generator):
    """The worst quarter of either variant, and worst runs by one mark for both: false, found."""
    for shape in SHAPES.values():
        for cells in (1, 12):
            for seeds in (5, 10, 20):
                row = {"shape": shape.__name__, "cells": cells, "seeds": seeds}
                for name, tails in (("own quarter", own_tails), ("one mark", stats.common_tails)):
                    wrong = found = 0
                    for _ in range(campaigns):
                        tuned, default = shape(generator, (2, seeds, cells))
                        wrong += bool(_tail_words(tuned, default, tails))
                        found += len(_tail_words(tuned + 2, default, tails)) / cells
                    row[f"false, {name}"] = round(wrong / campaigns, 3)
                    row[f"found at 2, {name}"] = round(found / campaigns, 3)
                yield row


def own_tails(tuned, default):
    """What each run adds to its variant's mean of the worst quarter."""
    marks = (np.sort(each)[int(len(each) * stats.TAIL)] for each in (tuned, default))
    return tuple(
        mark - np.maximum(mark - each, 0) / stats.TAIL
        for mark, each in zip(marks, (tuned, default), strict=True)
    )


def _tail_words(tuned, default, tails):
    """The findings of a campaign."""
    pairs = [tails(*pair) for pair in zip(tuned.T, default.T, strict=True)]
    if not (stats.holm([stats.welch_p(*pair) for pair in pairs]) < 0.05).any():
        return []
    words = [verdict.word for verdict in stats.judge_jointly(pairs, resamples=500)]
    return [word for word in words if word in {"improved", "worse"}]


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


QUESTIONS = {"spread": spread, "worst": worst, "ranges": ranges}


if __name__ == "__main__":
    main(QUESTIONS, __doc__)
