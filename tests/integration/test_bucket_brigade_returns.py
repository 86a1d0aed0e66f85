"""What teams of scripted agents earn, against published figures and closed forms."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from bucket_brigade_reference import FIGURES, agent, v1

from scenarios.bucket_brigade.measure import play_out
from scenarios.bucket_brigade.rules import rules_of

GAMES = int(os.environ.get("BUCKET_BRIGADE_GAMES", "500"))
"""Games per team; the figures were measured with 20000, which takes minutes."""


@pytest.mark.parametrize("name", FIGURES["closed_form"])
def test_teams_that_ignore_the_game_earn_what_theory_says(name: str) -> None:
    rules = v1(name)
    if rules.distance_cost:
        rules = replace(rules, distance_cost=0.0)
    for team, exact in FIGURES["closed_form"][name].items():
        characters = [agent(team)] * rules.agents
        # The closed form is of the first nights alone: cut the games off there.
        played = play_out(rules, characters, games=GAMES, seed=2, limit=rules.nights + 1)
        mean, error = played.team
        assert abs(mean - exact) <= 4 * error + 1e-3


CASES = [
    (kind, name, who)
    for kind, table in FIGURES["returns"].items()
    for name in table
    for who in table[name]
]


@pytest.mark.parametrize(("kind", "name", "who"), CASES)
def test_mean_returns_are_as_published(kind: str, name: str, who: str) -> None:
    expected, error = FIGURES["returns"][kind][name][who]
    seed = sum(map(ord, f"{kind}{name}{who}"))
    if kind == "v1":
        rules = rules_of(name, "v1")
        mean, own = play_out(rules, [agent(who)] * 4, games=GAMES, seed=seed).team
    else:
        opponents = ["random", "random", "firefighter"][: int(kind.split()[2])]
        rules = rules_of(name, agents=1 + len(opponents))
        mean, own = play_out(rules, [agent(who), *opponents], games=GAMES, seed=seed).learner
    assert abs(mean - expected) <= 4 * float(np.hypot(error, own)) + 1e-3
