"""Measures the random policy on the scenarios and writes ``scenarios/random_scores.json``.

    python tests/benchmarks/random_scores.py [--missing] [--episodes N] [PATTERN ...]

The file keeps what is not measured again. Scenarios whose package is missing are named and left
as they are.
"""

from __future__ import annotations

import argparse
import json
import math
from fnmatch import fnmatchcase

from harness.core.scenario import Scenario
from harness.envs import random_score
from harness.errors import MissingExtraError
from scenarios import SCENARIOS
from scenarios.sources import SCORES

SEED = 2026


def main() -> None:
    options = parsed()
    for scenario in SCENARIOS:
        wanted = any(fnmatchcase(scenario.name, pattern) for pattern in options.patterns)
        if not wanted or (options.missing and scenario.name in recorded()):
            continue
        try:
            score = measured(scenario, options.episodes)
        except MissingExtraError as error:
            print(f"{scenario.name}: {error.message}", flush=True)
            continue
        print(scenario.name, score, flush=True)
        # Read again: another process may have measured other scenarios meanwhile.
        text = json.dumps(dict(sorted({**recorded(), scenario.name: score}.items())), indent=1)
        SCORES.write_text(text + "\n", encoding="utf-8")


def recorded() -> dict[str, object]:
    known: dict[str, object] = json.loads(SCORES.read_text(encoding="utf-8"))
    return known


def measured(scenario: Scenario, episodes: int) -> dict[str, object]:
    score = random_score(scenario, episodes=episodes, seed=SEED)
    digits = 4 - math.floor(math.log10(abs(score.value) or 1))
    return {"value": round(score.value, digits), "source": f"{score.source}, seed {SEED}"}


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("patterns", nargs="*", default=["*"])
    parser.add_argument("--episodes", type=int, default=200)
    parser.add_argument("--missing", action="store_true", help="only what has no score yet")
    return parser.parse_args()


if __name__ == "__main__":
    main()
