"""Measure the scores that the scenarios of Bucket Brigade carry, and print them as data.

    python tests/benchmarks/bucket_brigade_scores.py > /tmp/scores.json

Takes minutes; the result goes to `scenarios/bucket_brigade/scores.json`. The games are the same
for every agent of a scenario.
"""

from __future__ import annotations

import json

from scenarios.bucket_brigade.catalogue import BASELINES, GAMES, LIMIT
from scenarios.bucket_brigade.measure import play_out
from scenarios.bucket_brigade.rules import CLASSIC, V1, Rules, rules_of

SEED = 2026

Scores = dict[str, list[float]]


def score(rules: Rules, cast: list[str], *, team: bool) -> list[float]:
    """Mean return of the learner, or of the team, and its standard error."""
    played = play_out(rules, cast, games=GAMES, seed=SEED, limit=LIMIT[rules.rules])
    return [round(number, 3) for number in (played.team if team else played.learner)]


def learner(name: str, version: str, opponents: int) -> Scores:
    """Every agent in the learner's seat, beside agents of random character."""
    rules = rules_of(name, version, agents=1 + opponents)
    others = ["random"] * opponents
    return {agent: score(rules, [agent, *others], team=False) for agent in ("uniform", *BASELINES)}


def team(name: str, version: str) -> Scores:
    """Every agent in all seats."""
    rules = rules_of(name, version)
    return {
        agent: score(rules, [agent] * rules.agents, team=True) for agent in ("uniform", *BASELINES)
    }


def main() -> None:
    """Print the scores, a line per scenario."""
    groups: dict[str, dict[str, Scores]] = {}
    for version, table, opponents in (("classic", CLASSIC, 2), ("v1", V1, 3)):
        groups[f"{version} learner_vs"] = {n: learner(n, version, opponents) for n in table}
        groups[f"{version} team"] = {n: team(n, version) for n in table}
    print(text(groups))


def text(groups: dict[str, dict[str, Scores]]) -> str:
    """The scores as JSON, a line per scenario."""
    parts = [
        f'"{group}": {{\n'
        + ",\n".join(f' "{name}": {json.dumps(scores)}' for name, scores in table.items())
        + "\n}"
        for group, table in groups.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}"


if __name__ == "__main__":
    main()
