"""What verdicts find, miss and claim, on invented scores whose truth is known.

    python tests/benchmarks/statistics/verdicts.py [detectable ...] [--campaigns 400] [--seed 0]

Prints one JSON object per question. Every campaign is judged by `stats.judge_jointly`, the rule of
the leaderboard; `single` is what a test of one cell alone would say.
"""

import argparse
import json

import numpy as np
from shapes import normal

from harness import stats


def pairs_of(tuned, default):
    """Samples of shape (n_seeds, n_cells) as the rule takes them."""
    return list(zip(tuned.T, default.T, strict=True))


def detectable(campaigns, generator):
    """A cell is moved by what a first campaign calls detectable; is it found four times in five?"""
    for cells in (1, 10, 24):
        for seeds in (5, 10):
            found = {"single": 0, "rule": 0}
            for _ in range(campaigns):
                shape = (2, seeds, cells)
                first = pairs_of(*normal(generator, shape))
                tuned, default = normal(generator, shape)
                shifts = {
                    "single": stats.smallest_detectable_difference(*first[0]),
                    "rule": stats.judge_jointly(first)[0].detectable,
                }
                for name, shift in shifts.items():
                    moved = pairs_of(tuned + shift * (np.arange(cells) == 0), default)
                    found[name] += stats.judge_jointly(moved)[0].word == "improved"
            shares = {name: round(count / campaigns, 3) for name, count in found.items()}
            yield {"cells": cells, "seeds": seeds, **shares}


QUESTIONS = {"detectable": detectable}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("questions", nargs="*", choices=[*QUESTIONS, []], default=list(QUESTIONS))
    parser.add_argument("--campaigns", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for question in options.questions:
        generator = np.random.default_rng(options.seed)
        for row in QUESTIONS[question](options.campaigns, generator):
            print(json.dumps({"question": question, **row}), flush=True)


if __name__ == "__main__":
    main()
