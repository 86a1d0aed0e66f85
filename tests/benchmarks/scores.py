"""Measures policies that learn nothing on the scenarios and writes ``scenarios/scores.json``.

    python tests/benchmarks/scores.py [PATTERN ...] [--within 0.01] [--least 100] [--minutes 10]
        [--workers 2] [--again]

Random policies everywhere, scripted ones where `scripted.py` or a game of several agents has some.
Episodes are added until the standard error is that share of the way from the random score to the
reference or, where there is none, until there are four times as many as the least. What is good
enough already is left, unless measured --again; so is what needs a package that is missing.
Bucket Brigade is measured by its own script, many games at once.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from fnmatch import fnmatchcase
from itertools import islice
from multiprocessing import get_context

import numpy as np
from scripted import PLAYERS, SCRIPTED, scripted_returns

from harness.core.scenario import Scenario
from harness.envs import random_returns, score_source
from harness.envs.multi_agent_game import Game
from harness.envs.players import players_of
from harness.errors import MissingExtraError
from scenarios import SCENARIOS
from scenarios.scenario_scores import RANDOM, SCORES, measured_scores

SEED = 2026
NAMED = {RANDOM: "uniformly random policy"}
GAME = "pettingzoo:"


def main() -> None:
    options = parsed()
    jobs = [job for job in every() if wanted(*job, options)]
    rule = (options.within, options.least, 60 * options.minutes)
    context = get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=context) as pool:
        for done in as_completed([pool.submit(score, *job, *rule) for job in jobs]):
            name, policy, found = done.result()
            print(name, policy, found, flush=True)
            if isinstance(found, dict):
                write(name, policy, found)


def every() -> Iterator[tuple[Scenario, str]]:
    """What there is to measure."""
    for scenario in SCENARIOS:
        if scenario.family != "bucket_brigade":
            own = PLAYERS if scenario.env.startswith(GAME) else SCRIPTED
            yield from ((scenario, policy) for policy in (RANDOM, *own.get(scenario.name, ())))


def wanted(scenario: Scenario, policy: str, options: argparse.Namespace) -> bool:
    if not any(fnmatchcase(scenario.name, pattern) for pattern in options.patterns):
        return False
    known = measured_scores(scenario.name).get(policy)
    if known is None or options.again:
        return True
    told = re.search(r"(\d+) episodes, standard error ([\d.e+-]+)", known.source)
    assert told is not None
    rule = (options.within, options.least)
    return not enough(scenario, policy, known.value, float(told[2]), int(told[1]), *rule)


def enough(
    scenario: Scenario,
    policy: str,
    mean: float,
    error: float,
    episodes: int,
    within: float,
    least: int,
) -> bool:
    """Whether a policy's mean is known well enough for its scenario."""
    if scenario.reference is None:
        return episodes >= 4 * least
    random = None if policy == RANDOM else measured_scores(scenario.name).get(RANDOM)
    zero = mean if random is None else random.value
    return episodes >= least and error <= within * abs(scenario.reference.value - zero)


def score(
    scenario: Scenario, policy: str, within: float, least: int, seconds: float
) -> tuple[str, str, dict[str, object] | str]:
    """One policy's mean, or why there is none."""
    end = time.process_time() + seconds
    found: list[float] = []
    try:
        returns = episodes_of(scenario, policy)
        while not found or not (
            enough(scenario, policy, *summary(found), len(found), within, least)
            or time.process_time() > end
        ):
            # Twice as many each time: looking rarely keeps the estimate honest.
            found += islice(returns, len(found) or least)
    except MissingExtraError as error:
        return scenario.name, policy, error.message
    mean, _ = summary(found)
    digits = 4 - math.floor(math.log10(abs(mean) or 1))
    source = score_source(scenario, found, NAMED.get(policy, f"scripted policy {policy}"))
    return scenario.name, policy, {"value": round(mean, digits), "source": f"{source}, seed {SEED}"}


def summary(found: list[float]) -> tuple[float, float]:
    """Mean and its standard error."""
    return math.fsum(found) / len(found), float(np.std(found, ddof=1)) / math.sqrt(len(found))


def episodes_of(scenario: Scenario, policy: str) -> Iterator[float]:
    if scenario.env.startswith(GAME):
        return match_returns(scenario, policy)
    if policy == RANDOM:
        return random_returns(scenario, seed=SEED)
    return scripted_returns(scenario, policy, seed=SEED)


def match_returns(scenario: Scenario, player: str) -> Iterator[float]:
    """The learners' return of game after game in which all of them are that player."""
    game = Game(scenario.env.removeprefix(GAME), **scenario.arguments)
    ((_, begin),) = players_of(scenario.arguments.get("players", ""), [player])
    episode = 0
    while True:
        game.begin(SEED + episode, training=False)
        rng = np.random.default_rng((SEED, episode))
        acts = {agent: begin(game.shared.env, agent, rng) for agent in game.learners}
        while game.waiting:
            seen = game._observations
            game.play({agent: acts[agent](seen[agent]) for agent in game.waiting})
        yield sum(game.returns.values())
        episode += 1


def write(name: str, policy: str, found: dict[str, object]) -> None:
    # Read again: another process may have measured other scenarios meanwhile.
    known: dict[str, dict[str, object]] = json.loads(SCORES.read_text(encoding="utf-8"))
    known.setdefault(name, {})[policy] = found
    beside = SCORES.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")
    beside.replace(SCORES)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("patterns", nargs="*", default=["*"])
    parser.add_argument("--within", type=float, default=0.01)
    parser.add_argument("--least", type=int, default=100, help="episodes")
    parser.add_argument("--minutes", type=float, default=10, help="processor time for a score")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="also what is good enough")
    return parser.parse_args()


if __name__ == "__main__":
    main()
