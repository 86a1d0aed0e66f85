"""How often a whole campaign finds a difference where there is none.

    python tests/benchmarks/nothing_differs.py [--campaigns 500] [--cells 4] [--seeds 5 10 5+5..20]

Every campaign is climbed by the real coordinator (search, confirm, test, looks) in invented time
and read by the real leaderboard. Only the trainings are not real: whatever a run's parameters, its
score is a draw from one distribution, skewed (log-normal) or bimodal (half of the runs learn). A
campaign is wrong if any of its cells is called improved or worse. Prints one JSON object per kind
of campaign; `ranked_apart` are campaigns whose leaderboard excludes an algorithm from a place.
"""

import argparse
import hashlib
import json
import math
import random
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders import cell
from virtual import Night

from harness.analysis import leaderboard
from harness.core.run_result import RunResult, Status
from harness.core.scenario import Scenario
from harness.core.search_settings import Search
from harness.core.settings import Adaptive, Confirm, Test


def skewed(draw):
    return draw.lognormvariate(-1, 0.8)


def bimodal(draw):
    return draw.gauss(0.9, 0.05) if draw.random() < 0.5 else draw.gauss(0.1, 0.05)


SHAPES = {"skewed": skewed, "bimodal": bimodal}


def drawn(shape, salt):
    """Scores that the parameters have no part in."""

    def result(run):
        draw = random.Random(hashlib.sha256(f"{salt} {run.id}".encode()).digest())
        score = SHAPES[shape](draw)
        return RunResult(run_id=run.id, status=Status.COMPLETE, score=score, steps=run.steps)

    return result


def cells(count, seeds, number):
    """Algorithms on one scenario, so that they are ranked among one another."""
    first = cell(
        scenario=Scenario(name="Toy-v0", env="Toy-v0", action="Discrete"),
        search=Search(trials=4, steps=100, evals=2, episodes=1, in_flight=2),
        confirm=Confirm(top=2, seeds=1),
        test=Test(seeds=seeds, steps=100, evals=2, episodes=1),
        seed=number,
    )
    return [
        replace(first, algorithm=replace(first.algorithm, name=f"toy{place}"))
        for place in range(count)
    ]


def measure(shape, count, seeds, campaigns):
    wrong = apart = tested = used = 0
    begun = time.process_time()
    for number in range(campaigns):
        asked = cells(count, seeds, number)
        night = Night(asked, lambda run: 1.0, workers=3, result=drawn(shape, number))
        rows = leaderboard(night.record)
        assert all(row.state == "complete" for row in rows)
        wrong += any(row.verdict in {"improved", "worse"} for row in rows)
        apart += any((row.rank, row.rank_to) != (1, count) for row in rows)
        compared = [row for row in rows if not row.kept_default]
        tested += len(compared)
        used += sum(len(row.tuned.seeds) for row in compared)
    share = wrong / campaigns
    return {
        "wrong": share,
        "error": round(math.sqrt(0.05 * 0.95 / campaigns), 4),
        "ranked_apart": apart / campaigns,
        "cells_tested": round(tested / campaigns, 2),
        "seeds_per_arm": round(used / max(1, tested), 1),
        "cpu_s": round(time.process_time() - begun, 1),
    }


def rule(text):
    """``10``: so many seeds; ``5+5..20``: 5 at first, 5 more while it is undecided, at most 20."""
    grown = re.fullmatch(r"(\d+)\+(\d+)\.\.(\d+)", text)
    if grown is None:
        return int(text)
    start, step, most = map(int, grown.groups())
    return Adaptive(start=start, step=step, max=most)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--campaigns", type=int, default=500)
    parser.add_argument("--cells", type=int, default=4)
    parser.add_argument("--seeds", nargs="+", default=["5", "10", "5+5..20"])
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    options = parser.parse_args()
    for text in options.seeds:
        for shape in options.shapes:
            kind = {"shape": shape, "seeds": text, "cells": options.cells}
            found = measure(shape, options.cells, rule(text), options.campaigns)
            print(json.dumps(kind | {"campaigns": options.campaigns} | found), flush=True)


if __name__ == "__main__":
    main()
