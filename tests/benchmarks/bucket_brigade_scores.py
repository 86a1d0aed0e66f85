"""Measure the scores that the scenarios of Bucket Brigade carry, and print them as data.

    python tests/benchmarks/bucket_brigade_scores.py > /tmp/scores.json

Takes minutes; the result goes to `scenarios/bucket_brigade/scores.json`: mean, standard error and
games. The games are the same for every agent of a scenario; random play gets twice as many as often
as it takes for a standard error of two percent of the way to the best agent.
"""

from __future__ import annotations

import json

from scenarios.bucket_brigade.catalogue import BASELINES, GAMES, LIMIT
from scenarios.bucket_brigade.measure import play_out
from scenarios.bucket_brigade.rules import CLASSIC, V1, Rules, rules_of

SEED = 2026
SURE = 0.02
UNIFORM = "uniform"

Scores = dict[str, list[float]]


def scores(rules: Rules, others: list[str] | None) -> Scores:
    """Every agent's scores: in all seats, or in the learner's beside others."""
    found = {agent: score(rules, agent, others, GAMES) for agent in (UNIFORM, *BASELINES)}
    best = max(found[agent][0] for agent in BASELINES)
    games = GAMES
    while found[UNIFORM][1] > SURE * (best - found[UNIFORM][0]):
        games *= 2
        found[UNIFORM] = score(rules, UNIFORM, others, games)
    return found


def score(rules: Rules, agent: str, others: list[str] | None, games: int) -> list[float]:
    """Mean return of the learner or of the team, its standard error, and games."""
    cast = [agent] * rules.agents if others is None else [agent, *others]
    played = play_out(rules, cast, games=games, seed=SEED, limit=LIMIT[rules.rules])
    mean, error = played.team if others is None else played.learner
    return [round(mean, 3), round(error, 3), games]


def learner(name: str, version: str, opponents: int) -> Scores:
    """Every agent in the learner's seat, beside agents of random character."""
    rules = rules_of(name, version, agents=1 + opponents)
    return scores(rules, ["random"] * opponents)


def team(name: str, version: str) -> Scores:
    """Every agent in all seats."""
    return scores(rules_of(name, version), None)


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
        + ",\n".join(f' "{name}": {json.dumps(found)}' for name, found in table.items())
        + "\n}"
        for group, table in groups.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}"


if __name__ == "__main__":
    main()
