"""Measure the scores that the scenarios of Bucket Brigade carry, and print them as data.

    python tests/benchmarks/bucket_brigade_scores.py > scenarios/bucket_brigade/scores.json

Takes a quarter of an hour.
"""

from __future__ import annotations

import json
import sys

from scenarios.bucket_brigade.catalogue import BASELINES, LIMIT
from scenarios.bucket_brigade.measure import play_out
from scenarios.bucket_brigade.rules import CLASSIC, V1, rules_of

GAMES = 10_000
SEED = 2026


def scores() -> dict[str, dict[str, dict[str, list[float]]]]:
    """Mean return and standard error by (rule set, mode), scenario and agent."""
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    for rules, table, opponents in (("classic", CLASSIC, 2), ("v1", V1, 3)):
        for name in table:
            for agent in ("uniform", *BASELINES):
                duel = rules_of(name, rules, agents=1 + opponents)
                cast = [agent, *["random"] * opponents]
                played = play_out(duel, cast, games=GAMES, seed=SEED, limit=LIMIT[rules])
                _add(found, f"{rules} learner_vs", name, agent, played.learner)
                team = rules_of(name, rules)
                played = play_out(
                    team, [agent] * team.agents, games=GAMES, seed=SEED, limit=LIMIT[rules]
                )
                _add(found, f"{rules} team", name, agent, played.team)
            print(rules, name, file=sys.stderr)
    return found


def _add(
    found: dict[str, dict[str, dict[str, list[float]]]],
    group: str,
    name: str,
    agent: str,
    score: tuple[float, float],
) -> None:
    mean, error = score
    found.setdefault(group, {}).setdefault(name, {})[agent] = [round(mean, 3), round(error, 3)]


if __name__ == "__main__":
    json.dump(scores(), sys.stdout, indent=1)
