"""Mean returns of random and scripted players in the games of several agents.

python tests/benchmarks/marl_scores.py mpe/simple_spread-v3 random cover --episodes 1000
"""

from __future__ import annotations

import argparse
from importlib.metadata import version

import numpy as np

from harness.envs.match import Match
from harness.envs.opponents import players_of
from scenarios import SCENARIOS

SEED = 2026


def measure(name: str, player: str, episodes: int) -> np.ndarray:
    """Return of every episode in which all learners play that player."""
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == name)
    match = Match(scenario.env.removeprefix("pettingzoo:"), **scenario.arguments)
    ((_, begin),) = players_of(scenario.arguments.get("players", ""), [player])
    returns = []
    for episode in range(episodes):
        match.begin(SEED + episode, training=False)
        rng = np.random.default_rng((SEED, episode))
        acts = {agent: begin(match.team.env, agent, rng) for agent in match.names}
        while match.waiting:
            seen = match._seen
            match.play({agent: acts[agent](seen[agent]) for agent in match.waiting})
        returns.append(sum(match.earned.values()))
    return np.array(returns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario")
    parser.add_argument("players", nargs="+")
    parser.add_argument("--episodes", type=int, default=1000)
    asked = parser.parse_args()
    package = "mpe2" if asked.scenario.startswith("mpe/") else "pettingzoo"
    for player in asked.players:
        found = measure(asked.scenario, player, asked.episodes)
        error = found.std(ddof=1) / len(found) ** 0.5
        print(f'"{player}": ({found.mean():.5g}, {error:.2g}, {len(found)}, "{version(package)}"),')


if __name__ == "__main__":
    main()
